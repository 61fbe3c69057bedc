//! Where secrets live: guarded and locked regions, an allocator that wipes, stacks that are wiped,
//! and what this process forbids others to see of it.
//!
//! Nothing here knows what the bytes mean.

#![expect(
    unsafe_code,
    reason = "mappings, threads on own stacks and registers have no safe interface"
)]

mod allocator;
mod harden;
mod mapping;
mod passphrase;
mod random;
mod region;
mod registers;
mod stack;

pub use allocator::WipingAllocator;
pub use harden::{Limit, Limited, harden, limit, restrict_core_dumps};
pub use mapping::{Protection, Swappable, has_room, swappable};
pub use passphrase::Passphrase;
pub use random::fill_random;
pub use region::Region;
pub use registers::clear_vector_registers;
pub use stack::{DEEP_STACK, Panicked, SHALLOW_STACK, on_wiped_stack};

/// Compares two byte strings without telling by its duration where they differ.
///
/// The lengths are compared first and are not hidden.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    // SAFETY: both pointers are valid for `left.len()` bytes, which the first condition makes the
    // length of both.
    left.len() == right.len() && unsafe { memsec::memeq(left.as_ptr(), right.as_ptr(), left.len()) }
}
