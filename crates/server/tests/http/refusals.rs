//! Requests that are refused: each with the error object, its status and the headers it demands.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use server::Limits;

use crate::fixture::Fixture;
use crate::log;

#[test]
fn what_the_handler_refuses() {
    let server = Fixture::start();
    let ask = |path: &str| server.ask("POST", &format!("/beta/{path}"), "");
    assert_eq!(ask("forbidden").error(403, "Forbidden"), "needs C.Read.All");
    assert_eq!(ask("type").error(415, "UnsupportedMediaType"), "not JSON");
    let answer = ask("method");
    assert_eq!(answer.error(405, "MethodNotAllowed"), "not POST");
    assert_eq!(answer.header("allow"), Some("GET, PATCH"));
    assert_eq!(answer.header("retry-after"), None);
    let answer = ask("away");
    assert_eq!(answer.error(503, "ServiceUnavailable"), "away");
    assert_eq!(answer.header("retry-after"), Some("5"));
}

#[test]
fn panics_and_internal_errors_are_told_to_the_log_alone() {
    let server = Fixture::start();
    for (path, reason) in [
        ("panic", "panic: asked to, with a secret"),
        ("panic-at-once", "asked to"),
        ("internal", "the secret reason"),
        ("status-100", "the service answered 100"),
        ("status-9999", "the service answered 9999"),
    ] {
        let answer = server.ask("GET", &format!("/beta/{path}?$filter=private"), "");
        let message = answer.error(500, "InternalServerError");
        assert!(message.contains("request id"), "{path}: {message}");
        assert!(!answer.text().contains("secret"), "{path}: {answer:?}");

        let lines = log::lines_with(answer.header("request-id").unwrap());
        assert_eq!(lines.len(), 1, "{path}: {lines:?}");
        assert!(lines[0].contains(reason), "{path}: {lines:?}");
        assert!(lines[0].contains(&format!("/beta/{path}")), "{lines:?}");
        assert!(!lines[0].contains("private"), "{path}: {lines:?}");
    }
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
    assert_eq!(log::lines_with(&server.token), Vec::<String>::new());
}

#[test]
fn what_is_the_clients_fault_is_not_logged() {
    let server = Fixture::start();
    for target in ["/beta/forbidden", "/nowhere", "/beta//x"] {
        let answer = server.ask("GET", target, "");
        let lines = log::lines_with(answer.header("request-id").unwrap());
        assert_eq!(lines, Vec::<String>::new(), "{target}");
    }
}

