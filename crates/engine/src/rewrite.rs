//! Requests that stand for another one: `/$query` and `$entity`.

use http::{Method, header};
use odata::path::{PathKind, Resource};
use odata::{Error, ErrorCode, uri};

use crate::bind::relative;
use crate::core::Core;
use crate::exchange::Request;

/// The last segment of a read whose query options are in its body.
const QUERY: &str = "/$query";
/// The media type of that body.
const TEXT: &str = "text/plain";

/// A request about `…/$query` as one about the resource before it, and whether it was that.
pub(crate) fn behind_query(request: Request) -> (Request, bool) {
    match request.path.strip_suffix(QUERY) {
        Some(path) => {
            let path = path.to_owned();
            (Request { path, ..request }, true)
        }
        None => (request, false),
    }
}

/// POST to `…/$query` as the GET that it stands for: the query options in the body follow those in
/// the URL (OData 4.01 Protocol, section 11.2.10; URL Conventions, section 4.16).
///
/// # Errors
/// 405 for another method, 415 for a body that is no text, 400 for one that is not UTF-8.
pub(crate) fn query(request: &Request) -> Result<Option<Request>, Error> {
    let Some(path) = request.path.strip_suffix(QUERY) else {
        return Ok(None);
    };
    if request.method == Method::OPTIONS {
        return Ok(None);
    }
    if request.method != Method::POST {
        let message = "Query options are sent to /$query by POST.";
        return Err(Error::method_not_allowed("POST", message));
    }
    let media = request.headers.get(header::CONTENT_TYPE);
    let media = media.and_then(|m| m.to_str().ok()).unwrap_or_default();
    let is_text = media.split(';').next().unwrap_or_default().trim();
    if !is_text.eq_ignore_ascii_case(TEXT) {
        return Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            format!("Content-Type '{media}' is not understood; query options are {TEXT}."),
        ));
    }
    let body = std::str::from_utf8(&request.body)
        .map_err(|_| Error::bad_request("The query options in the body are not UTF-8."))?;
    let given = [request.query.as_deref().unwrap_or_default(), body.trim()];
    let parts: Vec<&str> = given.into_iter().filter(|part| !part.is_empty()).collect();
    Ok(Some(Request {
        method: Method::GET,
        path: path.to_owned(),
        query: (!parts.is_empty()).then(|| parts.join("&")),
        body: bytes::Bytes::new(),
        ..request.clone()
    }))
}

/// A request to `$entity` as one to the entity that `$id` names, perhaps cast to a derived type
/// (URL Conventions, section 4.8).
///
/// # Errors
/// 400 for an id that is not the URL of an entity of this service.
pub(crate) fn entity(
    core: &Core,
    request: &Request,
    id: &str,
    cast: Option<&str>,
) -> Result<Request, Error> {
    let refuse = |what: &str| Error::bad_request(format!("'{id}' {what}.")).with_target("$id");
    let path = relative(&request.service_root, id).filter(|path| !path.contains(['?', '#']));
    let path = path.ok_or_else(|| refuse("is not the URL of an entity of this service"))?;
    let (resource, _) = uri::parse_request(&core.model, &core.limits, path, None)
        .map_err(|error| error.with_target("$id"))?;
    let is_entity = |path: &odata::path::ResourcePath| matches!(path.kind, PathKind::Entity(_));
    if !matches!(&resource, Resource::Path(path) if is_entity(path)) {
        return Err(refuse("is not the URL of an entity"));
    }
    let cast = cast.map_or_else(String::new, |name| format!("/{name}"));
    Ok(Request {
        path: format!("{path}{cast}"),
        query: request.query.as_deref().and_then(without_id),
        ..request.clone()
    })
}

/// The query options without `$id`.
fn without_id(query: &str) -> Option<String> {
    let is_id = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        let name = name.trim_start_matches('$');
        name.eq_ignore_ascii_case("id")
    };
    let rest: Vec<&str> = query.split('&').filter(|part| !is_id(part)).collect();
    (!rest.is_empty()).then(|| rest.join("&"))
}

#[cfg(test)]
mod tests {
    use super::without_id;

    #[test]
    fn only_the_id_is_left_out() {
        let check = |query: &str, rest: Option<&str>| {
            assert_eq!(without_id(query).as_deref(), rest, "{query}");
        };
        check("$id=a(1)", None);
        check("%24ID=a&$select=id", Some("$select=id"));
        check("$select=id&id=a&idx=1", Some("$select=id&idx=1"));
    }
}
