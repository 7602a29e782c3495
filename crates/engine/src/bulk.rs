//! PATCH of a collection with a delta payload (OData 4.01 Protocol, section 11.4.12): members that
//! are changed, made and removed, and links, in one transaction, all or nothing; or, where the
//! client has it go on behind an error, each in its own.

mod apply;
mod show;

use std::sync::Arc;

use edm::StructuredId;
use odata::Error;
use odata::json::{self, DeltaItem, Node};
use store::{Row, Transaction};

use crate::answer;
use crate::body;
use crate::context::Context;
use crate::delete::Rest;
use crate::exchange::Response;
use crate::prefer::Preferences;
use crate::target::{Target, locate};
use crate::update::member_key;

/// What became of a change.
enum Done {
    /// The member is as it is now.
    Kept(Row),
    /// It is gone.
    Removed(Row),
    /// A link was added or removed.
    Linked,
    /// It was not carried out.
    Failed(Error),
}

/// Carries out a delta payload: 200 with the changes as they were carried out, or 204.
pub(crate) async fn members(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    if !context.options.expand.is_empty() {
        let message = "$expand is not legal with a delta payload.";
        return Err(Error::bad_request(message).with_target("$expand"));
    }
    let goes_on = context.negotiated.prefer.continue_on_error == Some(true);
    let items = json::read_delta(&context.core.model, of, node, goes_on)?;
    let items = Arc::new(items);
    let done = if goes_on {
        one_by_one(context, &items).await?
    } else {
        together(context, &items).await?
    };
    let failed = done.iter().any(|done| matches!(done, Done::Failed(_)));
    let mut response = if failed || !context.minimal() {
        let body = show::all(context, of, &items, &done)?;
        answer::json(body, &context.negotiated)
    } else {
        answer::empty(&context.negotiated)
    };
    say_applied(context, &mut response);
    Ok(response)
}

/// Says which preferences were followed.
fn say_applied(context: &Context, response: &mut Response) {
    let headers = &mut response.headers;
    if context.negotiated.return_given {
        let value = if context.negotiated.minimal {
            "return=minimal"
        } else {
            "return=representation"
        };
        answer::applied(headers, value);
    }
    if context.negotiated.prefer.continue_on_error == Some(true) {
        let name = Preferences::as_named(&context.request.headers, "continue-on-error");
        answer::applied(headers, &name);
    }
}

/// All changes in one transaction: the first error undoes them.
async fn together(context: &Arc<Context>, items: &Arc<Vec<DeltaItem>>) -> Result<Vec<Done>, Error> {
    let items = Arc::clone(items);
    let (done, rest) = context
        .write(move |context, transaction| {
            let minimal = context.minimal();
            let collection = locate(&context.core, transaction, &context.path.segments)?;
            prefetch(context, transaction, &collection, &items)?;
            let mut done = Vec::with_capacity(if minimal { 0 } else { items.len() });
            let mut rest = Rest::Gone;
            for (i, item) in items.iter().enumerate() {
                let (one, left) = apply::item(context, transaction, &collection, item)
                    .map_err(|error| body::at(i, error))?;
                if left == Rest::Waits {
                    rest = Rest::Waits;
                }
                if !minimal {
                    done.push(one);
                }
            }
            Ok((done, rest))
        })
        .await?;
    if rest == Rest::Waits {
        context.core.drain();
    }
    Ok(done)
}

/// Each change in a transaction of its own: an error is that change's alone.
async fn one_by_one(
    context: &Arc<Context>,
    items: &Arc<Vec<DeltaItem>>,
) -> Result<Vec<Done>, Error> {
    // What is wrong with the collection itself is wrong with the whole request.
    context
        .read(|context, reader| locate(&context.core, reader, &context.path.segments).map(|_| ()))
        .await?;
    let mut done = Vec::with_capacity(items.len());
    for i in 0..items.len() {
        let items = Arc::clone(items);
        let one = context
            .write(move |context, transaction| {
                let collection = locate(&context.core, transaction, &context.path.segments)?;
                let item = items
                    .get(i)
                    .ok_or_else(|| Error::internal("a change behind the last"))?;
                apply::item(context, transaction, &collection, item)
            })
            .await;
        done.push(match one {
            Ok((one, rest)) => {
                if rest == Rest::Waits {
                    context.core.drain();
                }
                one
            }
            Err(error) if error.code.status() < 500 => Done::Failed(error),
            Err(error) => return Err(error),
        });
    }
    Ok(done)
}

/// Says which members will be read: all those that are named and stay.
fn prefetch(
    context: &Context,
    transaction: &mut dyn Transaction,
    collection: &Target,
    items: &[DeltaItem],
) -> Result<(), Error> {
    let kept = items.iter().filter_map(|item| match item {
        DeltaItem::Entity(payload) if payload.removed.is_none() => Some(payload),
        _ => None,
    });
    // A member whose key is wrong is refused in its turn.
    let target = |payload| {
        member_key(&context.core, collection, payload)
            .ok()
            .flatten()
    };
    let keys: Vec<_> = kept.filter_map(target).filter_map(|t| t.key).collect();
    transaction.prefetch(collection.table, &keys)
}
