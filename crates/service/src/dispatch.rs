//! The kill switch: while a stop stands, no script is handed out to any device by any server.

use std::sync::Arc;

use edm::Value;
use edm::time::DateTimeOffset;
use engine::access::Reach;
use engine::{Answer, Call, Core, locate};
use odata::{Error, ErrorCode};
use store::{Reader, TableId, Tables, Transaction};

use crate::columns::{hidden, table_named};
use crate::graph::{Graph, GraphError};
use crate::overview::complex;

/// There is one stop at most.
const STOP: &str = "dispatch";

/// The table of the stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dispatch {
    table: TableId,
    stop_id: usize,
    stopped: usize,
    stopped_by: usize,
    reason: usize,
}

impl Dispatch {
    pub(crate) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "dispatch_stop")?;
        let table = tables.table(id);
        Ok(Self {
            table: id,
            stop_id: hidden(table, "stop_id")?,
            stopped: hidden(table, "stopped_date_time")?,
            stopped_by: hidden(table, "stopped_by")?,
            reason: hidden(table, "reason")?,
        })
    }

    /// Whether scripts are not to be handed out, in a snapshot.
    pub(crate) fn is_stopped(self, reader: &mut dyn Reader) -> Result<bool, Error> {
        Ok(reader.get(self.table, &key())?.is_some())
    }

    /// The same where they are handed out. It asks whether the row is there and does not read it,
    /// so that check-ins do not wait for one another.
    pub(crate) fn is_stopped_for(self, transaction: &mut dyn Transaction) -> Result<bool, Error> {
        transaction.exists(self.table, &key())
    }
}

fn key() -> [Value; 1] {
    [Value::from(STOP)]
}

/// `runstate.stopDispatch`: the first stop stands, with its reason, until dispatch resumes.
pub(crate) async fn stop(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    everywhere(&call)?;
    let (shared, dispatch) = (core.clone(), graph.dispatch);
    let mut row = graph.blank(dispatch.table);
    row[dispatch.stop_id] = Value::from(STOP);
    row[dispatch.stopped] = Value::Integer(core.clock.now().ticks);
    row[dispatch.stopped_by] = Value::String(call.caller.subject.clone());
    row[dispatch.reason] = call.value(&core.model, "reason");
    core.write(call.origin.clone(), move |transaction| {
        locate(&shared, transaction, &call.binding)?;
        transaction.insert(dispatch.table, &row)
    })
    .await?;
    tracing::warn!("the dispatch of scripts is stopped");
    Ok(Answer::None)
}

/// `runstate.resumeDispatch`.
pub(crate) async fn resume(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    everywhere(&call)?;
    let (shared, dispatch) = (core.clone(), graph.dispatch);
    core.write(call.origin.clone(), move |transaction| {
        locate(&shared, transaction, &call.binding)?;
        transaction.delete(dispatch.table, &key())
    })
    .await?;
    tracing::warn!("the dispatch of scripts goes on");
    Ok(Answer::None)
}

/// `runstate.getDispatchStop()`.
pub(crate) async fn show(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (shared, dispatch) = (core.clone(), graph.dispatch);
    let value = core
        .read(move |reader| {
            locate(&shared, reader, &call.binding)?;
            let Some(row) = reader.get(dispatch.table, &key())? else {
                return Ok(Value::Null);
            };
            let stopped = DateTimeOffset {
                ticks: row[dispatch.stopped].as_i64().unwrap_or_default(),
                ..shared.clock.now()
            };
            let members = [
                ("stoppedDateTime", Value::DateTimeOffset(stopped)),
                ("stoppedBy", row[dispatch.stopped_by].clone()),
                ("reason", row[dispatch.reason].clone()),
            ];
            complex(&shared, &call, &members)
        })
        .await?;
    Ok(Answer::Value(value))
}

/// It is a switch for all devices and scripts: whoever reaches only some of them does not turn it.
fn everywhere(call: &Call) -> Result<(), Error> {
    match call.caller.reach {
        Reach::Everything => Ok(()),
        _ => Err(Error::new(
            ErrorCode::Forbidden,
            "Only a caller whose permissions reach everything stops and resumes dispatch.",
        )),
    }
}
