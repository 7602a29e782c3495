//! Tokens of an identity provider that the server is told to trust.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{HEALTH, READ_WRITE, Server};

/// A provider with one key: its issuer, for as long as the tests run.
fn provider(key: &EncodingKey) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, Algorithm::ES256).unwrap());
    jwk.as_mut().unwrap()["kid"] = json!("k");
    let (root, jwk) = (issuer.clone(), jwk.unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let discovery = lines.next().unwrap().unwrap().contains(".well-known");
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            let body = match discovery {
                true => json!({ "issuer": root, "jwks_uri": format!("{root}/keys") }),
                false => json!({ "keys": [jwk] }),
            }
            .to_string();
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    issuer
}

fn sign(key: &EncodingKey, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("k".to_owned());
    encode(&header, claims, key).unwrap()
}

#[test]
fn a_trusted_provider_signs_in_beside_the_servers_own_tokens() {
    let other = Server::start();
    let key = other.signing_key();
    let issuer = provider(&key);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("issuers.toml");
    let settings = format!(
        "[[openid]]\nissuer = \"{issuer}\"\naudiences = [\"runstate\"]\nalgorithms = [\"ES256\"]"
    );
    std::fs::write(&file, settings).unwrap();
    let server = Server::start_with(&["--issuers", file.to_str().unwrap()]);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = |issuer: &str, role: &str| {
        json!({
            "iss": issuer, "aud": "runstate", "sub": "ada", "roles": [role],
            "nbf": now, "exp": now + 600
        })
    };
    let ask = |claims: &Value| {
        let client = server.client_with(Some(&sign(&key, claims)));
        client.get(&HEALTH.url())
    };
    // Its keys may take longer to come than a request waits: then it is told to come again.
    let begun = Instant::now();
    while ask(&claims(&issuer, READ_WRITE)).status == 503 {
        assert!(begun.elapsed() < Duration::from_secs(90), "its keys come");
        std::thread::sleep(Duration::from_secs(1));
    }
    ask(&claims(&issuer, READ_WRITE)).expect(200);
    server.get(&HEALTH.url()).expect(200);
    ask(&claims(&issuer, "Nothing.Read")).expect_error(403, "Forbidden");
    ask(&claims("http://127.0.0.1:1", READ_WRITE)).expect_error(401, "InvalidAuthenticationToken");
    // Its issuer is trusted here alone.
    let elsewhere = other.client_with(Some(&sign(&key, &claims(&issuer, READ_WRITE))));
    elsewhere
        .get(&HEALTH.url())
        .expect_error(401, "InvalidAuthenticationToken");
}
