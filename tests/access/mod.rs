//! Who may do what: tokens, permissions, and what is open.

mod issuers;
mod open;
mod permissions;
mod ready;
mod tokens;
