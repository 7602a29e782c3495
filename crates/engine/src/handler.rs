//! From a request to its answer: negotiate, parse and bind, check, authorize, carry out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::Method;
use odata::path::Resource;
use odata::{Error, uri};

use crate::context::Context;
use crate::core::Core;
use crate::dispatch;
use crate::documents::Documents;
use crate::exchange::{Handler, Request, Response};
use crate::format;
use crate::negotiate::{self, Negotiated};
use crate::permissions::Action;

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
                dispatch::carry_out(Arc::new(context)).await
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
