//! Run states: what a change of one means, judged against the row as it is now. The row, the
//! counters and the history move in one transaction.

use edm::Value;
use engine::{Core, Scope};
use odata::Error;
use store::{ColumnSet, Row, TableId, Transaction};

use crate::counters::moves;
use crate::graph::Graph;
use crate::history;
use crate::ids::{self, StateId};
use crate::layout::States;
use crate::reach;
use crate::requests;
use crate::users;

/// What a change of a run state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A report: a change of the time or of a state is a run.
    Report,
    /// The script was handed out: the row becomes pending, which is no run.
    HandOut,
}

/// Completes a new run state and moves what depends on it.
pub(crate) fn insert(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    states: &States,
    row: &mut Row,
    given: ColumnSet,
) -> Result<(), Error> {
    identify(graph, scope, states, row, given)?;
    reach::own_state(graph, scope, states, row)?;
    if let (Some(column), true) = (states.user_id, is_empty(row, states.user_id)) {
        row[column] = Value::String(primary_user(graph, transaction, states, row)?);
    }
    let key = scope.tables.table(states.table).key_of(row);
    if transaction.exists(states.table, &key)? {
        // The engine finds the key taken: nothing may move for a row that will not be written.
        return Ok(());
    }
    reach::given(scope, states, None)?;
    follow(graph, transaction, scope, states, None, row, Cause::Report)
}

/// Gives a new row its key: the id that the client gave, or a new one.
fn identify(
    graph: &Graph,
    scope: &Scope<'_>,
    states: &States,
    row: &mut Row,
    given: ColumnSet,
) -> Result<(), Error> {
    let script = text(row, states.script_id).to_owned();
    let id = match row[graph.id].as_str() {
        Some(id) if given.contains(graph.id) && !id.is_empty() => ids::parse_new(&script, id)?,
        _ => StateId {
            key: scope.ids.new_id().to_string(),
            composite: false,
        },
    };
    if id.composite {
        row[states.device_id] = Value::String(id.key.clone());
    }
    row[graph.id] = Value::String(id.text(&script));
    row[states.id_form] = Value::Integer(id.form());
    row[states.state_key] = Value::String(id.key);
    Ok(())
}

fn is_empty(row: &Row, column: Option<usize>) -> bool {
    column.is_some_and(|column| text(row, column).is_empty())
}

pub(crate) fn text(row: &Row, column: usize) -> &str {
    row[column].as_str().unwrap_or_default()
}

/// The primary user of the row's device, if both are known.
fn primary_user(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    states: &States,
    row: &Row,
) -> Result<String, Error> {
    let device = text(row, states.device_id);
    if device.is_empty() {
        return Ok(String::new());
    }
    let device = transaction.get(graph.devices.table, &[Value::from(device)])?;
    Ok(device
        .map(|d| text(&d, graph.devices.user_id).to_owned())
        .unwrap_or_default())
}

/// Moves what depends on a changed run state.
pub(crate) fn update(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    states: &States,
    old: &Row,
    new: &mut Row,
    cause: Cause,
) -> Result<(), Error> {
    reach::given(scope, states, Some(old))?;
    follow(graph, transaction, scope, states, Some(old), new, cause)
}

/// Moves what depends on a run state that goes.
pub(crate) fn delete(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    states: &States,
    old: &Row,
) -> Result<(), Error> {
    let summary = [old[states.script_id].clone()];
    transaction.add(
        states.summary,
        &summary,
        &moves(&states.counters, Some(old), None),
    )?;
    requests::delete(graph, transaction, states, old)?;
    graph.days.forget(transaction, states, old)?;
    users::follow(graph, transaction, states, Some(old), None)
}

/// Moves what depends on a run state that changes from `old`, or is new, to `new`.
pub(crate) fn follow(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    states: &States,
    old: Option<&Row>,
    new: &mut Row,
    cause: Cause,
) -> Result<(), Error> {
    let is_run = cause == Cause::Report && is_run(scope, states, old, new);
    let summary = [new[states.script_id].clone()];
    let amounts = moves(&states.counters, old, Some(new));
    if !amounts.is_empty() {
        transaction.add(states.summary, &summary, &amounts)?;
    }
    if is_run {
        if let (Some(column), Value::DateTimeOffset(time)) =
            (states.latest_run, &new[states.run_time])
            && time.ticks > 0
        {
            transaction.raise(states.summary, &summary, column, *time)?;
        }
        requests::report(graph, transaction, states, new)?;
        graph.days.count_run(transaction, scope, states, new)?;
        history::append(transaction, scope, states, new)?;
    }
    users::follow(graph, transaction, states, old, Some(new))
}

/// A run is a write that changes the time of the latest run or a decisive state; a new row is one
/// if it tells of either.
fn is_run(scope: &Scope<'_>, states: &States, old: Option<&Row>, new: &Row) -> bool {
    let blank;
    let old = match old {
        Some(old) => old,
        None => {
            blank = scope.tables.table(states.table).blank();
            &blank
        }
    };
    old[states.run_time] != new[states.run_time]
        || states
            .decisive
            .iter()
            .any(|column| old[column] != new[column])
}

/// A new row of a device, shown as `{scriptId}:{deviceId}`.
pub(crate) fn of_device(graph: &Graph, states: &States, script: &str, device: &str) -> Row {
    let id = StateId {
        key: device.to_owned(),
        composite: true,
    };
    let mut row = graph.blank(states.table);
    row[states.script_id] = Value::from(script);
    row[graph.id] = Value::String(id.text(script));
    row[states.id_form] = Value::Integer(id.form());
    row[states.device_id] = Value::from(device);
    row[states.state_key] = Value::String(id.key);
    row
}

/// Writes a changed or new row with what follows from it. Answers the row as it is then.
pub(crate) fn save(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    states: &States,
    old: Option<&Row>,
    mut new: Row,
    cause: Cause,
) -> Result<Row, Error> {
    follow(
        graph,
        transaction,
        &core.scope(),
        states,
        old,
        &mut new,
        cause,
    )?;
    match old {
        None => {
            transaction.insert(states.table, &new)?;
        }
        Some(old) => {
            let table = core.tables.table(states.table);
            let columns = table.difference(old, &new);
            transaction.update(states.table, &table.key_of(old), columns, &new)?;
        }
    }
    Ok(new)
}

/// The primary key that a URL's id gives, under a script.
pub(crate) fn key(parents: &[Value], own: &[Value]) -> Option<Vec<Value>> {
    let ([script], [id]) = (parents, own) else {
        return None;
    };
    let id = ids::parse(script.as_str()?, id.as_str()?)?;
    Some(vec![script.clone(), Value::String(id.key)])
}

/// The tables whose rows are keyed by a script and such an id.
pub(crate) fn is_keyed_so(graph: &Graph, table: TableId) -> bool {
    graph.layout.states.contains_key(&table) || graph.layout.users.contains_key(&table)
}
