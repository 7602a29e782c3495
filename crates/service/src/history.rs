//! The history of runs: one row a run, chained from the run state by the id of the row before.
//! An index on script and time would cost more than half of the write rate; the chain costs little.

use std::sync::Arc;

use edm::Value;
use engine::{Answer, Call, Core, Scope, load, locate};
use odata::Error;
use store::{Row, Transaction};

use crate::graph::Graph;
use crate::layout::States;

/// The most rows of one run state's history that one answer holds.
const LONGEST: usize = 1_000;

/// Appends a run to the history and chains it to the run state.
pub(crate) fn append(
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    states: &States,
    new: &mut Row,
) -> Result<(), Error> {
    // The history's columns are the state's, the key that the database hands out, and the time.
    let mut row = Vec::with_capacity(new.len() + 2);
    row.extend_from_slice(new);
    row.push(Value::Integer(0));
    row.push(Value::Integer(scope.now.ticks));
    let id = transaction.append(states.history, &row)?;
    new[states.last_history] = Value::Integer(id);
    Ok(())
}

/// `runstate.history()`: the runs of a run state, the latest first.
pub(crate) async fn read(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (layout, shared) = (graph.layout.clone(), core.clone());
    core.read(move |reader| {
        let core = &shared;
        let target = locate(core, reader, &call.binding)?;
        let states = layout
            .states
            .get(&target.table)
            .ok_or_else(|| Error::internal("history of what has none"))?;
        let mut at = load(core, reader, &target)?[states.last_history].clone();
        let reader = reader.everything();
        let mut rows = Vec::new();
        while rows.len() < LONGEST && !at.is_null() {
            // Where retention has cut the chain, the history ends.
            let Some(row) = reader.get(states.history, &[at])? else {
                break;
            };
            at = row[states.last_history].clone();
            rows.push(row);
        }
        Ok(Answer::Entities(states.history, rows))
    })
    .await
}
