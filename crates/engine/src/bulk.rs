//! PATCH of a collection with a delta payload: update, upsert and removal of many members in one
//! transaction, all or nothing (OData 4.01 Protocol, section 11.4.12).

use std::sync::Arc;

use edm::StructuredId;
use odata::Error;
use odata::json::{self, EntityPayload, Node};
use odata::path::ResourcePath;
use odata::query::QueryOptions;
use store::{Row, TableId, Transaction, write};

use crate::access::Permit;
use crate::answer;
use crate::body;
use crate::change::{insert_entity, update_entity};
use crate::core::Core;
use crate::delete::remove;
use crate::exchange::{Request, Response};
use crate::links::Place;
use crate::negotiate::Negotiated;
use crate::represent::Representation;
use crate::target::{Target, locate};
use crate::update::member_key;

/// What became of a member.
enum Member {
    Kept(Row),
    Removed(Option<String>),
}

/// Carries out a delta payload: 200 with the members as they are now, or 204 under
/// `Prefer: return=minimal`.
pub(crate) async fn members(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    of: StructuredId,
    node: Node,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    let payloads = json::read_delta(&core.model, of, node)?;
    let (shared, segments) = (core.clone(), path.segments.clone());
    let root = request.service_root.clone();
    let minimal = negotiated.minimal;
    let (table, members) = write(core.store.as_ref(), move |transaction| {
        let collection = locate(&shared, transaction, &segments)?;
        let mut members = Vec::with_capacity(if minimal { 0 } else { payloads.len() });
        for (i, payload) in payloads.iter().enumerate() {
            let member = upsert(&shared, transaction, &collection, &root, payload, permit)
                .map_err(|error| body::at(i, error))?;
            if !minimal {
                members.push(member);
            }
        }
        Ok((collection.table, members))
    })
    .await?;
    if minimal {
        return Ok(answer::no_content(negotiated));
    }
    let place = Place::of(core, request, path);
    represent(core, &place, table, of, &members).map(|body| answer::json(body, negotiated))
}

fn upsert(
    core: &Core,
    transaction: &mut dyn Transaction,
    collection: &Target,
    root: &str,
    payload: &EntityPayload,
    permit: Permit,
) -> Result<Member, Error> {
    let target = member_key(core, collection, payload)?;
    if payload.removed {
        let target = target.map_or_else(|| removed_by_url(core, collection, root, payload), Ok)?;
        let name = target.name.clone();
        remove(core, transaction, &target, permit)?;
        return Ok(Member::Removed(Some(name)));
    }
    if let Some(target) = target
        && let Some(key) = &target.key
        && transaction.exists(target.table, key)?
    {
        return update_entity(core, transaction, &target, root, payload, permit).map(Member::Kept);
    }
    let made = insert_entity(core, transaction, collection, root, payload, permit)?;
    Ok(Member::Kept(made.row))
}

/// A removed member may name itself by `@odata.id` instead of its key.
fn removed_by_url(
    core: &Core,
    collection: &Target,
    root: &str,
    payload: &EntityPayload,
) -> Result<Target, Error> {
    let needed = || Error::bad_request("A removed member needs its key or its '@odata.id'.");
    let url = payload.id.as_deref().ok_or_else(needed)?;
    let segments = crate::bind::referenced(core, root, url, collection.of)?;
    let Some(odata::path::Segment::Key(own)) = segments.last() else {
        return Err(needed());
    };
    let ty = core.model.structured(collection.of);
    let values = ty.key.iter().copied().zip(own.iter().cloned()).collect();
    let named = EntityPayload {
        values,
        ..payload.clone()
    };
    member_key(core, collection, &named)?.ok_or_else(needed)
}

fn represent(
    core: &Core,
    place: &Place<'_>,
    table: TableId,
    of: StructuredId,
    members: &[Member],
) -> Result<bytes::Bytes, Error> {
    let options = QueryOptions::default();
    let representation = Representation::new(core, table, of, &options, false);
    let mut out = Vec::with_capacity(members.len() * 512 + 128);
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(&mut out, &format!("{}/$delta", place.context()));
    out.extend_from_slice(b",\"value\":[");
    for (i, member) in members.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        match member {
            Member::Kept(row) => representation.members_of_row(&mut out, row)?,
            Member::Removed(name) => {
                out.extend_from_slice(b"\"@odata.removed\":{\"reason\":\"deleted\"},\"id\":");
                json::write_string(&mut out, name.as_deref().unwrap_or_default());
            }
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(out.into())
}
