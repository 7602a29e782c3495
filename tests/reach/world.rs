//! Two sides, A and B: each has scripts of every family with all that hangs on them. Whatever is
//! B's holds a marker that no answer to A may show.

use serde_json::{Value, json};

use crate::support::{Client, FAMILIES, Family, HEALTH, READ_WRITE, Server, base64, make_device};

/// In every text of what is B's.
pub(crate) const MARKER: &str = "OnlyForTheOtherSide";
/// The permission of operations on devices.
pub(crate) const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
/// The collection of devices.
pub(crate) const DEVICES: &str = "/beta/deviceManagement/managedDevices";

/// One side's things.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// The group that the side's scripts are assigned to, and its device is in.
    pub(crate) group: String,
    pub(crate) device: String,
    pub(crate) user: String,
    /// The id of a script of each family, in their order.
    pub(crate) scripts: Vec<String>,
}

impl Side {
    pub(crate) fn script(&self, family: &Family) -> &str {
        let at = FAMILIES.iter().position(|known| known.set == family.set);
        &self.scripts[at.expect("a family")]
    }

    /// The URL of the side's script of a family.
    pub(crate) fn url(&self, family: &Family) -> String {
        format!("{}/{}", family.url(), self.script(family))
    }
}

/// A client that may do everything.
pub(crate) fn administrator(server: &Server) -> Client {
    server.client(&["--role", READ_WRITE, "--role", PRIVILEGED])
}

/// A client that may do everything, as far as a device reaches.
pub(crate) fn device_client(server: &Server, device: &str) -> Client {
    let roles = ["--role", READ_WRITE, "--role", PRIVILEGED];
    let mut arguments = vec!["--device", device];
    arguments.extend(roles);
    server.client(&arguments)
}

/// A client that may do everything, as far as role scope tags reach.
pub(crate) fn tagged_client(server: &Server, tags: &[&str]) -> Client {
    let mut arguments = vec!["--role", READ_WRITE, "--role", PRIVILEGED];
    for tag in tags {
        arguments.extend(["--role-scope-tag", *tag]);
    }
    server.client(&arguments)
}

/// Makes a side. Its texts hold `mark`; those of its device, too, unless it has tags, which devices
/// have not.
pub(crate) fn make_side(client: &Client, name: &str, mark: &str, tags: &[&str]) -> Side {
    let group = format!("group-of-{name}");
    let of_device = if tags.is_empty() { mark } else { "shared" };
    let enrol = json!({
        "udid": format!("udid-of-{name}"),
        "deviceName": format!("{of_device} device of {name}"),
        "operatingSystem": "Windows",
        "groupIds": [group],
        "userId": format!("user-of-{name}"),
        "userPrincipalName": format!("{of_device}@{name}.test"),
    });
    let device = client.post(&format!("{DEVICES}/runstate.enrol"), &enrol);
    let device = text(&device.expect_json(200)["id"]);
    let mut side = Side {
        group,
        device,
        user: format!("user-of-{name}"),
        scripts: Vec::new(),
    };
    for family in &FAMILIES {
        side.scripts.push(make_script(client, family, mark, tags));
        assign(client, &side.url(family), family, &side.group);
        let state = state(family, side.script(family), &side.device, mark);
        let states = format!("{}/deviceRunStates", side.url(family));
        client.post(&states, &state).expect(201);
        if family.users {
            let groups = format!("{}/groupAssignments", side.url(family));
            let second = json!({ "targetGroupId": format!("{}-2", side.group) });
            client.post(&groups, &second).expect(201);
            let user = format!(
                "{}/userRunStates/{}:user-of-{name}",
                side.url(family),
                side.script(family)
            );
            let principal = json!({ "userPrincipalName": format!("{mark}@{name}.test") });
            client.patch(&user, &principal).expect(200);
        }
    }
    side
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Makes a script with these tags, whose texts hold `mark`; answers its id.
pub(crate) fn make_script(client: &Client, family: &Family, mark: &str, tags: &[&str]) -> String {
    let body = json!({
        "displayName": format!("{mark} script"),
        "description": format!("{mark} description"),
        "roleScopeTagIds": tags,
        family.content: base64(&format!("echo {mark}")),
    });
    text(&client.post(&family.url(), &body).expect_json(201)["id"])
}

/// Assigns a script to a group.
pub(crate) fn assign(client: &Client, script: &str, family: &Family, group: &str) {
    let target = json!({
        "@odata.type": "#microsoft.graph.groupAssignmentTarget",
        "groupId": group,
    });
    let (parameter, of) = family.assign;
    let assignment = json!({ "@odata.type": format!("#microsoft.graph.{of}"), "target": target });
    let body = json!({ parameter: [assignment] });
    client.post(&format!("{script}/assign"), &body).expect(200);
}

/// A run state of a device, with outputs that hold `mark`.
pub(crate) fn state(family: &Family, script: &str, device: &str, mark: &str) -> Value {
    let mut state = json!({
        "id": format!("{script}:{device}"),
        "managedDevice@odata.bind": format!("deviceManagement/managedDevices/{device}"),
        "lastStateUpdateDateTime": "2026-01-02T03:04:05Z",
        family.property: "success",
    });
    let output = match family.users {
        true => "resultMessage",
        false if family.set == HEALTH.set => "preRemediationDetectionScriptOutput",
        false => "scriptOutput",
    };
    state[output] = json!(format!("{mark} output"));
    state
}

/// A device without anything.
pub(crate) fn lone_device(client: &Client) -> String {
    make_device(client, &json!({ "deviceName": "alone" }))
}
