//! A running server on a free port, and the handler behind it.

use engine::access::Reach;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use engine::exchange::{self, Handler, Probing, Request, Response};
use http::{HeaderMap, HeaderValue, header};
use odata::{Error, ErrorCode};
use server::auth::{KeySet, SigningKey, TokenRequest, Verifier, issue};
use server::tls::Tls;
use server::{Limits, Options, Proxies, Server, Throttle};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::{Answer, Client};
use crate::log;

/// The size of a large answer: more than the system takes off a server's hands.
pub(crate) const LARGE: usize = 64 << 20;

pub(crate) struct Fixture {
    pub(crate) address: SocketAddr,
    pub(crate) keys: Arc<KeySet>,
    pub(crate) token: String,
    pub(crate) handled: Arc<AtomicUsize>,
    runtime: Runtime,
    stop: oneshot::Sender<()>,
    running: JoinHandle<usize>,
}

impl Fixture {
    pub(crate) fn start() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self::with(limits, None)
    }

    pub(crate) fn behind(proxies: Proxies) -> Self {
        Self::started(Limits::default(), None, proxies, None)
    }

    pub(crate) fn limited_behind(limits: Limits, proxies: Proxies) -> Self {
        Self::started(limits, None, proxies, None)
    }

    pub(crate) fn with(limits: Limits, tls: Option<Tls>) -> Self {
        Self::started(limits, tls, Proxies::default(), None)
    }

    pub(crate) fn throttled(limits: Limits, throttle: Throttle, proxies: Proxies) -> Self {
        Self::started(limits, None, proxies, Some(Arc::new(throttle)))
    }

    fn started(
        limits: Limits,
        tls: Option<Tls>,
        proxies: Proxies,
        throttle: Option<Arc<dyn exchange::Throttle>>,
    ) -> Self {
        log::keep();
        let key = SigningKey::from_secret(&SigningKey::new_secret().unwrap()).unwrap();
        let keys = Arc::new(KeySet::of(uuid::Uuid::new_v4(), key));
        let runtime = Runtime::new().unwrap();
        let handled = Arc::new(AtomicUsize::new(0));
        let handler = Arc::new(Echo {
            handled: Arc::clone(&handled),
        });
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let options = Options {
            listen,
            tls,
            insecure_http: false,
            public_origin: None,
            proxies,
            throttle,
            traces: None,
            signing_keys: None,
            limits,
        };
        let server = runtime
            .block_on(Server::bind(
                options,
                Verifier::new(Arc::clone(&keys)),
                handler,
            ))
            .unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let running = runtime.spawn(server.run(async {
            let _ = stopped.await;
        }));
        let token = token(&keys);
        Self {
            address,
            keys,
            token,
            handled,
            runtime,
            stop,
            running,
        }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// The head of a request with token and `Host`, up to and without the empty line.
    pub(crate) fn head(&self, method: &str, target: &str) -> String {
        let token = &self.token;
        format!(
            "{method} {target} HTTP/1.1\r\nHost: t.example\r\nAuthorization: Bearer {token}\r\n"
        )
    }

    /// Sends such a request, with more headers, on a connection of its own.
    pub(crate) fn ask(&self, method: &str, target: &str, more: &str) -> Answer {
        self.send(format!("{}{more}\r\n", self.head(method, target)))
    }

    /// Sends bytes on a connection of their own.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut client = self.connect();
        client.send(bytes);
        client.receive()
    }

    /// Asks the server to stop.
    pub(crate) fn stop(self) -> Stopping {
        self.stop.send(()).unwrap();
        Stopping {
            address: self.address,
            runtime: self.runtime,
            running: self.running,
        }
    }
}

/// A server that has been asked to stop.
pub(crate) struct Stopping {
    pub(crate) address: SocketAddr,
    runtime: Runtime,
    running: JoinHandle<usize>,
}

impl Stopping {
    /// Waits for its end; returns how many connections were broken off.
    pub(crate) fn wait(self) -> usize {
        let Self {
            runtime, running, ..
        } = self;
        runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(20), running).await })
            .expect("the server stops")
            .unwrap()
    }
}

fn token(keys: &KeySet) -> String {
    let request = TokenRequest {
        subject: "tests".to_owned(),
        roles: vec!["A.Read.All".to_owned()],
        scopes: vec!["B.Read.All".to_owned()],
        reach: Reach::Everything,
        application: None,
        expires: Duration::from_secs(60),
    };
    issue(keys, &request, SystemTime::now()).unwrap().token
}

/// Answers with what it was asked; some paths make it fail.
#[derive(Default)]
pub(crate) struct Echo {
    handled: Arc<AtomicUsize>,
}

impl Handler for Echo {
    fn ready(&self) -> Probing<'_> {
        Box::pin(async { Ok(()) })
    }

    fn handle(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + '_>> {
        self.handled.fetch_add(1, Ordering::SeqCst);
        assert_ne!(request.path, "panic-at-once", "asked to");
        Box::pin(async move {
            match request.path.as_str() {
                "panic" => panic!("asked to, with a secret"),
                "slow" => tokio::time::sleep(Duration::from_millis(500)).await,
                "endless" => std::future::pending().await,
                "internal" => return Err(Error::internal("the secret reason")),
                "forbidden" => return Err(Error::new(ErrorCode::Forbidden, "needs C.Read.All")),
                "type" => return Err(Error::new(ErrorCode::UnsupportedMediaType, "not JSON")),
                "method" => return Err(Error::method_not_allowed("GET, PATCH", "not POST")),
                "away" => return Err(Error::new(ErrorCode::ServiceUnavailable, "away")),
                "nothing" => return Ok(response(204, String::new())),
                "status-100" => return Ok(response(100, String::new())),
                "status-9999" => return Ok(response(9999, String::new())),
                _ => {}
            }
            if request.path == "large" {
                return Ok(response(200, "x".repeat(LARGE)));
            }
            let mut answer = response(200, describe(&request));
            let client = request.client.unwrap().to_string();
            let headers = &mut answer.headers;
            headers.insert("client", HeaderValue::from_str(&client).unwrap());
            Ok(answer)
        })
    }
}

fn response(status: u16, body: String) -> Response {
    let mut headers = HeaderMap::new();
    if !body.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    Response {
        status,
        headers,
        body: Bytes::from(body),
    }
}

fn describe(request: &Request) -> String {
    let sum: usize = request.body.iter().map(|&byte| usize::from(byte)).sum();
    let caller = &request.caller;
    format!(
        "{} {} {} {:?} {} bytes, sum {sum}, {} {:?} {:?} x={:?}",
        request.method,
        request.service_root,
        request.path,
        request.query,
        request.body.len(),
        caller.subject,
        caller.roles,
        caller.scopes,
        request.headers.get("x"),
    )
}
