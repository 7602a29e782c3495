//! Media entities and stream properties: bytes of any media type (OData 4.01 Protocol, sections
//! 11.2.3, 11.2.4 and 11.4.7).

use std::sync::Arc;

use bytes::Bytes;
use edm::{StructuredId, Value};
use http::{HeaderValue, Method, header};
use odata::json::EntityPayload;
use odata::path::{PathKind, Segment};
use odata::{Error, ErrorCode};
use store::{ColumnSet, Reader, Row, TableId, Transaction};

use crate::answer::{self, Written};
use crate::body;
use crate::context::Context;
use crate::core::Core;
use crate::create::not_here;
use crate::etag;
use crate::exchange::Response;
use crate::target::{Target, load, locate};

/// What a stream without a media type is.
const BYTES: &str = "application/octet-stream";

/// Where a stream is stored.
struct Place {
    content: usize,
    media_type: usize,
}

/// The entity's segments, and the stream property if the path names one.
fn split(context: &Context) -> (&[Segment], Option<(StructuredId, usize)>) {
    let mut segments = context.path.segments.as_slice();
    if let Some((Segment::Value, rest)) = segments.split_last() {
        segments = rest;
    }
    match segments.split_last() {
        Some((Segment::Property { of, ordinal }, rest)) => (rest, Some((*of, *ordinal))),
        _ => (segments, None),
    }
}

/// Whether the path addresses the content of a media entity, not a stream property.
pub(crate) fn is_media(context: &Context) -> bool {
    split(context).1.is_none()
}

fn place(
    core: &Core,
    table: TableId,
    property: Option<(StructuredId, usize)>,
) -> Result<Place, Error> {
    let table = core.tables.table(table);
    let found = match property {
        None => table.media.map(|media| Place {
            content: media.content,
            media_type: media.media_type,
        }),
        Some((of, ordinal)) => {
            let column = table.column_of(of, ordinal);
            let mut streams = table.streams.iter();
            let stream = streams.find(|(content, _)| Some(*content) == column);
            stream.map(|(content, media_type)| Place {
                content: *content,
                media_type: *media_type,
            })
        }
    };
    found.ok_or_else(|| Error::bad_request("The entity has no such stream."))
}

/// GET of a stream: its bytes with their media type.
pub(crate) fn read(context: &Context, reader: &mut dyn Reader) -> Result<Response, Error> {
    let core = &context.core;
    let (entity, property) = split(context);
    let target = locate(core, reader, entity)?;
    let row = load(core, reader, &target)?;
    let tag = etag::of_row(core.tables.table(target.table), &row);
    if etag::is_known(&context.request.headers, tag.as_deref())? {
        return Ok(answer::not_modified(&context.negotiated, tag.as_deref()));
    }
    let place = place(core, target.table, property)?;
    let body: Bytes = match &row[place.content] {
        Value::Binary(bytes) => bytes.clone().into(),
        _ => Bytes::new(),
    };
    let media = row[place.media_type]
        .as_str()
        .filter(|text| !text.is_empty());
    let media = media.unwrap_or(BYTES);
    let mut response = answer::bytes(body, BYTES, &context.negotiated);
    if let Ok(value) = HeaderValue::from_str(media) {
        response.headers.insert(header::CONTENT_TYPE, value);
    }
    answer::tag(&mut response.headers, tag.as_deref());
    Ok(response)
}

/// PUT and DELETE of a stream: 204; or 200 with the media entity, or the property's content, where
/// the client prefers that (OData 4.01 Protocol, sections 11.4.7.2 and 11.4.8.1).
pub(crate) async fn write(context: &Arc<Context>) -> Result<Response, Error> {
    let media = media_type(context)?;
    let changed = context
        .write(move |context, transaction| change(context, transaction, &media))
        .await?;
    let shown = context.negotiated.return_given && !context.negotiated.minimal;
    if shown && context.request.method == Method::PUT {
        return represent(context, changed).await;
    }
    let table = context.core.tables.table(changed.table);
    let tag = etag::of_row(table, &changed.row);
    let mut response = answer::no_content(&context.negotiated);
    answer::tag(&mut response.headers, tag.as_deref());
    Ok(response)
}

