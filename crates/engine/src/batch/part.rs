//! One request of a batch: from its frame to a request of the engine, and its answer back.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use odata::batch::{self, Answer};
use odata::{Error, ErrorCode};

use super::run::Run;
use super::{url, value};
use crate::core::Core;
use crate::exchange::{Request, Response};
use crate::failure;
use crate::prefer;
use crate::request_ids::RequestIds;
use crate::route::Route;

/// Headers of the batch that hold for each request that does not say otherwise (OData 4.01
/// Protocol, section 8).
const INHERITED: [&str; 5] = [
    "accept",
    "accept-charset",
    "accept-language",
    "odata-maxversion",
    "odata-version",
];

/// Preferences of the batch that hold for each request that does not say otherwise.
const INHERITED_PREFERENCES: [&str; 3] = [
    "allow-entityreferences",
    "include-annotations",
    "omit-values",
];

/// A request of a batch that was answered.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) response: Response,
    /// The path behind the service root that references to the request stand for.
    pub(super) leads_to: Option<String>,
    /// Why it failed, for the log: an attempt that is repeated is not worth a line there.
    failure: Option<(Error, RequestIds)>,
}

impl Done {
    /// A request that was answered.
    pub(super) fn answered(request: &Request, mut response: Response, ids: RequestIds) -> Self {
        ids.stamp(&mut response.headers);
        let leads_to = is_success(response.status)
            .then(|| leads_to(request, &response))
            .flatten();
        Self {
            response,
            leads_to,
            failure: None,
        }
    }

    /// A request with these headers that failed.
    pub(super) fn failed(core: &Core, asked: &HeaderMap, error: &Error, ids: RequestIds) -> Self {
        let form = core.service.profile().errors();
        let mut response = failure::respond(error, form, asked, &ids, &core.date());
        ids.clone().stamp(&mut response.headers);
        Self {
            response,
            leads_to: None,
            failure: Some((error.clone(), ids)),
        }
    }

