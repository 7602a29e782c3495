//! The floors: the least that could give the product's answers, in one child process on a copy of
//! the product's database, with its allocator, its pragmas and its tables.
//!
//! - [`BYTES`]: bare axum, which reads the request and answers bytes that it was given.
//! - [`BARE`]: axum, serde_json and a group commit of one update each: no history, no counters.
//! - [`GROUP`]: axum, serde_json and a group commit of the product's own rows: the state, its
//!   history, the log of changes and the counters; reads are prepared SQL on the thread that serves the connection.
//! - [`server`]'s `/drive`: that group commit without any HTTP.
//!
//! On PostgreSQL the group commit and the reads are bare tokio-postgres, prepared and pipelined.
//!
//! Left out is what a product cannot leave out: tokens, the model, validation, negotiation, links,
//! savepoints, limits, ids of requests.

mod backend;
mod batch;
mod counters;
mod drive;
mod export;
mod http;
mod postgres;
mod question;
mod read;
mod record;
pub(crate) mod server;
mod sql;
mod state;
mod writer;

pub(crate) use backend::is_address;
pub(crate) use counters::disagreements;
pub(crate) use drive::Driven;

/// The prefix of bare axum; the operation's name follows.
pub(crate) const BYTES: &str = "/bytes";
/// The prefix of the bare update behind axum.
pub(crate) const BARE: &str = "/bare";
/// The prefix of the group commit, and of reads, behind axum.
pub(crate) const GROUP: &str = "/group";
/// The export behind axum; the script follows.
pub(crate) const EXPORT: &str = "/export";
/// Group commit without HTTP.
pub(crate) const DRIVE: &str = "/drive";
