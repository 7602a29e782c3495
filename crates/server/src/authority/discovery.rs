//! What the authority says of itself: its endpoints and its keys.

use std::time::SystemTime;

use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::Asked;
use super::answers;
use super::token::GRANT_TYPES;

/// The provider's metadata (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2).
pub(super) fn metadata(asked: &Asked<'_>) -> Response<Body> {
    let base = &asked.base;
    let body = json!({
        "issuer": asked.issuer,
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "prompt_values_supported": ["none", "login", "select_account", "consent"],
        "scopes_supported": ["openid", "profile", "offline_access"],
        "claims_supported": ["iss", "aud", "sub", "oid", "tid", "iat", "nbf", "exp", "auth_time",
            "nonce", "name", "preferred_username"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "grant_types_supported": GRANT_TYPES,
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "client_secret_basic", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256", "PS256", "EdDSA"],
        "tenant_region_scope": null,
    });
    answers::json(StatusCode::OK, &body)
}

/// For how long clients may keep the keys: the next key is published for much longer before it signs,
/// and whoever meets a key that it does not know asks again.
const KEYS_KEPT: &str = "public, max-age=3600";

/// The keys that tokens are verified with, and the next one (RFC 7517, section 5).
pub(super) fn keys(asked: &Asked<'_>) -> Response<Body> {
    let published = asked.keys.published(SystemTime::now());
    let jwk = |(id, x, y): (String, Vec<u8>, Vec<u8>)| {
        json!({
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": id,
            "x": BASE64_URL_SAFE_NO_PAD.encode(x),
            "y": BASE64_URL_SAFE_NO_PAD.encode(y),
        })
    };
    let keys: Vec<Value> = published.into_iter().map(jwk).collect();
    let mut response = answers::json(StatusCode::OK, &json!({ "keys": keys }));
    let headers = response.headers_mut();
    headers.remove(header::PRAGMA);
    let kept = HeaderValue::from_static(KEYS_KEPT);
    headers.insert(header::CACHE_CONTROL, kept);
    response
}
