//! `$ref` of a collection: POST links an entity, or makes one from a whole object.

use std::sync::Arc;

use edm::StructuredId;
use odata::Error;
use odata::json::{self, Node};
use odata::path::ResourcePath;
use store::write;

use crate::access::Permit;
use crate::answer;
use crate::bind::referenced;
use crate::core::Core;
use crate::create::{self, collection_segments};
use crate::exchange::{Request, Response};
use crate::negotiate::Negotiated;
use crate::target::{load, locate};

/// POST to `…/$ref`: a body with `@odata.id` links an existing entity (204); a whole object is
/// made, as the service's documents show it (201).
pub(crate) async fn post(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    of: StructuredId,
    node: Node,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    match json::read_reference(&node)? {
        Some(url) => link(core, request, path, of, &url, negotiated, permit).await,
        None => create::entity(core, request, path, of, node, negotiated, permit).await,
    }
}

/// A contained entity lives in one collection only: linking it there is a check that it does.
async fn link(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    of: StructuredId,
    url: &str,
    negotiated: &Negotiated,
    _permit: Permit,
) -> Result<Response, Error> {
    let refuse = |message: String| Error::bad_request(message).with_target("@odata.id");
    let segments =
        referenced(core, &request.service_root, url, of).map_err(|error| refuse(error.message))?;
    let (shared, collection) = (core.clone(), collection_segments(path).to_vec());
    let url = url.to_owned();
    write(core.store.as_ref(), move |transaction| {
        let collection = locate(&shared, transaction, &collection)?;
        let target = locate(&shared, transaction, &segments)?;
        let row = load(&shared, transaction, &target)?;
        let same = target.table == collection.table
            && collection
                .fixed
                .iter()
                .all(|(column, value)| row[*column] == *value);
        if same {
            return Ok(());
        }
        Err(refuse(format!(
            "'{url}' belongs to another collection and cannot be linked here."
        )))
    })
    .await?;
    Ok(answer::no_content(&Negotiated {
        minimal: false,
        ..negotiated.clone()
    }))
}
