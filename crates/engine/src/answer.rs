//! Answers: an entity, nothing, bytes of another type.

use std::sync::Arc;

use bytes::Bytes;
use edm::StructuredId;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::Error;
use store::{Reader, Row, TableId};

use crate::context::Context;
use crate::exchange::Response;
use crate::expand::{self, Expanded};
use crate::negotiate::{Negotiated, json_headers, version_header};
use crate::read::open;
use crate::represent::Representation;

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
    let (core, options) = (&context.core, &context.options);
    let mut out = Vec::with_capacity(1024);
    open(context, true, &mut out);
    out.push(b',');
    Representation::new(core, table, of, options, false).members_of_row(&mut out, &row)?;
    if !options.expand.is_empty() {
        let expanded = context.read(move |context, reader| expanded(context, reader, of, &row));
        out.extend(expanded.await?);
    }
    out.push(b'}');
    let mut headers = json_headers(&context.negotiated);
    if context.negotiated.return_given {
        applied(&mut headers, "return=representation");
    }
    Ok(Response {
        status,
        headers,
        body: out.into(),
    })
}

/// What the expansions of a written entity lead to now.
fn expanded(
    context: &Context,
    reader: &mut dyn Reader,
    of: StructuredId,
    row: &Row,
) -> Result<Vec<u8>, Error> {
    let core = &context.core;
    let place = context.place().of_entity(core, &context.path, of, row);
    let mut out = Vec::new();
    for item in &context.options.expand {
        let from = [(expand::sources_of_row(core, item, row)?, place.clone())];
        Expanded::read(core, reader, item, &from, context.permit)?.write(0, &mut out);
    }
    Ok(out)
}

/// JSON, 200.
pub(crate) fn json(body: Bytes, negotiated: &Negotiated) -> Response {
    let mut headers = json_headers(negotiated);
    if let Some(size) = negotiated.max_page_size {
        applied(&mut headers, &format!("odata.maxpagesize={size}"));
    }
    Response {
        status: 200,
        headers,
        body,
    }
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

fn applied(headers: &mut HeaderMap, preference: &str) {
    if let Ok(value) = HeaderValue::from_str(preference) {
        headers.insert(HeaderName::from_static("preference-applied"), value);
    }
}
