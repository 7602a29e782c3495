//! What the authority says of itself.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

use super::{expect_refusal, register};
use crate::support::{Request, Server};

#[test]
fn metadata_names_the_endpoints_as_the_client_reaches_them() {
    let server = Server::start();
    let nobody = server.client_with(None);
    let app = register(&server, &[]);
    for (tenant, path) in [
        (app.tenant.as_str(), "v2.0/.well-known/openid-configuration"),
        ("organizations", "v2.0/.well-known/openid-configuration"),
        ("adfs", ".well-known/openid-configuration"),
    ] {
        let target = format!("/{tenant}/{path}");
        let asked = Request::new("GET", &target).header("Host", "graph.test:99");
        let said = nobody.exchange(&asked).expect_json(200);
        let base = format!("http://graph.test:99/{}", app.tenant);
        assert_eq!(said["token_endpoint"], format!("{base}/oauth2/v2.0/token"));
        assert_eq!(said["jwks_uri"], format!("{base}/discovery/v2.0/keys"));
        let issuer = format!("http://graph.test:99/{tenant}/v2.0");
        assert_eq!(said["issuer"], issuer);
    }
    let behind = Server::start_with(&["--public-url", "https://graph.example"]);
    let said = behind
        .get("/common/v2.0/.well-known/openid-configuration")
        .expect_json(200);
    let endpoint = said["token_endpoint"].as_str().unwrap();
    assert!(endpoint.starts_with("https://graph.example/"), "{endpoint}");
    for method in ["POST", "PUT", "DELETE"] {
        let asked = Request::new(method, "/common/discovery/v2.0/keys");
        nobody.send(&asked).expect_error(405, "MethodNotAllowed");
    }
    let other = "/11111111-2222-4333-8444-555555555555/v2.0/.well-known/openid-configuration";
    expect_refusal(
        nobody.exchange(&Request::new("GET", other)),
        400,
        "invalid_request",
    );
}

#[test]
fn tokens_are_signed_by_the_keys_that_are_shown() {
    let server = Server::start();
    let app = register(&server, &["--role-scope-tag", "7"]);
    let said = server
        .get(&format!("/{}/discovery/v2.0/keys", app.tenant))
        .expect_json(200);
    let keys = said["keys"].as_array().unwrap();
    let key = &keys[0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"]),
        (
            &Value::from("EC"),
            &Value::from("P-256"),
            &Value::from("ES256"),
        )
    );
    let text = |name: &str| key[name].as_str().unwrap();
    let decoding = DecodingKey::from_ec_components(text("x"), text("y")).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["https://graph.microsoft.com"]);
    let token = decode::<Value>(app.token(&server), &decoding, &validation).unwrap();
    assert_eq!(token.header.kid.as_deref(), Some(text("kid")));
    let claims = token.claims;
    assert_eq!(claims["sub"], app.id);
    assert_eq!(claims["azp"], app.id);
    assert_eq!(claims["tid"], app.tenant);
    assert_eq!(claims["idtyp"], "app");
    assert_eq!(claims["roleScopeTagIds"], serde_json::json!(["7"]));
    let life = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(life, 3_600);
}
