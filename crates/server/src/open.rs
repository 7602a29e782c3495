//! What is served without a token: the whole list, in one place.

use std::net::IpAddr;

use axum::body::Body;
use http::{HeaderValue, Method, Response, header};
use odata::Error;

use crate::answer::Shared;
use crate::authority;
use crate::devices;

/// What the paths of files begin with: `/exports/{name}/{secret}`. Whoever has such a URL may fetch
/// the file, for as long as there is one.
pub const FILES: &str = "/exports/";

/// A resource that anyone may read.
pub struct OpenResource {
    /// The exact path, beside the service roots.
    pub path: &'static str,
    /// Its JSON.
    pub body: &'static str,
}

/// Every resource that is served without a token, beside [`FILES`], `/ready`, the authority's
/// [`ENDPOINTS`](authority::ENDPOINTS) and [`ENROL`](devices::ENROL), where devices enrol. Nothing else is: what is not in this list passes the check of the bearer token, or is refused before it.
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

/// What a path that needs no token is counted as, and logged: never the secret of a file.
pub(crate) fn name(path: &str) -> Option<&'static str> {
    let known = OPEN_RESOURCES.iter().map(|resource| resource.path);
    let mut known = known.chain([crate::ready::PATH]);
    known
        .find(|known| *known == path)
        .or_else(|| path.starts_with(FILES).then_some(FILES))
        .or_else(|| authority::name(path))
        .or_else(|| devices::route(path).map(|_| devices::NAME))
}

/// A file as its URL names it.
pub(crate) struct File {
    name: String,
    secret: String,
}

/// The file that a path names, if it is one's.
pub(crate) fn file(path: &str, method: &Method) -> Option<Result<File, Error>> {
    let (name, secret) = path.strip_prefix(FILES)?.split_once('/')?;
    if method != Method::GET && method != Method::HEAD {
        return Some(Err(Error::method_not_allowed(
            "GET, HEAD",
            "This file can only be read.",
        )));
    }
    Some(Ok(File {
        name: name.to_owned(),
        secret: secret.to_owned(),
    }))
}

/// The file as an answer.
///
/// # Errors
/// 404 for a file that is not there, has expired, or has another secret: which, is not told. 429 if
/// too many of these came from the client.
pub(crate) async fn download(
    shared: &Shared,
    file: File,
    client: IpAddr,
) -> Result<Response<Body>, Error> {
    let missing = || Error::not_found("There is no such file, or it has expired.");
    let downloads = shared.handler.downloads().ok_or_else(missing)?;
    let found = downloads.open(file.name, file.secret).await?;
    let Some(found) = found else {
        shared.guesses.wrong(client).await?;
        return Err(missing());
    };
    let name = format!("attachment; filename=\"{}\"", found.file_name);
    let mut response = Response::new(Body::from_stream(found.pieces));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(found.media_type),
    );
    headers.insert(header::CONTENT_LENGTH, found.length.into());
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&name).map_err(Error::internal)?,
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::ENDPOINTS;
    use crate::devices::ENROL;

    /// Whoever opens a resource changes this test too, and so says it twice.
    #[test]
    fn the_list() {
        let paths: Vec<&str> = OPEN_RESOURCES
            .iter()
            .map(|resource| resource.path)
            .collect();
        assert_eq!(paths, ["/health"]);
        assert_eq!(FILES, "/exports/");
        assert_eq!(ENROL, "/oauth2/v2.0/enrol");
        let endpoints: Vec<&str> = ENDPOINTS.iter().map(|(path, _)| *path).collect();
        assert_eq!(
            endpoints,
            [
                "/oauth2/v2.0/authorize",
                "/oauth2/v2.0/token",
                "/oauth2/v2.0/devicecode",
                "/oauth2/v2.0/deviceauth",
                "/oauth2/v2.0/logout",
                "/account/first-administrator",
                "/account/password",
                "/v2.0/.well-known/openid-configuration",
                "/.well-known/openid-configuration",
                "/discovery/v2.0/keys",
            ]
        );
        assert_eq!(crate::ready::PATH, "/ready");
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
