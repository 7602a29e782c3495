//! `/$each`: what is done to every member of a collection by itself (OData 4.01 URL Conventions,
//! section 4.13; Protocol, sections 11.4.13 and 11.4.14). All in one transaction, or nothing.

mod invoke;

use std::sync::Arc;

use edm::StructuredId;
use odata::json::{self, EntityPayload, Node, RequestKind};
use odata::path::Segment;
use odata::query::QueryOptions;
use odata::{Error, ErrorCode};
use store::{Reader, Row, Select, TableId, Transaction};

use crate::answer;
use crate::change::Unnamed;
use crate::context::Context;
use crate::core::Core;
use crate::create::not_here;
use crate::delete::{Rest, remove};
use crate::etag;
use crate::exchange::Response;
use crate::read::conditions;
use crate::represent::{At, Representation};
use crate::target::{Target, locate_filtered};
use crate::update;

pub(crate) use invoke::invoke;

/// The most members that one request does something to.
const MOST: u64 = 1_000;

/// PATCH: the same changes to every member; 204, or 200 with them where the client prefers that.
///
/// # Errors
/// Those of changing the first member that cannot be changed.
pub(crate) async fn update(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    refuse_expand(&context.options)?;
    let payload = json::read_entity(&context.core.model, of, node, RequestKind::Update)?;
    let (table, rows) = context
        .write(move |context, transaction| changed(context, transaction, &payload))
        .await?;
    if context.minimal() {
        return Ok(answer::no_content(&context.negotiated));
    }
    let body = represent(context, table, of, &rows)?;
    Ok(answer::preferred(body.into(), &context.negotiated))
}

fn refuse_expand(options: &QueryOptions) -> Result<(), Error> {
    if options.expand.is_empty() {
        return Ok(());
    }
    let message = "$expand is not served with $each.";
    Err(Error::new(ErrorCode::NotImplemented, message).with_target("$expand"))
}

fn changed(
    context: &Context,
    transaction: &mut dyn Transaction,
    payload: &EntityPayload,
) -> Result<(TableId, Vec<Row>), Error> {
    let (core, headers) = (&context.core, &context.request.headers);
    let (collection, rows) = changeable(core, transaction, &context.path.segments)?;
    let table = core.tables.table(collection.table);
    let mut written = Vec::with_capacity(rows.len());
    for old in rows {
        etag::check(headers, table, &old)?;
        let target = member(core, &collection, &old);
        let of = table.type_of(&core.model, &old)?.unwrap_or(collection.of);
        let payload = update::of_type(core, payload, of)?;
        let row = context
            .edit()
            .update(transaction, &target, old, &payload, Unnamed::Stay)?;
        written.push(row);
    }
    Ok((collection.table, written))
}

/// DELETE: every member goes; 204.
///
/// # Errors
/// Those of removing the first member that cannot be removed.
pub(crate) async fn delete(context: &Arc<Context>) -> Result<Response, Error> {
    let waits = context
        .write(|context, transaction| {
            let (core, headers) = (&context.core, &context.request.headers);
            let (collection, rows) = changeable(core, transaction, &context.path.segments)?;
            let table = core.tables.table(collection.table);
            let mut waits = false;
            for old in &rows {
                etag::check(headers, table, old)?;
                let target = member(core, &collection, old);
                waits |= remove(core, transaction, &target, old, context.permit)? == Rest::Waits;
            }
            Ok(waits)
        })
        .await?;
    if waits {
        context.core.drain();
    }
    Ok(answer::empty(&context.negotiated))
}

/// The collection before `$each`, which may be changed where it is, and its members.
fn changeable(
    core: &Core,
    reader: &mut dyn Reader,
    segments: &[Segment],
) -> Result<(Target, Vec<Row>), Error> {
    let (collection, rows) = members(core, reader, before(segments))?;
    if collection.borrowed {
        return Err(not_here());
    }
    Ok((collection, rows))
}

/// The segments before `$each`.
fn before(segments: &[Segment]) -> &[Segment] {
    let end = segments.iter().position(|s| *s == Segment::Each);
    segments
        .get(..end.unwrap_or(segments.len()))
        .unwrap_or_default()
}

/// The members of a collection.
///
/// # Errors
/// 400 if there are more than one request may be about.
fn members(
    core: &Core,
    reader: &mut dyn Reader,
    segments: &[Segment],
) -> Result<(Target, Vec<Row>), Error> {
    let collection = locate_filtered(core, reader, segments)?;
    let table = core.tables.table(collection.table);
    let none = QueryOptions::default();
    let select = Select {
        columns: (0..table.columns.len()).collect(),
        limit: Some(MOST + 1),
        order: table
            .key
            .iter()
            .map(|column| store::Order::column(*column, false))
            .collect(),
        ..conditions(core, &collection, &none)
    };
    let mut rows = Vec::new();
    reader.select(&select, &mut |cells| {
        rows.push(store::cell::decode_row(&core.model, table, cells)?);
        Ok(())
    })?;
    if rows.len() as u64 > MOST {
        let message = format!(
            "$each is about more than {MOST} members: narrow the collection by /$filter(…)."
        );
        return Err(Error::bad_request(message).with_target("$each"));
    }
    Ok((collection, rows))
}

fn member(core: &Core, collection: &Target, row: &Row) -> Target {
    let own = core.key_of(collection.of, row);
    Target {
        key: Some(core.tables.table(collection.table).key_of(row)),
        name: crate::target::key_text(core, &own),
        filters: Vec::new(),
        ..collection.clone()
    }
}

fn represent(
    context: &Context,
    table: TableId,
    of: StructuredId,
    rows: &[Row],
) -> Result<Vec<u8>, Error> {
    let (core, style) = (&context.core, context.negotiated.style);
    let made = Representation::new(core, table, of, &context.options, style, false)?;
    let place = context.place();
    let mut out = Vec::with_capacity(rows.len() * 512 + 128);
    if crate::read::open(context, false, &mut out) {
        out.push(b',');
    }
    out.extend_from_slice(b"\"value\":[");
    for (i, row) in rows.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        made.members_of_row(&mut out, row, At::Member(&place))?;
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}
