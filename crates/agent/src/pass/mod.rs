//! One pass of a device: enrol, ask what is due, run it, report it.

mod due;
mod signed;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use self::signed::Signed;
use crate::client::{Client, Method, answer_error};
use crate::device::Device;
use crate::error::AgentError;
use crate::identity::Identity;
use crate::judge::{self, Phase, RemediationState, RunState};
use crate::narrator::Narrator;
use crate::options::{Credential, Enrolling, Options};
use crate::report::{Report, RunResult};
use crate::run::{self, Execution, ScriptRunner};
use crate::state_dir::{self, StateDir};
use crate::wire::{DueScript, Enrolment, ManagedDevice, ScriptFamily};

/// What a pass came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassReport {
    /// The id of the `managedDevice`.
    pub device_id: String,
    /// The scripts that ran, in order.
    pub runs: Vec<RunReport>,
    /// The ids of scripts of families that this agent does not know.
    pub skipped: Vec<String>,
}

/// What one script came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// The script's id.
    pub script_id: String,
    /// The script's name, or its id if it has none.
    pub display_name: String,
    /// Its family.
    pub family: ScriptFamily,
    /// The id of its run state for this device.
    pub state_id: String,
    /// `detectionState` of remediations and compliance scripts, `runState` of the others.
    pub run_state: RunState,
    /// `remediationState`, of remediations alone.
    pub remediation_state: Option<RemediationState>,
    /// How long its runs took together.
    pub duration: Duration,
}

/// Makes one pass. A state that cannot be reported does not keep the other scripts from running.
///
/// # Errors
/// The options cannot be used; another agent holds the state directory; the service cannot be
/// reached, refuses or answers what it must not; or, when all scripts have run,
/// [`AgentError::Unreported`] with the report.
pub fn run_once(options: &Options, narrator: &mut dyn Narrator) -> Result<PassReport, AgentError> {
    let work_dir_error = |error: std::io::Error| AgentError::Option {
        option: "--work-dir",
        reason: error.to_string(),
    };
    let runner = run::system_runner(options).map_err(work_dir_error)?;
    run_once_with(options, runner.as_ref(), narrator)
}

fn run_once_with(
    options: &Options,
    runner: &dyn ScriptRunner,
    narrator: &mut dyn Narrator,
) -> Result<PassReport, AgentError> {
    let mut client = Client::new(options)?;
    let mut state = StateDir::open(&state_dir::location(options)?)?;
    let device = Device::describe(options, &mut state)?;
    let device_id = match &options.credential {
        Credential::Token(_) => enrol(options, &client, &device, narrator)?,
        Credential::Key(enrolling) => {
            let identity = identify(options, enrolling, (&client, &state), &device)?;
            client.sign_in(identity, narrator)?
        }
    };
    state.enrolled(&device_id, &client.root().resource(""))?;
    narrator.enrolled(&device_id, &device.name);
    let synced = now();
    let due = due::scripts(&client, &device_id, narrator)?;
    narrator.due(due.len());
    let mut pass = Pass {
        options,
        client: &client,
        signed: Signed::open(options.require_signature.as_ref(), state.path())?,
        runner,
        synced,
        report: PassReport {
            device_id,
            runs: Vec::new(),
            skipped: Vec::new(),
        },
        failures: Vec::new(),
    };
    for script in &due {
        pass.carry_out(script, narrator)?;
    }
    pass.end()
}

pub(crate) use self::due::is_id;

/// The identity of this device, or the beginning of one.
fn identify(
    options: &Options,
    enrolling: &Enrolling,
    (client, state): (&Client, &StateDir),
    device: &Device,
) -> Result<Identity, AgentError> {
    if !options.groups.is_empty() {
        return Err(AgentError::Option {
            option: "--group",
            reason: "a device with a key of its own is in the groups of its enrolment token".into(),
        });
    }
    let description = serde_json::json!({
        "deviceName": device.name,
        "operatingSystem": device.operating_system,
        "osVersion": device.os_version,
        "serialNumber": device.serial_number,
        "udid": device.key,
        "userId": options.user_id,
        "userPrincipalName": options.user_principal_name,
    });
    let server = client.root().beside("");
    Identity::open(state.path().to_owned(), &server, enrolling, description)
}

/// Gives this device another key at once.
///
/// # Errors
/// It has not enrolled, or the service refuses or cannot be reached.
pub fn rotate_key(options: &Options, narrator: &mut dyn Narrator) -> Result<(), AgentError> {
    let mut client = Client::new(options)?;
    let mut state = StateDir::open(&state_dir::location(options)?)?;
    let device = Device::describe(options, &mut state)?;
    let enrolling = match &options.credential {
        Credential::Key(enrolling) => enrolling,
        Credential::Token(_) => return Err(AgentError::Token("it has no key of the device's")),
    };
    let mut identity = identify(options, enrolling, (&client, &state), &device)?;
    identity.rotate_key()?;
    client.sign_in(identity, narrator)?;
    client.authorize(true, narrator)
}

/// Enrols the device, or updates its enrolment, and answers its id.
fn enrol(
    options: &Options,
    client: &Client,
    device: &Device,
    narrator: &mut dyn Narrator,
) -> Result<String, AgentError> {
    let url = client
        .root()
        .resource("deviceManagement/managedDevices/runstate.enrol");
    let enrolment = Enrolment {
        device_name: &device.name,
        operating_system: device.operating_system,
        os_version: &device.os_version,
        serial_number: &device.serial_number,
        udid: &device.key,
        group_ids: &options.groups,
        user_id: options.user_id.as_deref(),
        user_principal_name: options.user_principal_name.as_deref(),
    };
    let enrolled: ManagedDevice = client.call(Method::Post, &url, &enrolment, narrator)?;
    if !due::is_id(&enrolled.id) {
        return Err(answer_error(Method::Post, &url, "the device's id is none"));
    }
    Ok(enrolled.id)
}

