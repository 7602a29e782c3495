//! An action under a condition of the entity that it is bound to (OData 4.01 Protocol, sections
//! 8.2.4 and 8.2.5).

use std::sync::Arc;

use edm::{ItemType, OperationId};
use odata::Error;
use store::Verdict;

use crate::context::Context;
use crate::core::Core;
use crate::etag;
use crate::held::{Event, Events};
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
    let core = &context.core;
    let mut events = Events::begin(core.store.as_ref());
    let mut answer = Err(Error::internal("an action's transaction did not begin"));
    loop {
        match events.next().await {
            Event::Settled(outcome) => {
                if outcome.is_ok() && answer.is_ok() {
                    core.drain();
                }
                return match answer {
                    Ok(answer) => outcome.map(|()| answer),
                    Err(error) => Err(error),
                };
            }
            Event::Begun(attempt) => {
                let inside = Arc::new(core.inside(attempt.store()));
                answer = conditional(context, inside, call.clone()).await;
                let verdict = match answer {
                    Ok(_) => Verdict::Commit,
                    Err(_) => Verdict::Rollback,
                };
                attempt.end(verdict);
            }
        }
    }
}

async fn conditional(
    context: &Arc<Context>,
    inside: Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let (context, core) = (Arc::clone(context), Arc::clone(&inside));
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
