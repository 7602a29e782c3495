//! The life of a request between the connection and the service.

use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::Request;
use engine::exchange::{self, Effect, Handler, Throttle};
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use odata::{Error, ErrorCode};
use tokio::time::timeout;

use crate::auth::{self, KeySet, Verifier};
use crate::authority::{self, Attempts, Hashing};
use crate::budget::{self, Budget};
use crate::connections::{Connections, Place};
use crate::failure::{self, Refusal};
use crate::guesses::Guesses;
use crate::limits::Limits;
use crate::origin::PublicOrigin;
use crate::proxies::Proxies;
use crate::ready::{self, Readiness};
use crate::telemetry::{Noted, Telemetry};
use crate::traces::{TRACE_RESPONSE, Traces};
use crate::{body, devices, open, target};
use engine::RequestIds;
use engine::exchange::devices::Sent;

/// What all requests of a listener share.
pub(crate) struct Shared {
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) verifier: Verifier,
    /// What signs the tokens that are issued here; without it, none are.
    pub(crate) signing_keys: Option<Arc<KeySet>>,
    pub(crate) attempts: Attempts,
    /// Where passwords are hashed.
    pub(crate) hashing: Hashing,
    pub(crate) limits: Limits,
    pub(crate) public_origin: Option<PublicOrigin>,
    pub(crate) proxies: Proxies,
    pub(crate) address: SocketAddr,
    pub(crate) scheme: &'static str,
    pub(crate) readiness: Readiness,
    pub(crate) throttle: Option<Arc<dyn Throttle>>,
    pub(crate) guesses: Guesses,
    pub(crate) budget: Arc<Budget>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) telemetry: Telemetry,
    pub(crate) traces: Option<Arc<dyn Traces>>,
}

impl Shared {
    /// A place for a connection from an address, if there is one.
    pub(crate) fn place(&self, peer: IpAddr) -> Option<Place> {
        let limits = &self.limits;
        let of_one = (!self.proxies.trusts(peer)).then_some(limits.connections_of_one);
        let place = self.connections.enter(peer, limits.connections, of_one);
        if place.is_none() {
            self.telemetry.turned_away.count();
            let open = self.connections.count();
            tracing::debug!(%peer, open, "too many connections; another one is closed");
        }
        place
    }
}

/// Answers one request that came from an address: always, and always with its ids.
pub(crate) async fn answer(shared: &Shared, peer: IpAddr, request: Request) -> Response<Body> {
    let ids = RequestIds::of(request.headers());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let asked = failure::asked(request.headers());
    let noted = Noted::of(shared.proxies.source(peer, request.headers()));
    let traces = shared.traces.as_ref();
    let trace = traces.map(|traces| traces.begin(&method, request.headers()));
    let in_flight = shared.telemetry.in_flight.enter();
    let served = AssertUnwindSafe(serve(shared, (request, &noted), (&asked, &ids)))
        .catch_unwind()
        .await;
    let served = served.unwrap_or_else(|panic| {
        let message = panic_message(&*panic);
        Err(Error::internal(message).into())
    });
    let mut response = served.unwrap_or_else(|refusal| {
        shared.telemetry.refused(&refusal);
        refusal.answer((&method, &uri), &asked, &ids)
    });
    drop(in_flight);
    let request = (&method, open::name(uri.path()));
    let status = response.status();
    shared.telemetry.answered(request, status, (&noted, &ids));
    if let Some(mut trace) = trace {
        trace.end(&noted.told(request, status, &ids));
        if let Some(name) = trace.name() {
            response.headers_mut().insert(TRACE_RESPONSE, name);
        }
    }
    ids.stamp(response.headers_mut());
    response
}

async fn serve(
    shared: &Shared,
    (request, noted): (Request, &Noted),
    (asked, ids): (&HeaderMap, &RequestIds),
) -> Result<Response<Body>, Refusal> {
    let (parts, unread) = request.into_parts();
    let client = noted.source.client;
    let admitted = match admit(shared, &parts, noted).await {
        Ok(Admission::Open(response)) => return Ok(response),
        Ok(Admission::Ready) => {
            let handler = shared.handler.as_ref();
            let readiness = shared.readiness.answer(handler, &parts.method, asked, ids);
            let answer = readiness.await;
            if answer.is_err() {
                body::discard(unread, &parts.headers, &shared.limits).await;
            }
            return Ok(answer?);
        }
        Ok(Admission::Authority) => {
            let correlation = ids.correlation();
            let answer = authority::answer(shared, (&parts, &noted.source, correlation), unread);
            let answer = timeout(shared.limits.request, answer).await;
            return Ok(answer.map_err(|_| too_long(&shared.limits))??);
        }
        Ok(Admission::Download(file)) => return Ok(open::download(shared, file, client).await?),
        Ok(Admission::Device(route)) => {
            let sent = Sent {
                client: Some(client),
                correlation: ids.correlation(),
            };
            let answer = devices::enrol(shared, (route, &parts, sent), unread);
            let answer = timeout(shared.limits.request, answer).await;
            let answer = answer.map_err(|_| too_long(&shared.limits))??;
            if answer.status() == StatusCode::UNAUTHORIZED {
                shared.guesses.wrong(client).await?;
            }
            return Ok(answer);
        }
        Ok(Admission::Service(admitted)) => admitted,
        Err(refusal) => {
            body::discard(unread, &parts.headers, &shared.limits).await;
            return Err(refusal);
        }
    };
    let body = body::read(unread, &parts.headers, &shared.limits, &shared.budget).await?;
    let request = exchange::Request {
        body,
        headers: parts.headers,
        correlation: ids.correlation(),
        ..admitted
    };
    let answer = timeout(shared.limits.request, shared.handler.handle(request)).await;
    into_http(
        answer.map_err(|_| too_long(&shared.limits))??,
        &shared.budget,
    )
}

