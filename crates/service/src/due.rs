//! `runstate.dueScripts()`: what a device has to run now, with content. Handing a script out makes
//! the device's run state pending.

use std::collections::HashMap;
use std::sync::Arc;

use edm::time::{DateTimeOffset, Form};
use edm::{ComplexValue, Model, StructuredId, Value};
use engine::{Answer, Call, Core, Scope, load, locate};
use odata::Error;
use store::{Row, TableId, Transaction, write};

use crate::columns::property;
use crate::graph::{Graph, GraphError};
use crate::ids::StateId;
use crate::layout::{Family, States};
use crate::schedule::{Due, Schedules, every};
use crate::states::{self, Cause, text};
use crate::targets::Whom;
use crate::{assignments, graph};

/// The type of an answer's items, its properties by name, and the schedule types.
#[derive(Clone, Debug)]
pub(crate) struct DueScript {
    of: StructuredId,
    properties: HashMap<String, usize>,
    pending: i64,
    schedules: Schedules,
}

impl DueScript {
    pub(crate) fn of(model: &Model) -> Result<Self, GraphError> {
        let of = model
            .find_structured("runstate.dueScript")
            .ok_or_else(|| GraphError("the model has no runstate.dueScript".to_owned()))?;
        let ty = model.structured(of);
        let names = ty
            .properties
            .iter()
            .enumerate()
            .map(|(i, p)| (p.name.clone(), i));
        let pending = model
            .find_enum("microsoft.graph.runState")
            .and_then(|id| model.enum_type(id).member("pending"))
            .ok_or_else(|| GraphError("runState has no pending".to_owned()))?;
        property(ty, "stateId")?;
        Ok(Self {
            of,
            properties: names.collect(),
            pending: pending.value,
            schedules: Schedules::of(model)?,
        })
    }
}

/// How an assigned script reaches a device.
#[derive(Clone, Debug, Default)]
struct Reach {
    excluded: bool,
    /// The assignments that include it.
    rows: Vec<(TableId, Row)>,
}

/// What a device has to run now.
pub(crate) async fn due_scripts(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let shared = core.clone();
    let graph = graph.clone();
    let value = write(core.store.as_ref(), move |transaction| {
        let target = locate(&shared, transaction, &call.binding)?;
        let device = load(&shared, transaction, &target)?;
        let mut due = Vec::new();
        for (script, reach) in reaching(&graph, &shared, transaction, &device)? {
            if reach.excluded {
                continue;
            }
            for family in &graph.layout.families {
                let handed = hand_out(
                    &graph,
                    &shared,
                    transaction,
                    family,
                    &script,
                    &device,
                    &reach,
                )?;
                due.extend(handed);
            }
        }
        Ok(Value::Collection(due))
    })
    .await?;
    Ok(Answer::Value(value))
}

/// The scripts whose assignments speak of a device, in a stable order.
fn reaching(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    device: &Row,
) -> Result<Vec<(Value, Reach)>, Error> {
    let mut scripts: Vec<(Value, Reach)> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut tables: Vec<_> = graph.assignments.values().copied().collect();
    tables.sort_by_key(|assignments| assignments.table);
    for assignments in tables {
        for row in assignments::all(core, transaction, assignments.table)? {
            let Some(whom) = whom(graph, &assignments, &row) else {
                continue;
            };
            if !speaks_of(graph, &whom, device) {
                continue;
            }
            let script = row[assignments.script_id].clone();
            let at = *index
                .entry(text(&row, assignments.script_id).to_owned())
                .or_insert_with(|| {
                    scripts.push((script, Reach::default()));
                    scripts.len() - 1
                });
            let reach = &mut scripts[at].1;
            match whom {
                Whom::Exclusion(_) => reach.excluded = true,
                _ => reach.rows.push((assignments.table, row)),
            }
        }
    }
    Ok(scripts)
}

fn whom(graph: &Graph, assignments: &graph::Assignments, row: &Row) -> Option<Whom> {
    if assignments.by_group {
        return Some(Whom::Group(row[assignments.target].as_str()?.to_owned()));
    }
    graph.targets.whom(&row[assignments.target])
}

/// Whether a target names a device: its group, all devices, or all users if it has one.
fn speaks_of(graph: &Graph, whom: &Whom, device: &Row) -> bool {
    let has_user = !text(device, graph.devices.user_id).is_empty();
    let in_group = |group: &String| match &device[graph.devices.group_ids] {
        Value::Collection(ids) => ids.iter().any(|id| id.as_str() == Some(group)),
        _ => false,
    };
    match whom {
        Whom::AllDevices => true,
        Whom::AllUsers => has_user,
        Whom::Group(group) | Whom::Exclusion(group) => match group.as_str() {
            crate::targets::ALL_DEVICES => true,
            crate::targets::ALL_USERS => has_user,
            _ => in_group(group),
        },
        Whom::Nobody => false,
    }
}

