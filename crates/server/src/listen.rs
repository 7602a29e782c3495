//! The listener: accepts connections, and stops without breaking off what is being answered.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use engine::exchange::{Handler, Throttle};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::answer::Shared;
use crate::auth::revoked::{self, Latest};
use crate::auth::{KeySet, Verifier, keys};
use crate::authority::{Attempts, Hashing};
use crate::budget::Budget;
use crate::connection::connected;
use crate::guesses::Guesses;
use crate::limits::Limits;
use crate::origin::PublicOrigin;
use crate::proxies::Proxies;
use crate::ready::Readiness;
use crate::telemetry::{MetricsError, MetricsListener, Telemetry};
use crate::tls::{Tls, TlsError};
use crate::traces::Traces;

/// How long the listener rests when the system has no socket left to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Where a server listens, and what it allows.
pub struct Options {
    /// The address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS; without it, plain HTTP is served.
    pub tls: Option<Tls>,
    /// Whether plain HTTP may be served where others on the network can read the tokens.
    pub insecure_http: bool,
    /// What links in answers begin with, instead of the scheme and the host that the client named.
    pub public_origin: Option<PublicOrigin>,
    /// The proxies whose word about clients is taken.
    pub proxies: Proxies,
    /// What counts the requests of callers; none lets them send what they like.
    pub throttle: Option<Arc<dyn Throttle>>,
    /// What signs the tokens that are issued here; without it, none are.
    pub signing_keys: Option<Arc<KeySet>>,
    /// What takes traces of requests, if anything does.
    pub traces: Option<Arc<dyn Traces>>,
    /// The limits of requests.
    pub limits: Limits,
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A network address without the explicit word for it.
    #[error(
        "{0} is reachable from the network, and plain http would show every token to whoever \
         listens there; say --tls-self-signed, or --tls-cert and --tls-key, listen on a loopback \
         address (127.0.0.1) behind a TLS proxy, or say --insecure-http if this network is trusted"
    )]
    Insecure(SocketAddr),
    /// TLS cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It is not known which tokens were revoked.
    #[error("cannot read which tokens were revoked: {0}")]
    Revocations(#[source] odata::Error),
    /// The system's refusal.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
}

/// A bound listener with the service behind it.
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    /// The latest revocation that was known when it was bound.
    revoked: Latest,
}

impl Server {
    /// Binds the address. Connections queue in the system until [`Self::run`].
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(
        options: Options,
        verifier: Verifier,
        handler: Arc<dyn Handler>,
    ) -> Result<Self, BindError> {
        let Options {
            listen,
            tls,
            insecure_http,
            public_origin,
            proxies,
            throttle,
            signing_keys,
            traces,
            limits,
        } = options;
        if tls.is_none() && !insecure_http && !listen.ip().to_canonical().is_loopback() {
            return Err(BindError::Insecure(listen));
        }
        // Before the first request: whoever was turned away must not come in by a restart.
        let known = revoked::refresh(verifier.revoked(), handler.as_ref(), Latest::default());
        let revoked = known.await.map_err(BindError::Revocations)?;
        let bound = async {
            let listener = TcpListener::bind(listen).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bound
            .await
            .map_err(|reason| BindError::Listen(listen, reason))?;
        let tls = tls.map(Tls::into_acceptor).transpose()?;
        let shared = Arc::new(Shared {
            handler,
            verifier,
            signing_keys,
            attempts: Attempts::default(),
            hashing: Hashing::default(),
            scheme: if tls.is_some() { "https" } else { "http" },
            public_origin,
            proxies,
            address,
            readiness: Readiness::default(),
            throttle,
            guesses: Guesses::new(limits.wrong_tokens),
            budget: Budget::new(limits.held),
            connections: Arc::default(),
            telemetry: Telemetry::default(),
            traces,
            limits,
        });
        Ok(Self {
            listener,
            tls,
            shared,
            revoked,
        })
    }

    /// A listener of this server's `/metrics` on an address of its own, where nobody needs a token.
    ///
    /// # Errors
    /// [`MetricsError`].
    pub async fn metrics(&self, address: SocketAddr) -> Result<MetricsListener, MetricsError> {
        MetricsListener::bind(address, Arc::clone(&self.shared)).await
    }

    /// The address that it listens on, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        self.shared.scheme
    }

    /// Serves until `stop` is ready; then says so at `/ready` for [`Limits::notice`], accepts no
    /// more, closes idle connections, waits for the requests in flight, at most [`Limits::drain`], and returns how many connections it had to
    /// break off after that.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> usize {
        let Self {
            listener,
            tls,
            shared,
            revoked,
        } = self;
        shared.verifier.prepare();
        keys::watch(shared.verifier.keys());
        revoked::watch(shared.verifier.revoked(), &shared.handler, revoked);
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let told = Arc::clone(&shared);
        let leave = async move {
            stop.await;
            told.readiness.stop();
            tokio::time::sleep(told.limits.notice).await;
        };
        tokio::pin!(leave);
        loop {
            tokio::select! {
                () = &mut leave => break,
                (stream, peer) = accept(&listener) => {
                    let (shared, stopped) = (Arc::clone(&shared), stopped.clone());
                    if let Some(place) = shared.place(peer) {
                        let connection = (stream, peer, place);
                        connections.spawn(connected(connection, tls.clone(), shared, stopped));
                    }
                }
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        stopping.send_replace(true);
        let all_closed = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(shared.limits.drain, all_closed)
            .await
            .is_ok()
        {
            return 0;
        }
        let broken_off = connections.len();
        tracing::warn!(
            connections = broken_off,
            "requests were still in flight; broken off"
        );
        connections.shutdown().await;
        broken_off
    }
}

/// The next connection, and the address that it comes from: an IPv4 address that the socket shows as
/// an IPv6 one is itself.
async fn accept(listener: &TcpListener) -> (TcpStream, IpAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer.ip().to_canonical()),
            // The client gave up between its connect and our accept: no matter of the listener's.
            Err(reason)
                if matches!(
                    reason.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            Err(reason) => {
                tracing::error!(%reason, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
