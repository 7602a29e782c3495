//! A server process, an administrator's client of it, and devices.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const ROLE: &str = "DeviceManagementConfiguration.ReadWrite.All";

pub(crate) const HEALTH: &str = "deviceHealthScripts";
pub(crate) const COMPLIANCE: &str = "deviceComplianceScripts";
pub(crate) const PLATFORM: &str = "deviceManagementScripts";
pub(crate) const SHELL: &str = "deviceShellScripts";
pub(crate) const ATTRIBUTE: &str = "deviceCustomAttributeShellScripts";

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Base64, as scripts' contents are written.
pub(crate) fn content(script: impl AsRef<[u8]>) -> Value {
    STANDARD.encode(script).into()
}

pub(crate) fn runstate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runstate"));
    command.env_remove("RUST_LOG").env_remove("RUNSTATE_TOKEN");
    command.env_remove("RUNSTATE_ENROLLMENT_TOKEN");
    command
}

/// A server with an empty database, ended with the test whatever becomes of it.
pub(crate) struct World {
    pub(crate) directory: TempDir,
    pub(crate) url: String,
    token: String,
    http: ureq::Agent,
    server: Child,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl World {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut server = runstate()
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(directory.path().join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(server.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line.strip_prefix("Runstate listens on ").unwrap();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None);
        let mut world = Self {
            url: url.trim_end().to_owned(),
            token: String::new(),
            http: config.build().new_agent(),
            server,
            directory,
        };
        world.token = world.token_for(&["--role", ROLE]);
        world
    }

    /// A token of this server, as `runstate token` prints it.
    pub(crate) fn token_for(&self, arguments: &[&str]) -> String {
        let data_dir = self.directory.path().join("data");
        let mut command = runstate();
        command.arg("token").args(arguments);
        let printed = command.arg("--data-dir").arg(data_dir).output().unwrap();
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        text(&printed.stdout).trim_end().to_owned()
    }

    /// What a command on the server's data directory prints.
    #[track_caller]
    pub(crate) fn command(&self, line: &[&str]) -> String {
        let data_dir = self.directory.path().join("data");
        let printed = runstate()
            .args(line)
            .arg("--data-dir")
            .arg(data_dir)
            .output()
            .unwrap();
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        text(&printed.stdout).trim_end().to_owned()
    }

    /// Sends a request below `/beta/deviceManagement/`; the status, and the body or null.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let url = format!("{}/beta/deviceManagement/{path}", self.url);
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json")
            .body(body.map(Value::to_string).unwrap_or_default())
            .unwrap();
        let mut answer = self.http.run(request).unwrap();
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(64 << 20);
        let text = body.read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn must(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.must("GET", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.must("POST", path, Some(body))
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Value {
        self.must("PATCH", path, Some(body))
    }

    /// Creates a script of a family, named if it has no name; its id.
    pub(crate) fn script(&self, family: &str, script: &Value) -> String {
        let mut named = json!({ "displayName": "a script" });
        let members = named.as_object_mut().unwrap();
        members.extend(script.as_object().cloned().unwrap_or_default());
        let created = self.post(family, &named);
        created["id"].as_str().unwrap().to_owned()
    }

    /// Creates a script and assigns it to all devices; its id.
    pub(crate) fn script_everywhere(&self, family: &str, script: &Value) -> String {
        let id = self.script(family, script);
        self.assign(
            family,
            &id,
            &[json!({ "target": target("allDevices", None) })],
        );
        id
    }

    /// Replaces the assignments of a script.
    pub(crate) fn assign(&self, family: &str, script: &str, assignments: &[Value]) {
        let parameter = match family {
            HEALTH | COMPLIANCE => "deviceHealthScriptAssignments",
            _ => "deviceManagementScriptAssignments",
        };
        let path = format!("{family}/{script}/assign");
        self.post(&path, &json!({ parameter: assignments }));
    }

    /// The run state of a device, if it has one.
    pub(crate) fn state(&self, family: &str, script: &str, device: &str) -> Option<Value> {
        let path = format!("{family}/{script}/deviceRunStates/{script}:{device}");
        let (status, state) = self.ask("GET", &path, None);
        assert!(matches!(status, 200 | 404), "{path}: {status} {state}");
        (status == 200).then_some(state)
    }

    pub(crate) fn summary(&self, family: &str, script: &str) -> Value {
        self.get(&format!("{family}/{script}/runSummary"))
    }

    /// The runs of a device's run state, the latest first.
    pub(crate) fn history(&self, family: &str, script: &str, device: &str) -> Vec<Value> {
        let state = format!("{family}/{script}/deviceRunStates/{script}:{device}");
        let history = self.get(&format!("{state}/runstate.history()"));
        history["value"].as_array().unwrap().clone()
    }

    /// This machine as a device of its own key.
    pub(crate) fn agent(&self, name: &str) -> Agent<'_> {
        Agent {
            world: self,
            name: name.to_owned(),
            arguments: Vec::new(),
        }
    }

    /// A device that enrols by hand: its id.
    pub(crate) fn enrol(&self, name: &str, system: &str, more: &Value) -> String {
        let mut enrolment = json!({ "udid": name, "deviceName": name, "operatingSystem": system });
        let members = enrolment.as_object_mut().unwrap();
        members.extend(more.as_object().cloned().unwrap_or_default());
        let device = self.post("managedDevices/runstate.enrol", &enrolment);
        device["id"].as_str().unwrap().to_owned()
    }

    /// Asks what is due as a device would: the ids of the scripts. That hands them out.
    pub(crate) fn due(&self, device: &str) -> Vec<String> {
        let due = self.due_scripts(device);
        due.iter()
            .map(|script| script["scriptId"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What is due, in full.
    pub(crate) fn due_scripts(&self, device: &str) -> Vec<Value> {
        let due = self.get(&format!("managedDevices/{device}/runstate.dueScripts()"));
        due["value"].as_array().unwrap().clone()
    }

    /// Reports a platform, shell or attribute script as a device would.
    pub(crate) fn report(
        &self,
        family: &str,
        script: &str,
        device: &str,
        run_state: &str,
        time: &str,
    ) {
        let path = format!("{family}/{script}/deviceRunStates/{script}:{device}");
        let report = json!({ "runState": run_state, "lastStateUpdateDateTime": time });
        self.patch(&path, &report);
    }
}

/// A target of an assignment.
pub(crate) fn target(kind: &str, group: Option<&str>) -> Value {
    let mut target = json!({ "@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget") });
    if let Some(group) = group {
        target["groupId"] = group.into();
    }
    target
}

/// `runstate agent run` on this machine.
pub(crate) struct Agent<'a> {
    world: &'a World,
    name: String,
    arguments: Vec<String>,
}

/// What a pass printed.
pub(crate) struct Pass {
    pub(crate) device: String,
    pub(crate) said: String,
}

impl Agent<'_> {
    /// With further arguments.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|&a| a.to_owned()));
        self
    }

    /// Where scripts get their private directories.
    pub(crate) fn work_dir(&self) -> PathBuf {
        let path = self.world.directory.path().join("work");
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn run_with_token(&self, token: &str) -> Output {
        let state_dir = self.world.directory.path().join(&self.name);
        let mut command = runstate();
        command.args(["agent", "run", "--server", &self.world.url]);
        command.args(["--device-key", &self.name, "--device-name", &self.name]);
        command.arg("--state-dir").arg(state_dir);
        command.arg("--work-dir").arg(self.work_dir());
        command.args(&self.arguments).env("RUNSTATE_TOKEN", token);
        command.output().unwrap()
    }

    /// Makes a pass, which must come to its end.
    pub(crate) fn pass(&self) -> Pass {
        let output = self.run_with_token(&self.world.token);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let left: Vec<_> = std::fs::read_dir(self.work_dir()).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let said = text(&output.stdout).to_owned();
        let (_, rest) = said.split_once(", device ").unwrap();
        let (device, _) = rest.split_once(".\n").unwrap();
        Pass {
            device: device.to_owned(),
            said,
        }
    }
}
