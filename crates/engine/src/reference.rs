//! `$ref`: where an entity lives; a POST to a collection's links an entity, or makes one from a
//! whole object.

use std::sync::Arc;

use bytes::Bytes;
use edm::StructuredId;
use odata::Error;
use odata::json::{self, Node};
use store::Reader;

use crate::answer;
use crate::bind::referenced;
use crate::context::Context;
use crate::create::{self, collection_segments};
use crate::exchange::Response;
use crate::links;
use crate::target::{load, locate};

/// GET of a single `…/$ref`: where the entity lives.
pub(crate) fn get(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let (core, root) = (&context.core, context.root());
    let segments = collection_segments(&context.path);
    let target = locate(core, reader, segments)?;
    load(core, reader, &target)?;
    let mut out = b"{\"@odata.context\":".to_vec();
    json::write_string(&mut out, &format!("{root}/$metadata#$ref"));
    out.extend_from_slice(b",\"@odata.id\":");
    let path = links::canonical_path(core, segments);
    json::write_string(&mut out, &format!("{root}/{path}"));
    out.push(b'}');
    Ok(out.into())
}

/// POST to `…/$ref`: a body with `@odata.id` links an existing entity (204); a whole object is
/// made, as the service's documents show it (201).
pub(crate) async fn post(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    match json::read_reference(&node)? {
        Some(url) => link(context, of, url).await,
        None => create::entity(context, of, node).await,
    }
}

/// A contained entity lives in one collection only: linking it there is a check that it does.
async fn link(context: &Arc<Context>, of: StructuredId, url: String) -> Result<Response, Error> {
    let refuse = |message: String| Error::bad_request(message).with_target("@odata.id");
    let segments = referenced(&context.core, context.root(), &url, of)
        .map_err(|error| refuse(error.message))?;
    context
        .write(move |context, transaction| {
            let core = &context.core;
            let collection = locate(core, transaction, collection_segments(&context.path))?;
            let target = locate(core, transaction, &segments)?;
            let row = load(core, transaction, &target)?;
            let fixed = &collection.fixed;
            let same = target.table == collection.table
                && fixed.iter().all(|(column, value)| row[*column] == *value);
            if same {
                return Ok(());
            }
            Err(refuse(format!(
                "'{url}' belongs to another collection and cannot be linked here."
            )))
        })
        .await?;
    Ok(answer::empty(&context.negotiated))
}
