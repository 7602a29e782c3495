//! Requests that are answered later (OData 4.01 Protocol, section 11.6): `Prefer: respond-async`
//! gets 202 with the URL of a status monitor, which gives the answer when there is one.
//!
//! Monitors live in memory: they are bounded in number and in bytes, expire, and end with the
//! server. Where there is no room for another, the request is carried out at once, as the standard
//! allows.

mod cancel;
mod monitors;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use odata::Error;
use odata::batch::{Answer, write_message};
use tokio::time::timeout;
use uuid::Uuid;

use crate::exchange::{Request, Response};
use crate::failure;
use crate::handler::Engine;
use crate::negotiate;
use crate::request_ids::RequestIds;

use cancel::Cancellable;
pub(crate) use monitors::Monitors;
use monitors::{Found, Outcome};

/// The path of the monitors behind the service root: no resource of a model can have it.
const PATH: &str = "$async/";
/// The longest `wait` that is kept.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long a client is asked to leave a monitor alone, in seconds.
const RETRY_AFTER: &str = "1";

/// The answer to a request for a monitor, if it is one.
pub(crate) fn monitor(engine: &Engine, request: &Request) -> Option<Result<Response, Error>> {
    let id = request.path.strip_prefix(PATH)?;
    let gone = || Error::not_found("There is no status monitor here, or no more.");
    let Ok(id) = Uuid::try_parse(id) else {
        return Some(Err(gone()));
    };
    let monitors = &engine.core.monitors;
    let now = engine.core.clock.now().ticks;
    Some(match request.method {
        Method::GET | Method::HEAD => match monitors.find(id, &request.caller, now) {
            None => Err(gone()),
            Some(Found::Running) => Ok(accepted(engine, request, id)),
            Some(Found::Finished(outcome)) => Ok(finished(engine, request, &outcome)),
        },
        Method::DELETE if monitors.remove(id, &request.caller, now) => Ok(Response {
            status: 204,
            headers: version(engine, &request.headers),
            body: bytes::Bytes::new(),
        }),
        Method::DELETE => Err(gone()),
        _ => Err(Error::method_not_allowed(
            "GET, HEAD, DELETE",
            "A status monitor is read or deleted.",
        )),
    })
}

/// Carries a request out behind a monitor, if its client prefers that and there is room: 202, or
/// the answer itself if it comes within the time that the client waits.
pub(crate) async fn respond(engine: &Engine, request: Request) -> Result<Response, Error> {
    let newest = engine.core.service.profile().newest_version;
    let preferences = negotiate::read(&request.headers, newest)?.prefer;
    let now = engine.core.clock.now().ticks;
    let place = preferences
        .respond_async
        .then(|| engine.core.monitors.reserve(&request.caller, now))
        .flatten();
    let Some(id) = place else {
        return engine.alone(request).await;
    };
    let accepted = accepted(engine, &request, id);
    let (store, cancel) = Cancellable::around(Arc::clone(&engine.core.store));
    let behind = engine.on(store);
    let ids = RequestIds::of(&request.headers);
    let running = tokio::spawn(async move {
        let (method, path) = (request.method.clone(), request.path.clone());
        let result = behind.alone(request).await;
        if let Err(error) = &result {
            failure::log(error, &ids, method.as_str(), &path);
        }
        let core = &behind.core;
        let outcome = Outcome { result, ids };
        core.monitors.finish(id, outcome, core.clock.now().ticks);
    });
    cancel.aborts(running.abort_handle());
    engine.core.monitors.running(id, cancel);
    let Some(wait) = preferences.wait else {
        return Ok(accepted);
    };
    if timeout(wait.min(LONGEST_WAIT), running).await.is_err() {
        return Ok(accepted);
    }
    match engine.core.monitors.take(id) {
        Some(outcome) => outcome.result,
        None => Ok(accepted),
    }
}

/// 202: the request runs.
fn accepted(engine: &Engine, request: &Request, id: Uuid) -> Response {
    let mut headers = version(engine, &request.headers);
    let url = format!("{}/{PATH}{id}", request.service_root);
    if let Ok(url) = HeaderValue::from_str(&url) {
        headers.insert(header::LOCATION, url);
    }
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    if request.method != Method::GET || !request.path.starts_with(PATH) {
        headers.insert(
            HeaderName::from_static("preference-applied"),
            HeaderValue::from_static("respond-async"),
        );
    }
    Response {
        status: 202,
        headers,
        body: bytes::Bytes::new(),
    }
}

/// 200 with the answer: itself, its status in `AsyncResult`; or as an HTTP message for clients that
/// ask for one, or are of 4.0 and do not say.
fn finished(engine: &Engine, request: &Request, outcome: &Outcome) -> Response {
    let mut answer = match &outcome.result {
        Ok(response) => response.clone(),
        Err(error) => {
            let core = &engine.core;
            let form = core.service.profile().errors();
            failure::respond(error, form, &request.headers, &outcome.ids, &core.date())
        }
    };
    if wants_message(&request.headers) {
        let mut headers = version(engine, &request.headers);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/http"),
        );
        return Response {
            status: 200,
            headers,
            body: message(answer).into(),
        };
    }
    let name = HeaderName::from_static("asyncresult");
    answer
        .headers
        .insert(name, HeaderValue::from(answer.status));
    answer.status = 200;
    answer
}

/// Whether the answer is to be an HTTP message.
fn wants_message(headers: &HeaderMap) -> bool {
    let accept: Vec<&str> = negotiate::list(headers, "accept", ',').collect();
    if accept.is_empty() {
        let maximum = headers.get("odata-maxversion");
        return maximum.is_some_and(|version| version == "4.0");
    }
    accept.iter().any(|range| {
        let media = range.split(';').next().unwrap_or("").trim();
        media.eq_ignore_ascii_case("application/http")
    })
}

fn message(answer: Response) -> Vec<u8> {
    let status = StatusCode::from_u16(answer.status).ok();
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    });
    let mut out = Vec::with_capacity(answer.body.len() + 512);
    let answer = Answer {
        id: None,
        group: None,
        status: answer.status,
        reason: status.and_then(|s| s.canonical_reason()).unwrap_or(""),
        headers: headers.collect(),
        body: answer.body.to_vec(),
    };
    write_message(&mut out, &answer);
    out
}

/// The `OData-Version` of an answer to a request with these headers.
fn version(engine: &Engine, headers: &HeaderMap) -> HeaderMap {
    let newest = engine.core.service.profile().newest_version;
    let version = negotiate::read(headers, newest).map_or(newest, |found| found.version);
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(
        HeaderName::from_static("odata-version"),
        HeaderValue::from_static(version),
    );
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_for_those_who_ask() {
        let check = |pairs: &[(&'static str, &'static str)], expected: bool| {
            let pairs = pairs.iter().map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            });
            assert_eq!(wants_message(&pairs.collect()), expected);
        };
        check(&[], false);
        check(&[("odata-maxversion", "4.0")], true);
        check(&[("odata-maxversion", "4.01")], false);
        check(&[("odata-maxversion", "4.0"), ("accept", "*/*")], false);
        check(
            &[("accept", "application/json, Application/HTTP;q=1")],
            true,
        );
    }
}
