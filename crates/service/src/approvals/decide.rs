//! What becomes of a request: approved, rejected, cancelled; and who sees it. Who is confined to role
//! scope tags sees, and decides on, what is about scripts that it reaches: the store is confined.

use std::sync::Arc;

use edm::Value;
use engine::{Answer, Call, Core, load, locate};
use odata::{Error, ErrorCode};
use store::{Row, Transaction};

use super::columns::{Columns, Status, is_user};
use super::save;
use crate::graph::Graph;
use crate::overview::{complex, each};

/// `approve`: by a person who is not the requestor.
pub(crate) async fn approve(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    somebody_else(&call)?;
    decide(graph, core, call, (Status::NeedsApproval, Status::Approved)).await
}

/// `reject`.
pub(crate) async fn reject(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    somebody_else(&call)?;
    decide(graph, core, call, (Status::NeedsApproval, Status::Rejected)).await
}

/// `cancelApproval`: an approval is taken back before it is used.
pub(crate) async fn cancel_approval(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    somebody_else(&call)?;
    decide(graph, core, call, (Status::Approved, Status::Cancelled)).await
}

fn forbidden(message: &str) -> Error {
    Error::new(ErrorCode::Forbidden, message)
}

/// Applications decide on nothing: whoever steals a secret would have the second voice, too.
fn somebody_else(call: &Call) -> Result<(), Error> {
    if !is_user(&call.caller) {
        let message = "Only a person decides on a request for approval: use delegated permissions.";
        return Err(forbidden(message));
    }
    Ok(())
}

async fn decide(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
    (from, to): (Status, Status),
) -> Result<Answer, Error> {
    let (shared, approvals) = (core.clone(), graph.approvals.clone());
    core.write(call.origin.clone(), move |transaction| {
        let columns = &approvals.columns;
        let target = locate(&shared, transaction, &call.binding)?;
        let row = load(&shared, transaction, &target)?;
        if row[columns.requestor_id].as_str() == Some(&call.caller.subject) {
            let message = "Somebody else than its requestor decides on a request.";
            return Err(forbidden(message));
        }
        change(&shared, transaction, columns, &row, (&[from], to), |new| {
            new[columns.approver] = columns.identity(&call.caller);
            new[columns.approval_justification] = call.value(&shared.model, "justification");
        })
    })
    .await?;
    Ok(Answer::Value(Value::from(to.name())))
}

/// `cancelMyRequest`.
pub(crate) async fn cancel_mine(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let (shared, approvals) = (core.clone(), graph.approvals.clone());
    core.write(call.origin.clone(), move |transaction| {
        let columns = &approvals.columns;
        let id = call.value(&shared.model, "id");
        let row = transaction.get(columns.table, std::slice::from_ref(&id))?;
        let row = own(columns, &call, row, &id)?;
        let open = [Status::NeedsApproval, Status::Approved];
        change(
            &shared,
            transaction,
            columns,
            &row,
            (&open, Status::Cancelled),
            |_| {},
        )
    })
    .await?;
    Ok(Answer::None)
}

fn own(columns: &Columns, call: &Call, row: Option<Row>, id: &Value) -> Result<Row, Error> {
    let own = |row: &Row| row[columns.requestor_id].as_str() == Some(&call.caller.subject);
    row.filter(own).ok_or_else(|| {
        let id = id.as_str().unwrap_or_default();
        Error::not_found(format!("There is no request of yours with the id '{id}'."))
    })
}

fn change(
    core: &Core,
    transaction: &mut dyn Transaction,
    columns: &Columns,
    row: &Row,
    (from, to): (&[Status], Status),
    also: impl FnOnce(&mut Row),
) -> Result<(), Error> {
    let status = columns.status(row);
    let expired = columns.expires(row) <= core.clock.now().ticks;
    if expired || !from.contains(&status) {
        let status = if expired { Status::Expired } else { status };
        let message = format!("The status of this request is {} already.", status.name());
        return Err(Error::new(ErrorCode::Conflict, message));
    }
    let mut new = row.clone();
    columns.set_status(&mut new, to);
    also(&mut new);
    save(core, transaction, columns, (row, &mut new))
}

/// `retrieveMyRequests()`.
pub(crate) async fn mine(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (shared, approvals) = (core.clone(), graph.approvals.clone());
    let rows = core
        .read(move |reader| {
            let columns = &approvals.columns;
            let mut rows = Vec::new();
            let subject = Value::String(call.caller.subject.clone());
            let fixed = vec![(columns.requestor_id, subject)];
            each(&shared, reader, columns.table, fixed, |row| rows.push(row))?;
            Ok(rows)
        })
        .await?;
    Ok(Answer::Entities(graph.approvals.columns.table, rows))
}

/// `retrieveMyRequestById(id='…')`.
pub(crate) async fn mine_by_id(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let (shared, approvals) = (core.clone(), graph.approvals.clone());
    let row = core
        .read(move |reader| {
            let id = call.value(&shared.model, "id");
            let columns = &approvals.columns;
            let row = reader.get(columns.table, std::slice::from_ref(&id))?;
            own(columns, &call, row, &id)
        })
        .await?;
    Ok(Answer::Entity(graph.approvals.columns.table, row))
}

/// `runstate.getRequestedOperation()`: what an approver approves.
pub(crate) async fn requested(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let (shared, approvals) = (core.clone(), graph.approvals.clone());
    let value = core
        .read(move |reader| {
            let columns = &approvals.columns;
            let target = locate(&shared, reader, &call.binding)?;
            let row = load(&shared, reader, &target)?;
            let members = [
                ("method", row[columns.method].clone()),
                ("path", row[columns.path].clone()),
                ("body", row[columns.body].clone()),
            ];
            complex(&shared, &call, &members)
        })
        .await?;
    Ok(Answer::Value(value))
}
