//! The five families as the tests walk them, and the smallest entities of each.

use base64::Engine;
use serde_json::{Value, json};

use super::Client;

/// What differs between the families.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    /// The collection under `/deviceManagement`.
    pub(crate) set: &'static str,
    /// Its type.
    pub(crate) of: &'static str,
    /// The type of its run states.
    pub(crate) state: &'static str,
    /// The run state's property with the state.
    pub(crate) property: &'static str,
    /// A property with the script's content.
    pub(crate) content: &'static str,
    /// The parameter of `assign` and the type of its members.
    pub(crate) assign: (&'static str, &'static str),
    /// Whether it has user states and group assignments.
    pub(crate) users: bool,
}

pub(crate) const HEALTH: Family = Family {
    set: "deviceHealthScripts",
    of: "deviceHealthScript",
    state: "deviceHealthScriptDeviceState",
    property: "detectionState",
    content: "detectionScriptContent",
    assign: (
        "deviceHealthScriptAssignments",
        "deviceHealthScriptAssignment",
    ),
    users: false,
};

pub(crate) const COMPLIANCE: Family = Family {
    set: "deviceComplianceScripts",
    of: "deviceComplianceScript",
    state: "deviceComplianceScriptDeviceState",
    ..HEALTH
};

pub(crate) const PLATFORM: Family = Family {
    set: "deviceManagementScripts",
    of: "deviceManagementScript",
    state: "deviceManagementScriptDeviceState",
    property: "runState",
    content: "scriptContent",
    assign: (
        "deviceManagementScriptAssignments",
        "deviceManagementScriptAssignment",
    ),
    users: true,
};

pub(crate) const SHELL: Family = Family {
    set: "deviceShellScripts",
    of: "deviceShellScript",
    ..PLATFORM
};

pub(crate) const CUSTOM_ATTRIBUTE: Family = Family {
    set: "deviceCustomAttributeShellScripts",
    of: "deviceCustomAttributeShellScript",
    ..PLATFORM
};

pub(crate) const FAMILIES: [Family; 5] = [HEALTH, COMPLIANCE, PLATFORM, SHELL, CUSTOM_ATTRIBUTE];

impl Family {
    /// The URL of its collection.
    pub(crate) fn url(&self) -> String {
        format!("/beta/deviceManagement/{}", self.set)
    }
}

pub(crate) fn base64(text: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(text)
}

/// Makes a script; answers its URL and its id.
#[track_caller]
pub(crate) fn make_script(client: &Client, family: &Family) -> (String, String) {
    let body = json!({ "displayName": "A script", family.content: base64("#!/bin/sh\n") });
    let made = client.post(&family.url(), &body).expect_json(201);
    let id = made["id"].as_str().unwrap().to_owned();
    (format!("{}/{id}", family.url()), id)
}

/// Makes a run state with these properties; answers it.
#[track_caller]
pub(crate) fn make_state(client: &Client, script: &str, body: &Value) -> Value {
    let states = format!("{script}/deviceRunStates");
    client.post(&states, body).expect_json(201)
}

/// Makes a managed device with these properties; answers its id.
#[track_caller]
pub(crate) fn make_device(client: &Client, body: &Value) -> String {
    let devices = "/beta/deviceManagement/managedDevices";
    let made = client.post(devices, body).expect_json(201);
    made["id"].as_str().unwrap().to_owned()
}
