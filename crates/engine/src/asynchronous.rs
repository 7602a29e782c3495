//! Requests that are answered later (OData 4.01 Protocol, section 11.6): `Prefer: respond-async`
//! gets 202 with the URL of a status monitor, which gives the answer when there is one.
//!
//! Monitors live in the database, so that any server on it can be asked: they are bounded in number
//! and in bytes, and expire. Where there is no room for another, or no table, the request is carried
//! out at once, as the standard allows. A request ends with the server that carries it out, and its
//! monitor says so.

mod answers;
mod cancel;
mod monitors;
mod room;
mod rows;
mod running;

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use odata::Error;
use odata::batch::{Answer, write_message};
use tokio::time::timeout;
use uuid::Uuid;

use crate::exchange::{Request, Response};
use crate::failure;
use crate::handler::Engine;
use crate::methods;
use crate::negotiate;
use crate::request_ids::RequestIds;

pub(crate) use cancel::Cancels;
use monitors::Found;
pub(crate) use monitors::Monitors;
use running::Running;

/// The path of the monitors behind the service root: no resource of a model can have it.
const PATH: &str = "$async/";
/// The longest `wait` that is kept.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long a client is asked to leave a monitor alone, in seconds.
const RETRY_AFTER: &str = "1";

/// Whether a request is for a monitor.
pub(crate) fn is_monitor(request: &Request) -> bool {
    request.path.starts_with(PATH)
}

/// The answer to a request for a monitor.
///
/// # Errors
/// 404 where there is none of the caller's, and what the store says.
pub(crate) async fn monitor(engine: &Engine, request: Request) -> Result<Response, Error> {
    let gone = || Error::not_found("There is no status monitor here, or no more.");
    let id = request.path.strip_prefix(PATH).unwrap_or_default();
    let id = Uuid::try_parse(id).map_err(|_| gone())?;
    let (core, caller) = (&engine.core, &request.caller);
    match request.method {
        Method::GET | Method::HEAD => match core.monitors.find(core, id, caller).await? {
            None => Err(gone()),
            Some(Found::Running) => Ok(accepted(engine, &request, id)),
            Some(Found::Finished(answer)) => Ok(finished(engine, &request, answer)),
            Some(Found::Lost(error)) => {
                let ids = RequestIds::of(&request.headers);
                let form = core.service.profile().errors();
                let answer = failure::respond(&error, form, &request.headers, &ids, &core.date());
                Ok(finished(engine, &request, answer))
            }
        },
        Method::DELETE if core.monitors.remove(core, id, caller).await? => {
            engine.core.cancels.cancel(id);
            Ok(Response {
                status: 204,
                headers: version(engine, &request.headers),
                body: bytes::Bytes::new(),
            })
        }
        Method::DELETE => Err(gone()),
        Method::OPTIONS => {
            let response = Response {
                status: 204,
                headers: version(engine, &request.headers),
                body: bytes::Bytes::new(),
            };
            Ok(methods::options("GET, HEAD, DELETE".into(), response))
        }
        _ => Err(Error::method_not_allowed(
            "GET, HEAD, DELETE",
            "A status monitor is read or deleted.",
        )),
    }
}

/// Carries a request out behind a monitor, if its client prefers that and there is room: 202, or
/// the answer itself if it comes within the time that the client waits.
pub(crate) async fn respond(engine: &Engine, request: Request) -> Result<Response, Error> {
    let newest = engine.core.service.profile().newest_version;
    let preferences = negotiate::read(&request.headers, newest)?.prefer;
    if !preferences.respond_async {
        return engine.alone(request).await;
    }
    let asked = Request {
        body: bytes::Bytes::new(),
        ..request.clone()
    };
    let Some(wait) = preferences.wait else {
        let core = &engine.core;
        return match core.monitors.begin(core, &request.caller).await? {
            None => engine.alone(request).await,
            Some(id) => Ok(go_on(engine, &asked, id, Running::start(engine, request))),
        };
    };
    let mut running = Running::start(engine, request);
    if let Ok(answer) = timeout(wait.min(LONGEST_WAIT), running.ended()).await {
        return answer;
    }
    match engine
        .core
        .monitors
        .begin(&engine.core, &asked.caller)
        .await
    {
        Ok(Some(id)) => Ok(go_on(engine, &asked, id, running)),
        // It runs already: what it answers is worth waiting for.
        Ok(None) | Err(_) => running.ended().await,
    }
}

/// 202: the request goes on behind its monitor.
fn go_on(engine: &Engine, asked: &Request, id: Uuid, running: Running) -> Response {
    let behind = engine.clone();
    engine.core.cancels.add(id, running.cancel());
    tokio::spawn(async move {
        running.follow(behind.clone(), id).await;
        behind.core.cancels.remove(id);
    });
    accepted(engine, asked, id)
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
fn finished(engine: &Engine, request: &Request, mut answer: Response) -> Response {
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
