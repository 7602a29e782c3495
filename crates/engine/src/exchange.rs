//! A request and its answer as the engine sees them: HTTP's words without a connection.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderMap, Method};
use odata::Error;

use crate::access::Caller;

/// A request to the service, authenticated.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL of the service root the client used, without a trailing slash:
    /// `http://host:8080/beta`. Links in answers begin with it.
    pub service_root: String,
    /// The path behind the service root, still percent-encoded, without a leading slash.
    pub path: String,
    /// The query part behind `?`, still percent-encoded.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Who sent it, as its token says.
    pub caller: Caller,
}

/// The answer of the service.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers that follow from the answer: `Content-Type`, `Location`, `OData-Version`, ….
    pub headers: HeaderMap,
    /// The body; empty for 204.
    pub body: Bytes,
}

/// What answers requests: the engine, as the server sees it.
pub trait Handler: Send + Sync + 'static {
    /// Answers a request, or says why not.
    fn handle(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + '_>>;
}
