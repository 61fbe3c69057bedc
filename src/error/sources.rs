//! What goes wrong with a source.

use super::escape::Quoted;

errors! {
    /// A command as a source.
    pub enum SourceError {
        #[error("the source {} failed: {status}", Quoted(program.as_ref()))]
        #[hint("run it alone and look at what it says; the vault is as it was")]
        Failed { program: String, status: String },

        #[error("the source {} printed nothing", Quoted(program.as_ref()))]
        #[hint("run it alone and look at what it says; the vault is as it was")]
        Silent { program: String },
    }
}
