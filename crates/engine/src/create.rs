//! POST to a collection.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, header};
use odata::json::{self, Node, RequestKind};
use odata::path::ResourcePath;
use odata::{Error, ErrorCode};
use store::{Row, write};

use crate::access::Permit;
use crate::answer;
use crate::change::insert_entity;
use crate::core::Core;
use crate::exchange::{Request, Response};
use crate::links;
use crate::negotiate::Negotiated;
use crate::target::locate;

/// Makes an entity: 201 with it and its `Location`, or 204 under `Prefer: return=minimal`.
pub(crate) async fn entity(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    of: edm::StructuredId,
    node: Node,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    let payload = json::read_entity(&core.model, of, node, RequestKind::Create)?;
    let (shared, segments) = (core.clone(), collection_segments(path).to_vec());
    let root = request.service_root.clone();
    let row = write(core.store.as_ref(), move |transaction| {
        let target = locate(&shared, transaction, &segments)?;
        if target.borrowed {
            return Err(not_here());
        }
        let insertion = insert_entity(&shared, transaction, &target, &root, &payload, permit)?;
        Ok((target, insertion.row))
    })
    .await;
    let (target, row) = row?;
    let location = location(core, request, path, of, &row)?;
    let mut response = if negotiated.minimal {
        let mut response = answer::no_content(negotiated);
        response
            .headers
            .insert(HeaderName::from_static("odata-entityid"), location.clone());
        response
    } else {
        answer::entity(core, request, path, target.table, of, &row, negotiated, 201)?
    };
    response.headers.insert(header::LOCATION, location);
    Ok(response)
}

/// The segments of the collection: `$ref` addresses the same one.
pub(crate) fn collection_segments(path: &ResourcePath) -> &[odata::path::Segment] {
    match path.segments.split_last() {
        Some((odata::path::Segment::Reference, rest)) => rest,
        _ => &path.segments,
    }
}

/// What is reached without being contained is changed where it lives.
pub(crate) fn not_here() -> Error {
    Error {
        allow: Some("GET, HEAD"),
        ..Error::new(
            ErrorCode::MethodNotAllowed,
            "This path only leads to the entity; change it under the collection that contains it.",
        )
    }
}

fn location(
    core: &Core,
    request: &Request,
    path: &ResourcePath,
    of: edm::StructuredId,
    row: &Row,
) -> Result<HeaderValue, Error> {
    let ty = core.model.structured(of);
    let key: Vec<_> = ty.key.iter().map(|ordinal| row[*ordinal].clone()).collect();
    HeaderValue::from_str(&links::location(core, request, path, &key)).map_err(Error::internal)
}
