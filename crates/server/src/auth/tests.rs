mod headers;
mod issued;
mod refused;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::access::{Caller, Reach};
use futures_util::FutureExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_800_000_000;

struct Keys {
    ours: SigningKey,
    verifier: Verifier,
    _directory: tempfile::TempDir,
}

fn keys() -> Keys {
    let directory = tempfile::tempdir().unwrap();
    let ours = SigningKey::load_or_create(directory.path()).unwrap();
    Keys {
        verifier: Verifier::new(&ours),
        ours,
        _directory: directory,
    }
}

impl Keys {
    /// What the verifier says of a token; its own need no waiting.
    fn verify(&self, token: &str, now: SystemTime) -> Result<Arc<Caller>, AuthError> {
        let verified = self.verifier.verify(token, now).now_or_never();
        verified.expect("nothing to wait for")
    }
}

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn request() -> TokenRequest {
    TokenRequest {
        subject: "tests".to_owned(),
        roles: vec!["DeviceManagementScripts.ReadWrite.All".to_owned()],
        scopes: Vec::new(),
        reach: Reach::Everything,
        application: None,
        expires: Duration::from_secs(3600),
    }
}

/// The claims of an issued token, for a test to change.
fn claims(key: &SigningKey) -> Value {
    payload(&issue(key, &request(), time(NOW)).unwrap())
}

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn with(key: &SigningKey, member: &str, value: Value) -> String {
    let mut claims = claims(key);
    claims[member] = value;
    encode(&Header::new(Algorithm::ES256), &claims, key.encoding()).unwrap()
}

fn without(key: &SigningKey, member: &str) -> String {
    let mut claims = claims(key);
    claims.as_object_mut().unwrap().remove(member).unwrap();
    encode(&Header::new(Algorithm::ES256), &claims, key.encoding()).unwrap()
}

/// A compact JWS with this header and a signature that the caller chooses.
fn compact(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (header, claims) = (header.to_string(), claims.to_string());
    format!(
        "{}.{}.{}",
        part(header.as_bytes()),
        part(claims.as_bytes()),
        part(signature)
    )
}

fn check(keys: &Keys, name: &str, token: &str, reason: &str) {
    for attempt in ["first", "second"] {
        match keys.verify(token, time(NOW)) {
            Err(AuthError::Invalid(text)) => {
                assert!(text.contains(reason), "{name}, {attempt} time: {text}");
            }
            other => panic!("{name}, {attempt} time: {other:?}"),
        }
    }
}
