//! What the outcomes of a script's runs mean for its run state.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::run::{Execution, Outcome, cut};

/// `microsoft.graph.runState`: the members that an agent reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// It ran; a detection found no issue.
    Success,
    /// A detection found an issue; a script of another family exited with an error.
    Fail,
    /// It could not be run to its end, or not as its family demands.
    ScriptError,
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::Fail => "fail",
            Self::ScriptError => "scriptError",
        })
    }
}

/// `microsoft.graph.remediationState`: the members that an agent reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RemediationState {
    /// No remediation ran: nothing to mend, or nothing to mend it with.
    Skipped,
    /// It ran, and the second detection found no issue.
    Success,
    /// It ran, and the second detection still found the issue.
    RemediationFailed,
    /// It, or the detection after it, ended with an error.
    ScriptError,
}

impl fmt::Display for RemediationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Skipped => "skipped",
            Self::Success => "success",
            Self::RemediationFailed => "remediationFailed",
            Self::ScriptError => "scriptError",
        })
    }
}

/// Which of a script's runs it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The only run of a script that is no remediation.
    Script,
    /// The detection that says whether there is an issue.
    Detection,
    /// The remediation.
    Remediation,
    /// The detection after the remediation.
    PostDetection,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Script => "script",
            Self::Detection => "detection",
            Self::Remediation => "remediation",
            Self::PostDetection => "detection after remediation",
        })
    }
}

/// What a remediation's runs came to, in the words of `deviceHealthScriptDeviceState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) detection_state: RunState,
    pub(crate) remediation_state: RemediationState,
    pub(crate) pre_output: String,
    pub(crate) pre_error: String,
    pub(crate) remediation_error: Option<String>,
    pub(crate) post_output: Option<String>,
    pub(crate) post_error: Option<String>,
    pub(crate) duration: Duration,
}

/// Detects; on an issue (exit code exactly 1) remediates, if there is a remediation script; and
/// detects again if that script exited with 0. A remediation that ended with an error has mended
/// nothing that a second detection could confirm, so there is none.
pub(crate) fn remediate(
    has_remediation: bool,
    limit: usize,
    run: &mut dyn FnMut(Phase) -> Execution,
) -> Health {
    let detection = run(Phase::Detection);
    let mut health = Health {
        detection_state: detected(&detection.outcome),
        remediation_state: RemediationState::Skipped,
        pre_error: detection_error(&detection, limit),
        pre_output: detection.stdout,
        remediation_error: None,
        post_output: None,
        post_error: None,
        duration: detection.duration,
    };
    if health.detection_state != RunState::Fail || !has_remediation {
        return health;
    }
    let remediation = run(Phase::Remediation);
    health.duration += remediation.duration;
    health.remediation_error = Some(error_text(&remediation, &[0], limit));
    if remediation.outcome != Outcome::Exited(0) {
        health.remediation_state = RemediationState::ScriptError;
        return health;
    }
    let post = run(Phase::PostDetection);
    health.duration += post.duration;
    health.post_error = Some(detection_error(&post, limit));
    health.remediation_state = match detected(&post.outcome) {
        RunState::Success => RemediationState::Success,
        RunState::Fail => RemediationState::RemediationFailed,
        RunState::ScriptError => RemediationState::ScriptError,
    };
    health.post_output = Some(post.stdout);
    health
}

fn detected(outcome: &Outcome) -> RunState {
    match outcome {
        Outcome::Exited(0) => RunState::Success,
        Outcome::Exited(1) => RunState::Fail,
        _ => RunState::ScriptError,
    }
}

fn detection_error(execution: &Execution, limit: usize) -> String {
    error_text(execution, &[0, 1], limit)
}

/// The standard error; before it the outcome, unless it is one of the exit codes that mean
/// something better said by the state. Cut to `limit` characters.
fn error_text(execution: &Execution, expected: &[i32], limit: usize) -> String {
    let text = match &execution.outcome {
        Outcome::Exited(code) if expected.contains(code) => execution.stderr.clone(),
        outcome if execution.stderr.is_empty() => outcome.to_string(),
        outcome => format!("{outcome}\n{}", execution.stderr),
    };
    clean(&text, limit)
}

/// A text that the service takes: no U+0000 (a reason may quote a script), and not too long.
fn clean(text: &str, limit: usize) -> String {
    cut(&text.replace('\0', "\u{FFFD}"), limit).to_owned()
}

/// What a compliance script's run came to, in the words of `deviceComplianceScriptDeviceState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compliance {
    pub(crate) detection_state: RunState,
    pub(crate) output: String,
    pub(crate) error: String,
}

/// `success` if it exited with 0 and printed exactly one line of JSON, which is an object; else
/// `scriptError` with the reason. It is never `fail`: whether the values are those wanted is
/// judged by the rules, which the device does not know.
pub(crate) fn comply(execution: Execution, limit: usize) -> Compliance {
    let exited = execution.outcome == Outcome::Exited(0);
    let wrong = if exited {
        wrong_discovery(&execution)
    } else {
        None
    };
    let error = match wrong {
        None => error_text(&execution, &[0], limit),
        Some(reason) => clean(&format!("{reason}\n{}", execution.stderr), limit)
            .trim_end()
            .to_owned(),
    };
    let holds = exited && wrong.is_none();
    Compliance {
        detection_state: if holds {
            RunState::Success
        } else {
            RunState::ScriptError
        },
        output: execution.stdout,
        error,
    }
}

/// Why the output is not one line of JSON.
fn wrong_discovery(execution: &Execution) -> Option<&'static str> {
    let output = execution.stdout.trim();
    if execution.stdout_is_cut {
        Some("The output is longer than the limit.")
    } else if output.is_empty() {
        Some("The script printed nothing; one line of JSON is expected.")
    } else if output.lines().nth(1).is_some() {
        Some("The output has more than one line; one line of JSON is expected.")
    } else if !output.starts_with('{') || serde_json::from_str::<IgnoredAny>(output).is_err() {
        Some("The output is no JSON object.")
    } else {
        None
    }
}

/// What a run of the other families came to, in the words of `deviceManagementScriptDeviceState`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) run_state: RunState,
    pub(crate) result_message: String,
    pub(crate) error_code: i32,
    pub(crate) error_description: String,
}

/// `success` on exit code 0, `fail` on another, `scriptError` if the script was ended or did not
/// start. `errorCode` is the exit code, or what shells make of the rest: 128 + the signal, 124 for a
/// timeout, 127 for a script that could not be run.
pub(crate) fn conclude(execution: Execution, limit: usize) -> Script {
    let (run_state, error_code) = match execution.outcome {
        Outcome::Exited(0) => (RunState::Success, 0),
        Outcome::Exited(code) => (RunState::Fail, code),
        Outcome::Signalled(signal) => (RunState::ScriptError, signal.saturating_add(128)),
        Outcome::TimedOut(_) => (RunState::ScriptError, 124),
        Outcome::Failed(_) => (RunState::ScriptError, 127),
    };
    let error_description = match execution.outcome {
        Outcome::Exited(_) => clean(&execution.stderr, limit),
        _ => error_text(&execution, &[], limit),
    };
    Script {
        run_state,
        result_message: execution.stdout,
        error_code,
        error_description,
    }
}

#[cfg(test)]
mod tests;
