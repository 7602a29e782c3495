//! POST to a collection.

use std::sync::Arc;

use edm::StructuredId;
use http::{HeaderName, HeaderValue, header};
use odata::json::{self, Node, RequestKind};
use odata::path::{ResourcePath, Segment};
use odata::{Error, ErrorCode};

use crate::answer::{self, Written};
use crate::change::insert_entity;
use crate::context::Context;
use crate::exchange::Response;
use crate::target::locate;

/// Makes an entity: 201 with it and its `Location`, or 204 under `Prefer: return=minimal`.
pub(crate) async fn entity(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    let payload = json::read_entity(&context.core.model, of, node, RequestKind::Create)?;
    let made = context
        .write(move |context, transaction| {
            let core = &context.core;
            let target = locate(core, transaction, collection_segments(&context.path))?;
            if target.borrowed {
                return Err(not_here());
            }
            let (root, permit) = (context.root(), context.permit);
            let row = insert_entity(core, transaction, &target, root, &payload, permit)?;
            Ok(Written {
                table: target.table,
                of,
                row,
                status: 201,
            })
        })
        .await?;
    let url = context
        .place()
        .of_entity(&context.core, &context.path, of, &made.row)
        .url();
    let location = HeaderValue::from_str(&url).map_err(Error::internal)?;
    let mut response = if context.negotiated.minimal {
        let mut response = answer::no_content(&context.negotiated);
        let name = HeaderName::from_static("odata-entityid");
        response.headers.insert(name, location.clone());
        response
    } else {
        answer::written(context, made).await?
    };
    response.headers.insert(header::LOCATION, location);
    Ok(response)
}

/// The segments of the collection: `$ref` addresses the same one.
pub(crate) fn collection_segments(path: &ResourcePath) -> &[Segment] {
    match path.segments.split_last() {
        Some((Segment::Reference, rest)) => rest,
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
