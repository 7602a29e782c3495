//! A failed request as an answer: the error object (OData JSON Format 4.01, section 21) and the
//! headers that belong to it.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::{Error, ErrorCode, json};

use crate::exchange::Response;
use crate::methods;
use crate::negotiate;
use crate::request_ids::RequestIds;

/// When to try again after a 503 that does not say, in seconds (RFC 9110, section 10.2.3).
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// How a service shows its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The `OData-Version` for clients that do not say `OData-MaxVersion`.
    pub newest_version: &'static str,
    /// The name of the member for what the standard leaves to the service: `innererror`, or
    /// `innerError` as on Graph.
    pub inner: &'static str,
}

/// The answer of a failed request with these headers; `date` is when it failed, as
/// `2026-01-02T03:04:05`.
#[must_use]
pub fn respond(
    error: &Error,
    form: Form,
    asked: &HeaderMap,
    ids: &RequestIds,
    date: &str,
) -> Response {
    let mut body = Vec::with_capacity(512);
    json::write_error(
        &mut body,
        error,
        form.inner,
        date,
        ids.request(),
        ids.client(),
    );
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    headers.insert(
        HeaderName::from_static("odata-version"),
        HeaderValue::from_static(negotiate::version_of_errors(asked, form.newest_version)),
    );
    if error.code == ErrorCode::MethodNotAllowed {
        // RFC 9110, section 15.5.6: a 405 must have it; empty means that nothing is allowed.
        headers.insert(
            header::ALLOW,
            methods::allow(error.allow.unwrap_or_default()),
        );
    }
    if let Some(Ok(location)) = error.location.as_deref().map(HeaderValue::from_str) {
        headers.insert(header::LOCATION, location);
    }
    if let Some((name, value)) = error.header.as_deref()
        && let Ok(value) = HeaderValue::from_str(value)
    {
        headers.insert(HeaderName::from_static(name), value);
    }
    if let Some(seconds) = error.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    } else if error.code == ErrorCode::ServiceUnavailable {
        headers.insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    Response {
        status: error.code.status(),
        headers,
        body: body.into(),
    }
}

/// Logs what is the server's fault, with its internal reason. The query stays out of the log, since
/// it holds what clients search for.
pub fn log(error: &Error, ids: &RequestIds, method: &str, path: &str) {
    let status = error.code.status();
    // Who is told to come back was refused on purpose: a line for each would fill the disk.
    let on_purpose = error.code == ErrorCode::NotImplemented || error.retry_after.is_some();
    if status >= 500 && !on_purpose {
        tracing::error!(
            request_id = ids.request(),
            client_request_id = ids.client(),
            method,
            path,
            status,
            reason = error.internal.as_deref().unwrap_or(&error.message),
            "request failed"
        );
    }
}
