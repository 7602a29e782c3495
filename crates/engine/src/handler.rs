//! From a request to its answer: negotiate, parse and bind, check, authorize, carry out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use edm::{ItemType, Primitive, TypeRef};
use http::Method;
use odata::path::{PathKind, Resource};
use odata::query::ExpandForm;
use odata::{Error, json, uri};
use store::Reader;

use crate::answer;
use crate::context::Context;
use crate::core::Core;
use crate::documents::Documents;
use crate::etag;
use crate::exchange::{Handler, Request, Response};
use crate::format;
use crate::negotiate::{self, Negotiated};
use crate::permissions::Action;
use crate::{body, bulk, create, delete, operation, property, read, reference, update};

/// The path of the OpenAPI description: no name of a model has a dot.
const OPENAPI: &str = "openapi.json";

/// The engine over one model, store and service.
pub struct Engine {
    core: Arc<Core>,
    documents: Documents,
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            documents: Documents::default(),
        }
    }

    fn openapi(&self, request: &Request, negotiated: &Negotiated) -> Result<Response, Error> {
        if request.method != Method::GET {
            let message = "The OpenAPI description can only be read.";
            return Err(Error::method_not_allowed("GET, HEAD", message));
        }
        if let Some(query) = request.query.as_deref().filter(|query| !query.is_empty()) {
            let message = format!("The OpenAPI description takes no query options: '{query}'.");
            return Err(Error::bad_request(message));
        }
        self.documents.openapi(&self.core, request, negotiated)
    }

    async fn execute(&self, mut request: Request) -> Result<Response, Error> {
        if request.method == Method::HEAD {
            request.method = Method::GET;
        }
        let core = &self.core;
        let mut negotiated = negotiate::read(&request.headers)?;
        if request.path == OPENAPI {
            return self.openapi(&request, &negotiated);
        }
        let query = request.query.as_deref();
        let (resource, options) =
            uri::parse_request(&core.model, &core.limits, &request.path, query)?;
        let base64url = core.service.profile().base64url;
        negotiated.style = format::style(&request.headers, options.format.as_deref(), base64url);
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
        match resource {
            Resource::Path(path) => {
                let core = Arc::clone(core);
                let context = Context {
                    core,
                    request,
                    path,
                    options,
                    negotiated,
                    permit,
                };
                carry_out(Arc::new(context)).await
            }
            Resource::ServiceDocument => {
                self.documents
                    .service(core, &request, &options, &negotiated)
            }
            Resource::Metadata => self
                .documents
                .metadata(core, &request, &options, &negotiated),
            Resource::EntityById { .. } => Err(Error::bad_request("$entity is not served yet.")),
            Resource::Batch => Err(Error::bad_request(
                "$batch is not served yet; send the requests one by one.",
            )),
        }
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

fn unserved(context: &Context) -> Error {
    let method = &context.request.method;
    Error::method_not_allowed(
        "GET, HEAD",
        format!("{method} is not served on this resource."),
    )
}

async fn carry_out(context: Arc<Context>) -> Result<Response, Error> {
    match context.request.method {
        Method::GET => get(&context).await,
        Method::POST => post(&context).await,
        Method::PATCH => patch(&context).await,
        Method::DELETE if matches!(context.path.kind, PathKind::Entity(_)) => {
            delete::entity(&context).await
        }
        _ => Err(unserved(&context)),
    }
}

async fn get(context: &Arc<Context>) -> Result<Response, Error> {
    // Clients that always accept JSON alone get counts and raw values as the text they are.
    if media(&context.path.kind) == "application/json" {
        context.accept("application/json")?;
    }
    if let PathKind::Function(id) = context.path.kind {
        return operation::invoke(context, id).await;
    }
    context.read(read_resource).await
}

/// The media type that reading a kind of resource answers with.
fn media(kind: &PathKind) -> &'static str {
    const BINARY: ItemType = ItemType::Primitive(Primitive::Binary);
    match kind {
        PathKind::Stream | PathKind::PropertyValue(TypeRef { item: BINARY, .. }) => {
            "application/octet-stream"
        }
        PathKind::Count | PathKind::PropertyValue(_) => "text/plain",
        _ => "application/json",
    }
}

fn read_resource(context: &Context, reader: &mut dyn Reader) -> Result<Response, Error> {
    let negotiated = &context.negotiated;
    let body = match &context.path.kind {
        PathKind::EntityCollection(_) => read::collection(context, reader, ExpandForm::Entities)?,
        PathKind::ReferenceCollection(_) => {
            read::collection(context, reader, ExpandForm::References)?
        }
        PathKind::Entity(_) => {
            let (body, tag) = read::entity(context, reader)?;
            if etag::is_known(&context.request.headers, tag.as_deref()) {
                return Ok(answer::not_modified(negotiated, tag.as_deref()));
            }
            let mut response = answer::json(body, negotiated);
            answer::tag(&mut response.headers, tag.as_deref());
            return Ok(response);
        }
        PathKind::Reference(_) => reference::get(context, reader)?,
        kind @ PathKind::Count => {
            return Ok(answer::bytes(
                read::count(context, reader)?,
                media(kind),
                negotiated,
            ));
        }
        kind @ (PathKind::Property(_) | PathKind::PropertyValue(_)) => {
            let raw = matches!(kind, PathKind::PropertyValue(_));
            return Ok(match property::read(context, reader, raw)? {
                None => answer::empty(negotiated),
                Some(body) if raw => answer::bytes(body, media(kind), negotiated),
                Some(body) => answer::json(body, negotiated),
            });
        }
        _ => return Err(unserved(context)),
    };
    Ok(answer::json(body, negotiated))
}

async fn post(context: &Arc<Context>) -> Result<Response, Error> {
    context.accept("application/json")?;
    match context.path.kind {
        PathKind::Action(id) => operation::invoke(context, id).await,
        PathKind::EntityCollection(of) => {
            create::entity(context, of, body::required(&context.request)?).await
        }
        PathKind::ReferenceCollection(of) => {
            reference::post(context, of, body::required(&context.request)?).await
        }
        _ => Err(unserved(context)),
    }
}

async fn patch(context: &Arc<Context>) -> Result<Response, Error> {
    context.accept("application/json")?;
    let (PathKind::Entity(of) | PathKind::EntityCollection(of)) = context.path.kind else {
        return Err(unserved(context));
    };
    let node = body::required(&context.request)?;
    if matches!(context.path.kind, PathKind::Entity(_)) {
        update::entity(context, of, node).await
    } else if json::is_delta(&node) {
        bulk::members(context, of, node).await
    } else if context.core.service.profile().patches_members {
        update::member(context, of, node).await
    } else {
        Err(Error::bad_request(
            "PATCH of a collection takes a delta payload: \"@odata.context\": \"#$delta\".",
        ))
    }
}
