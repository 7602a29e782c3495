//! Running one script as a process of its own: what every operating system promises alike.
//!
//! A script runs in a private directory that is removed afterwards, with a clean environment, no
//! standard input, bounded output and a timeout that ends everything it started.

#[cfg(unix)]
mod interpreter;
mod output;
#[cfg(any(windows, test))]
mod powershell;
mod private_dir;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod unix;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub(crate) use output::cut;
#[cfg(any(windows, test))]
pub use powershell::PowerShellRunner;
#[cfg(unix)]
pub use unix::UnixRunner;

use crate::options::Options;

/// `runAsAccount`: whose rights a script runs with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Account {
    /// The agent's own account.
    #[default]
    System,
    /// The account of the device's user.
    User,
    /// A member that this agent does not know: the script is not run.
    #[serde(other)]
    Unknown,
}

/// A script to run.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    /// The script's text.
    pub content: &'a [u8],
    /// Whose rights it runs with.
    pub account: Account,
    /// Whether 64-bit Windows runs it in the 32-bit PowerShell.
    pub run_as_32_bit: bool,
    /// How long it may run.
    pub timeout: Duration,
    /// Characters kept of its standard output.
    pub stdout_limit: usize,
    /// Characters kept of its standard error.
    pub stderr_limit: usize,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ended by itself with this exit code.
    Exited(i32),
    /// A signal ended it (Unix).
    Signalled(i32),
    /// It was ended because it ran longer than this.
    TimedOut(Duration),
    /// It could not be started, or not be followed to its end, for this reason.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "The script exited with code {code}."),
            Self::Signalled(signal) => write!(f, "The script was ended by signal {signal}."),
            Self::TimedOut(limit) => {
                write!(
                    f,
                    "The script was ended because it ran longer than {limit:?}."
                )
            }
            Self::Failed(reason) => write!(f, "The script could not be run: {reason}."),
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// How it ended.
    pub outcome: Outcome,
    /// Its standard output: UTF-8, U+FFFD for bytes that are not and for U+0000, cut to the limit,
    /// without one last line break.
    pub stdout: String,
    /// Whether `stdout` was cut.
    pub stdout_is_cut: bool,
    /// Its standard error, likewise.
    pub stderr: String,
    /// How long it ran.
    pub duration: Duration,
}

impl Execution {
    /// A script that did not start.
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Failed(reason.into()),
            stdout: String::new(),
            stdout_is_cut: false,
            stderr: String::new(),
            duration: Duration::ZERO,
        }
    }
}

/// Runs scripts. A failure to run is an [`Outcome`] like any other, since it is reported like one.
pub trait ScriptRunner {
    /// Runs a script to its end, which is never later than the timeout and a few seconds.
    fn run(&self, script: &Script<'_>) -> Execution;
}

/// The runner of this operating system.
///
/// # Errors
/// The working directory has no absolute path.
pub(crate) fn system_runner(options: &Options) -> std::io::Result<Box<dyn ScriptRunner>> {
    let work_dir = match &options.work_dir {
        Some(dir) => std::path::absolute(dir)?,
        None => std::path::absolute(std::env::temp_dir())?,
    };
    Ok(runner_in(work_dir, options))
}

#[cfg(unix)]
fn runner_in(work_dir: PathBuf, options: &Options) -> Box<dyn ScriptRunner> {
    Box::new(UnixRunner::new(work_dir, options.user_account.clone()))
}

#[cfg(windows)]
fn runner_in(work_dir: PathBuf, _options: &Options) -> Box<dyn ScriptRunner> {
    Box::new(PowerShellRunner::new(work_dir))
}
