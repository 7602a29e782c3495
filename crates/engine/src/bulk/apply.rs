//! One change of a delta payload, carried out inside a transaction.

use odata::json::{DeltaItem, DeltaLink, EntityPayload};
use odata::path::Segment;
use odata::{Error, ErrorCode};
use store::{ColumnSet, Transaction};

use super::Done;
use crate::bind::{entity_of_url, referenced};
use crate::change::Unnamed;
use crate::context::Context;
use crate::create::not_here;
use crate::deep::Told;
use crate::delete::{Rest, remove};
use crate::reference;
use crate::relate::Relation;
use crate::target::{Target, load, locate};
use crate::update::{member_key, of_type};

/// Carries out a change of a collection's member, or of a link.
///
/// # Errors
/// Why it cannot be.
pub(super) fn item(
    context: &Context,
    transaction: &mut dyn Transaction,
    collection: &Target,
    item: &DeltaItem,
) -> Result<(Done, Rest), Error> {
    match item {
        DeltaItem::Faulty(_, error) => Err(error.clone()),
        DeltaItem::Link(link) => {
            linked(context, transaction, collection, link).map(|()| (Done::Linked, Rest::Gone))
        }
        DeltaItem::Entity(payload) if collection.linked.is_some() => {
            let told = reference::change_linked(context, transaction, payload)?;
            Ok(match told {
                Told::Kept(row) => (Done::Kept(row), Rest::Gone),
                Told::Removed(row) => (Done::Removed(row), Rest::Gone),
            })
        }
        DeltaItem::Entity(_) if collection.borrowed => Err(not_here()),
        DeltaItem::Entity(payload) => member(context, transaction, collection, payload),
    }
}

fn member(
    context: &Context,
    transaction: &mut dyn Transaction,
    collection: &Target,
    payload: &EntityPayload,
) -> Result<(Done, Rest), Error> {
    let (core, edit) = (&context.core, context.edit());
    let target = match &payload.id {
        Some(url) => Some(by_url(context, collection, url)?),
        None => member_key(core, collection, payload)?,
    };
    if payload.removed.is_some() {
        let needed = || Error::bad_request("A removed member needs its key or its '@odata.id'.");
        let target = target.ok_or_else(needed)?;
        let old = load(core, transaction, &target)?;
        let rest = remove(core, transaction, &target, &old, context.permit)?;
        return Ok((Done::Removed(old), rest));
    }
    if let Some(target) = &target
        && let Some(key) = &target.key
        && let Some(row) = transaction.get(target.table, key)?
    {
        let old = target.admit(core, row)?;
        let of = core.tables.table(target.table).type_of(&core.model, &old)?;
        let payload = of_type(core, payload, of.unwrap_or(collection.of))?;
        let row = edit.update(transaction, target, old, &payload, Unnamed::Stay)?;
        return Ok((Done::Kept(row), Rest::Gone));
    }
    if payload.id.is_some() {
        let missing = target.map(|target| target.missing(core));
        return Err(missing.unwrap_or_else(|| Error::not_found("There is no such entity.")));
    }
    let row = edit.insert(transaction, collection, payload)?;
    Ok((Done::Kept(row), Rest::Gone))
}

/// The member of a collection that a URL names.
fn by_url(context: &Context, collection: &Target, url: &str) -> Result<Target, Error> {
    let core = &context.core;
    let segments = referenced(core, context.base(), url, collection.of)?;
    let uncast = segments.iter().rfind(|s| !matches!(s, Segment::Cast(_)));
    match uncast {
        Some(Segment::Key(own)) => collection.member(core, own),
        _ => Err(Error::bad_request(format!(
            "'{url}' names no member of this collection by its key."
        ))
        .with_target("@odata.id")),
    }
}

/// Adds or removes a link that starts from a member of the collection's type.
fn linked(
    context: &Context,
    transaction: &mut dyn Transaction,
    collection: &Target,
    link: &DeltaLink,
) -> Result<(), Error> {
    let (core, edit) = (&context.core, context.edit());
    let segments = referenced(core, context.base(), &link.source, collection.of)
        .map_err(|error| error.with_target("source"))?;
    let source = locate(core, transaction, &segments)?;
    if source.borrowed {
        return Err(not_here());
    }
    let row = load(core, transaction, &source)?;
    let of = core.tables.table(source.table).type_of(&core.model, &row)?;
    let of = of.unwrap_or(source.of);
    let index = core
        .model
        .structured(of)
        .navigation_property(&link.relationship);
    let index = index.ok_or_else(|| {
        let name = &core.model.structured(of).name;
        let message = format!("{name} has no navigation property '{}'.", link.relationship);
        Error::new(ErrorCode::BadRequest, message).with_target("relationship")
    })?;
    let relation = Relation::new(core, source.table, of, index)?;
    let navigation = &core.model.structured(of).navigation[index];
    let other = match &link.target {
        Some(url) => Some(entity_of_url(&edit, transaction, url, navigation.target)?),
        None => None,
    };
    if relation.is_in_source(core) {
        let mut new = row.clone();
        let mut given = ColumnSet::default();
        let target = other.as_ref().filter(|_| link.added);
        relation.point(core, &mut new, target, &mut given)?;
        let source = Target {
            key: Some(core.tables.table(source.table).key_of(&row)),
            ..source
        };
        return edit
            .write(transaction, &source, &row, new, given)
            .map(|_| ());
    }
    let needed = || Error::bad_request("The link needs it.").with_target("target");
    let other = other.ok_or_else(needed)?;
    match link.added {
        true => relation.link(&edit, transaction, &row, &other),
        false => relation.unlink(&edit, transaction, &row, &other),
    }
}
