//! Tokens of other issuers, and a provider that can be changed while it runs.

mod provider;
mod reading;
mod tokens;

use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, Header, encode};
use serde_json::{Value, json};

use super::keys::Pace;
use super::*;
use crate::auth::{KeySet, SigningKey, Verifier};
use provider::{Provider, Signer};

const NOW: u64 = 1_800_000_000;

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn now() -> SystemTime {
    time(NOW)
}

fn settings(text: &str) -> Result<Issuers, IssuersError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("issuers.toml");
    std::fs::write(&path, text).unwrap();
    Issuers::read(&path)
}

/// A verifier that trusts a provider, with more lines for it.
fn trusting(provider: &Provider, more: &str) -> Verifier {
    let issuer = &provider.url;
    let issuers = settings(&format!(
        "[[openid]]\nissuer = \"{issuer}\"\naudiences = [\"runstate\"]\n{more}"
    ));
    let own = SigningKey::from_secret(&SigningKey::new_secret().unwrap()).unwrap();
    let own = KeySet::of(uuid::Uuid::new_v4(), own);
    Verifier::new(own.into()).with_issuers(issuers.unwrap())
}

/// The claims of a token that holds.
fn claims(provider: &Provider) -> Value {
    json!({
        "iss": provider.url, "aud": "runstate", "sub": "ada", "roles": ["A.Read.All"],
        "iat": NOW, "nbf": NOW, "exp": NOW + 3_600
    })
}
