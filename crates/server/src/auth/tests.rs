mod headers;
mod issued;
mod key_set;
mod refused;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::access::{Caller, Reach};
use futures_util::FutureExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const NOW: u64 = 1_800_000_000;

struct Keys {
    ours: Ours,
    verifier: Verifier,
}

/// A set of one key, and the key.
struct Ours {
    set: Arc<KeySet>,
    key: SigningKey,
}

fn keys() -> Keys {
    let secret = SigningKey::new_secret().unwrap();
    let key = || SigningKey::from_secret(&secret).unwrap();
    let set = Arc::new(KeySet::of(Uuid::new_v4(), key()));
    Keys {
        verifier: Verifier::new(Arc::clone(&set)),
        ours: Ours { set, key: key() },
    }
}

impl std::ops::Deref for Ours {
    type Target = SigningKey;

    fn deref(&self) -> &SigningKey {
        &self.key
    }
}

fn issue(ours: &Ours, request: &TokenRequest, now: SystemTime) -> Result<String, TokenError> {
    super::issue(&ours.set, request, now).map(|issued| issued.token)
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
fn claims(key: &Ours) -> Value {
    payload(&issue(key, &request(), time(NOW)).unwrap())
}

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn with(key: &Ours, member: &str, value: Value) -> String {
    let mut claims = claims(key);
    claims[member] = value;
    encode(&header(key), &claims, key.encoding()).unwrap()
}

fn without(key: &Ours, member: &str) -> String {
    let mut claims = claims(key);
    claims.as_object_mut().unwrap().remove(member).unwrap();
    encode(&header(key), &claims, key.encoding()).unwrap()
}

/// The header of its tokens.
fn header(key: &Ours) -> Header {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(key.thumbprint());
    header
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
