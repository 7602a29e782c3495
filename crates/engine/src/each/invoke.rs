//! A bound action on every member of a collection (OData 4.01 URL Conventions, section 4.13;
//! Protocol, section 11.5.5.2).

use std::sync::Arc;

use edm::{ItemType, OperationId, OperationKind, Value};
use odata::path::Segment;
use odata::{Error, ErrorCode, json};

use super::{before, members};
use crate::answer;

use crate::body;
use crate::context::Context;
use crate::core::Core;
use crate::exchange::Response;
use crate::held;
use crate::operation;
use crate::service::{Answer, Call};

/// Carries out an action once for each member, all of them in one transaction. 204, or what the
/// calls return as one collection.
///
/// # Errors
/// Those of the first call that fails; 501 for a function.
pub(crate) async fn invoke(
    context: &Arc<Context>,
    operation: OperationId,
) -> Result<Response, Error> {
    let core = &context.core;
    let declared = core.model.operation(operation);
    if declared.kind == OperationKind::Function {
        let message = format!(
            "The function '{}' behind $each is not served: only actions are.",
            declared.name
        );
        return Err(Error::new(ErrorCode::NotImplemented, message).with_target("$each"));
    }
    let joined = held::in_one(core, |inside| {
        let context = Arc::clone(context);
        Box::pin(async move { calls(&context, &inside, operation).await })
    })
    .await?;
    match joined {
        Answer::None => Ok(answer::empty(&context.negotiated)),
        joined => operation::respond(context, operation, joined).await,
    }
}

async fn calls(
    context: &Arc<Context>,
    inside: &Arc<Core>,
    operation: OperationId,
) -> Result<Answer, Error> {
    let mut joined = nothing(inside, operation)?;
    let segments = before(&context.path.segments);
    let reading = Arc::clone(context);
    let core = Arc::clone(inside);
    let keys = store::read(inside.store.as_ref(), move |reader| {
        let segments = before(&reading.path.segments);
        let (collection, rows) = members(&core, reader, segments)?;
        Ok(rows
            .iter()
            .map(|row| core.key_of(collection.of, row))
            .collect::<Vec<_>>())
    })
    .await?;
    let body = || body::optional(&context.request);
    for key in keys {
        let arguments = json::read_parameters(&inside.model, operation, body()?)?;
        let call = Call {
            operation,
            binding: member(segments, key),
            arguments,
            caller: context.request.caller.clone(),
            permit: context.permit,
            origin: operation::origin(context, operation),
        };
        join(
            &mut joined,
            inside.service.invoke(Arc::clone(inside), call).await?,
        );
    }
    Ok(joined)
}

/// The path of a member: without the conditions, which it meets.
fn member(segments: &[Segment], key: Vec<Value>) -> Vec<Segment> {
    let kept = segments
        .iter()
        .filter(|segment| !matches!(segment, Segment::Filter(_)));
    kept.cloned().chain([Segment::Key(key)]).collect()
}

/// The collection of what no call has returned yet.
fn nothing(core: &Core, operation: OperationId) -> Result<Answer, Error> {
    let Some(returns) = &core.model.operation(operation).returns else {
        return Ok(Answer::None);
    };
    match returns.item {
        _ if returns.collection => {
            let message = "An action that returns a collection is not served behind $each.";
            Err(Error::new(ErrorCode::NotImplemented, message).with_target("$each"))
        }
        ItemType::Entity(of) => Ok(Answer::Entities(core.table_of(of)?, Vec::new())),
        _ => Ok(Answer::Value(Value::Collection(Vec::new()))),
    }
}

/// Adds what one call answers to what the others did.
fn join(joined: &mut Answer, answer: Answer) {
    match (joined, answer) {
        (Answer::Entities(_, rows), Answer::Entity(_, row)) => rows.push(row),
        (Answer::Value(Value::Collection(values)), Answer::Value(value)) => values.push(value),
        // An action that returns nothing.
        _ => {}
    }
}
