//! From a request to its answer: negotiate, parse and bind, check, authorize, carry out.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use http::Method;
use odata::path::Resource;
use odata::query::QueryOptions;
use odata::{Error, ErrorCode, uri};
use store::{BoxFuture, Store};

use crate::access::Permit;
use crate::context::Context;
use crate::core::Core;
use crate::delta::Tracking;
use crate::documents::Documents;
use crate::exchange::{Handler, Probing, Request, Response};
use crate::format::{self, Json};
use crate::negotiate::{self, Negotiated};
use crate::page::take_size;
use crate::permissions::Action;
use crate::{
    answer, approval, asynchronous, batch, methods, reach, rewrite, schema_version, unserved,
};

/// The path of the OpenAPI description: no name of a model has a dot.
const OPENAPI: &str = "openapi.json";

/// The engine over one model, store and service. A clone shares everything.
#[derive(Clone)]
pub struct Engine {
    pub(crate) core: Arc<Core>,
    documents: Arc<Documents>,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// By itself.
    Alone,
    /// Inside a batch.
    Batch,
}

/// What a request is about, and how it is to be answered.
struct Understood {
    resource: Resource,
    options: QueryOptions,
    negotiated: Negotiated,
    tracking: Tracking,
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(core: Arc<Core>) -> Self {
        Self {
            core,
            documents: Arc::default(),
        }
    }

    fn openapi(&self, request: &Request, negotiated: &Negotiated) -> Result<Response, Error> {
        if request.method == Method::OPTIONS {
            let response = answer::empty(negotiated);
            return Ok(methods::options("GET, HEAD".into(), response));
        }
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

    /// The methods of a resource, which must be one of the model; nobody needs rights to ask.
    fn options(&self, request: Request, negotiated: Negotiated) -> Result<Response, Error> {
        let (request, is_query) = rewrite::behind_query(request);
        let understood = self.understand(&request, negotiated)?;
        let methods = if is_query {
            "POST".into()
        } else {
            methods::served(&self.core, &understood.resource)
        };
        let response = answer::empty(&understood.negotiated);
        Ok(methods::options(methods, response))
    }

    /// The same engine on a store that works inside a transaction.
    pub(crate) fn within(&self, store: Arc<dyn Store>) -> Self {
        Self {
            core: Arc::new(self.core.inside(store)),
            documents: Arc::clone(&self.documents),
        }
    }

    /// The same engine on another store.
    pub(crate) fn on(&self, store: Arc<dyn Store>) -> Self {
        Self {
            core: Arc::new(self.core.on(store)),
            documents: Arc::clone(&self.documents),
        }
    }

    /// Carries out a request by itself. A panic is an error.
    ///
    /// # Errors
    /// Why it cannot be.
    pub(crate) fn alone(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        caught(self.execute(request, Level::Alone))
    }

    /// Carries out a request of a batch. A panic is that request's failure alone.
    ///
    /// # Errors
    /// Why it cannot be.
    pub(crate) fn within_batch(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        caught(self.execute(request, Level::Batch))
    }

    async fn execute(&self, request: Request, level: Level) -> Result<Response, Error> {
        let request = stands_for(request)?;
        let newest = self.core.service.profile().newest_version;
        let negotiated = negotiate::read(&request.headers, newest)?;
        negotiate::demands(&request.headers)?;
        if request.path == OPENAPI {
            return self.openapi(&request, &negotiated);
        }
        if request.method == Method::OPTIONS {
            return self.options(request, negotiated);
        }
        let understood = self.understand(&request, negotiated)?;
        let permit = self.admit(&request, &understood)?;
        self.carry_out(request, understood, permit, level).await
    }

    /// Parses a request and binds it to the model.
    fn understand(
        &self,
        request: &Request,
        mut negotiated: Negotiated,
    ) -> Result<Understood, Error> {
        let core = &self.core;
        let query = request.query.as_deref();
        let parsed = uri::parse_request(&core.model, &core.limits, &request.path, query);
        let (mut resource, mut options) = parsed.map_err(|error| refused(core, request, error))?;
        request.route.leads_to(&core.model, &resource);
        let before = take_size(&mut options)?;
        negotiated.max_page_size = negotiated.max_page_size.or(before);
        let reads = request.method == Method::GET;
        let wish = (reads, negotiated.prefer.track_changes);
        let tracking = Tracking::take(&core.model, &mut resource, &mut options, wish)?;
        let plain = Json::plain(core.service.profile());
        negotiated.answer_as(format::json(
            &request.headers,
            options.format.as_deref(),
            plain,
        ));
        if let Resource::Path(path) = &resource
            && reads
            && !tracking.changes
        {
            negotiated.leave_out(&path.kind, &request.headers);
        }
        Ok(Understood {
            resource,
            options,
            negotiated,
            tracking,
        })
    }

    /// Checks that method, resource and options fit, and that the caller may ask for it.
    fn admit(&self, request: &Request, understood: &Understood) -> Result<Permit, Error> {
        let core = &self.core;
        let (resource, options) = (&understood.resource, &understood.options);
        uri::check(resource, options, request.method.as_str())
            .map_err(|error| methods::before(core, resource, &request.method, error))?;
        unserved::check(resource, options)?;
        schema_version::check(&core.model, options)?;
        let action = Action::of(&request.method);
        let needed = core
            .permissions
            .requirement(&core.model, resource, options, action);
        if let (Resource::Path(path), false) = (resource, needed.can_be_met()) {
            // What nobody may do because it is not served is no question of rights.
            methods::check(core, path, &request.method)?;
        }
        let permit = request.caller.permit(&needed)?;
        reach::check(core, &request.caller, resource, &understood.tracking)?;
        Ok(permit)
    }

    async fn carry_out(
        &self,
        request: Request,
        understood: Understood,
        permit: Permit,
        level: Level,
    ) -> Result<Response, Error> {
        let core = &self.core;
        let Understood {
            resource,
            options,
            negotiated,
            tracking,
        } = understood;
        match resource {
            Resource::Path(path) => {
                methods::check(core, &path, &request.method)?;
                let core = core.confined(&request.caller).await?;
                let context = Arc::new(Context {
                    core,
                    request,
                    path,
                    options,
                    negotiated,
                    permit,
                    tracking,
                });
                let done = approval::carry_out(Arc::clone(&context)).await;
                done.map_err(|error| methods::told(&context, error))
            }
            Resource::ServiceDocument => {
                self.documents
                    .service(core, &request, &options, &negotiated)
            }
            Resource::Metadata => self
                .documents
                .metadata(core, &request, &options, &negotiated),
            Resource::EntityById { cast } => {
                let id = options.id.as_deref().unwrap_or_default();
                let cast = cast.map(|of| core.model.structured(of).name.as_str());
                let request = rewrite::entity(core, &request, id, cast)?;
                // The id is not another $entity: the request is rewritten once.
                Box::pin(self.execute(request, level)).await
            }
            Resource::Batch if level == Level::Batch => Err(Error::bad_request(
                "A request of a batch cannot be a batch itself.",
            )),
            Resource::Batch => {
                let format = options.format.as_deref();
                batch::carry_out(self, &request, format, &negotiated).await
            }
        }
    }
}

/// The request that a HEAD and a POST to `$query` stand for.
fn stands_for(mut request: Request) -> Result<Request, Error> {
    if request.method == Method::HEAD {
        request.method = Method::GET;
    }
    Ok(rewrite::query(&request)?.unwrap_or(request))
}

impl Handler for Engine {
    fn ready(&self) -> Probing<'_> {
        Box::pin(store::ready(self.core.store.as_ref()))
    }

