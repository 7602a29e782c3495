//! From a request to its answer: negotiate, parse and bind, check, authorize, carry out.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::Method;
use odata::path::{PathKind, Resource, ResourcePath};
use odata::query::QueryOptions;
use odata::{Error, ErrorCode, json, uri};
use store::Reader;

use crate::access::Permit;
use crate::answer;
use crate::core::Core;
use crate::exchange::{Handler, Request, Response};
use crate::negotiate::{self, Negotiated};
use crate::permissions::Action;
use crate::{body, bulk, create, delete, documents, operation, property, read, reference, update};

/// The engine over one model, store and service.
pub struct Engine {
    core: Arc<Core>,
    metadata: OnceLock<Bytes>,
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            metadata: OnceLock::new(),
        }
    }

    async fn execute(&self, mut request: Request) -> Result<Response, Error> {
        if request.method == Method::HEAD {
            request.method = Method::GET;
        }
        let core = &self.core;
        let negotiated = negotiate::read(&request.headers)?;
        let query = request.query.as_deref();
        let (resource, options) =
            uri::parse_request(&core.model, &core.limits, &request.path, query)?;
        uri::check(&resource, &options, request.method.as_str())?;
        let action = match request.method {
            Method::GET => Action::Read,
            Method::POST => Action::Insert,
            Method::DELETE => Action::Delete,
            _ => Action::Update,
        };
        let needed = core
            .permissions
            .requirement(&core.model, &resource, &options, action);
        let permit = request.caller.permit(&needed)?;
        let path = match resource {
            Resource::Path(path) => path,
            Resource::ServiceDocument => {
                negotiate::accept(
                    &request.headers,
                    options.format.as_deref(),
                    "application/json",
                )?;
                return Ok(answer::json(
                    documents::service(core, &request),
                    &negotiated,
                ));
            }
            Resource::Metadata => return self.metadata(&request, &options, &negotiated),
            Resource::Batch => {
                return Err(Error::bad_request(
                    "$batch is not served yet; send the requests one by one.",
                ));
            }
        };
        match request.method {
            Method::GET => get(core, request, path, options, negotiated, permit).await,
            Method::POST => post(core, &request, &path, &options, &negotiated, permit).await,
            Method::PATCH => patch(core, &request, &path, &options, &negotiated, permit).await,
            Method::DELETE => match path.kind {
                PathKind::Entity(_) => {
                    negotiate::preconditions(&request.headers)?;
                    delete::entity(core, &path, &negotiated, permit).await
                }
                _ => Err(unserved(&request)),
            },
            _ => Err(unserved(&request)),
        }
    }

    fn metadata(
        &self,
        request: &Request,
        options: &QueryOptions,
        negotiated: &Negotiated,
    ) -> Result<Response, Error> {
        negotiate::accept(
            &request.headers,
            options.format.as_deref(),
            "application/xml",
        )?;
        let body = self
            .metadata
            .get_or_init(|| self.core.model.to_xml().into());
        Ok(answer::bytes(body.clone(), "application/xml", negotiated))
    }
}

impl Handler for Engine {
    fn handle(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + '_>> {
        Box::pin(self.execute(request))
    }
}

fn unserved(request: &Request) -> Error {
    Error::method_not_allowed(
        "GET, HEAD",
        format!("{} is not served on this resource.", request.method),
    )
}

async fn get(
    core: &Arc<Core>,
    request: Request,
    path: ResourcePath,
    options: QueryOptions,
    negotiated: Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    if let PathKind::Function(id) = path.kind {
        negotiate::accept(
            &request.headers,
            options.format.as_deref(),
            "application/json",
        )?;
        return operation::invoke(core, &request, &path, id, &negotiated, permit).await;
    }
    let media = match &path.kind {
        PathKind::Count => "text/plain",
        PathKind::PropertyValue(_) | PathKind::Stream => "application/octet-stream",
        _ => "application/json",
    };
    let text_count = matches!(
        path.kind,
        PathKind::PropertyValue(_) | PathKind::Stream | PathKind::Count
    );
    if !text_count {
        negotiate::accept(&request.headers, options.format.as_deref(), media)?;
    }
    let shared = core.clone();
    store::read(core.store.as_ref(), move |reader| {
        answer_get(
            &shared,
            reader,
            &request,
            &path,
            &options,
            &negotiated,
            permit,
        )
    })
    .await
}

fn answer_get(
    core: &Core,
    reader: &mut dyn Reader,
    request: &Request,
    path: &ResourcePath,
    options: &QueryOptions,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    match &path.kind {
        PathKind::EntityCollection(_) => {
            read::collection(core, reader, request, path, options, negotiated, permit)
                .map(|body| answer::json(body, negotiated))
        }
        PathKind::Entity(_) => read::entity(core, reader, request, path, options, permit)
            .map(|body| answer::json(body, negotiated)),
        PathKind::Count => read::count(core, reader, path, options, permit)
            .map(|body| answer::bytes(body, "text/plain", negotiated)),
        PathKind::Property(_) => {
            let body = property::read(core, reader, request, path, false, permit)?;
            Ok(body.map_or_else(
                || answer::no_content(negotiated),
                |body| answer::json(body, negotiated),
            ))
        }
        PathKind::PropertyValue(ty) => {
            let binary = ty.item == edm::ItemType::Primitive(edm::Primitive::Binary);
            let media = if binary {
                "application/octet-stream"
            } else {
                "text/plain"
            };
            let body = property::read(core, reader, request, path, true, permit)?;
            Ok(body.map_or_else(
                || answer::no_content(negotiated),
                |body| answer::bytes(body, media, negotiated),
            ))
        }
        _ => Err(Error::bad_request(
            "Reading this kind of resource is not served yet.",
        )),
    }
}

async fn post(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    _options: &QueryOptions,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    negotiate::accept(&request.headers, None, "application/json")?;
    match path.kind {
        PathKind::Action(id) => {
            operation::invoke(core, request, path, id, negotiated, permit).await
        }
        PathKind::EntityCollection(of) => {
            let node = body::required(request)?;
            create::entity(core, request, path, of, node, negotiated, permit).await
        }
        PathKind::ReferenceCollection(of) => {
            let node = body::required(request)?;
            reference::post(core, request, path, of, node, negotiated, permit).await
        }
        _ => Err(unserved(request)),
    }
}

async fn patch(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    _options: &QueryOptions,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    negotiate::accept(&request.headers, None, "application/json")?;
    negotiate::preconditions(&request.headers)?;
    match path.kind {
        PathKind::Entity(of) => {
            let node = body::required(request)?;
            update::entity(core, request, path, of, node, negotiated, permit).await
        }
        PathKind::EntityCollection(of) => {
            let node = body::required(request)?;
            if json::is_delta(&node) {
                return bulk::members(core, request, path, of, node, negotiated, permit).await;
            }
            if !core.service.profile().patches_members {
                return Err(Error::new(
                    ErrorCode::BadRequest,
                    "PATCH of a collection takes a delta payload: \"@odata.context\": \"#$delta\".",
                ));
            }
            update::member(core, request, path, of, node, negotiated, permit).await
        }
        _ => Err(unserved(request)),
    }
}
