//! Who is calling, and the proof that the call is permitted.

use std::collections::BTreeSet;

/// The caller of a request, as its verified token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject: the application's or user's id.
    pub subject: String,
    /// Application permissions (the `roles` claim).
    pub roles: BTreeSet<String>,
    /// Delegated permissions (the `scp` claim).
    pub scopes: BTreeSet<String>,
}