/// Hands a script to a device if it is one of this family, made for the device, and due.
#[expect(
    clippy::too_many_arguments,
    reason = "what, to whom, why and in which transaction"
)]
fn hand_out(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    family: &Family,
    script_id: &Value,
    device: &Row,
    reach: &Reach,
) -> Result<Option<Value>, Error> {
    let Some(script) = transaction.get(family.table, std::slice::from_ref(script_id))? else {
        return Ok(None);
    };
    if reach.rows.is_empty() || !made_for(graph, core, family, &script, device) {
        return Ok(None);
    }
    let states = graph.states(family.states)?;
    let key = [script_id.clone(), device[graph.id].clone()];
    let state = transaction.get(states.table, &key)?;
    let scope = core.scope();
    let due = when(
        graph,
        core,
        family,
        states,
        &script,
        state.as_ref(),
        reach,
        scope.now,
    );
    let Due::Now(next) = due else { return Ok(None) };
    let version = script[family.content_version].as_i64().unwrap_or(0);
    let row = pend(
        graph,
        transaction,
        &scope,
        states,
        &script,
        device,
        state,
        version,
    )?;
    Ok(Some(describe(
        graph,
        core,
        family,
        &script,
        text(&row, graph.id),
        reach,
        next,
    )))
}

/// Whether a family's scripts run on the device's operating system.
fn made_for(graph: &Graph, core: &Core, family: &Family, script: &Row, device: &Row) -> bool {
    let system = text(device, graph.devices.operating_system).to_ascii_lowercase();
    let ty = core.model.structured(family.of);
    match ty.short_name() {
        "deviceManagementScript" => system.starts_with("windows"),
        // Shell scripts are for macOS in Intune; Linux runs them just as well.
        "deviceShellScript" | "deviceCustomAttributeShellScript" => !system.starts_with("windows"),
        _ => match ty
            .property("platform")
            .map(|ordinal| (ordinal, &script[ordinal]))
        {
            Some((ordinal, Value::Enum(platform))) => {
                let edm::ItemType::Enum(id) = ty.properties[ordinal].ty.item else {
                    return true;
                };
                match core.model.enum_type(id).name_of(*platform) {
                    Some("windows10") => system.starts_with("windows"),
                    Some("linux") => system.starts_with("linux"),
                    Some("macOS") => system.starts_with("mac"),
                    _ => true,
                }
            }
            _ => true,
        },
    }
}

/// When a script is due on a device: at once where it never ran in this version, then by its
/// family's rule.
#[expect(
    clippy::too_many_arguments,
    reason = "a rule reads the script, its state and the time"
)]
fn when(
    graph: &Graph,
    core: &Core,
    family: &Family,
    states: &States,
    script: &Row,
    state: Option<&Row>,
    reach: &Reach,
    now: DateTimeOffset,
) -> Due {
    let last = state.and_then(|row| match &row[states.run_time] {
        Value::DateTimeOffset(time) if time.ticks > 0 => Some(time.ticks),
        _ => None,
    });
    let ty = core.model.structured(family.of);
    let is_pending = state.is_some_and(|row| is_pending(graph, states, row));
    let same_version =
        state.is_some_and(|row| row[states.handed_version] == script[family.content_version]);
    if let Some(schedule) = soonest(graph, reach, last, now) {
        // A device that was given the script and never reported is given it again.
        return if is_pending || last.is_some() && !same_version {
            Due::Now(None)
        } else {
            schedule
        };
    }
    if !same_version || is_pending {
        return Due::Now(None);
    }
    let failed = state.is_some_and(|row| !succeeded(states, row));
    let handed = state
        .and_then(|row| row[states.handed_count].as_i64())
        .unwrap_or(0);
    let number = |name: &str| {
        ty.property(name)
            .and_then(|o| script[o].as_i64())
            .unwrap_or(0)
    };
    match ty
        .property("executionFrequency")
        .map(|ordinal| &script[ordinal])
    {
        Some(Value::Duration(frequency)) if frequency.ticks > 0 => {
            every(frequency.ticks, last, now)
        }
        Some(_) if failed && handed <= number("retryCount") => Due::Now(None),
        Some(_) => Due::Later(None),
        // Custom attributes and compliance: every eight hours. Platform scripts: once a version,
        // and at the next three check-ins after a failure.
        None if ty.short_name() == "deviceManagementScript" => {
            if failed && handed <= 3 {
                Due::Now(None)
            } else {
                Due::Later(None)
            }
        }
        None => every(EIGHT_HOURS, last, now),
    }
}

const EIGHT_HOURS: i64 = edm::time::TICKS_PER_DAY / 3;

