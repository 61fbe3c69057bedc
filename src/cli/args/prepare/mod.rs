//! The arguments of what is done in daylight: sealing and making kits.

mod copy;
mod reseal;
mod seal;

pub(in crate::cli) use copy::CopyArguments;
pub(in crate::cli) use reseal::ResealArguments;
pub(in crate::cli) use seal::SealArguments;
