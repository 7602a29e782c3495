//! Answers of the authority: JSON that nobody keeps, and the errors of OAuth.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// A refusal (RFC 6749, section 5.2), and how it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    /// The code of the standard.
    pub(super) error: &'static str,
    /// What is wrong, for the person who reads the client's log. Nothing that was sent.
    pub(super) description: String,
    status: StatusCode,
    /// Whether the client proved itself, or tried to, in the header `Authorization`.
    basic: bool,
}

impl OAuthError {
    /// A request that the client should send otherwise.
    pub(super) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            error,
            description: description.into(),
            status: StatusCode::BAD_REQUEST,
            basic: false,
        }
    }

    /// `invalid_request`.
    pub(super) fn request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    /// `invalid_client`: a client that is not known, or does not prove that it is itself. Which, is
    /// not told.
    pub(super) fn client(description: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..Self::new("invalid_client", description)
        }
    }

    /// A tenant that is not this server's.
    pub(super) fn unknown_tenant() -> Self {
        Self::request("AADSTS90002: This server has no tenant of that name.")
    }

    /// Too many wrong guesses.
    pub(super) fn slow_down() -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            ..Self::new(
                "temporarily_unavailable",
                "Too many attempts. Try again in a minute.",
            )
        }
    }

    /// The same for a client that sent the header `Authorization`.
    pub(super) fn with_basic(self, basic: bool) -> Self {
        Self { basic, ..self }
    }

    /// The answer.
    pub(super) fn answer(&self) -> Response<Body> {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = json(self.status, &body);
        let headers = response.headers_mut();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        if self.status == StatusCode::UNAUTHORIZED && self.basic {
            let challenge = HeaderValue::from_static(r#"Basic realm="", charset="UTF-8""#);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// An answer that no cache keeps (RFC 6749, section 5.1).
pub(super) fn json(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let media = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, media);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