    /// Logs the failure, if it is one and the server's fault.
    pub(super) fn log(&self, request: &batch::Request) {
        if let Some((error, ids)) = &self.failure {
            let path = request.url.split('?').next().unwrap_or("");
            failure::log(error, ids, request.method, path);
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        is_success(self.response.status)
    }

    /// The answer as it is framed.
    pub(super) fn answer(&self, request: &batch::Request) -> Answer {
        let response = &self.response;
        let mut headers: Vec<(String, String)> = Vec::with_capacity(response.headers.len());
        for (name, value) in &response.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            match headers.iter_mut().find(|(n, _)| n == name.as_str()) {
                Some((_, all)) => {
                    all.push_str(", ");
                    all.push_str(&value);
                }
                None => headers.push((name.to_string(), value.into_owned())),
            }
        }
        let status = StatusCode::from_u16(response.status).ok();
        Answer {
            id: request.id.clone(),
            group: request.group.clone(),
            status: response.status,
            reason: status.and_then(|s| s.canonical_reason()).unwrap_or(""),
            headers,
            body: response.body.to_vec(),
        }
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// What a request made, else what it addressed.
fn leads_to(request: &Request, response: &Response) -> Option<String> {
    let named = ["location", "odata-entityid"]
        .into_iter()
        .find_map(|name| response.headers.get(name)?.to_str().ok());
    match named {
        Some(url) => {
            let path = url.strip_prefix(&request.service_root)?;
            Some(path.strip_prefix('/')?.to_owned())
        }
        None => {
            let addresses = ["GET", "PATCH", "PUT"].contains(&request.method.as_str());
            addresses.then(|| request.path.trim_end_matches('/').to_owned())
        }
    }
}

/// Whether a request may refer to another: then it runs after it.
pub(super) fn refers(request: &batch::Request) -> bool {
    let query = request.url.split_once('?').map(|(_, query)| query);
    batch::identifier(&request.url).is_some()
        || query.is_some_and(|query| !value::references(query).is_empty())
        || request
            .headers
            .iter()
            .any(|(_, value)| value.starts_with('$'))
        || batch::may_refer(&request.body)
}

impl Run<'_> {
    /// The request of a position as the engine takes it, its references resolved.
    pub(super) fn prepare(&self, index: usize) -> Result<Request, Error> {
        let part = &self.requests[index];
        let outer = self.outer;
        let slash_is_root = self.engine.core.service.profile().batch.slash_is_root;
        let referred = match batch::identifier(&part.url) {
            Some((id, rest)) => Some(format!("{}{rest}", self.referred(id, index)?)),
            None => None,
        };
        let (path, query) = match &referred {
            Some(url) => url::resolve(&outer.service_root, url, false)?,
            None => url::resolve(&outer.service_root, &part.url, slash_is_root)?,
        };
        let body = batch::replace_in_body(&part.body, |id| {
            self.referred(id, index)
                .map(|path| format!("{}/{path}", outer.service_root))
        })?;
        let headers = self.headers(index)?;
        Ok(Request {
            method: part.method.parse().map_err(Error::internal)?,
            service_root: outer.service_root.clone(),
            path: path.to_owned(),
            query: self.query(query, index)?,
            correlation: RequestIds::correlation_of(&headers).unwrap_or(outer.correlation),
            headers,
            body: Bytes::from(body.unwrap_or_else(|| part.body.clone())),
            caller: outer.caller.clone(),
            client: outer.client,
            route: Route::default(),
        })
    }

    /// The query, with the values that it refers to.
    fn query(&self, query: Option<&str>, index: usize) -> Result<Option<String>, Error> {
        let Some(query) = query else { return Ok(None) };
        let found = value::replaced(query, |reference| {
            // Any other `$name` is for the parser to judge.
            if self.position(reference.id, index).is_none() {
                return Ok(None);
            }
            let path = self.referred(reference.id, index)?;
            let body = &self.earlier(reference.id, index)?.response.body;
            value::literal(&self.engine.core, path, body, reference).map(Some)
        })?;
        Ok(Some(found.unwrap_or_else(|| query.to_owned())))
    }

    fn headers(&self, index: usize) -> Result<HeaderMap, Error> {
        let part = &self.requests[index];
        let mut headers = HeaderMap::with_capacity(part.headers.len() + 4);
        for (name, value) in &part.headers {
            let value = match (name.as_str(), value.strip_prefix('$')) {
                ("if-match" | "if-none-match", Some(id)) => self.tag(id, index)?,
                _ => HeaderValue::from_bytes(value.as_bytes()).map_err(Error::internal)?,
            };
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Error::internal)?;
            headers.append(name, value);
        }
        let outer = &self.outer.headers;
        for name in INHERITED.map(HeaderName::from_static) {
            // What the batch accepts as parts concerns the batch alone.
            let framing = |value: &&HeaderValue| !value.as_bytes().starts_with(b"multipart/");
            if !headers.contains_key(&name)
                && let Some(value) = outer.get(&name).filter(framing)
            {
                headers.insert(name, value.clone());
            }
        }
        for preference in prefer::preferences(outer) {
            // The first of two counts, so that the request's own does.
            if INHERITED_PREFERENCES.contains(&preference.name.as_str()) {
                let value = HeaderValue::from_str(&preference.text).map_err(Error::internal)?;
                headers.append("prefer", value);
            }
        }
        Ok(headers)
    }

    /// The path that a reference stands for.
    fn referred(&self, id: &str, index: usize) -> Result<&str, Error> {
        let done = self.earlier(id, index)?;
        done.leads_to.as_deref().ok_or_else(|| {
            Error::bad_request(format!(
                "The request '{id}' led to no entity that '${id}' could stand for."
            ))
        })
    }

    /// The ETag that a reference stands for.
    fn tag(&self, id: &str, index: usize) -> Result<HeaderValue, Error> {
        let tag = self.earlier(id, index)?.response.headers.get("etag");
        tag.cloned().ok_or_else(|| {
            Error::bad_request(format!(
                "The answer to the request '{id}' had no ETag that '${id}' could stand for."
            ))
        })
    }

    /// The position of an earlier request.
    fn position(&self, id: &str, index: usize) -> Option<usize> {
        let ignore_case = self.engine.core.service.profile().batch.ids_ignore_case;
        let is_named = |known: &String| {
            known == id || ignore_case && known.to_lowercase() == id.to_lowercase()
        };
        let mut earlier = self.requests[..index].iter();
        earlier.position(|request| request.id.as_ref().is_some_and(is_named))
    }

    /// The answer of a successful earlier request.
    fn earlier(&self, id: &str, index: usize) -> Result<&Done, Error> {
        let position = self.position(id, index).ok_or_else(|| {
            Error::bad_request(format!(
                "'${id}' refers to no earlier request of the batch."
            ))
        })?;
        self.done[position]
            .as_ref()
            .filter(|done| done.succeeded())
            .ok_or_else(|| {
                failed_dependency(format!("The request '{id}', which it refers to, failed."))
            })
    }
}

/// 424.
pub(super) fn failed_dependency(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::FailedDependency, message)
}
