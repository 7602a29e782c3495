//! Answers: an entity, nothing, bytes of another type.

use std::sync::Arc;

use bytes::Bytes;
use edm::StructuredId;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::Error;
use store::{Reader, Row, TableId};

use crate::context::Context;
use crate::etag;
use crate::exchange::Response;
use crate::expand;
use crate::links::Place;
use crate::negotiate::{Negotiated, json_headers, version_header};
use crate::prefer::Preferences;
use crate::read::open;
use crate::represent::{At, Representation, entity_url};

/// An entity that a write made or changed.
pub(crate) struct Written {
    pub(crate) table: TableId,
    pub(crate) of: StructuredId,
    pub(crate) row: Row,
    pub(crate) status: u16,
}

/// The entity with its context, shaped by `$select` and `$expand`.
pub(crate) async fn written(context: &Arc<Context>, written: Written) -> Result<Response, Error> {
    let Written {
        table,
        of,
        row,
        status,
    } = written;
    let core = &context.core;
    let mut headers = json_headers(&context.negotiated);
    if context.negotiated.return_given && !context.negotiated.minimal {
        applied(&mut headers, "return=representation");
    }
    tag(
        &mut headers,
        etag::of_row(core.tables.table(table), &row).as_deref(),
    );
    let options = &context.options;
    let body = if options.expand.is_empty() && options.compute.is_empty() {
        let place = context.place().of_entity(core, &context.path, of, &row);
        representation(context, None, (table, of, &row), &place)?
    } else {
        let read = move |context: &Context, reader: &mut dyn Reader| {
            let place = context.place();
            let place = place.of_entity(&context.core, &context.path, of, &row);
            representation(context, Some(reader), (table, of, &row), &place)
        };
        context.read(read).await?
    };
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// 201 with an entity that was made, or 204 under `Prefer: return=minimal` (OData 4.01 Protocol,
/// section 11.4.2), and where it lives.
pub(crate) async fn made(context: &Arc<Context>, made: Written) -> Result<Response, Error> {
    let core = &context.core;
    let url = {
        let key = core.key_of(made.of, &made.row);
        let place = context
            .place()
            .of_entity(core, &context.path, made.of, &made.row);
        entity_url(core, made.of, &key, At::Itself(&place))
    };
    let location = HeaderValue::from_str(&url).map_err(Error::internal)?;
    let tag_of = etag::of_row(core.tables.table(made.table), &made.row);
    let mut response = if context.negotiated.minimal && !context.shapes() {
        no_content(&context.negotiated)
    } else {
        written(context, made).await?
    };
    let name = HeaderName::from_static("odata-entityid");
    response.headers.insert(name, location.clone());
    response.headers.insert(header::LOCATION, location);
    tag(&mut response.headers, tag_of.as_deref());
    Ok(response)
}

/// An entity with its context, and what its expansions lead to now.
pub(crate) fn representation(
    context: &Context,
    mut reader: Option<&mut dyn Reader>,
    (table, of, row): (TableId, StructuredId, &Row),
    place: &Place<'_>,
) -> Result<Bytes, Error> {
    let (core, options, style) = (&context.core, &context.options, context.negotiated.style);
    let mut out = Vec::with_capacity(1024);
    let mut separate = open(context, true, &mut out);
    if separate {
        out.push(b',');
    }
    let begin = out.len();
    let mut made = Representation::new(core, table, of, options, style, false)?;
    if let Some(reader) = reader.as_deref_mut() {
        made.compute_row(reader, (table, row), options)?;
    }
    separate = made.members_of_row(&mut out, row, At::Itself(place))?;
    if !separate && begin > 1 {
        out.truncate(begin - 1);
        separate = true;
    }
    if let Some(reader) = reader {
        let parts = (&**core, style, context.permit);
        let row = (table, row);
        expand::of_row(parts, reader, options, row, place, &mut separate, &mut out)?;
    }
    out.push(b'}');
    Ok(out.into())
}

/// Puts an entity's tag into the headers.
pub(crate) fn tag(headers: &mut HeaderMap, tag: Option<&str>) {
    if let Some(value) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
        headers.insert(header::ETAG, value);
    }
}

/// 304: the client has it already.
pub(crate) fn not_modified(negotiated: &Negotiated, etag: Option<&str>) -> Response {
    let mut headers = version_header(negotiated);
    tag(&mut headers, etag);
    Response {
        status: 304,
        headers,
        body: Bytes::new(),
    }
}

/// JSON, 200.
pub(crate) fn json(body: Bytes, negotiated: &Negotiated) -> Response {
    let mut headers = json_headers(negotiated);
    for preference in &negotiated.applied {
        applied(&mut headers, preference);
    }
    Response {
        status: 200,
        headers,
        body,
    }
}

/// A page of a collection as JSON, 200. It says by which of the preferred sizes it was cut (OData
/// 4.01 Protocol, section 8.2.8.5), if this request preferred one.
pub(crate) fn page(body: Bytes, context: &Context) -> Response {
    let mut response = json(body, &context.negotiated);
    if let Some(asked) = context.negotiated.prefer.max_page_size {
        let size = asked.min(context.core.service.profile().max_page_size);
        let name = Preferences::as_named(&context.request.headers, "maxpagesize");
        applied(&mut response.headers, &format!("{name}={size}"));
    }
    response
}

/// JSON that a preference asked for, 200.
pub(crate) fn preferred(body: Bytes, negotiated: &Negotiated) -> Response {
    let mut response = json(body, negotiated);
    applied(&mut response.headers, "return=representation");
    response
}

/// Bytes of a media type, 200.
pub(crate) fn bytes(body: Bytes, media: &'static str, negotiated: &Negotiated) -> Response {
    let mut headers = version_header(negotiated);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    Response {
        status: 200,
        headers,
        body,
    }
}

/// 204 that answers no preference.
pub(crate) fn empty(negotiated: &Negotiated) -> Response {
    Response {
        status: 204,
        headers: version_header(negotiated),
        body: Bytes::new(),
    }
}

/// 204 instead of what a preference did not want.
pub(crate) fn no_content(negotiated: &Negotiated) -> Response {
    let mut headers = version_header(negotiated);
    if negotiated.minimal {
        applied(&mut headers, "return=minimal");
    }
    Response {
        status: 204,
        headers,
        body: Bytes::new(),
    }
}

/// Says that a preference was applied, beside others.
pub(crate) fn applied(headers: &mut HeaderMap, preference: &str) {
    const NAME: HeaderName = HeaderName::from_static("preference-applied");
    let before = headers.get(NAME).and_then(|value| value.to_str().ok());
    let all = before.map_or_else(
        || preference.to_owned(),
        |before| format!("{before}, {preference}"),
    );
    if let Ok(value) = HeaderValue::from_str(&all) {
        headers.insert(NAME, value);
    }
}
