//! POST to a collection.

use std::sync::Arc;

use edm::StructuredId;
use odata::Error;
use odata::json::{self, EntityPayload, Node, RequestKind};

use crate::answer::{self, Written};
use crate::context::Context;
use crate::deep;
use crate::exchange::Response;
use crate::links::without_reference;
use crate::reference;
use crate::target::locate;

/// Makes an entity: 201 with it and its `Location`, or 204 under `Prefer: return=minimal`.
pub(crate) async fn entity(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    let payload = json::read_entity(&context.core.model, of, node, RequestKind::Create)?;
    let shown = shown(context, &payload);
    let made = context
        .write(move |context, transaction| {
            let core = &context.core;
            let segments = without_reference(&context.path.segments);
            let target = locate(core, transaction, segments)?;
            if target.borrowed && target.linked.is_none() {
                return Err(not_here());
            }
            let row = match &target.linked {
                None => context.edit().insert(transaction, &target, &payload)?,
                Some(_) => reference::make_linked(context, transaction, &payload)?,
            };
            Ok(Written {
                table: target.table,
                of: target.of,
                row,
                status: 201,
            })
        })
        .await?;
    answer::made(&shown, made).await
}

/// The request with what its answer is to show.
fn shown(context: &Arc<Context>, payload: &EntityPayload) -> Arc<Context> {
    // Who wants nothing shown gets nothing for having nested something.
    if payload.nested.is_empty() || context.negotiated.minimal {
        return Arc::clone(context);
    }
    let mut shown = (**context).clone();
    deep::expand(
        &context.core,
        &context.request.caller,
        payload,
        &mut shown.options,
    );
    Arc::new(shown)
}

/// What is reached without being contained is changed where it lives.
pub(crate) fn not_here() -> Error {
    Error::method_not_allowed(
        "GET, HEAD",
        "This path only leads to the entity; change it under the collection that contains it.",
    )
}
