//! Which tokens hold.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, decode_header, encode};
use serde_json::{Value, json};

use crate::support::{HEALTH, READ_WRITE, Request, Server};

/// The claims of a token as it was issued.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A token with these claims, signed by the server's own key.
fn sign(server: &Server, header: &Header, claims: &Value) -> String {
    let key = std::fs::read(server.data_dir().join("signing-key.pem")).unwrap();
    encode(header, claims, &EncodingKey::from_ec_pem(&key).unwrap()).unwrap()
}

#[test]
fn a_changed_token_does_not_hold() {
    let server = Server::shared();
    let token = server.issue(&["--role", READ_WRITE]);
    let (header, issued) = (decode_header(&token).unwrap(), claims(&token));
    let changed = |name: &str, value: Value| {
        let mut claims = issued.clone();
        claims[name] = value;
        sign(&server, &header, &claims)
    };
    let asks = |token: &str| server.client_with(Some(token)).get(&HEALTH.url());
    asks(&token).expect(200);
    asks(&changed("jti", json!("another"))).expect(200);
    let now = issued["iat"].as_u64().unwrap();
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
        asks(&changed(name, value)).expect_error(401, "InvalidAuthenticationToken");
    }
    let parts: Vec<&str> = token.split('.').collect();
    let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    for bad in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!(
            "{}.{}.{}",
            parts[0],
            parts[1],
            parts[2].chars().rev().collect::<String>()
        ),
        token[..token.len() - 4].to_owned(),
        format!("{token}.x"),
        "x".to_owned(),
        "..".to_owned(),
        "x".repeat(100_000),
    ] {
        asks(&bad).expect_error(401, "InvalidAuthenticationToken");
    }
    // The token of another server, whose key is another.
    let other = Server::start();
    asks(&other.issue(&["--role", READ_WRITE])).expect_error(401, "InvalidAuthenticationToken");
    for personal in [
        ("tid", json!("9188040d-6c67-4c5b-b112-36a304b66dad")),
        ("idp", json!("live.com")),
    ] {
        let said = asks(&changed(personal.0, personal.1)).expect_error(403, "Forbidden");
        assert!(
            said.contains("Personal Microsoft accounts are not supported"),
            "{said}"
        );
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