/// What the schedules of the assignments that reach a device say: the soonest counts. `None` where
/// assignments have no schedules.
fn soonest(graph: &Graph, reach: &Reach, last: Option<i64>, now: DateTimeOffset) -> Option<Due> {
    let mut soonest = None;
    for (table, row) in &reach.rows {
        let column = graph.assignments.get(table)?.schedule?;
        let due = graph.due.schedules.due(&row[column], last, now);
        soonest = Some(match (soonest, due) {
            (Some(Due::Now(next)), _) | (_, Due::Now(next)) => Due::Now(next),
            (Some(Due::Later(Some(a))), Due::Later(Some(b))) => Due::Later(Some(a.min(b))),
            (Some(Due::Later(None)) | None, later) => later,
            (earlier @ Some(Due::Later(_)), _) => return earlier,
        });
    }
    soonest
}

fn decisive(states: &States) -> Option<usize> {
    states
        .counters
        .first()
        .and_then(|counter| counter.decided_by().next())
}

fn is_pending(graph: &Graph, states: &States, row: &Row) -> bool {
    decisive(states).is_some_and(|column| row[column].as_i64() == Some(graph.due.pending))
}

fn succeeded(states: &States, row: &Row) -> bool {
    const SUCCESS: i64 = 1;
    decisive(states).is_some_and(|column| row[column].as_i64() == Some(SUCCESS))
}

/// Makes the device's run state pending.
#[expect(
    clippy::too_many_arguments,
    reason = "a new row is made of all of them"
)]
fn pend(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    states: &States,
    script: &Row,
    device: &Row,
    state: Option<Row>,
    version: i64,
) -> Result<Row, Error> {
    let table = scope.tables.table(states.table);
    let mut row = state.clone().unwrap_or_else(|| table.blank());
    let again = row[states.handed_version] == Value::Integer(version);
    let count = if again {
        row[states.handed_count].as_i64().unwrap_or(0)
    } else {
        0
    };
    row[states.handed_version] = Value::Integer(version);
    row[states.handed_count] = Value::Integer(count.saturating_add(1));
    if let Some(column) = decisive(states) {
        row[column] = Value::Enum(graph.due.pending);
    }
    let Some(old) = state else {
        let id = StateId {
            key: text(device, graph.id).to_owned(),
            composite: true,
        };
        row[states.script_id] = script[graph.id].clone();
        row[graph.id] = Value::String(id.text(text(script, graph.id)));
        row[states.id_form] = Value::Integer(id.form());
        row[states.device_id] = Value::String(id.key.clone());
        row[states.state_key] = Value::String(id.key);
        if let Some(column) = states.user_id {
            row[column] = Value::from(text(device, graph.devices.user_id));
        }
        states::follow(
            graph,
            transaction,
            scope,
            states,
            None,
            &mut row,
            Cause::HandOut,
        )?;
        transaction.insert(states.table, &row)?;
        return Ok(row);
    };
    states::update(
        graph,
        transaction,
        scope,
        states,
        &old,
        &mut row,
        Cause::HandOut,
    )?;
    transaction.update(
        states.table,
        &table.key_of(&old),
        table.difference(&old, &row),
        &row,
    )?;
    Ok(row)
}

/// A due script as the answer shows it: properties of the script by name, and what only the
/// hand-out knows.
fn describe(
    graph: &Graph,
    core: &Core,
    family: &Family,
    script: &Row,
    state_id: &str,
    reach: &Reach,
    next: Option<i64>,
) -> Value {
    let ty = core.model.structured(family.of);
    let due = core.model.structured(graph.due.of);
    let mut values: Vec<Value> = due
        .properties
        .iter()
        .map(|p| {
            ty.property(&p.name)
                .map_or_else(|| p.default.clone(), |o| script[o].clone())
        })
        .collect();
    let mut set = |name: &str, value: Value| {
        if let Some(ordinal) = graph.due.properties.get(name) {
            values[*ordinal] = value;
        }
    };
    set("scriptId", script[graph.id].clone());
    set("scriptType", Value::from(ty.short_name()));
    set("stateId", Value::from(state_id));
    set(
        "version",
        Value::String(
            script[family.content_version]
                .as_i64()
                .unwrap_or(0)
                .to_string(),
        ),
    );
    set("timeoutInMinutes", Value::Integer(timeout(ty.short_name())));
    if let Some(next) = next {
        let time = DateTimeOffset {
            ticks: next,
            form: Form::UTC_TICKS,
        };
        set("expectedStateUpdateDateTime", Value::DateTimeOffset(time));
    }
    if reach
        .rows
        .iter()
        .all(|(table, row)| detects_only(graph, *table, row))
    {
        set("remediationScriptContent", Value::Null);
    }
    Value::Complex(Box::new(ComplexValue {
        of: graph.due.of,
        values,
    }))
}

/// An assignment may ask to detect only; where families have no such property, all runs.
fn detects_only(graph: &Graph, table: TableId, row: &Row) -> bool {
    graph
        .assignments
        .get(&table)
        .and_then(|assignments| assignments.runs_remediation)
        .is_some_and(|column| row[column] == Value::Boolean(false))
}

/// Minutes that a script of a family may run.
fn timeout(family: &str) -> i64 {
    match family {
        "deviceManagementScript" => 30,
        "deviceComplianceScript" => 10,
        _ => 60,
    }
}
