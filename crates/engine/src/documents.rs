//! What describes the service: the service document, `$metadata` as XML and JSON, and the OpenAPI
//! document. The latter two carry an ETag, and `$metadata` is written once.

mod capabilities;
mod media;
mod service;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use bytes::Bytes;
use edm::Model;
use http::{HeaderMap, HeaderValue, header};
use odata::Error;
use odata::query::QueryOptions;

use crate::answer;
use crate::core::Core;
use crate::exchange::{Request, Response};
use crate::format;
use crate::negotiate::Negotiated;
use crate::openapi;

/// The forms of `$metadata`, the default first.
const METADATA: [&str; 2] = ["application/xml", "application/json"];

/// The documents that have been asked for.
#[derive(Default)]
pub(crate) struct Documents {
    /// The model as it is served: with what the engine itself can and cannot do.
    served: OnceLock<Model>,
    /// `$metadata` by form, in the model's own version and as 4.0.
    metadata: [[OnceLock<Document>; 2]; 2],
}

struct Document {
    body: Bytes,
    etag: HeaderValue,
}

impl Document {
    fn new(text: String) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let tag = format!("W/\"{:016x}\"", hasher.finish());
        Self {
            body: text.into(),
            // Made of nothing but ASCII.
            etag: HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("W/\"0\"")),
        }
    }

    /// The document, or 304 if the client has it.
    fn answer(&self, request: &Request, media: &'static str, negotiated: &Negotiated) -> Response {
        let mut response = answer::bytes(self.body.clone(), media, negotiated);
        if has(&request.headers, &self.etag) {
            response.status = 304;
            response.body = Bytes::new();
            response.headers.remove(header::CONTENT_TYPE);
        }
        response.headers.insert(header::ETAG, self.etag.clone());
        response
    }
}

impl Documents {
    /// The service document.
    ///
    /// # Errors
    /// 406 for a client that takes no JSON.
    pub(crate) fn service(
        &self,
        core: &Core,
        request: &Request,
        options: &QueryOptions,
        negotiated: &Negotiated,
    ) -> Result<Response, Error> {
        format::accept(
            &request.headers,
            options.format.as_deref(),
            "application/json",
        )?;
        let body = service::write(
            &core.model,
            &request.service_root,
            negotiated.style.metadata,
        );
        Ok(answer::json(body, negotiated))
    }

    /// `$metadata`: XML, or JSON for clients that prefer it, `Version="4.0"` for those that
    /// understand no more (OData 4.01 Protocol 8.2.7 and 11.1.2).
    ///
    /// # Errors
    /// 406 for a client that takes neither.
    pub(crate) fn metadata(
        &self,
        core: &Core,
        request: &Request,
        options: &QueryOptions,
        negotiated: &Negotiated,
    ) -> Result<Response, Error> {
        let form = media::choose(&request.headers, options.format.as_deref(), &METADATA)?;
        let maximum = request.headers.get("odata-maxversion");
        let is_limited = maximum.is_some_and(|version| version.as_bytes().trim_ascii() == b"4.0");
        let model = self.served(core);
        let [xml, json] = &self.metadata;
        let cells = if form == 0 { xml } else { json };
        let [own, limited] = cells;
        let (cell, version) = if is_limited {
            (limited, "4.0")
        } else {
            (own, model.version())
        };
        let document = cell.get_or_init(|| {
            Document::new(if form == 0 {
                model.to_xml_as(version)
            } else {
                model.to_json_as(version)
            })
        });
        let media = METADATA.get(form).copied().unwrap_or(METADATA[0]);
        Ok(document.answer(request, media, negotiated))
    }

    /// The OpenAPI description (`/openapi.json` behind a service root).
    ///
    /// # Errors
    /// 406 for a client that takes no JSON.
    pub(crate) fn openapi(
        &self,
        core: &Core,
        request: &Request,
        negotiated: &Negotiated,
    ) -> Result<Response, Error> {
        const JSON: &str = "application/json";
        media::choose(&request.headers, None, &[JSON])?;
        let text = openapi::document(core, self.served(core), &request.service_root);
        Ok(Document::new(text).answer(request, JSON, negotiated))
    }

    fn served(&self, core: &Core) -> &Model {
        self.served.get_or_init(|| capabilities::served(core))
    }
}

/// Whether the client says that it has the tag (RFC 9110, section 13.1.2: compared weakly).
fn has(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let ours = etag.to_str().map(opaque).unwrap_or_default();
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == ours)
}
