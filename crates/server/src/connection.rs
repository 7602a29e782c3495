//! One connection: its handshake, its requests one after the other, and its end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::answer::{Shared, answer};
use crate::connections::Place;
use crate::stream::{Phase, Watched};

/// Serves a connection from its first byte to its last. Its place is held as long.
pub(crate) async fn connected(
    (stream, peer, _place): (TcpStream, IpAddr, Place),
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
) {
    if let Err(reason) = stream.set_nodelay(true) {
        tracing::debug!(%reason, "TCP_NODELAY cannot be set");
    }
    let Some(tls) = tls else {
        return serve((stream, peer), shared, stopping).await;
    };
    let handshake = tokio::time::timeout(shared.limits.handshake, tls.accept(stream));
    let shaken = tokio::select! {
        shaken = handshake => shaken,
        () = stopped(stopping.clone()) => return,
    };
    match shaken {
        Ok(Ok(stream)) => serve((stream, peer), shared, stopping).await,
        Ok(Err(reason)) => tracing::debug!(%reason, "no TLS connection came about"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn serve<S>((stream, peer): (S, IpAddr), shared: Arc<Shared>, stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // No router: what a path means is the model's word, not a route table's, and the boxes and
    // clones of one would be paid for by every request.
    let phase = Phase::default();
    let watched = (phase.clone(), &shared.budget);
    let stream = Watched::new(stream, shared.limits.unread, watched);
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let (shared, phase) = (Arc::clone(&shared), phase.clone());
        phase.turn();
        async move {
            let answer = answer(&shared, peer, request.map(Body::new)).await;
            phase.turn();
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.limits.head)
        .max_buf_size(shared.limits.head_size)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(reason) = ended {
        tracing::debug!(%reason, "connection ended early");
    }
}

/// Ready once the server stops, or is gone.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
