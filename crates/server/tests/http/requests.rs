//! Requests that are served.

use crate::fixture::Fixture;

#[test]
fn a_request_reaches_the_handler_as_it_was_sent() {
    let server = Fixture::start();
    let answer = server.send(format!(
        "{}x: y\r\nContent-Length: 3\r\n\r\nabc",
        server.head("PATCH", "/beta/a('%2F')/b?$select=%61")
    ));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.text(),
        "PATCH http://t.example/beta a('%2F')/b Some(\"$select=%61\") 3 bytes, sum 294, \
         tests {\"A.Read.All\"} {\"B.Read.All\"} x=Some(\"y\")"
    );
    assert_eq!(answer.header("content-type"), Some("text/plain"));
}

#[test]
fn all_service_roots_lead_to_the_service() {
    let server = Fixture::start();
    for (target, seen) in [
        ("/beta", "GET http://t.example/beta  None"),
        ("/beta/", "GET http://t.example/beta  None"),
        (
            "/v1.0/$metadata?",
            "GET http://t.example/v1.0 $metadata Some(\"\")",
        ),
        ("/localtest/x/", "GET http://t.example/localtest x/ None"),
        ("http://other:1/beta/x", "GET http://other:1/beta x None"),
    ] {
        let answer = server.ask("GET", target, "");
        assert!(
            answer.text().starts_with(seen),
            "{target}: {}",
            answer.text()
        );
    }
}

#[test]
fn every_answer_has_its_ids_and_a_date() {
    let server = Fixture::start();
    let mut seen = std::collections::BTreeSet::new();
    for target in [
        "/health",
        "/beta/x",
        "/beta/nothing",
        "/beta/panic",
        "/nowhere",
    ] {
        let answer = server.ask("GET", target, "client-request-id: mine\r\n");
        assert_eq!(answer.header("client-request-id"), Some("mine"), "{target}");
        let id = answer.header("request-id").unwrap().to_owned();
        assert_eq!(id.len(), 36, "{target}");
        assert!(seen.insert(id), "{target}");
        assert!(answer.header("date").unwrap().ends_with(" GMT"));

        let answer = server.ask("GET", target, "client-request-id: not sane\r\n");
        assert_eq!(
            answer.header("client-request-id"),
            answer.header("request-id"),
            "{target}"
        );
    }
}

#[test]
fn health_is_open_and_everything_else_is_not() {
    let server = Fixture::start();
    let bare = |method: &str, target: &str| {
        server.send(format!(
            "{method} {target} HTTP/1.1\r\nHost: t.example\r\n\r\n"
        ))
    };
    let health = bare("GET", "/health");
    assert_eq!((health.status, health.text()), (200, r#"{"status":"ok"}"#));
    assert_eq!(health.header("content-type"), Some("application/json"));
    bare("POST", "/health").error(405, "MethodNotAllowed");
    for root in server::target::SERVICE_ROOTS {
        for path in [
            "",
            "/",
            "/$metadata",
            "/$batch",
            "/x",
            "/health",
            "/../health",
        ] {
            for method in [
                "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
            ] {
                let target = format!("/{root}{path}");
                let status = if method == "HEAD" {
                    let mut client = server.connect();
                    client.send(format!("HEAD {target} HTTP/1.1\r\nHost: t.example\r\n\r\n"));
                    client.receive_head().status
                } else {
                    bare(method, &target).status
                };
                assert_eq!(status, 401, "{method} {target}");
            }
        }
    }
    assert_eq!(server.handled.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[test]
fn head_is_get_without_a_body() {
    let server = Fixture::start();
    let get = server.ask("GET", "/beta/x", "");
    let mut client = server.connect();
    client.send(format!("{}\r\n", server.head("HEAD", "/beta/x")));
    let head = client.receive_head();
    assert_eq!(head.status, 200);
    for name in ["content-length", "content-type"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    // If a body had come, it would stand before this answer.
    client.send(format!("{}\r\n", server.head("GET", "/beta/y")));
    assert!(
        client
            .receive()
            .text()
            .starts_with("GET http://t.example/beta y")
    );
}

#[test]
fn a_connection_is_kept_over_good_and_bad_requests() {
    let server = Fixture::start();
    let mut client = server.connect();
    for (target, status) in [
        ("/beta/x", 200),
        ("/beta/nothing", 204),
        ("/nowhere", 404),
        ("/beta/panic", 500),
        ("/beta/panic-at-once", 500),
        ("/beta/forbidden", 403),
        ("/beta/x", 200),
    ] {
        client.send(format!(
            "{}Content-Length: 2\r\n\r\n{{}}",
            server.head("POST", target)
        ));
        assert_eq!(client.receive().status, status, "{target}");
    }
    client.send("POST /beta/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    client.receive().error(401, "InvalidAuthenticationToken");
    client.send(format!("{}\r\n", server.head("GET", "/beta/x")).repeat(3));
    for _ in 0..3 {
        assert_eq!(client.receive().status, 200, "pipelined");
    }
    client.send(format!(
        "{}Connection: close\r\n\r\n",
        server.head("GET", "/beta/x")
    ));
    assert_eq!(client.receive().status, 200);
    assert!(client.is_closed());
}

#[test]
fn http_1_0_without_host_is_served_under_the_listening_address() {
    let server = Fixture::start();
    let token = &server.token;
    let mut client = server.connect();
    client.send(format!(
        "GET /beta/x HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n"
    ));
    let answer = client.receive();
    let root = format!("GET http://{}/beta x", server.address);
    assert!(answer.text().starts_with(&root), "{}", answer.text());
    assert!(client.is_closed());
}

#[test]
fn bodies_in_one_piece_in_many_and_at_the_limit() {
    let server = Fixture::with_limits(server::Limits {
        body: 1 << 20,
        ..Default::default()
    });
    let head = server.head("POST", "/beta/x");
    for size in [0, 1, 70_000, 1 << 20] {
        let mut client = server.connect();
        client.send(format!("{head}Content-Length: {size}\r\n\r\n"));
        client.send(vec![1; size]);
        let expected = format!(" {size} bytes, sum {size},");
        assert!(
            client.receive().text().contains(&expected),
            "{size} at once"
        );

        client.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n"));
        for piece in vec![1; size].chunks(1000) {
            client.send(format!("{:x}\r\n", piece.len()));
            client.send(piece);
            client.send("\r\n");
        }
        client.send("0\r\nx: a trailer\r\n\r\n");
        let answer = client.receive();
        assert!(answer.text().contains(&expected), "{size} in chunks");
        assert!(answer.text().ends_with("x=None"), "a trailer is no header");
    }
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() {
    let server = Fixture::start();
    let mut client = server.connect();
    let head = server.head("POST", "/beta/x");
    client.send(format!(
        "{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    ));
    assert_eq!(client.receive_head().status, 100);
    client.send("ab");
    assert!(client.receive().text().contains("2 bytes"));
}
