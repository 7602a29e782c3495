//! What came of a script, told to the service through the operations of its family.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::client::{Client, Method};
use crate::error::AgentError;
use crate::judge::{Compliance, Health, RemediationState, RunState, Script};
use crate::narrator::Narrator;
use crate::url::segment;
use crate::wire::{DueScript, ScriptFamily};

/// What the runs of a script came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunResult {
    Health(Health),
    Compliance(Compliance),
    Script(Script),
}

impl RunResult {
    pub(crate) fn run_state(&self) -> RunState {
        match self {
            Self::Health(health) => health.detection_state,
            Self::Compliance(compliance) => compliance.detection_state,
            Self::Script(script) => script.run_state,
        }
    }

    pub(crate) fn remediation_state(&self) -> Option<RemediationState> {
        match self {
            Self::Health(health) => Some(health.remediation_state),
            Self::Compliance(_) | Self::Script(_) => None,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthState<'a> {
    #[serde(rename = "@odata.type")]
    odata_type: &'static str,
    detection_state: RunState,
    last_state_update_date_time: &'a str,
    expected_state_update_date_time: Option<&'a str>,
    last_sync_date_time: &'a str,
    pre_remediation_detection_script_output: &'a str,
    pre_remediation_detection_script_error: &'a str,
    remediation_script_error: Option<&'a str>,
    post_remediation_detection_script_output: Option<&'a str>,
    post_remediation_detection_script_error: Option<&'a str>,
    remediation_state: RemediationState,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ComplianceState<'a> {
    #[serde(rename = "@odata.type")]
    odata_type: &'static str,
    detection_state: RunState,
    last_state_update_date_time: &'a str,
    expected_state_update_date_time: Option<&'a str>,
    last_sync_date_time: &'a str,
    script_output: &'a str,
    script_error: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScriptState<'a> {
    #[serde(rename = "@odata.type")]
    odata_type: &'static str,
    run_state: RunState,
    result_message: &'a str,
    last_state_update_date_time: &'a str,
    error_code: i32,
    error_description: &'a str,
}

/// A run state on its way to the service.
pub(crate) struct Report<'a> {
    pub(crate) script: &'a DueScript,
    pub(crate) family: ScriptFamily,
    pub(crate) result: &'a RunResult,
    /// When the last of the runs ended (RFC 3339).
    pub(crate) updated: &'a str,
    /// When the device asked what was due (RFC 3339).
    pub(crate) synced: &'a str,
}

impl Report<'_> {
    /// Updates the state that the service made when it handed the script out. If it is gone by now,
    /// it is made again; and updated after all if that has happened meanwhile.
    pub(crate) fn send(
        &self,
        client: &Client,
        narrator: &mut dyn Narrator,
    ) -> Result<(), AgentError> {
        let states = client.root().resource(&format!(
            "deviceManagement/{}/{}/deviceRunStates",
            self.family.collection(),
            segment(&self.script.script_id),
        ));
        let url = match self.family {
            // Here the body's id names the state.
            ScriptFamily::Health => states.clone(),
            _ => format!("{states}/{}", segment(&self.script.state_id)),
        };
        let whole = self.body();
        let mut update = whole.clone();
        if self.family != ScriptFamily::Health {
            update.remove("id");
        }
        match client.send(Method::Patch, &url, &update, narrator) {
            Err(error) if error.status() == Some(404) => {}
            result => return result,
        }
        match client.send(Method::Post, &states, &whole, narrator) {
            Err(error) if error.status() == Some(409) => {
                client.send(Method::Patch, &url, &update, narrator)
            }
            result => result,
        }
    }

    /// The whole state, with its id.
    fn body(&self) -> Map<String, Value> {
        let state = match self.result {
            RunResult::Health(health) => serde_json::to_value(self.health(health)),
            RunResult::Compliance(compliance) => serde_json::to_value(self.compliance(compliance)),
            RunResult::Script(script) => serde_json::to_value(self.state(script)),
        };
        let Ok(Value::Object(mut body)) = state else {
            unreachable!("a struct of strings and numbers is a JSON object");
        };
        body.insert("id".to_owned(), Value::String(self.script.state_id.clone()));
        body
    }

    fn health<'a>(&'a self, health: &'a Health) -> HealthState<'a> {
        HealthState {
            odata_type: "#microsoft.graph.deviceHealthScriptDeviceState",
            detection_state: health.detection_state,
            last_state_update_date_time: self.updated,
            expected_state_update_date_time: self.expected(),
            last_sync_date_time: self.synced,
            pre_remediation_detection_script_output: &health.pre_output,
            pre_remediation_detection_script_error: &health.pre_error,
            remediation_script_error: health.remediation_error.as_deref(),
            post_remediation_detection_script_output: health.post_output.as_deref(),
            post_remediation_detection_script_error: health.post_error.as_deref(),
            remediation_state: health.remediation_state,
        }
    }

    fn compliance<'a>(&'a self, compliance: &'a Compliance) -> ComplianceState<'a> {
        ComplianceState {
            odata_type: "#microsoft.graph.deviceComplianceScriptDeviceState",
            detection_state: compliance.detection_state,
            last_state_update_date_time: self.updated,
            expected_state_update_date_time: self.expected(),
            last_sync_date_time: self.synced,
            script_output: &compliance.output,
            script_error: &compliance.error,
        }
    }

    fn state<'a>(&'a self, script: &'a Script) -> ScriptState<'a> {
        ScriptState {
            odata_type: "#microsoft.graph.deviceManagementScriptDeviceState",
            run_state: script.run_state,
            result_message: &script.result_message,
            last_state_update_date_time: self.updated,
            error_code: script.error_code,
            error_description: &script.error_description,
        }
    }

    fn expected(&self) -> Option<&str> {
        self.script.expected_state_update_date_time.as_deref()
    }
}
