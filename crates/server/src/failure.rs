//! A refused or failed request as an HTTP answer: the Graph error object, and one line of log for
//! what is the server's fault.

use axum::body::Body;
use http::{HeaderMap, HeaderName, Method, Response, StatusCode, Uri, header};
use jiff::Timestamp;
use odata::Error;

use crate::auth::AuthError;
use crate::open;
use engine::{RequestIds, failure};

/// How errors are shown: as on Graph.
const ERRORS: failure::Form = failure::Form {
    newest_version: "4.0",
    inner: "innerError",
};

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
    /// The answer. A 5xx is logged.
    pub(crate) fn answer(
        self,
        (method, uri): (&Method, &Uri),
        asked: &HeaderMap,
        ids: &RequestIds,
    ) -> Response<Body> {
        let (error, challenge) = match self {
            Self::Auth(refused) => (refused.into(), refused.challenge()),
            Self::Error(error) => (error, None),
        };
        let path = open::name(uri.path()).unwrap_or(uri.path());
        failure::log(&error, ids, method.as_str(), path);
        let mut response = response(&error, asked, ids);
        if let Some(challenge) = challenge {
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What of a request's headers its failure depends on.
pub(crate) fn asked(headers: &HeaderMap) -> HeaderMap {
    let version = headers.get("odata-maxversion").cloned();
    let name = HeaderName::from_static("odata-maxversion");
    version
        .into_iter()
        .map(|value| (name.clone(), value))
        .collect()
}

/// An error as an answer to a request with these headers.
pub(crate) fn response(error: &Error, asked: &HeaderMap, ids: &RequestIds) -> Response<Body> {
    let date = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let failed = failure::respond(error, ERRORS, asked, ids, &date);
    let mut response = Response::new(Body::from(failed.body));
    *response.status_mut() =
        StatusCode::from_u16(failed.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = failed.headers;
    response
}
