//! Client credentials by signed assertion.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use serde_json::{Value, json};

use super::{Registered, access_token, expect_refusal, post, register};
use crate::servers::pairs;
use crate::support::{Answer, HEALTH, Server};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn now() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    since.expect("after 1970").as_secs()
}

/// An application that signs with a key of its own.
fn signing(server: &Server, pair: &KeyPair) -> Registered {
    let file = server.data_dir().join("application.pem");
    std::fs::write(&file, pair.public_key_pem()).unwrap();
    register(server, &["--public-key", file.to_str().unwrap()])
}

fn claims(app: &Registered, jti: &str) -> Value {
    json!({
        "iss": app.id, "sub": app.id, "jti": jti, "nbf": now(), "exp": now() + 300,
        "aud": format!("http://graph.test{}", app.endpoint()),
    })
}

fn send(server: &Server, app: &Registered, assertion: &str) -> Answer {
    let form = format!(
        "grant_type=client_credentials&client_assertion_type={TYPE}&client_assertion={assertion}"
    );
    post(server, &app.endpoint(), &form)
}

#[test]
fn a_signed_assertion_gets_a_token_once() {
    for (one, other) in pairs() {
        for (algorithm, by) in [
            (Algorithm::ES256, &PKCS_ECDSA_P256_SHA256),
            (Algorithm::EdDSA, &PKCS_ED25519),
        ] {
            let pair = KeyPair::generate_for(by).unwrap();
            let app = signing(&one, &pair);
            assert_eq!(app.secret, "");
            let der = pair.serialize_der();
            let key = match algorithm {
                Algorithm::ES256 => EncodingKey::from_ec_der(&der),
                _ => EncodingKey::from_ed_der(&der),
            };
            let sign = |claims: &Value| encode(&Header::new(algorithm), claims, &key).unwrap();
            let assertion = sign(&claims(&app, "once"));
            let token = access_token(send(&one, &app, &assertion));
            other
                .client_with(Some(&token))
                .get(&HEALTH.url())
                .expect(200);
            for server in [&one, &other] {
                let said = expect_refusal(send(server, &app, &assertion), 401, "invalid_client");
                assert!(said.contains("used before"), "{said}");
            }
            // The same id in another assertion is the same assertion.
            let mut again = claims(&app, "once");
            again["exp"] = json!(now() + 200);
            expect_refusal(send(&other, &app, &sign(&again)), 401, "invalid_client");
            let mut by_issuer = claims(&app, "twice");
            by_issuer["exp"] = json!(now() as f64 + 100.5);
            by_issuer["aud"] = json!(format!("http://graph.test/{}/v2.0", app.tenant));
            send(&other, &app, &sign(&by_issuer)).expect(200);
        }
    }
}

#[test]
fn what_is_refused() {
    let server = Server::start();
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let app = signing(&server, &pair);
    let key = EncodingKey::from_ec_der(&pair.serialize_der());
    let sign = |claims: &Value| encode(&Header::new(Algorithm::ES256), claims, &key).unwrap();
    let mut jti = 0;
    let mut check = |name: &str, value: Value| {
        jti += 1;
        let mut claims = claims(&app, &format!("{jti}"));
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        // Each at a server's beginning of counting failures.
        expect_refusal(send(&server, &app, &sign(&claims)), 401, "invalid_client")
    };
    for (name, value) in [
        ("aud", json!("https://other.example/oauth2/v2.0/token")),
        ("aud", Value::Null),
        ("exp", json!(now() - 120)),
        ("exp", json!(now() + 8 * 3_600)),
        ("exp", Value::Null),
        ("nbf", json!(now() + 3_600)),
        ("iss", json!("another")),
        ("jti", Value::Null),
        ("jti", json!("")),
    ] {
        check(name, value);
    }
}

#[test]
fn a_key_decides_how_it_is_used() {
    let server = Server::start();
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let app = signing(&server, &pair);
    let good = claims(&app, "1");
    // The public key as the secret of a shared-secret algorithm.
    let confused = EncodingKey::from_secret(pair.public_key_pem().as_bytes());
    let confused = encode(&Header::new(Algorithm::HS256), &good, &confused).unwrap();
    let stranger = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let stranger = EncodingKey::from_ec_der(&stranger.serialize_der());
    let stranger = encode(&Header::new(Algorithm::ES256), &good, &stranger).unwrap();
    let body = stranger.split('.').nth(1).unwrap();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{body}.");
    for bad in [
        confused,
        stranger.clone(),
        unsigned,
        "x".to_owned(),
        "..".to_owned(),
    ] {
        expect_refusal(send(&server, &app, &bad), 401, "invalid_client");
    }
    // Nothing of this used the assertion's id up, nor does one application speak for another.
    let other = register(&server, &[]);
    let key = EncodingKey::from_ec_der(&pair.serialize_der());
    let mut of_other = good.clone();
    (of_other["iss"], of_other["sub"]) = (json!(other.id), json!(other.id));
    let forged = encode(&Header::new(Algorithm::ES256), &of_other, &key).unwrap();
    expect_refusal(send(&server, &other, &forged), 401, "invalid_client");
    let signed = encode(&Header::new(Algorithm::ES256), &good, &key).unwrap();
    send(&server, &app, &signed).expect(200);
}
