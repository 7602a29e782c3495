//! The listener of `/metrics`, apart from the service's: whoever reaches it needs no token.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::collect;
use crate::answer::Shared;

/// How many connections are served at once: one who reads the counts needs one.
const CONNECTIONS: usize = 16;
/// How long a connection may last.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a head may take.
const HEAD: Duration = Duration::from_secs(5);
/// How long the listener rests when the system has no socket left to give.
const PAUSE: Duration = Duration::from_millis(200);

/// The address of the counts cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {0} for /metrics: {1}")]
pub struct MetricsError(SocketAddr, #[source] io::Error);

/// A bound listener of `/metrics`.
pub struct MetricsListener {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl MetricsListener {
    pub(crate) async fn bind(
        address: SocketAddr,
        shared: Arc<Shared>,
    ) -> Result<Self, MetricsError> {
        let refused = |reason| MetricsError(address, reason);
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self {
            listener,
            address,
            shared,
        })
    }

    /// The address that it listens on, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is dropped.
    pub async fn run(self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(reason) => {
                    tracing::debug!(%reason, "cannot accept a connection for /metrics");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let shared = Arc::clone(&self.shared);
            tokio::spawn(async move {
                let service = service_fn(|request: Request<Incoming>| {
                    let answer = answer(&shared, &request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD)
                    .max_buf_size(16 << 10)
                    .serve_connection(TokioIo::new(stream), service);
                if let Ok(Err(reason)) = timeout(LONGEST, connection).await {
                    tracing::debug!(%reason, "a connection for /metrics ended early");
                }
                drop(place);
            });
        }
    }
}

fn answer(shared: &Arc<Shared>, request: &Request<Incoming>) -> Response<Body> {
    let status = |status: StatusCode| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response
    };
    if request.uri().path() != "/metrics" {
        return status(StatusCode::NOT_FOUND);
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut refused = status(StatusCode::METHOD_NOT_ALLOWED);
        let allow = HeaderValue::from_static("GET, HEAD");
        refused.headers_mut().insert(header::ALLOW, allow);
        return refused;
    }
    let Ok(text) = collect::text(shared) else {
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = Response::new(Body::from(text));
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response
}