    fn handle(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + '_>> {
        if asynchronous::is_monitor(&request) {
            return Box::pin(asynchronous::monitor(self, request));
        }
        if request.headers.contains_key("prefer") {
            return Box::pin(asynchronous::respond(self, request));
        }
        Box::pin(self.execute(request, Level::Alone))
    }
}

/// What refuses a request whose URL cannot be read: a method that its resource does not know under
/// any query comes first, and so does one that no resource knows.
fn refused(core: &Core, request: &Request, error: Error) -> Error {
    let alone = uri::parse_request(&core.model, &core.limits, &request.path, None);
    let (resource, options) = match alone {
        Ok(read) => read,
        Err(of_path) if of_path.code == ErrorCode::BadRequest => {
            return methods::of_none(&request.method).unwrap_or(error);
        }
        Err(_) => return error,
    };
    if request.method == Method::OPTIONS {
        return error;
    }
    let of_kind = uri::check(&resource, &options, request.method.as_str())
        .err()
        .filter(|refusal| refusal.code == ErrorCode::MethodNotAllowed);
    let error = of_kind.unwrap_or(error);
    methods::before(core, &resource, &request.method, error)
}

/// A panic becomes an error: it is one request's alone.
fn caught<'f>(
    request: impl Future<Output = Result<Response, Error>> + Send + 'f,
) -> BoxFuture<'f, Result<Response, Error>> {
    let caught = AssertUnwindSafe(request).catch_unwind();
    Box::pin(async move {
        let panicked = |_| Err(Error::internal("a request panicked"));
        caught.await.unwrap_or_else(panicked)
    })
}
