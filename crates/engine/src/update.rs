//! PATCH: of an entity by its URL, and of a collection's member that the body names.

use std::sync::Arc;

use edm::{StructuredId, Value};
use odata::Error;
use odata::json::{self, EntityPayload, Node, RequestKind};
use odata::path::ResourcePath;
use store::{Reader, Row, Select, write};

use crate::access::Permit;
use crate::answer;
use crate::change::update_entity;
use crate::core::Core;
use crate::create::not_here;
use crate::exchange::{Request, Response};
use crate::negotiate::Negotiated;
use crate::target::{Target, locate};

/// Changes the entity that the URL names: 200 with it, or 204 under `Prefer: return=minimal`.
pub(crate) async fn entity(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    of: StructuredId,
    node: Node,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    let payload = json::read_entity(&core.model, of, node, RequestKind::Update)?;
    let (shared, segments) = (core.clone(), path.segments.clone());
    let root = request.service_root.clone();
    let (target, row) = write(core.store.as_ref(), move |transaction| {
        let target = locate(&shared, transaction, &segments)?;
        if target.borrowed {
            return Err(not_here());
        }
        let row = update_entity(&shared, transaction, &target, &root, &payload, permit)?;
        Ok((target, row))
    })
    .await?;
    respond(core, request, path, &target, &row, negotiated)
}

/// Changes the member of a collection that the body's key names; without one, the only member.
pub(crate) async fn member(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    of: StructuredId,
    node: Node,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    let payload = json::read_entity(&core.model, of, node, RequestKind::Update)?;
    let (shared, segments) = (core.clone(), path.segments.clone());
    let root = request.service_root.clone();
    let (target, row) = write(core.store.as_ref(), move |transaction| {
        let collection = locate(&shared, transaction, &segments)?;
        let target = match member_key(&shared, &collection, &payload)? {
            Some(target) => target,
            None => sole_member(&shared, transaction, &collection)?,
        };
        let row = update_entity(&shared, transaction, &target, &root, &payload, permit)?;
        Ok((target, row))
    })
    .await?;
    respond(core, request, path, &target, &row, negotiated)
}

fn respond(
    core: &Core,
    request: &Request,
    path: &ResourcePath,
    target: &Target,
    row: &Row,
    negotiated: &Negotiated,
) -> Result<Response, Error> {
    if negotiated.minimal {
        return Ok(answer::no_content(negotiated));
    }
    answer::entity(
        core,
        request,
        path,
        target.table,
        target.of,
        row,
        negotiated,
        200,
    )
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
