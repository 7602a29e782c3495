//! PATCH: of an entity by its URL, and of a collection's member that the body names.

use std::borrow::Cow;
use std::sync::Arc;

use edm::{Model, StructuredId};
use odata::Error;
use odata::json::{self, EntityPayload, Node, RequestKind};
use store::{Reader, Select, Transaction};

use crate::answer::{self, Written};
use crate::change::Unnamed;
use crate::context::Context;
use crate::core::Core;
use crate::create::not_here;
use crate::etag;
use crate::exchange::Response;
use crate::target::{Target, load, locate};

/// Changes the entity that the URL names, or replaces it: 200 with it, or 204. One that is not
/// there is made where the service lets clients name entities (OData 4.01 Protocol, section
/// 11.4.4).
pub(crate) async fn entity(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
    unnamed: Unnamed,
) -> Result<Response, Error> {
    update(context, of, node, unnamed, |_, _, target, _| Ok(target)).await
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
        Unnamed::Stay,
        |core, reader, collection, payload| match member_key(core, &collection, payload)? {
            Some(target) => Ok(target),
            None => sole_member(core, reader, &collection),
        },
    )
    .await
}

/// What an update says.
enum Body {
    /// It is bound to the type that the URL leads to.
    Bound(EntityPayload),
    /// It does not fit that type. It may fit the one derived from it that the entity is of.
    Unbound(Node, Error),
}

impl Body {
    fn read(model: &Model, of: StructuredId, node: Node, kind: RequestKind) -> Result<Self, Error> {
        let derived = !model.structured(of).derived.is_empty();
        let again = derived.then(|| node.clone());
        match (json::read_entity(model, of, node, kind), again) {
            (Ok(payload), _) => Ok(Self::Bound(payload)),
            (Err(error), Some(node)) => Ok(Self::Unbound(node, error)),
            (Err(error), None) => Err(error),
        }
    }

    /// The body bound to the type of the entity that is addressed.
    fn bound(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        target: &Target,
        kind: RequestKind,
    ) -> Result<Cow<'_, EntityPayload>, Error> {
        let (node, error) = match self {
            Self::Bound(payload) => return Ok(Cow::Borrowed(payload)),
            Self::Unbound(node, error) => (node, error),
        };
        if target.key.is_none() {
            return Err(error.clone());
        }
        let row = load(core, reader, target)?;
        let of = core.tables.table(target.table).type_of(&core.model, &row)?;
        match of.filter(|of| *of != target.of && core.model.is_a(*of, target.of)) {
            Some(of) => json::read_entity(&core.model, of, node.clone(), kind).map(Cow::Owned),
            None => Err(error.clone()),
        }
    }
}

/// Changes the entity that `pick` finds from what the path addresses.
async fn update(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
    unnamed: Unnamed,
    pick: fn(&Core, &mut dyn Reader, Target, &EntityPayload) -> Result<Target, Error>,
) -> Result<Response, Error> {
    let kind = match unnamed {
        Unnamed::Stay => RequestKind::Update,
        Unnamed::Reset => RequestKind::Replace,
    };
    let body = Body::read(&context.core.model, of, node, kind)?;
    let changed = context
        .write(move |context, transaction| {
            let core = &context.core;
            let addressed = locate(core, transaction, &context.path.segments)?;
            if addressed.borrowed {
                return Err(not_here());
            }
            let payload = body.bound(core, transaction, &addressed, kind)?;
            let target = pick(core, transaction, addressed, &payload)?;
            carry_out(context, transaction, target, &payload, unnamed)
        })
        .await?;
    if changed.status == 201 {
        return answer::made(context, changed).await;
    }
    if context.minimal() {
        let tag = etag::of_row(context.core.tables.table(changed.table), &changed.row);
        let mut response = answer::no_content(&context.negotiated);
        answer::tag(&mut response.headers, tag.as_deref());
        return Ok(response);
    }
    answer::written(context, changed).await
}

fn carry_out(
    context: &Context,
    transaction: &mut dyn Transaction,
    target: Target,
    payload: &EntityPayload,
    unnamed: Unnamed,
) -> Result<Written, Error> {
    let (core, headers) = (&context.core, &context.request.headers);
    let table = target.table;
    let old = match load(core, transaction, &target) {
        Ok(old) => old,
        Err(error) if may_be_made(core, &target, &error) => {
            etag::check_absent(headers)?;
            let row = context
                .edit()
                .insert(transaction, &named(core, target.clone()), payload)?;
            let of = target.of;
            return Ok(Written {
                table,
                of,
                row,
                status: 201,
            });
        }
        Err(error) => return Err(error),
    };
    etag::check(headers, core.tables.table(table), &old)?;
    if headers.get("odata-version").is_some_and(|v| v == "4.01") {
        etag::check_body(payload.etag.as_deref(), core.tables.table(table), &old)?;
    }
    let of = core.tables.table(table).type_of(&core.model, &old)?;
    let of = of
        .filter(|of| core.model.is_a(*of, target.of))
        .unwrap_or(target.of);
    let payload = of_type(core, payload, of)?;
    let row = context
        .edit()
        .update(transaction, &target, old, &payload, unnamed)?;
    Ok(Written {
        table,
        of: target.of,
        row,
        status: 200,
    })
}

/// Whether an entity that is not there is made by an update of it.
fn may_be_made(core: &Core, target: &Target, error: &Error) -> bool {
    error.code == odata::ErrorCode::ResourceNotFound
        && core.service.profile().upserts
        && target.key.is_some()
        && target.linked.is_none()
}

/// The collection in which the entity of a key is made, with the key's columns.
fn named(core: &Core, target: Target) -> Target {
    let table = core.tables.table(target.table);
    let key = target.key.clone().unwrap_or_default();
    let mut fixed = target.fixed.clone();
    for pair in table.key.iter().copied().zip(key) {
        if !fixed.iter().any(|(column, _)| *column == pair.0) {
            fixed.push(pair);
        }
    }
    Target {
        fixed,
        key: None,
        ..target
    }
}

/// A body that names no type is about the type that the entity is of; one that names another
/// cannot change what it is.
///
/// # Errors
/// 400 for another type.
pub(crate) fn of_type<'p>(
    core: &Core,
    payload: &'p EntityPayload,
    of: StructuredId,
) -> Result<Cow<'p, EntityPayload>, Error> {
    if payload.of == of {
        return Ok(Cow::Borrowed(payload));
    }
    if core.model.is_a(of, payload.of) {
        // Ordinals are the same in derived types.
        let payload = EntityPayload {
            of,
            ..payload.clone()
        };
        return Ok(Cow::Owned(payload));
    }
    Err(Error::bad_request(format!(
        "The entity is a {}; its type cannot be changed.",
        core.model.structured(of).name
    ))
    .with_target("@odata.type"))
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
    let given = core.key_of_payload(collection.of, payload, &collection.fixed);
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
