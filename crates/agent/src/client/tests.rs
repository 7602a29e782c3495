//! The client against a server on the loopback.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::*;
use crate::narrator::Silent;
use crate::options::Token;
use crate::test_server::{Reply, TestServer};

const SECRET: &str = "top.secret-token";

fn options(server: &str) -> Options {
    let mut options = Options::new(server, Token::new(SECRET).unwrap());
    options.retry = RetryPolicy {
        attempts: 3,
        first_wait: Duration::from_millis(2),
        longest_wait: Duration::from_secs(2),
    };
    options
}

fn get(options: &Options) -> Result<Value, AgentError> {
    let client = Client::new(options)?;
    let url = client.root().resource("x");
    let result = client.get(&url, &mut Silent).map(|(value, _)| value);
    if let Err(error) = &result {
        let shown = format!("{error} {error:?} {options:?}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
    result
}

fn body(text: &str) -> Reply {
    Reply(200, "Content-Type: application/json\r\n", text.to_owned())
}

#[test]
fn a_request_carries_the_token_and_an_id() {
    let server = TestServer::start(|_, _| body("{}"));
    let client = Client::new(&options(&server.url())).unwrap();
    let url = client.root().resource("a(b)?$top=1");
    client
        .send(Method::Patch, &url, &json!({"ä": 1}), &mut Silent)
        .unwrap();
    let [asked] = server.asked().try_into().expect("one request");
    assert_eq!(
        (&*asked.method, &*asked.path),
        ("PATCH", "/beta/a(b)?$top=1")
    );
    assert_eq!(
        asked.header("authorization"),
        Some("Bearer top.secret-token")
    );
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert!(
        asked
            .header("client-request-id")
            .is_some_and(|id| id.len() == 36)
    );
    assert_eq!(asked.json(), json!({"ä": 1}));
}

#[test]
fn passing_failures_are_passed_over() {
    #[derive(Default)]
    struct Waits(Vec<Duration>);
    impl Narrator for Waits {
        fn retrying(&mut self, _reason: &str, wait: Duration) {
            self.0.push(wait);
        }
    }
    let server = TestServer::start(|_, count| match count {
        0 => Reply(429, "Retry-After: 1\r\n", String::new()),
        1 => Reply(0, "", String::new()),
        _ => body(r#"{"a":1}"#),
    });
    let client = Client::new(&options(&server.url())).unwrap();
    let mut waits = Waits::default();
    let (value, length) = client
        .get::<Value>(&client.root().resource("x"), &mut waits)
        .unwrap();
    assert_eq!((value, length), (json!({"a": 1}), 7));
    let [throttled, lost] = waits.0.try_into().expect("two waits");
    assert_eq!(throttled, Duration::from_secs(1));
    assert!(lost < Duration::from_millis(5));
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    let ids: Vec<_> = asked
        .iter()
        .map(|asked| asked.header("client-request-id"))
        .collect();
    assert!(
        ids.windows(2).all(|pair| pair.first() == pair.last()),
        "{ids:?}"
    );
}

#[test]
fn lasting_failures_are_errors() {
    let check = |status: u16, headers: &'static str, requests: usize, expected: &str| {
        let answer = json!({"error": {"code": "SomeCode", "message": "Line one\n\u{1b}[31mtwo",
            "innerError": {"request-id": "the-id", "date": "x"}}});
        let server = TestServer::start(move |_, _| Reply(status, headers, answer.to_string()));
        let error = get(&options(&server.url())).unwrap_err();
        assert_eq!(server.asked().len(), requests, "{error}");
        assert_eq!(error.status(), Some(status));
        let text = error.to_string();
        assert!(text.ends_with(expected), "{text}");
        assert!(text.starts_with("GET http://127.0.0.1:"), "{text}");
    };
    let said = "SomeCode: Line one  [31mtwo (request-id the-id)";
    check(400, "", 1, &format!("/beta/x: 400 {said}"));
    check(401, "", 1, &format!("401 {said}"));
    check(503, "", 3, &format!("503 {said}"));
    check(429, "Retry-After: 1000\r\n", 1, &format!("429 {said}"));
    check(
        302,
        "Location: http://127.0.0.1:1/\r\n",
        1,
        &format!("302 {said}"),
    );
}

#[test]
fn answers_of_any_kind_are_survived() {
    let check = |reply: Reply, expected: &str| {
        let Reply(status, headers, text) = reply;
        let server = TestServer::start(move |_, _| Reply(status, headers, text.clone()));
        let mut options = options(&server.url());
        options.response_limit = 100_000;
        let text = get(&options).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
        assert!(text.len() < 1500, "{text}");
    };
    check(body(""), "EOF while parsing");
    check(body("<html>"), "expected value");
    check(body(&"[".repeat(90_000)), "recursion limit");
    check(
        body(&"x".repeat(100_001)),
        "larger than request limit: 100000",
    );
    check(
        Reply(418, "", "<h1>Tea\u{7}pot</h1>".to_owned()),
        "418: <h1>Tea pot</h1>",
    );
    check(
        Reply(403, "request-id: r-1\r\n", "[".repeat(90_000)),
        "(request-id r-1)",
    );
    check(
        Reply(404, "", r#"{"error":{"code":7}}"#.to_owned()),
        "404: {\"error\"",
    );
    check(Reply(0, "", String::new()), "no answer after 3 attempts");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    // The port was free a moment ago, and nobody listens on it.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = get(&options(&format!("http://{address}"))).unwrap_err();
    assert!(
        matches!(error, AgentError::Unreachable { attempts: 3, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn authorities_are_read_from_pem() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    let check = |content: &str, holds: bool| {
        std::fs::write(&path, content).unwrap();
        let mut options = options("https://localhost:1");
        options.ca_file = Some(path.clone());
        let result = Client::new(&options);
        assert_eq!(result.is_ok(), holds, "{content}");
    };
    check("", false);
    check("no certificate", false);
    check(
        "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
        false,
    );
    check(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        true,
    );
    std::fs::remove_file(&path).unwrap();
    let mut options = options("https://localhost:1");
    options.ca_file = Some(path.clone());
    assert!(Client::new(&options).is_err_and(|error| error.to_string().contains("ca.pem")));
}
