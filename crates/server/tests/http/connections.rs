//! What connections may cost: their number, their time, and what is held for them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use server::tls::Tls;
use server::{Limits, Proxies};

use crate::client::Client;
use crate::fixture::{Fixture, LARGE};

fn ask(server: &Fixture, client: &mut Client) -> u16 {
    client.send(format!("{}\r\n", server.head("GET", "/beta/x")));
    client.receive().status
}

fn few(limits: &Limits) -> Limits {
    Limits {
        connections_of_one: 2,
        ..limits.clone()
    }
}

#[test]
fn too_many_connections_from_one_address_are_closed() {
    let server = Fixture::with_limits(few(&Limits::default()));
    let mut first = server.connect();
    let mut second = server.connect();
    assert_eq!(ask(&server, &mut first), 200);
    assert_eq!(ask(&server, &mut second), 200);
    assert!(server.connect().is_closed());
    assert_eq!(ask(&server, &mut second), 200);
    drop(first);
    // The server learns of it a moment later.
    let begun = Instant::now();
    loop {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let head = format!("{}\r\n", server.head("GET", "/beta/x"));
        if stream.write_all(head.as_bytes()).is_ok() && matches!(stream.read(&mut [0; 12]), Ok(12))
        {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "there is room again"
        );
    }
}

#[test]
fn a_trusted_proxy_may_open_as_many_as_all() {
    let limits = Limits {
        connections: 4,
        ..few(&Limits::default())
    };
    let proxies = Proxies {
        trusted: vec!["127.0.0.1".parse().unwrap()],
        ..Proxies::default()
    };
    let server = Fixture::limited_behind(limits, proxies);
    let mut open: Vec<Client> = (0..4).map(|_| server.connect()).collect();
    for client in &mut open {
        assert_eq!(ask(&server, client), 200);
    }
    assert!(server.connect().is_closed());
}

#[test]
fn too_many_headers() {
    let server = Fixture::start();
    let headers = |count: usize| "x: y\r\n".repeat(count);
    assert_eq!(server.ask("GET", "/beta/x", &headers(90)).status, 200);
    let mut client = server.connect();
    client.send(format!(
        "{}{}\r\n",
        server.head("GET", "/beta/x"),
        headers(101)
    ));
    assert_eq!(client.receive().status, 431);
}

/// Sends the beginning of a head; what the server makes of it is not waited for.
fn half_a_head(address: SocketAddr, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let text = format!("GET /beta/x HTTP/1.1\r\nx: {}", "y".repeat(bytes));
    // The server may have closed it while it comes.
    let _ = stream.write_all(text.as_bytes());
    stream
}

#[test]
fn large_heads_share_what_may_be_held() {
    let limits = Limits {
        held: 1 << 20,
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let mut halves: Vec<TcpStream> = (0..40)
        .map(|_| half_a_head(server.address, 100_000))
        .collect();
    // Ten fit; the others were closed.
    let closed = |stream: &mut TcpStream| {
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        let read = stream.read(&mut [0]);
        match read {
            Ok(_) => true,
            Err(error) => !matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            ),
        }
    };
    let open = halves
        .iter_mut()
        .filter_map(|s| (!closed(s)).then_some(()))
        .count();
    assert!((1..=14).contains(&open), "{open} are still open");
    // What small requests need nobody can take, and kept connections do not add up.
    let mut client = server.connect();
    for _ in 0..100 {
        assert_eq!(ask(&server, &mut client), 200);
    }
    drop(halves);
}

#[test]
fn bodies_share_what_may_be_held() {
    let limits = Limits {
        held: 1 << 20,
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let head = server.head("POST", "/beta/x");
    let size = 900 << 10;
    let hold = || {
        let mut holder = server.connect();
        holder.send(format!("{head}Content-Length: {}\r\n\r\n", size + 1));
        holder.send(vec![b'x'; size]);
        std::thread::sleep(Duration::from_millis(100));
        holder
    };
    let whole = || {
        let mut client = server.connect();
        client.send(format!("{head}Content-Length: {size}\r\n\r\n"));
        client.send(vec![b'x'; size]);
        client.receive()
    };
    let begun = Instant::now();
    // Where both come at the same time, either may be refused.
    let mut holder = hold();
    while whole().status != 503 {
        assert!(begun.elapsed() < Duration::from_secs(15), "it is held");
        holder = hold();
    }
    let refused = whole();
    refused.error(503, "ServiceUnavailable");
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
    holder.send("x");
    assert_eq!(holder.receive().status, 200);
    assert_eq!(whole().status, 200);
}

#[test]
fn bodies_that_trickle() {
    let limits = Limits {
        body_idle: Duration::from_millis(300),
        body_rate: 1_000,
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let mut client = server.connect();
    client.send(format!(
        "{}Content-Length: 9999\r\n\r\n",
        server.head("POST", "/beta/x")
    ));
    let mut trickle = client.clone_stream();
    let sender = std::thread::spawn(move || {
        let mut sent = 0;
        while trickle.write_all(b"x").is_ok() && sent < 400 {
            sent += 1;
            std::thread::sleep(Duration::from_millis(50));
        }
        sent
    });
    client.receive().error(408, "RequestTimeout");
    drop(client);
    assert!(sender.join().unwrap() < 400);
}

#[test]
fn who_does_not_read_an_answer_is_cut_off() {
    let limits = Limits {
        unread: Duration::from_millis(300),
        held: 1 << 20,
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let mut client = server.connect();
    client.send(format!("{}\r\n", server.head("GET", "/beta/large")));
    // The answer is more than may be held: until it is gone, others are refused.
    let begun = Instant::now();
    while server.ask("GET", "/beta/x", "").status != 503 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the answer is held"
        );
    }
    while server.ask("GET", "/beta/x", "").status != 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the answer is gone"
        );
    }
    let mut stream = client.clone_stream();
    let mut rest = Vec::new();
    let read = stream.read_to_end(&mut rest);
    assert!(read.is_err() || rest.len() < LARGE, "broken off");
}

#[test]
fn requests_that_take_too_long() {
    let limits = Limits {
        request: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let refused = server.ask("PATCH", "/beta/endless", "");
    let message = refused.error(503, "ServiceUnavailable");
    assert!(message.contains("not known"), "{message}");
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
}

#[test]
fn handshakes_that_do_not_go_on() {
    let limits = Limits {
        handshake: Duration::from_millis(200),
        ..Limits::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let names = ["localhost", "127.0.0.1"].map(|name| name.parse().unwrap());
    let tls = Tls::self_signed(directory.path(), names.into()).unwrap();
    let server = Fixture::with(limits, Some(tls));
    let mut silent = server.connect();
    assert!(silent.is_closed());
}
