//! Traces of requests, for whoever collects them (W3C Trace Context).

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// The header of an answer that says which trace it is of.
pub(crate) const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// What takes traces.
pub trait Traces: Send + Sync + 'static {
    /// A request has come, with these headers: perhaps a part of a trace that `traceparent` names.
    fn begin(&self, method: &Method, headers: &HeaderMap) -> Box<dyn Trace>;
}

/// The trace of one request.
pub trait Trace: Send {
    /// Its name for the client, as in `traceparent` (W3C Trace Context, section 3.2).
    fn name(&self) -> Option<HeaderValue>;

    /// The request was answered.
    fn end(&mut self, answered: &Answered<'_>);
}

/// What a trace tells of a request: no path, query, header or body.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The method, as the client sent it.
    pub method: &'a str,
    /// The route of the model.
    pub route: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The server's id of the request.
    pub request_id: &'a str,
    /// The address of the client.
    pub client: IpAddr,
}
