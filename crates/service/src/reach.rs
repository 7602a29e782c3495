//! What the reach of a caller means for a change, beyond which rows it may see: the role scope tags
//! that an administrator may give and take, and the run states that a device may report.

use std::collections::BTreeSet;

use edm::Value;
use engine::access::Reach;
use engine::{Scope, Withheld};
use odata::{Error, ErrorCode};
use store::Row;

use crate::graph::Graph;
use crate::layout::{Family, States};
use crate::states::text;
use crate::visibility::DEFAULT_TAG;

/// What a caller may read as a job keeps it: the tags as a JSON array in ascending order, or nothing
/// for one that reaches everything; behind it, each behind a bar, the permissions that it lacks of those
/// which single properties need.
pub(crate) fn text_of(reach: &Reach, withheld: Option<&Withheld>) -> String {
    let mut text = match reach {
        Reach::Everything => String::new(),
        Reach::RoleScopeTags(tags) => serde_json::json!(tags).to_string(),
        // Devices have no jobs: nothing is theirs.
        Reach::Device(_) => "[]".to_owned(),
    };
    for permission in withheld.iter().flat_map(|withheld| withheld.lacking()) {
        text.push('|');
        text.push_str(permission);
    }
    text
}

/// The reach that a job keeps.
///
/// # Errors
/// If it is none: the job was written by something else.
pub(crate) fn of_text(text: &str) -> Result<Reach, Error> {
    // Tags may hold a bar: what stands behind the array begins behind its end.
    let tags = text.rfind(']').map(|end| &text[..=end]);
    let Some(tags) = tags else {
        return match text.is_empty() || text.starts_with('|') {
            true => Ok(Reach::Everything),
            false => Err(Error::internal("a job of no caller")),
        };
    };
    let tags = serde_json::from_str(tags);
    tags.map(Reach::RoleScopeTags)
        .map_err(|error| Error::internal(error.to_string()))
}

/// A script is made with tags of its maker; without any given, with all of them.
///
/// # Errors
/// 403 for a tag that the caller does not have.
pub(crate) fn insert_script(
    scope: &Scope<'_>,
    family: &Family,
    row: &mut Row,
) -> Result<(), Error> {
    let Reach::RoleScopeTags(own) = scope.reach else {
        return Ok(());
    };
    let given = tags(&row[family.role_scope_tags]);
    if given.is_empty() {
        let own = own.iter().map(|tag| Value::from(tag.as_str()));
        row[family.role_scope_tags] = Value::Collection(own.collect());
        return Ok(());
    }
    let lacking = given.iter().filter(|tag| !own.contains(**tag));
    refuse(scope, family, "adds", lacking.copied().collect())
}

/// Of a script's tags an administrator gives and takes those that it has, and not the last of them.
///
/// # Errors
/// 403 naming the property.
pub(crate) fn update_script(
    scope: &Scope<'_>,
    family: &Family,
    old: &Row,
    new: &Row,
) -> Result<(), Error> {
    let column = family.role_scope_tags;
    let Reach::RoleScopeTags(own) = scope.reach else {
        return Ok(());
    };
    if old[column] == new[column] {
        return Ok(());
    }
    let (before, after) = (effective(&old[column]), effective(&new[column]));
    let foreign = |from: &BTreeSet<&str>, to: &BTreeSet<&str>| -> Vec<String> {
        let changed = to.difference(from).filter(|tag| !own.contains(**tag));
        changed.map(|tag| (*tag).to_owned()).collect()
    };
    let (added, removed) = (foreign(&before, &after), foreign(&after, &before));
    refuse(
        scope,
        family,
        "adds",
        added.iter().map(String::as_str).collect(),
    )?;
    refuse(
        scope,
        family,
        "removes",
        removed.iter().map(String::as_str).collect(),
    )?;
    if !after.iter().any(|tag| own.contains(*tag)) {
        let message = "the last of the tags that the token reaches cannot be removed.";
        return Err(forbidden(scope, family, message));
    }
    Ok(())
}

fn refuse(scope: &Scope<'_>, family: &Family, what: &str, tags: Vec<&str>) -> Result<(), Error> {
    if tags.is_empty() {
        return Ok(());
    }
    let tags = tags.join("', '");
    let message = format!("the change {what} '{tags}', which the token does not reach.");
    Err(forbidden(scope, family, &message))
}

fn forbidden(scope: &Scope<'_>, family: &Family, message: &str) -> Error {
    let ty = scope.model.structured(family.of);
    let name = &ty.properties[family.role_scope_tags].name;
    let message = format!("Property '{name}': {message}");
    Error::new(ErrorCode::Forbidden, message).with_target(name)
}

fn tags(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Collection(tags) => tags.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// The tags of a script: the default one if it has none.
fn effective(value: &Value) -> BTreeSet<&str> {
    let tags = tags(value);
    if tags.is_empty() {
        return BTreeSet::from([DEFAULT_TAG]);
    }
    tags
}

/// A device makes no run states but its own.
///
/// # Errors
/// 403.
pub(crate) fn own_state(
    graph: &Graph,
    scope: &Scope<'_>,
    states: &States,
    row: &Row,
) -> Result<(), Error> {
    let Reach::Device(device) = scope.reach else {
        return Ok(());
    };
    let is_own = |column: usize| text(row, column).eq_ignore_ascii_case(device);
    if is_own(states.state_key) && is_own(states.device_id) {
        return Ok(());
    }
    let message = "A device reports its own run states, '{scriptId}:{deviceId}', and no others.";
    let name = scope.tables.table(states.table).of.map(|of| {
        let ty = scope.model.structured(of);
        ty.properties[graph.id].name.clone()
    });
    Err(Error::new(ErrorCode::Forbidden, message).with_target(name.as_deref().unwrap_or("id")))
}

/// A device reports a run that was given to it. `state` is the run state as it is; without one,
/// nothing was.
///
/// # Errors
/// 403.
pub(crate) fn given(scope: &Scope<'_>, states: &States, state: Option<&Row>) -> Result<(), Error> {
    if !matches!(scope.reach, Reach::Device(_)) {
        return Ok(());
    }
    let handed = state.and_then(|state| state[states.handed_version].as_i64());
    if handed.is_some_and(|version| version > 0) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::Forbidden,
        "This script was not given to the device to run: a device reports what \
         'runstate.dueScripts' has handed out to it.",
    ))
}
