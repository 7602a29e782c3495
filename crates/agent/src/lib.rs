//! The device: asks the Graph service what is due, runs it, and reports it.
//!
//! The agent knows the public API only. One pass ([`run_once`]) enrols the device, asks
//! `runstate.dueScripts()` what is due, runs each script under a [`run::ScriptRunner`] and reports
//! the run states through the documented operations of the five script families.
//!
//! What a run means is decided in one place (`judge`), how a process is run in another ([`run`]).

mod client;
mod device;
mod error;
mod identity;
mod judge;
mod narrator;
mod options;
mod pass;
mod report;
pub mod run;
pub mod signature;
mod state_dir;
#[cfg(test)]
mod test_server;
mod url;
mod wire;

pub use error::{AgentError, ApiError};
pub use identity::KeyKind;
pub use judge::{Phase, RemediationState, RunState};
pub use narrator::{Narrator, Silent};
pub use options::{Credential, Enrolling, Options, RetryPolicy, Token, UserAccount};
pub use pass::{PassReport, RunReport, rotate_key, run_once};
pub use wire::ScriptFamily;
