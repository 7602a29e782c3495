//! Runs that were asked for on demand: a queue by device, until the run is reported.

use edm::Value;
use engine::Core;
use odata::Error;
use store::{Reader, Row, TableId, Tables, Transaction};

use crate::columns::{hidden, table_named};
use crate::graph::{Graph, GraphError};
use crate::layout::States;
use crate::overview::each;

/// What a run state says of a request: that it waits for the device's next check-in.
const QUEUED: i64 = 1;
/// That the device has got it. Only a report that comes after that can be of the run asked for.
const HANDED_OUT: i64 = 2;

/// The queue's table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requests {
    table: TableId,
    device_id: usize,
    script_id: usize,
}

impl Requests {
    pub(crate) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "requested_run")?;
        let table = tables.table(id);
        Ok(Self {
            table: id,
            device_id: hidden(table, "device_id")?,
            script_id: hidden(table, "script_id")?,
        })
    }

    /// The ids of the scripts that were asked for on a device.
    pub(crate) fn of_device(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        device: &Value,
    ) -> Result<Vec<Value>, Error> {
        let mut scripts = Vec::new();
        let fixed = vec![(self.device_id, device.clone())];
        each(core, reader, self.table, fixed, |row| {
            scripts.push(row[self.script_id].clone());
        })?;
        Ok(scripts)
    }

    /// A device that goes, goes with its requests.
    pub(crate) fn forget_device(
        &self,
        transaction: &mut dyn Transaction,
        device: &Value,
    ) -> Result<(), Error> {
        let fixed = [(self.device_id, device.clone())];
        transaction.delete_where(self.table, &fixed, u32::MAX)?;
        Ok(())
    }

    /// A script that goes, goes with its requests. The queue holds what devices have not reported
    /// yet, which is little.
    pub(crate) fn forget_script(
        &self,
        transaction: &mut dyn Transaction,
        script: &Value,
    ) -> Result<(), Error> {
        let fixed = [(self.script_id, script.clone())];
        transaction.delete_where(self.table, &fixed, u32::MAX)?;
        Ok(())
    }
}

/// Queues a run of a run state's script on its device.
pub(crate) fn queue(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    states: &States,
    state: &mut Row,
) -> Result<(), Error> {
    let column = states
        .requested
        .ok_or_else(|| Error::internal("a request of a script that takes none"))?;
    state[column] = Value::Integer(QUEUED);
    let requests = graph.requests;
    let mut row = graph.blank(requests.table);
    row[requests.device_id] = state[states.device_id].clone();
    row[requests.script_id] = state[states.script_id].clone();
    // Asked for twice, it runs once.
    transaction.insert(requests.table, &row)?;
    Ok(())
}

/// A script is handed out: a report from now on may be of the run asked for.
pub(crate) fn hand_out(states: &States, state: &mut Row) {
    if let Some(column) = states.requested
        && state[column].as_i64() == Some(QUEUED)
    {
        state[column] = Value::Integer(HANDED_OUT);
    }
}

/// A run was reported.
pub(crate) fn report(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    states: &States,
    state: &mut Row,
) -> Result<(), Error> {
    match states.requested {
        Some(column) if state[column].as_i64() == Some(HANDED_OUT) => {
            state[column] = Value::Integer(0);
            withdraw(graph, transaction, states, state)
        }
        _ => Ok(()),
    }
}

/// A run state goes, and the request with it.
pub(crate) fn delete(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    states: &States,
    state: &Row,
) -> Result<(), Error> {
    match states.requested {
        Some(column) if state[column].as_i64() != Some(0) => {
            withdraw(graph, transaction, states, state)
        }
        _ => Ok(()),
    }
}

fn withdraw(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    states: &States,
    state: &Row,
) -> Result<(), Error> {
    let key = [
        state[states.device_id].clone(),
        state[states.script_id].clone(),
    ];
    transaction.delete(graph.requests.table, &key)?;
    Ok(())
}