/// The present in UTC with the seven digits that Graph has.
fn now() -> String {
    Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S%.7fZ")
        .to_string()
}

struct Pass<'a> {
    options: &'a Options,
    client: &'a Client,
    signed: Signed,
    runner: &'a dyn ScriptRunner,
    synced: String,
    report: PassReport,
    failures: Vec<AgentError>,
}

impl Pass<'_> {
    /// Runs one script and reports it.
    ///
    /// # Errors
    /// The token is refused: nothing that follows could be reported either.
    fn carry_out(
        &mut self,
        script: &DueScript,
        narrator: &mut dyn Narrator,
    ) -> Result<(), AgentError> {
        let Some(family) = ScriptFamily::of_type(&script.script_type) else {
            narrator.skipped(
                &script.script_id,
                "this agent does not know scripts of its type",
            );
            self.report.skipped.push(script.script_id.clone());
            return Ok(());
        };
        let (result, duration) = self.run(script, family, narrator);
        let updated = now();
        let run = RunReport {
            script_id: script.script_id.clone(),
            display_name: script.name().to_owned(),
            family,
            state_id: script.state_id.clone(),
            run_state: result.run_state(),
            remediation_state: result.remediation_state(),
            duration,
        };
        let report = Report {
            script,
            family,
            result: &result,
            updated: &updated,
            synced: &self.synced,
        };
        match report.send(self.client, narrator) {
            Ok(()) => narrator.ran(&run),
            Err(error) if error.status() == Some(401) => return Err(error),
            Err(error) => {
                narrator.unreported(&run, &error.to_string());
                self.failures.push(error);
            }
        }
        self.report.runs.push(run);
        Ok(())
    }

    fn run(
        &self,
        script: &DueScript,
        family: ScriptFamily,
        narrator: &mut dyn Narrator,
    ) -> (RunResult, Duration) {
        let limit = self.options.output_limit;
        let detection = script.detection_script_content.as_deref();
        let content = script.script_content.as_deref();
        if family == ScriptFamily::Health {
            let remediation = script.remediation_script_content.as_deref();
            let remediation = remediation.filter(|content| !content.is_empty());
            let health = judge::remediate(remediation.is_some(), limit, &mut |phase| {
                let content = if phase == Phase::Remediation {
                    remediation
                } else {
                    detection
                };
                self.execute(script, phase, content, limit, narrator)
            });
            let duration = health.duration;
            return (RunResult::Health(health), duration);
        }
        let stdout_limit = match family {
            ScriptFamily::Compliance => self.options.compliance_output_limit,
            ScriptFamily::CustomAttribute => self.options.attribute_output_limit,
            _ => limit,
        };
        let content = if family == ScriptFamily::Compliance {
            detection.or(content)
        } else {
            content
        };
        let execution = self.execute(script, Phase::Script, content, stdout_limit, narrator);
        let duration = execution.duration;
        let result = match family {
            ScriptFamily::Compliance => RunResult::Compliance(judge::comply(execution, limit)),
            _ => RunResult::Script(judge::conclude(execution, limit)),
        };
        (result, duration)
    }

    fn execute(
        &self,
        script: &DueScript,
        phase: Phase,
        content: Option<&str>,
        stdout_limit: usize,
        narrator: &mut dyn Narrator,
    ) -> Execution {
        narrator.running(script.name(), phase);
        let decoded = decode(content, self.options.content_limit).map_err(str::to_owned);
        let execution = match decoded.and_then(|content| self.signed.admit(script, phase, content))
        {
            Err(reason) => Execution::failed(reason),
            Ok(content) => self.runner.run(&run::Script {
                content: &content,
                account: script.run_as_account.unwrap_or_default(),
                run_as_32_bit: script.run_as32_bit.unwrap_or(false),
                timeout: timeout(script.timeout_in_minutes, self.options.timeout),
                stdout_limit,
                stderr_limit: self.options.output_limit,
            }),
        };
        narrator.finished(script.name(), phase, &execution);
        execution
    }

    fn end(self) -> Result<PassReport, AgentError> {
        let count = self.failures.len();
        match self.failures.into_iter().next() {
            None => Ok(self.report),
            Some(first) => Err(AgentError::Unreported {
                count,
                first: Box::new(first),
                report: Box::new(self.report),
            }),
        }
    }
}

/// The script's own timeout, if it has one and that is the shorter.
fn timeout(minutes: Option<i64>, longest: Duration) -> Duration {
    let minutes = minutes
        .and_then(|minutes| u64::try_from(minutes).ok())
        .filter(|&m| m > 0);
    let own = minutes.map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
    own.map_or(longest, |own| own.min(longest))
}

/// A script's content.
///
/// # Errors
/// The reason, as the run state's error text says it.
fn decode(content: Option<&str>, limit: usize) -> Result<Vec<u8>, &'static str> {
    let content = content.ok_or("the service gave no content")?;
    let content = STANDARD
        .decode(content)
        .map_err(|_| "its content is no base64")?;
    if content.len() > limit {
        return Err("its content is longer than this agent takes");
    }
    Ok(content)
}

#[cfg(test)]
mod tests;
