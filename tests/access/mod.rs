//! Who may do what: tokens, permissions, and what is open.

mod approval;
pub(crate) mod authority;
mod issuers;
mod keys;
mod matrix;
mod open;
mod people;
mod permissions;
mod ready;
pub(crate) mod revoked;
mod tokens;