#[test]
fn without_a_sound_token() {
    let server = Fixture::start();
    let other = Fixture::start();
    let token = &server.token;
    let cut = &token[..token.len() - 5];
    let plain = r#"Bearer realm="""#;
    for (sent, described) in [
        (String::new(), false),
        ("Authorization: Basic dTpw\r\n".to_owned(), false),
        ("Authorization: Bearer\r\n".to_owned(), false),
        ("Authorization: Bearer x\r\n".to_owned(), true),
        (format!("Authorization: Bearer {cut}\r\n"), true),
        (format!("Authorization: Bearer {}\r\n", other.token), true),
        (format!("Authorization: Bearer {token}\r\n").repeat(2), true),
        (
            format!("Authorization: Bearer {}\r\n", "x".repeat(17 << 10)),
            true,
        ),
    ] {
        let answer = server.send(format!("GET /beta/x HTTP/1.1\r\nHost: a\r\n{sent}\r\n"));
        let message = answer.error(401, "InvalidAuthenticationToken");
        let challenge = answer.header("www-authenticate").unwrap();
        if described {
            let expected =
                format!(r#"{plain}, error="invalid_token", error_description="{message}""#);
            assert_eq!(challenge, expected);
        } else {
            assert_eq!(challenge, plain, "{sent}");
        }
    }
    assert_eq!(server.handled.load(Ordering::SeqCst), 0);
}

#[test]
fn where_nothing_is() {
    let server = Fixture::start();
    for target in [
        "/",
        "/v2.0/x",
        "/betax",
        "//beta/x",
        "/deviceManagement",
        "/health/x",
    ] {
        let message = server.ask("GET", target, "").error(404, "ResourceNotFound");
        assert!(message.contains("/beta, /v1.0, /localtest"), "{message}");
    }
    server.ask("GET", "/beta//x", "").error(400, "BadRequest");
}

#[test]
fn methods_of_open_resources() {
    let server = Fixture::start();
    let answer = server.ask("DELETE", "/health", "");
    answer.error(405, "MethodNotAllowed");
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
}

#[test]
fn hosts_that_are_none() {
    let server = Fixture::start();
    let token = &server.token;
    for hosts in [
        "",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: u@a\r\n",
        "Host: a\r\nHost: a\r\n",
    ] {
        server
            .send(format!(
                "GET /beta/x HTTP/1.1\r\n{hosts}Authorization: Bearer {token}\r\n\r\n"
            ))
            .error(400, "BadRequest");
    }
}

#[test]
fn urls_that_are_too_long() {
    let server = Fixture::start();
    let fits = "x".repeat((16 << 10) - "/beta/?".len());
    assert_eq!(server.ask("GET", &format!("/beta/?{fits}"), "").status, 200);
    for target in [
        format!("/beta/?{fits}x"),
        format!("/beta/{fits}xx"),
        format!("/{}", "y".repeat(60_000)),
    ] {
        let message = server.ask("GET", &target, "").error(414, "UriTooLong");
        assert!(message.contains("16384 bytes"), "{message}");
    }
}

#[test]
fn heads_that_are_too_large_end_the_connection() {
    let server = Fixture::start();
    let mut client = server.connect();
    client.send(format!(
        "{}x: {}\r\n\r\n",
        server.head("GET", "/beta/x"),
        "y".repeat(100_000)
    ));
    assert_eq!(client.receive().status, 200);
    client.send(server.head("GET", "/beta/x"));
    client.send(format!("x: {}\r\n\r\n", "y".repeat(150_000)));
    assert_eq!(client.receive().status, 431);
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
}

#[test]
fn bodies_that_are_too_large() {
    let server = Fixture::start();
    let head = server.head("POST", "/beta/x");
    let limit = 32 << 20;
    let declared = server.send(format!(
        "{head}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        limit + 1
    ));
    let message = declared.error(413, "RequestEntityTooLarge");
    assert!(message.contains("33554432 bytes"), "{message}");

    // A client that sends everything before it reads gets its answer too.
    let mut client = server.connect();
    client.send(format!("{head}Content-Length: {}\r\n\r\n", limit + 1));
    client.send(vec![b'x'; limit + 1]);
    client.receive().error(413, "RequestEntityTooLarge");

    let mut client = server.connect();
    client.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n"));
    let megabyte = [b"100000\r\n", &[b'x'; 1 << 20][..], b"\r\n"].concat();
    for _ in 0..33 {
        client.send(&megabyte);
    }
    client.send("0\r\n\r\n");
    client.receive().error(413, "RequestEntityTooLarge");

    let huge = i64::MAX;
    let expect = "Expect: 100-continue";
    server
        .send(format!("{head}{expect}\r\nContent-Length: {huge}\r\n\r\n"))
        .error(413, "RequestEntityTooLarge");
    assert_eq!(server.handled.load(Ordering::SeqCst), 0);
}

#[test]
fn a_large_body_without_a_token_is_told_so() {
    let server = Fixture::start();
    let size = 8 << 20;
    let mut client = server.connect();
    client.send(format!(
        "POST /beta/x HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n"
    ));
    client.send(vec![b'x'; size]);
    client.receive().error(401, "InvalidAuthenticationToken");
}

#[test]
fn bodies_that_stop_coming() {
    let patience = Duration::from_millis(200);
    let server = Fixture::with_limits(Limits {
        body_idle: patience,
        ..Limits::default()
    });
    let mut client = server.connect();
    let begun = Instant::now();
    let head = server.head("POST", "/beta/x");
    client.send(format!("{head}Content-Length: 10\r\n\r\nabc"));
    client.receive().error(408, "RequestTimeout");
    assert!(begun.elapsed() >= patience);
    assert!(client.is_closed());
    assert_eq!(server.handled.load(Ordering::SeqCst), 0);
}

#[test]
fn bodies_that_take_too_long_in_all() {
    let server = Fixture::with_limits(Limits {
        body_total: Duration::from_millis(200),
        ..Limits::default()
    });
    let mut client = server.connect();
    let begun = Instant::now();
    let head = server.head("POST", "/beta/x");
    client.send(format!("{head}Content-Length: 10\r\n\r\nabc"));
    client.receive().error(408, "RequestTimeout");
    assert!(begun.elapsed() < Limits::default().body_idle / 2);
}

#[test]
fn bodies_that_cannot_be_read() {
    let server = Fixture::start();
    let head = server.head("POST", "/beta/x");
    for encoding in ["gzip", "identity, br"] {
        server
            .send(format!(
                "{head}Content-Encoding: {encoding}\r\nContent-Length: 1\r\n\r\nx"
            ))
            .error(415, "UnsupportedMediaType");
    }
    let plain = format!("{head}Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx");
    assert_eq!(server.send(plain).status, 200);
    server
        .send(format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"))
        .error(400, "BadRequest");
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let limits = Limits {
        head: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let mut silent = server.connect();
    assert!(silent.is_closed());
    let mut slow = server.connect();
    slow.send("GET /beta/x HTTP/1.1\r\nHo");
    assert!(slow.is_closed());
}

#[test]
fn what_is_no_http_is_answered_with_400_and_closed() {
    let server = Fixture::start();
    for garbage in [
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
        "GET\r\n\r\n",
        "GET /beta/x HTTP/1.1\r\nno colon\r\n\r\n",
    ] {
        let mut client = server.connect();
        client.send(garbage);
        assert_eq!(client.receive().status, 400, "{garbage:?}");
        assert!(client.is_closed());
    }
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
}
