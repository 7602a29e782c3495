//! `runstate demo`.

use std::process::ExitCode;

use crate::Failure;

/// Fails, until the demonstration is wired in.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    Err("the demonstration is not wired in yet".into())
}
