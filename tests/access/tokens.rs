//! Which tokens hold.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Header, decode_header, encode};
use serde_json::{Value, json};

use crate::support::{Answer, HEALTH, READ_WRITE, Request, Server};

/// The claims of a token as it was issued.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A token with these claims, signed by the server's own key.
fn sign(server: &Server, header: &Header, claims: &Value) -> String {
    encode(header, claims, &server.signing_key()).unwrap()
}

/// A token as it was issued, with one claim changed and signed anew by the server's own key.
fn changed(server: &Server, issued: &str, name: &str, value: Value) -> String {
    let mut claims = claims(issued);
    claims[name] = value;
    sign(server, &decode_header(issued).unwrap(), &claims)
}

fn ask(server: &Server, token: &str) -> Answer {
    server.client_with(Some(token)).get(&HEALTH.url())
}

#[test]
fn each_claim_must_hold() {
    let server = Server::shared();
    let token = server.issue(&["--role", READ_WRITE]);
    ask(&server, &token).expect(200);
    ask(&server, &changed(&server, &token, "jti", json!("another"))).expect(200);
    let now = claims(&token)["iat"].as_u64().unwrap();
    for (name, value) in [
        ("aud", json!("https://example.com")),
        ("aud", json!(null)),
        ("iss", json!("https://example.com")),
        ("tid", json!("00000000-0000-4000-8000-000000000000")),
        ("exp", json!(now - 600)),
        ("exp", json!(null)),
        ("nbf", json!(now + 3_600)),
        ("roles", json!("x")),
    ] {
        let answer = ask(&server, &changed(&server, &token, name, value));
        answer.expect_error(401, "InvalidAuthenticationToken");
    }
    for (name, value) in [
        ("tid", json!("9188040d-6c67-4c5b-b112-36a304b66dad")),
        ("idp", json!("live.com")),
    ] {
        let answer = ask(&server, &changed(&server, &token, name, value));
        let said = answer.expect_error(403, "Forbidden");
        assert!(
            said.contains("Personal Microsoft accounts are not supported"),
            "{said}"
        );
    }
}

#[test]
fn only_the_servers_own_signature_holds() {
    let server = Server::shared();
    let token = server.issue(&["--role", READ_WRITE]);
    let parts: Vec<&str> = token.split('.').collect();
    let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let reversed: String = parts[2].chars().rev().collect();
    let other = Server::start();
    for bad in [
        other.issue(&["--role", READ_WRITE]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.{reversed}", parts[0], parts[1]),
        token[..token.len() - 4].to_owned(),
        format!("{token}.x"),
        "x".to_owned(),
        "..".to_owned(),
        "x".repeat(100_000),
    ] {
        ask(&server, &bad).expect_error(401, "InvalidAuthenticationToken");
    }
}

#[test]
fn an_expired_token_does_not_hold() {
    let server = Server::shared();
    let brief = server.client(&["--role", READ_WRITE, "--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    let said = brief
        .get(&HEALTH.url())
        .expect_error(401, "InvalidAuthenticationToken");
    assert!(said.contains("expired"), "{said}");
}

#[test]
fn how_a_token_is_carried() {
    let server = Server::shared();
    let token = server.issue(&["--role", READ_WRITE]);
    let nobody = server.client_with(None);
    let ask = |value: &str| {
        nobody
            .send(&Request::new("GET", &HEALTH.url()).header("Authorization", value))
            .status
    };
    assert_eq!(ask(&format!("Bearer {token}")), 200);
    assert_eq!(ask(&format!("bearer {token}")), 200);
    assert_eq!(ask(&format!("Bearer   {token}")), 200);
    for value in [
        token.clone(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Basic {token}"),
        format!("Bearer {token} x"),
        format!("Bearer,{token}"),
        String::new(),
    ] {
        assert_eq!(ask(&value), 401, "{value}");
    }
    let twice = Request::new("GET", &HEALTH.url())
        .header("Authorization", &format!("Bearer {token}"))
        .header("Authorization", &format!("Bearer {token}"));
    assert_eq!(nobody.send(&twice).status, 401);
    assert_eq!(
        nobody
            .get(&format!("{}?access_token={token}", HEALTH.url()))
            .status,
        401
    );
}
