//! A refused or failed request as an HTTP answer: the Graph error object, and one line of log for
//! what is the server's fault.

use axum::body::Body;
use http::{HeaderValue, Method, Response, StatusCode, Uri, header};
use jiff::Timestamp;
use odata::{Error, ErrorCode};

use crate::auth::AuthError;
use crate::ids::RequestIds;

/// Why a request is not served.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is not let in.
    Auth(AuthError),
    /// It is let in, or needs not be, and fails.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<AuthError> for Refusal {
    fn from(refused: AuthError) -> Self {
        Self::Auth(refused)
    }
}

impl Refusal {
    /// The answer. A 5xx is logged, with its internal reason; the query stays out of the log, since
    /// it holds what clients search for.
    pub(crate) fn answer(self, method: &Method, uri: &Uri, ids: &RequestIds) -> Response<Body> {
        let (error, challenge) = match self {
            Self::Auth(refused) => (refused.into(), refused.challenge()),
            Self::Error(error) => (error, None),
        };
        let status = error.code.status();
        if status >= 500 {
            tracing::error!(
                request_id = ids.request(), client_request_id = ids.client(),
                %method, path = uri.path(), status,
                reason = error.internal.as_deref().unwrap_or(&error.message),
                "request failed"
            );
        }
        let mut response = Response::new(Body::from(error_object(&error, ids)));
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        // Every client understands 4.0, and the error object is the same in 4.01.
        headers.insert("odata-version", HeaderValue::from_static("4.0"));
        if error.code == ErrorCode::MethodNotAllowed {
            // RFC 9110, section 15.5.6: a 405 must have it; empty means that nothing is allowed.
            let allow = HeaderValue::from_static(error.allow.unwrap_or_default());
            headers.insert(header::ALLOW, allow);
        }
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn error_object(error: &Error, ids: &RequestIds) -> Vec<u8> {
    let date = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let mut object = Vec::with_capacity(512);
    odata::json::write_error(&mut object, error, &date, ids.request(), ids.client());
    object
}
