//! Answers: an entity, nothing, bytes of another type.

use bytes::Bytes;
use edm::StructuredId;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::Error;
use odata::path::ResourcePath;
use odata::query::QueryOptions;
use store::{Row, TableId};

use crate::core::Core;
use crate::exchange::{Request, Response};
use crate::negotiate::{Negotiated, json_headers, version_header};
use crate::read::open;
use crate::represent::Representation;

/// One entity with its context.
#[expect(
    clippy::too_many_arguments,
    reason = "an answer is made of all of them"
)]
pub(crate) fn entity(
    core: &Core,
    request: &Request,
    path: &ResourcePath,
    table: TableId,
    of: StructuredId,
    row: &Row,
    negotiated: &Negotiated,
    status: u16,
) -> Result<Response, Error> {
    let mut out = Vec::with_capacity(1024);
    open(core, request, path, true, &mut out);
    out.push(b',');
    let options = QueryOptions::default();
    Representation::new(core, table, of, &options, false).members_of_row(&mut out, row)?;
    out.push(b'}');
    let mut headers = json_headers(negotiated);
    if negotiated.return_given {
        applied(&mut headers, "return=representation");
    }
    Ok(Response {
        status,
        headers,
        body: out.into(),
    })
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

/// 204.
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
