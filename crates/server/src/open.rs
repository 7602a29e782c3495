//! What is served without a token: the whole list, in one place.

use axum::body::Body;
use http::{HeaderValue, Method, Response, header};
use odata::Error;

/// A resource that anyone may read.
pub struct OpenResource {
    /// The exact path, beside the service roots.
    pub path: &'static str,
    /// Its JSON.
    pub body: &'static str,
}

/// Every resource that is served without a token. Nothing else is: what is not in this list passes
/// the check of the bearer token, or is refused before it.
pub const OPEN_RESOURCES: &[OpenResource] = &[OpenResource {
    path: "/health",
    body: r#"{"status":"ok"}"#,
}];

/// The answer of the open resource at a path, if there is one.
pub(crate) fn answer(path: &str, method: &Method) -> Option<Result<Response<Body>, Error>> {
    let resource = OPEN_RESOURCES
        .iter()
        .find(|resource| resource.path == path)?;
    if method != Method::GET && method != Method::HEAD {
        return Some(Err(Error::method_not_allowed(
            "GET, HEAD",
            format!("{path} can only be read."),
        )));
    }
    let mut response = Response::new(Body::from(resource.body));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Some(Ok(response))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever opens a resource changes this test too, and so says it twice.
    #[test]
    fn the_list() {
        let paths: Vec<&str> = OPEN_RESOURCES
            .iter()
            .map(|resource| resource.path)
            .collect();
        assert_eq!(paths, ["/health"]);
    }

    #[test]
    fn open_resources_are_read_only() {
        for (path, method, status) in [
            ("/health", Method::GET, Some(200)),
            ("/health", Method::HEAD, Some(200)),
            ("/health", Method::POST, Some(405)),
            ("/health", Method::OPTIONS, Some(405)),
            ("/health/", Method::GET, None),
            ("/healthx", Method::GET, None),
            ("/Health", Method::GET, None),
            ("/", Method::GET, None),
            ("/beta", Method::GET, None),
        ] {
            let answered = answer(path, &method).map(|answer| match answer {
                Ok(response) => response.status().as_u16(),
                Err(error) => error.code.status(),
            });
            assert_eq!(answered, status, "{method} {path}");
        }
    }
}