async fn represent(context: &Arc<Context>, changed: Written) -> Result<Response, Error> {
    let (entity, property) = split(context);
    if property.is_some() {
        let mut response = context.read(read).await?;
        answer::applied(&mut response.headers, "return=representation");
        return Ok(response);
    }
    let mut of_entity = (**context).clone();
    of_entity.path.segments = entity.to_vec();
    of_entity.path.kind = PathKind::Entity(changed.of);
    answer::written(&Arc::new(of_entity), changed).await
}

fn change(
    context: &Context,
    transaction: &mut dyn Transaction,
    media: &str,
) -> Result<Written, Error> {
    let core = &context.core;
    let (entity, property) = split(context);
    let target = locate(core, transaction, entity)?;
    if target.borrowed {
        return Err(not_here());
    }
    let old = load(core, transaction, &target)?;
    let table = core.tables.table(target.table);
    etag::check(&context.request.headers, table, &old)?;
    let place = place(core, target.table, property)?;
    let mut new = old.clone();
    if context.request.method == Method::DELETE {
        new[place.content] = table.columns[place.content].default.clone();
        new[place.media_type] = table.columns[place.media_type].default.clone();
    } else {
        put(&mut new, &place, media, &context.request.body);
    }
    let target = Target {
        key: Some(table.key_of(&old)),
        ..target
    };
    let given = ColumnSet::from_iter([place.content, place.media_type]);
    let edit = context.edit();
    let row = edit.write(transaction, &target, &old, new, given)?;
    Ok(Written {
        table: target.table,
        of: target.of,
        row,
        status: 200,
    })
}

fn put(row: &mut Row, place: &Place, media: &str, body: &Bytes) {
    row[place.content] = Value::Binary(body.to_vec());
    row[place.media_type] = Value::from(media);
}

fn media_type(context: &Context) -> Result<String, Error> {
    let given = context.request.headers.get(header::CONTENT_TYPE);
    match given.map(HeaderValue::to_str) {
        None | Some(Ok("")) => Ok(BYTES.to_owned()),
        Some(Ok(text)) if is_media_type(text) => Ok(text.to_owned()),
        _ => Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "Content-Type is no media type, which looks like image/png.",
        )
        .with_target("Content-Type")),
    }
}

/// Whether a text is a media type, with parameters or without (RFC 9110, section 8.3.1).
fn is_media_type(text: &str) -> bool {
    let is_token = |token: &str| {
        let tchar = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        !token.is_empty() && token.bytes().all(tchar)
    };
    let media = text.split(';').next().unwrap_or("").trim();
    media
        .split_once('/')
        .is_some_and(|(kind, form)| is_token(kind) && is_token(form))
}

/// POST of a media entity: the body is its content (OData 4.01 Protocol, section 11.4.7.1).
pub(crate) async fn create(context: &Arc<Context>, of: StructuredId) -> Result<Response, Error> {
    if body::is_json(&context.request) {
        return Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "A media entity is made from its content: send it with its own Content-Type.",
        ));
    }
    let media = media_type(context)?;
    let made = context
        .write(move |context, transaction| {
            let core = &context.core;
            let target = locate(core, transaction, &context.path.segments)?;
            if target.borrowed {
                return Err(not_here());
            }
            let place = place(core, target.table, None)?;
            let payload = EntityPayload::empty(of);
            let row = context
                .edit()
                .insert_with(transaction, &target, &payload, |row| {
                    put(row, &place, &media, &context.request.body);
                    core.service
                        .name_media(&target, row, slug(context).as_deref());
                })?;
            Ok(Written {
                table: target.table,
                of,
                row,
                status: 201,
            })
        })
        .await?;
    answer::made(context, made).await
}

/// The `Slug` header: a name for what is made, percent-encoded (RFC 5023, section 9.7).
fn slug(context: &Context) -> Option<String> {
    let text = context.request.headers.get("slug")?.to_str().ok()?;
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    Some(decoded.map_or_else(|_| text.to_owned(), |text| text.into_owned()))
}
