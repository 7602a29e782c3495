//! An action under a condition of the entity that it is bound to (OData 4.01 Protocol, sections
//! 8.2.4 and 8.2.5).

use std::sync::Arc;

use edm::{ItemType, OperationId};
use odata::Error;

use crate::context::Context;
use crate::core::Core;
use crate::etag;
use crate::held;
use crate::service::{Answer, Call};
use crate::target::{load, locate};

/// Whether an action is bound to an entity, and the request names tags of it.
pub(super) fn is_conditional(context: &Context, operation: OperationId) -> bool {
    let operation = context.core.model.operation(operation);
    let bound = operation.parameters.first().filter(|_| operation.is_bound);
    let entity =
        bound.is_some_and(|p| !p.ty.collection && matches!(p.ty.item, ItemType::Entity(_)));
    let headers = &context.request.headers;
    let conditions = ["if-match", "if-none-match"];
    let named = conditions.iter().any(|name| headers.contains_key(*name));
    entity && named && operation.kind == edm::OperationKind::Action
}

/// Checks the conditions of the entity that an action is bound to and carries it out, in one
/// transaction (OData 4.01 Protocol, sections 8.2.4 and 8.2.5).
pub(super) async fn under_condition(context: &Arc<Context>, call: Call) -> Result<Answer, Error> {
    held::in_one(&context.core, |inside| {
        Box::pin(conditional(Arc::clone(context), inside, call.clone()))
    })
    .await
}

async fn conditional(
    context: Arc<Context>,
    inside: Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let core = Arc::clone(&inside);
    let binding = call.binding.clone();
    store::read(inside.store.as_ref(), move |reader| {
        let target = locate(&core, reader, &binding)?;
        let row = load(&core, reader, &target)?;
        let table = core.tables.table(target.table);
        etag::check(&context.request.headers, table, &row)
    })
    .await?;
    let service = Arc::clone(&inside.service);
    service.invoke(inside, call).await
}
