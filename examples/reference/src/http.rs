//! HTTP around the engine, without authentication.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use bytes::Bytes;
use engine::access::Caller;
use engine::exchange::{self, Handler};
use engine::{RequestIds, failure};
use http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use odata::{Error, ErrorCode};
use tokio::net::TcpListener;

use crate::service::ERRORS;
use crate::start::Shop;

/// The largest body, in bytes.
const BODY: usize = 32 << 20;

/// How much of a larger body is read before the connection is closed, in bytes.
const DISCARDED: usize = 2 * BODY;

/// Serves until `stop` is ready, then answers what is in flight.
///
/// # Errors
/// The listener's.
pub async fn serve(
    listener: TcpListener,
    shop: Shop,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&shop.engine));
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

async fn answer(State(engine): State<Arc<dyn Handler>>, request: Request) -> Response<Body> {
    let ids = RequestIds::of(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let asked = request.headers().clone();
    let answered = match read(request).await {
        Ok(request) => engine.handle(request).await,
        Err(error) => Err(error),
    };
    let answered = answered.unwrap_or_else(|error| {
        failure::log(&error, &ids, method.as_str(), &path);
        let date = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        failure::respond(&error, ERRORS, &asked, &ids, &date)
    });
    let mut response = Response::new(Body::from(answered.body));
    *response.status_mut() =
        StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answered.headers;
    ids.stamp(response.headers_mut());
    response
}

/// The request as the engine sees it. HEAD is GET, whose body the connection leaves out.
async fn read(request: Request) -> Result<exchange::Request, Error> {
    let (parts, body) = request.into_parts();
    let method = match parts.method {
        Method::HEAD => Method::GET,
        Method::GET
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => parts.method,
        other => {
            let message = format!("No resource of this service knows the method {other}.");
            return Err(Error::method_not_allowed(
                "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
                message,
            ));
        }
    };
    let authority = authority(&parts.uri, &parts.headers)?;
    let path = parts.uri.path();
    let body = whole(body).await?;
    let correlation = RequestIds::of(&parts.headers).correlation();
    Ok(exchange::Request {
        method,
        service_root: format!("http://{authority}"),
        path: path.strip_prefix('/').unwrap_or(path).to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        caller: Arc::new(Caller::default()),
        client: None,
        route: engine::Route::default(),
        correlation,
    })
}

/// The whole body. One that is too large is read on for a while all the same: a client that is
/// still sending would not see the answer.
async fn whole(mut body: Body) -> Result<Bytes, Error> {
    let (mut read, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|reason| {
            Error::bad_request(format!("The body could not be read to its end: {reason}."))
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        size += data.len();
        if size > DISCARDED {
            break;
        }
        if size > BODY {
            read = Vec::new();
        } else {
            read.extend_from_slice(&data);
        }
    }
    if size > BODY {
        let message = format!("The body is larger than the limit of {BODY} bytes.");
        return Err(Error::new(ErrorCode::RequestEntityTooLarge, message));
    }
    Ok(read.into())
}

/// The host that the client named. What passes is written into links: nothing in it ends an
/// authority or a JSON string.
fn authority(uri: &Uri, headers: &HeaderMap) -> Result<String, Error> {
    let host = headers.get(header::HOST).map(|host| host.to_str());
    let text = match (uri.authority(), host) {
        (Some(authority), _) => authority.as_str(),
        (None, Some(Ok(host))) => host,
        _ => return Err(Error::bad_request("The request has no Host header.")),
    };
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if text.is_empty() || !text.chars().all(harmless) {
        let message = "The Host header is not a host name or address with an optional port.";
        return Err(Error::bad_request(message));
    }
    Ok(text.to_owned())
}
