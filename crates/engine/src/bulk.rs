//! PATCH of a collection with a delta payload: update, upsert and removal of many members in one
//! transaction, all or nothing (OData 4.01 Protocol, section 11.4.12).

use std::sync::Arc;

use edm::StructuredId;
use odata::Error;
use odata::json::{self, EntityPayload, Node};
use store::{Row, TableId, Transaction};

use crate::answer;
use crate::body;
use crate::change::Unnamed;
use crate::context::Context;
use crate::core::Core;
use crate::delete::remove;
use crate::exchange::Response;
use crate::represent::{At, Representation};
use crate::target::{Target, load, locate};
use crate::update::member_key;

/// What became of a member.
enum Member {
    Kept(Row),
    Removed(Option<String>),
}

/// Carries out a delta payload: 200 with the members as they are now, or 204 under
/// `Prefer: return=minimal`.
pub(crate) async fn members(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    if !context.options.expand.is_empty() {
        let message = "$expand is not legal with a delta payload.";
        return Err(Error::bad_request(message).with_target("$expand"));
    }
    let payloads = json::read_delta(&context.core.model, of, node)?;
    let (table, members) = context
        .write(move |context, transaction| {
            let minimal = context.negotiated.minimal;
            let collection = locate(&context.core, transaction, &context.path.segments)?;
            prefetch(context, transaction, &collection, &payloads)?;
            let mut members = Vec::with_capacity(if minimal { 0 } else { payloads.len() });
            for (i, payload) in payloads.iter().enumerate() {
                let member = upsert(context, transaction, &collection, payload)
                    .map_err(|error| body::at(i, error))?;
                if !minimal {
                    members.push(member);
                }
            }
            Ok((collection.table, members))
        })
        .await?;
    if context.negotiated.minimal {
        return Ok(answer::no_content(&context.negotiated));
    }
    let body = represent(context, table, of, &members)?;
    Ok(answer::json(body, &context.negotiated))
}

/// Says which members will be read: all those that are named and stay.
fn prefetch(
    context: &Context,
    transaction: &mut dyn Transaction,
    collection: &Target,
    payloads: &[EntityPayload],
) -> Result<(), Error> {
    let kept = payloads.iter().filter(|payload| !payload.removed);
    // A member whose key is wrong is refused in its turn.
    let target = |payload| {
        member_key(&context.core, collection, payload)
            .ok()
            .flatten()
    };
    let keys: Vec<_> = kept.filter_map(target).filter_map(|t| t.key).collect();
    transaction.prefetch(collection.table, &keys)
}

fn upsert(
    context: &Context,
    transaction: &mut dyn Transaction,
    collection: &Target,
    payload: &EntityPayload,
) -> Result<Member, Error> {
    let (core, root, edit) = (&context.core, context.root(), context.edit());
    let target = member_key(core, collection, payload)?;
    if payload.removed {
        let target = target.map_or_else(|| removed_by_url(core, collection, root, payload), Ok)?;
        let name = target.name.clone();
        let old = load(core, transaction, &target)?;
        remove(core, transaction, &target, &old, context.permit)?;
        return Ok(Member::Removed(Some(name)));
    }
    if let Some(target) = target
        && let Some(key) = &target.key
        && let Some(row) = transaction.get(target.table, key)?
    {
        let old = target.admit(core, row)?;
        return edit
            .update(transaction, &target, old, payload, Unnamed::Stay)
            .map(Member::Kept);
    }
    edit.insert(transaction, collection, payload)
        .map(Member::Kept)
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
    collection.member(core, own)
}

fn represent(
    context: &Context,
    table: TableId,
    of: StructuredId,
    members: &[Member],
) -> Result<bytes::Bytes, Error> {
    let (core, style) = (&context.core, context.negotiated.style);
    let made = Representation::new(core, table, of, &context.options, style, false)?;
    let place = context.place();
    let mut out = Vec::with_capacity(members.len() * 512 + 128);
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(&mut out, &format!("{}/$delta", context.place().context()));
    out.extend_from_slice(b",\"value\":[");
    for (i, member) in members.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        match member {
            Member::Kept(row) => {
                made.members_of_row(&mut out, row, At::Member(&place))?;
            }
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
