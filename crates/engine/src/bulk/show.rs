//! The answer to a delta payload: a delta of the same structure and order, with what failed
//! annotated (OData 4.01 Protocol, section 11.4.12; JSON Format, section 15.6).

use bytes::Bytes;
use edm::StructuredId;
use odata::json::{self, DeltaItem, DeltaLink, EntityPayload};
use odata::{Error, ErrorCode};

use super::Done;
use crate::context::Context;
use crate::links::Place;
use crate::represent::{At, Representation, entity_url};

const CONTENT_ID: &str = "@Org.OData.Core.V1.ContentID";
const EXCEPTION: &str = "@Org.OData.Core.V1.DataModificationException";

/// What the changes have become; where the client prefers a minimal answer, of those that failed.
///
/// # Errors
/// If a row cannot be shown.
pub(super) fn all(
    context: &Context,
    of: StructuredId,
    items: &[DeltaItem],
    done: &[Done],
) -> Result<Bytes, Error> {
    let (core, style) = (&context.core, context.negotiated.style);
    let table = core.table_of(of)?;
    let representation = Representation::new(core, table, of, &context.options, style, false)?;
    let place = context.place();
    let mut out = Vec::with_capacity(items.len() * 512 + 128);
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(&mut out, &format!("{}/$delta", context.context_url(false)));
    out.extend_from_slice(b",\"value\":[");
    let minimal = context.minimal();
    let mut first = true;
    for (item, done) in items.iter().zip(done) {
        if minimal && !matches!(done, Done::Failed(_)) {
            continue;
        }
        out.extend_from_slice(if first { b"{" } else { b",{" });
        first = false;
        let shown = Shown {
            context,
            of,
            place: &place,
            start: out.len(),
        };
        match (item, done) {
            (DeltaItem::Entity(payload), Done::Kept(row)) => {
                representation.members_of_row(&mut out, row, At::Member(&place))?;
                shown.content_id(payload.content_id.as_deref(), &mut out);
            }
            (DeltaItem::Entity(payload), Done::Removed(row)) => {
                out.extend_from_slice(b"\"@odata.removed\":{\"reason\":\"deleted\"}");
                shown.identity(&core.key_of(of, row), &mut out);
                shown.content_id(payload.content_id.as_deref(), &mut out);
            }
            (DeltaItem::Entity(payload) | DeltaItem::Faulty(payload, _), Done::Failed(error)) => {
                shown.failed_entity(payload, error, &mut out);
            }
            (DeltaItem::Link(link), Done::Failed(error)) => {
                shown.link(link, Some(error), &mut out);
            }
            (DeltaItem::Link(link), _) => shown.link(link, None, &mut out),
            (DeltaItem::Faulty(..), _) | (DeltaItem::Entity(_), Done::Linked) => {
                return Err(Error::internal("a change has become another"));
            }
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(out.into())
}

/// One item of the answer.
struct Shown<'s> {
    context: &'s Context,
    of: StructuredId,
    place: &'s Place<'s>,
    start: usize,
}

impl Shown<'_> {
    fn comma(&self, out: &mut Vec<u8>) {
        if out.len() > self.start {
            out.push(b',');
        }
    }

    fn text(&self, name: &str, text: &str, out: &mut Vec<u8>) {
        self.comma(out);
        json::write_string(out, name);
        out.push(b':');
        json::write_string(out, text);
    }

    fn content_id(&self, id: Option<&str>, out: &mut Vec<u8>) {
        if let Some(id) = id {
            self.text(CONTENT_ID, id, out);
        }
    }

    /// The entity's URL and key.
    fn identity(&self, key: &[edm::Value], out: &mut Vec<u8>) {
        let core = &self.context.core;
        let url = entity_url(core, self.of, key, At::Member(self.place));
        self.text("@odata.id", &url, out);
        let ordinals = core.model.structured(self.of).key.iter();
        for (ordinal, value) in ordinals.zip(key) {
            self.property(*ordinal, value, out);
        }
    }

    fn property(&self, ordinal: usize, value: &edm::Value, out: &mut Vec<u8>) {
        let (model, style) = (&self.context.core.model, self.context.negotiated.style);
        let property = &model.structured(self.of).properties[ordinal];
        self.comma(out);
        json::write_string(out, &property.name);
        out.push(b':');
        json::write_value(out, model, style, &property.ty, value);
    }

    /// A failed delete is the entity, a failed insert a deleted entity.
    fn failed_entity(&self, payload: &EntityPayload, error: &Error, out: &mut Vec<u8>) {
        let key = &self.context.core.model.structured(self.of).key;
        let names = |ordinal: &usize| payload.values.iter().any(|(known, _)| known == ordinal);
        let named = payload.id.is_some() || key.iter().all(names);
        let exists = named && error.code != ErrorCode::ResourceNotFound;
        let operation = match payload.removed {
            Some(_) => "delete",
            None if exists => "update",
            None => "insert",
        };
        if operation == "insert" {
            out.extend_from_slice(b"\"@odata.removed\":{}");
        }
        if let Some(id) = &payload.id {
            self.text("@odata.id", id, out);
        }
        for (ordinal, value) in payload.values.iter().filter(|(o, _)| key.contains(o)) {
            self.property(*ordinal, value, out);
        }
        self.content_id(payload.content_id.as_deref(), out);
        self.exception(operation, error, out);
    }

    /// A link; one that could not be added is a deleted link, and the other way round.
    fn link(&self, link: &DeltaLink, failed: Option<&Error>, out: &mut Vec<u8>) {
        let fragment = match link.added == failed.is_none() {
            true => "$link",
            false => "$deletedLink",
        };
        let url = format!("{}/{fragment}", self.place.context());
        self.text("@odata.context", &url, out);
        self.text("source", &link.source, out);
        self.text("relationship", &link.relationship, out);
        if let Some(target) = &link.target {
            self.text("target", target, out);
        }
        self.content_id(link.content_id.as_deref(), out);
        if let Some(error) = failed {
            self.exception(if link.added { "link" } else { "unlink" }, error, out);
        }
    }

    /// `Core.DataModificationException`.
    fn exception(&self, operation: &str, error: &Error, out: &mut Vec<u8>) {
        self.comma(out);
        json::write_string(out, EXCEPTION);
        let status = error.code.status();
        out.extend_from_slice(format!(":{{\"failedOperation\":\"{operation}\"").as_bytes());
        out.extend_from_slice(format!(",\"responseCode\":{status},\"info\":{{").as_bytes());
        out.extend_from_slice(b"\"code\":");
        json::write_string(out, error.code.as_str());
        self.text("message", &error.message, out);
        if let Some(target) = &error.target {
            self.text("target", target, out);
        }
        out.extend_from_slice(b",\"severity\":\"error\"}}");
    }
}
