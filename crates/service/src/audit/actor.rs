//! Who changed something, as `auditActor` tells it.

use std::collections::BTreeSet;

use edm::{Model, Value};
use engine::access::{Caller, Reach};
use engine::audit::{Actor, Origin};

use super::columns::{Columns, complex};

pub(super) fn of(columns: &Columns, model: &Model, origin: &Origin) -> Value {
    let mut members = match &origin.actor {
        Actor::Caller(caller) => of_caller(columns, model, caller),
        Actor::CommandLine(command) => vec![
            ("auditActorType", Value::from("ItPro")),
            (
                "applicationDisplayName",
                Value::String(format!("runstate {command}")),
            ),
        ],
        Actor::EnrollmentToken(id) => vec![
            ("auditActorType", Value::from("Device")),
            (
                "applicationDisplayName",
                Value::String(format!("enrollment token {id}")),
            ),
        ],
        Actor::Server => vec![
            ("auditActorType", Value::from("System")),
            ("applicationDisplayName", Value::from("runstate serve")),
        ],
    };
    if let Some((_, kind)) = members.first().cloned() {
        // Graph says it twice.
        members.push(("type", kind));
    }
    if let Some(client) = origin.client {
        members.push(("ipAddress", Value::String(client.to_string())));
    }
    complex(model, columns.actor_type, members)
}

/// A user signed in by an application has delegated permissions, an application and a device their own.
fn of_caller(columns: &Columns, model: &Model, caller: &Caller) -> Vec<(&'static str, Value)> {
    let subject = || Value::from(caller.subject.as_str());
    let application = |own: Value| match &caller.application {
        Some(application) => Value::from(application.as_str()),
        None => own,
    };
    let texts = |names: &BTreeSet<String>| {
        Value::Collection(
            names
                .iter()
                .map(|name| Value::from(name.as_str()))
                .collect(),
        )
    };
    match &caller.reach {
        Reach::Device(device) => vec![
            ("auditActorType", Value::from("Device")),
            ("userPermissions", texts(&caller.roles)),
            ("servicePrincipalName", Value::from(device.as_str())),
            ("applicationId", application(Value::Null)),
        ],
        reach => {
            let (kind, permissions) = match caller.scopes.is_empty() {
                true => ("Application", &caller.roles),
                false => ("ItPro", &caller.scopes),
            };
            let mut members = vec![
                ("auditActorType", Value::from(kind)),
                ("userPermissions", texts(permissions)),
            ];
            if caller.scopes.is_empty() {
                members.push(("applicationId", application(subject())));
                members.push(("servicePrincipalName", subject()));
            } else {
                members.push(("applicationId", application(Value::Null)));
                members.push(("userId", subject()));
            }
            if let Reach::RoleScopeTags(tags) = reach {
                let tag = |id: &String| {
                    let id = Value::from(id.as_str());
                    complex(model, columns.tag_type, vec![("roleScopeTagId", id)])
                };
                let tags = Value::Collection(tags.iter().map(tag).collect());
                members.push(("userRoleScopeTags", tags));
            }
            members
        }
    }
}
