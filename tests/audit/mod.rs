//! The audit: who changed what, from where, and that nobody can tamper with the record unseen.

mod administration;
mod chain;
mod events;
mod export;
mod secrets;

use serde_json::Value;

use crate::support::{Client, Server};

const EVENTS: &str = "/beta/deviceManagement/auditEvents";

/// A client that may read the audit, and nothing else.
fn auditor(server: &Server) -> Client {
    server.client(&["--role", "DeviceManagementApps.Read.All"])
}

/// The newest events first.
fn newest(server: &Server) -> Vec<Value> {
    let target = format!("{EVENTS}?$orderby=activityDateTime%20desc&$top=200");
    auditor(server).get(&target).values()
}

/// The events that tell of a resource, oldest first.
fn events_of(server: &Server, id: &str) -> Vec<Value> {
    let about = |resource: &Value| resource["resourceId"].as_str() == Some(id);
    let mut events = newest(server);
    events.retain(|event| {
        let resources = event["resources"].as_array();
        resources.is_some_and(|resources| resources.iter().any(about))
    });
    events.reverse();
    events
}

/// What an event says of a property of its first resource: from what to what.
fn modified<'e>(event: &'e Value, name: &str) -> Option<(&'e Value, &'e Value)> {
    let properties = event["resources"][0]["modifiedProperties"].as_array()?;
    let found = properties.iter().find(|p| p["displayName"] == name)?;
    Some((&found["oldValue"], &found["newValue"]))
}
