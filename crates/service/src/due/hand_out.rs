//! Handing a script out: the device's run state becomes pending, and the answer's item is made.

use edm::time::{DateTimeOffset, Form};
use edm::{ComplexValue, Value};
use engine::Core;
use odata::Error;
use store::{Row, Transaction};

use super::Due;
use super::when::Attempt;
use crate::graph::Graph;
use crate::requests;
use crate::states::{self, Cause, text};

/// Makes the device's run state pending, which is no run and so leaves no history.
pub(super) fn pend(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    due: &Due<'_>,
    device: &Row,
) -> Result<Row, Error> {
    let states = graph.states(due.family.states)?;
    let new = || {
        let (script, device) = (text(due.script, graph.id), text(device, graph.id));
        states::of_device(graph, states, script, device)
    };
    let mut row = due.state.clone().unwrap_or_else(new);
    let handed = row[states.handed_count].as_i64().unwrap_or(0);
    row[states.handed_count] = Value::Integer(match due.attempt {
        Attempt::Regular => 1,
        Attempt::Retry => handed.saturating_add(1),
        Attempt::Unreported => handed,
    });
    row[states.handed_version] = due.script[due.family.content_version].clone();
    due.rule.outcome.set_pending(&mut row);
    if let Some(column) = states.user_id {
        row[column] = Value::from(text(device, graph.devices.user_id));
    }
    requests::hand_out(states, &mut row);
    let old = due.state.as_ref();
    states::save(graph, core, transaction, states, old, row, Cause::HandOut)
}

/// A due script as the answer shows it: properties of the script by name, and what only the
/// hand-out knows.
pub(super) fn describe(graph: &Graph, core: &Core, due: &Due<'_>, state_id: &str) -> Value {
    let ty = core.model.structured(due.family.of);
    let item = core.model.structured(graph.due.of);
    let mut values: Vec<Value> = item
        .properties
        .iter()
        .map(|p| {
            ty.property(&p.name)
                .map_or_else(|| p.default.clone(), |o| due.script[o].clone())
        })
        .collect();
    let version = due.script[due.family.content_version].as_i64().unwrap_or(0);
    let next = due.next.map_or(Value::Null, |ticks| {
        let form = Form::UTC_TICKS;
        Value::DateTimeOffset(DateTimeOffset { ticks, form })
    });
    let columns = graph.due.columns;
    values[columns.script_id] = due.script[graph.id].clone();
    values[columns.script_type] = Value::from(ty.short_name());
    values[columns.state_id] = Value::from(state_id);
    values[columns.version] = Value::String(version.to_string());
    values[columns.timeout] = Value::Integer(due.rule.timeout_minutes(due.script));
    values[columns.expected] = next;
    if due.reach.detects_only(graph) {
        values[columns.remediation] = Value::Null;
    }
    Value::Complex(Box::new(ComplexValue {
        of: graph.due.of,
        values,
    }))
}
