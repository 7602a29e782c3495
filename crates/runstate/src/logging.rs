//! The log: lines on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::Failure;

const VARIABLE: &str = "RUST_LOG";

/// Starts the log with what `RUST_LOG` asks for, or else with these directives.
///
/// # Errors
/// `RUST_LOG` holds no directives.
pub(crate) fn start(otherwise: &str) -> Result<(), Failure> {
    let directives = match std::env::var(VARIABLE) {
        Ok(directives) => directives,
        Err(std::env::VarError::NotPresent) => otherwise.to_owned(),
        Err(error) => return Err(format!("{VARIABLE}: {error}").into()),
    };
    let filter = EnvFilter::try_new(&directives)
        .map_err(|error| format!("{VARIABLE}={directives}: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init()
}
