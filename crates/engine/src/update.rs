//! PATCH: of an entity by its URL, and of a collection's member that the body names.

use std::sync::Arc;

use edm::{StructuredId, Value};
use odata::Error;
use odata::json::{self, EntityPayload, Node, RequestKind};
use store::{Reader, Select};

use crate::answer::{self, Written};
use crate::change::update_entity;
use crate::context::Context;
use crate::core::Core;
use crate::create::not_here;
use crate::etag;
use crate::exchange::Response;
use crate::target::{Target, load, locate};

/// Changes the entity that the URL names: 200 with it, or 204 under `Prefer: return=minimal`.
pub(crate) async fn entity(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    update(context, of, node, |_, _, target, _| Ok(target)).await
}

/// Changes the member of a collection that the body's key names; without one, the only member.
pub(crate) async fn member(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    update(
        context,
        of,
        node,
        |core, reader, collection, payload| match member_key(core, &collection, payload)? {
            Some(target) => Ok(target),
            None => sole_member(core, reader, &collection),
        },
    )
    .await
}

/// Changes the entity that `pick` finds from what the path addresses.
async fn update(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
    pick: fn(&Core, &mut dyn Reader, Target, &EntityPayload) -> Result<Target, Error>,
) -> Result<Response, Error> {
    let payload = json::read_entity(&context.core.model, of, node, RequestKind::Update)?;
    let changed = context
        .write(move |context, transaction| {
            let core = &context.core;
            let addressed = locate(core, transaction, &context.path.segments)?;
            if addressed.borrowed {
                return Err(not_here());
            }
            let target = pick(core, transaction, addressed, &payload)?;
            let old = load(core, transaction, &target)?;
            let table = core.tables.table(target.table);
            etag::check(&context.request.headers, table, &old)?;
            let (root, permit) = (context.root(), context.permit);
            let row = update_entity(core, transaction, &target, old, root, &payload, permit)?;
            Ok(Written {
                table: target.table,
                of: target.of,
                row,
                status: 200,
            })
        })
        .await?;
    if context.negotiated.minimal {
        return Ok(answer::no_content(&context.negotiated));
    }
    answer::written(context, changed).await
}

/// The member that a payload's key properties name, if it has them.
///
/// # Errors
/// 404 for a key that no member can have.
pub(crate) fn member_key(
    core: &Core,
    collection: &Target,
    payload: &EntityPayload,
) -> Result<Option<Target>, Error> {
    let ty = core.model.structured(collection.of);
    let given: Option<Vec<Value>> = ty
        .key
        .iter()
        .map(|ordinal| {
            payload
                .values
                .iter()
                .find(|(o, _)| o == ordinal)
                .map(|(_, v)| v.clone())
        })
        .collect();
    given.map(|own| collection.member(core, &own)).transpose()
}

/// The only member of a collection.
fn sole_member(core: &Core, reader: &mut dyn Reader, collection: &Target) -> Result<Target, Error> {
    let table = core.tables.table(collection.table);
    let mut select = Select::all(collection.table, 0);
    select.fixed = collection.fixed.clone();
    let count = reader.count(&select)?;
    if count != 1 {
        let ty = core.model.structured(collection.of);
        let key = ty
            .key
            .first()
            .map_or("id", |ordinal| ty.properties[*ordinal].name.as_str());
        return Err(Error::bad_request(format!(
            "'{key}' is needed to say which {} is meant: there are {count} here.",
            ty.short_name()
        ))
        .with_target(key));
    }
    select.columns = table.key.clone();
    let mut key = Vec::new();
    reader.select(&select, &mut |cells| {
        key = (0..table.key.len())
            .map(|i| store::cell::decode(&core.model, &table.columns[table.key[i]], cells, i))
            .collect::<Result<_, _>>()?;
        Ok(())
    })?;
    Ok(Target {
        key: Some(key),
        ..collection.clone()
    })
}
