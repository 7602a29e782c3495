//! How a server ends, and where it does not begin.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use server::auth::Verifier;
use server::{BindError, Limits, Options, Server};

use crate::client::Client;
use crate::fixture::Fixture;

#[test]
fn requests_in_flight_are_answered_and_idle_connections_closed() {
    let server = Fixture::start();
    let mut idle = server.connect();
    idle.send(format!("{}\r\n", server.head("GET", "/beta/x")));
    assert_eq!(idle.receive().status, 200);
    let mut fresh = server.connect();
    let mut busy = begin(&server, "/beta/slow");

    let begun = Instant::now();
    let stopping = server.stop();
    assert!(idle.is_closed() && fresh.is_closed());
    assert!(
        begun.elapsed() < Duration::from_millis(400),
        "idle connections are closed at once"
    );
    assert!(
        TcpStream::connect(stopping.address).is_err(),
        "no new connections"
    );
    let answer = busy.receive();
    assert!(answer.text().starts_with("GET http://t.example/beta slow"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(busy.is_closed());
    assert_eq!(stopping.wait(), 0);
}

#[test]
fn a_body_on_its_way_is_still_read() {
    let server = Fixture::start();
    let mut client = server.connect();
    let head = server.head("POST", "/beta/x");
    client.send(format!(
        "{head}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    ));
    assert_eq!(
        client.receive_head().status,
        100,
        "the server is reading the body"
    );
    client.send("ab");
    let stopping = server.stop();
    std::thread::sleep(Duration::from_millis(100));
    client.send("cd");
    assert!(client.receive().text().contains("4 bytes, sum 394"));
    assert_eq!(stopping.wait(), 0);
}

#[test]
fn load_balancers_hear_of_the_end_before_it_comes() {
    let limits = Limits {
        notice: Duration::from_millis(500),
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let probe = "GET /ready HTTP/1.1\r\nHost: t.example\r\n\r\n";
    let work = format!("{}\r\n", server.head("GET", "/beta/x"));
    let ready = server.send(probe);
    assert_eq!(ready.status, 200);
    assert_eq!(ready.text(), r#"{"status":"ready"}"#);
    let stopping = server.stop();
    let send = |bytes: &str| {
        let mut client = Client::connect(stopping.address);
        client.send(bytes);
        client.receive()
    };
    while send(probe).status == 200 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let refused = send(probe);
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("5"))
    );
    assert_eq!(send(&work).status, 200, "it serves on");
    let address = stopping.address;
    assert_eq!(stopping.wait(), 0);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn readiness_can_only_be_read() {
    let server = Fixture::start();
    for (method, status) in [("GET", 200), ("HEAD", 200), ("POST", 405), ("OPTIONS", 405)] {
        let request = format!("{method} /ready HTTP/1.1\r\nHost: t.example\r\n\r\n");
        let mut client = server.connect();
        client.send(request);
        let answer = match method {
            "HEAD" => client.receive_head(),
            _ => client.receive(),
        };
        assert_eq!(answer.status, status, "{method}");
    }
}

#[test]
fn what_does_not_end_is_broken_off() {
    let limits = Limits {
        drain: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let mut endless = begin(&server, "/beta/endless");
    let begun = Instant::now();
    assert_eq!(server.stop().wait(), 1);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert!(endless.is_closed());
}

/// Sends a request and returns when the handler has it.
fn begin(server: &Fixture, target: &str) -> Client {
    let before = server.handled.load(Ordering::SeqCst);
    let mut client = server.connect();
    client.send(format!("{}\r\n", server.head("GET", target)));
    while server.handled.load(Ordering::SeqCst) == before {
        std::thread::sleep(Duration::from_millis(1));
    }
    client
}

#[test]
fn plain_http_stays_on_this_machine_unless_told_otherwise() {
    for (address, insecure_http, listens) in [
        ("127.0.0.1:0", false, true),
        ("127.1.2.3:0", false, true),
        ("[::ffff:127.0.0.1]:0", false, true),
        ("0.0.0.0:0", false, false),
        ("192.0.2.1:0", false, false),
        ("[::]:0", false, false),
        ("0.0.0.0:0", true, true),
    ] {
        match bind(address.parse().unwrap(), insecure_http) {
            Ok(bound) => assert!(listens && bound.port() != 0, "{address}"),
            Err(BindError::Insecure(_)) => assert!(!listens, "{address}"),
            Err(other) => panic!("{address}: {other}"),
        }
    }
}

#[test]
fn an_address_in_use_is_named() {
    let server = Fixture::start();
    let error = bind(server.address, false).unwrap_err();
    assert!(
        error.to_string().contains(&server.address.to_string()),
        "{error}"
    );
}

fn bind(listen: SocketAddr, insecure_http: bool) -> Result<SocketAddr, BindError> {
    let fixture = Fixture::start();
    let options = Options {
        listen,
        tls: None,
        insecure_http,
        public_origin: None,
        proxies: server::Proxies::default(),
        throttle: None,
        traces: None,
        signing_keys: None,
        limits: Limits::default(),
    };
    let handler = Arc::new(crate::fixture::Echo::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bound = runtime.block_on(Server::bind(options, Verifier::new(fixture.keys), handler));
    bound.map(|server| server.address())
}
