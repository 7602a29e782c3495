//! A service with one device, and someone who listens to its passes.

use serde_json::{Value, json};

use super::super::*;
use crate::options::{RetryPolicy, Token};
use crate::test_server::{Asked, Reply, TestServer};

pub(super) const ENROL: &str = "/beta/deviceManagement/managedDevices/runstate.enrol";
pub(super) const DUE: &str = "/beta/deviceManagement/managedDevices/d%3A1/runstate.dueScripts()";

/// A script that is due, with the fields given added.
pub(super) fn due(script_type: &str, id: &str, more: &Value) -> Value {
    let mut script = json!({"scriptId": id, "scriptType": script_type, "displayName": format!("The {id}"),
        "version": "1", "stateId": format!("{id}:d:1"), "runAsAccount": "system", "runAs32Bit": false,
        "fileName": "x", "timeoutInMinutes": 60, "expectedStateUpdateDateTime": null,
        "detectionScriptContent": null, "remediationScriptContent": null, "scriptContent": null});
    let fields = more.as_object().expect("an object").clone();
    script.as_object_mut().expect("an object").extend(fields);
    script
}

pub(super) fn base64(text: &str) -> Value {
    Value::String(STANDARD.encode(text))
}

/// Serves one device and the scripts given; `report` answers the rest.
pub(super) fn serve(
    scripts: Vec<Value>,
    report: impl Fn(&Asked, usize) -> Reply + Send + 'static,
) -> TestServer {
    TestServer::start(move |asked, count| {
        let json = |value: Value| Reply(200, "", value.to_string());
        match &*asked.path {
            ENROL => json(json!({"id": "d:1", "deviceName": "n"})),
            DUE => json(json!({"value": scripts})),
            _ => report(asked, count),
        }
    })
}

pub(super) fn ok(_: &Asked, _: usize) -> Reply {
    Reply(200, "", "{}".to_owned())
}

pub(super) struct Device {
    pub(super) dir: tempfile::TempDir,
    pub(super) options: Options,
}

pub(super) fn device(server: &TestServer) -> Device {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(server.url(), Token::new("t").unwrap());
    options.device_name = Some("n".to_owned());
    options.device_key = Some("key".to_owned());
    options.state_dir = Some(dir.path().join("state"));
    options.work_dir = Some(dir.path().to_owned());
    options.retry = RetryPolicy {
        attempts: 2,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_secs(1),
    };
    Device { dir, options }
}

/// Remembers what it hears.
#[derive(Default)]
pub(super) struct Heard(pub(super) Vec<String>);

impl Narrator for Heard {
    fn enrolled(&mut self, device_id: &str, device_name: &str) {
        self.0.push(format!("enrolled {device_id} {device_name}"));
    }
    fn due(&mut self, count: usize) {
        self.0.push(format!("due {count}"));
    }
    fn running(&mut self, name: &str, phase: Phase) {
        self.0.push(format!("{name}: {phase}"));
    }
    fn finished(&mut self, name: &str, _: Phase, execution: &Execution) {
        self.0.push(format!("{name}: {}", execution.outcome));
    }
    fn ran(&mut self, report: &RunReport) {
        let remediation = report.remediation_state.map(|state| state.to_string());
        self.0.push(format!(
            "{}: {} {remediation:?}",
            report.script_id, report.run_state
        ));
    }
    fn unreported(&mut self, report: &RunReport, _: &str) {
        self.0.push(format!("{} unreported", report.script_id));
    }
    fn skipped(&mut self, script_id: &str, _: &str) {
        self.0.push(format!("{script_id} skipped"));
    }
}