fn too_long(limits: &Limits) -> Error {
    let message = format!(
        "The request took longer than {} seconds. If it was to change something, it is not known \
         whether it did.",
        limits.request.as_secs_f64()
    );
    Error::new(ErrorCode::ServiceUnavailable, message)
}

/// What the head of a request leads to.
enum Admission {
    /// An open resource's answer.
    Open(Response<Body>),
    /// The question whether the server is ready.
    Ready,
    /// A file that is fetched by a URL of its own.
    Download(open::File),
    /// A device that enrols, at a tenant.
    Device(String),
    /// The authority.
    Authority,
    /// The service, with a request that lacks its headers, its body and its ids.
    Service(exchange::Request),
}

async fn admit(shared: &Shared, parts: &Parts, noted: &Noted) -> Result<Admission, Refusal> {
    let uri = &parts.uri;
    let path = uri.path();
    let length = path.len() + uri.query().map_or(0, |query| query.len() + 1);
    if length > shared.limits.url {
        return Err(Error::new(
            ErrorCode::UriTooLong,
            format!(
                "The URL is longer than the limit of {} bytes.",
                shared.limits.url
            ),
        )
        .into());
    }
    if let Some(answer) = open::answer(path, &parts.method) {
        return Ok(Admission::Open(answer?));
    }
    if path == ready::PATH {
        return Ok(Admission::Ready);
    }
    if let Some(file) = open::file(path, &parts.method) {
        return Ok(Admission::Download(file?));
    }
    if let Some(route) = devices::route(path) {
        return Ok(Admission::Device(route));
    }
    if authority::route(path).is_some() {
        return Ok(Admission::Authority);
    }
    let (root, path) = target::split_root(path)?;
    let authority = target::authority(uri, parts.version, &parts.headers, shared.address)?;
    let token = auth::bearer_token(&parts.headers)?;
    let caller = match shared.verifier.verify(token, SystemTime::now()).await {
        Ok(caller) => caller,
        Err(refused) => {
            if refused.is_guess() {
                shared.guesses.wrong(noted.source.client).await?;
            }
            return Err(refused.into());
        }
    };
    noted.caller.get_or_init(|| Arc::clone(&caller));
    if shared.budget.is_spent() {
        return Err(body::no_room().into());
    }
    if let (Some(throttle), Some(effect)) = (&shared.throttle, Effect::of(&parts.method, path)) {
        throttle.count(&caller, effect)?;
    }
    Ok(Admission::Service(exchange::Request {
        method: method_of(&parts.method),
        service_root: match &shared.public_origin {
            Some(origin) => format!("{}/{root}", origin.as_str()),
            None => {
                let scheme = noted.source.scheme.unwrap_or(shared.scheme);
                let authority = noted.source.host.as_ref().unwrap_or(&authority);
                format!("{scheme}://{authority}/{root}")
            }
        },
        path: path.to_owned(),
        query: uri.query().map(str::to_owned),
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
        caller,
        client: Some(noted.source.client),
        route: noted.route.clone(),
        correlation: uuid::Uuid::nil(),
    }))
}

/// The method as the service sees it: HEAD is GET, whose body the connection leaves out (RFC 9110,
/// section 9.3.2). Which methods a resource knows is the service's word: it alone can say `Allow`.
fn method_of(method: &Method) -> Method {
    if *method == Method::HEAD {
        Method::GET
    } else {
        method.clone()
    }
}

fn into_http(answer: exchange::Response, budget: &Arc<Budget>) -> Result<Response<Body>, Refusal> {
    // 1xx are no answers, and the connection could not send them.
    let status = StatusCode::from_u16(answer.status)
        .ok()
        .filter(|status| status.as_u16() >= 200);
    let Some(status) = status else {
        return Err(Error::internal(format!("the service answered {}", answer.status)).into());
    };
    let body = budget::counted(budget, answer.body);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (None, Some(message)) => message.as_str(),
        (None, None) => "no message",
    };
    format!("panic: {message}")
}
