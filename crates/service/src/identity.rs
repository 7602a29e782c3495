//! Who may come: what the database knows of identities.

mod revocations;

pub(crate) use revocations::clear as clear_revocations;
pub use revocations::{Revocations, revoke};
