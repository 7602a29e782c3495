//! An issuer's keys: remembered, read anew now and then, and kept while it cannot be reached.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

use super::fetch::fetch;
use super::settings::Issuer;
use crate::auth::AuthError;

/// The shortest modulus of an RSA key, in bytes (RFC 7518, section 3.3).
const SHORTEST_MODULUS: usize = 256;

/// A key, and the one algorithm that it is for.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// How often keys are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Keys that are older are read anew, while requests go on with them.
    pub(super) refresh: Duration,
    /// After a reading, none for so long, whatever tokens say and however it ended.
    pub(super) rest: Duration,
    /// Keys that could not be read anew for so long are no longer believed.
    pub(super) stale: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(3_600),
            rest: Duration::from_secs(30),
            stale: Duration::from_secs(3 * 86_400),
        }
    }
}

type Fetch = dyn Fn() -> Result<Vec<Key>, String> + Send + Sync;

/// The keys of one issuer.
pub(super) struct Keys {
    issuer: String,
    fetch: Arc<Fetch>,
    pace: Pace,
    known: RwLock<Known>,
    /// Held by the one who reads.
    reading: Mutex<()>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Arc<Vec<Key>>,
    /// When they were read.
    read: Option<Instant>,
    /// When reading was tried last.
    tried: Option<Instant>,
}

impl Keys {
    pub(super) fn of(issuer: &Issuer) -> Self {
        let from = issuer.clone();
        let fetch = move || fetch(&from).map(|set| usable(&set, &from.algorithms));
        Self::new(&issuer.name, Pace::default(), fetch)
    }

    pub(super) fn new(
        issuer: &str,
        pace: Pace,
        fetch: impl Fn() -> Result<Vec<Key>, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            issuer: issuer.to_owned(),
            fetch: Arc::new(fetch),
            pace,
            known: RwLock::default(),
            reading: Mutex::default(),
        }
    }

    /// The key with this id; without one, the only key that there is.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] if no keys could be read, [`AuthError::Invalid`] if there is no
    /// such key among them.
    pub(super) async fn find(self: &Arc<Self>, id: Option<&str>) -> Result<Key, AuthError> {
        let known = self.known();
        if let Some(key) = self.among(&known, id) {
            if known
                .read
                .is_none_or(|read| read.elapsed() >= self.pace.refresh)
            {
                let keys = Arc::clone(self);
                tokio::spawn(async move { keys.read_anew().await });
            }
            return Ok(key);
        }
        // Perhaps the issuer has another key by now.
        self.read_anew().await;
        let known = self.known();
        match self.among(&known, id) {
            Some(key) => Ok(key),
            None if self.believed(&known) => Err(AuthError::Invalid(
                "The access token is not signed by a key of its issuer.",
            )),
            None => Err(AuthError::Unavailable),
        }
    }

    /// Reads the keys, unless someone just did: all who wait for it share one reading.
    pub(super) async fn read_anew(&self) {
        let _reading = self.reading.lock().await;
        let rests = |tried: Instant| tried.elapsed() < self.pace.rest;
        if self.known().tried.is_some_and(rests) {
            return;
        }
        let fetch = Arc::clone(&self.fetch);
        let fetched = tokio::task::spawn_blocking(move || fetch()).await;
        let fetched = fetched.unwrap_or_else(|error| Err(error.to_string()));
        let now = Instant::now();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.tried = Some(now);
        match fetched {
            Ok(keys) if !keys.is_empty() => {
                known.keys = Arc::new(keys);
                known.read = Some(now);
            }
            Ok(_) => tracing::warn!(issuer = %self.issuer, "no key there is one to check by"),
            Err(reason) => {
                tracing::warn!(issuer = %self.issuer, %reason, "the keys cannot be read");
            }
        }
    }

    fn known(&self) -> Known {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    fn believed(&self, known: &Known) -> bool {
        known
            .read
            .is_some_and(|read| read.elapsed() < self.pace.stale)
    }

    fn among(&self, known: &Known, id: Option<&str>) -> Option<Key> {
        if !self.believed(known) {
            return None;
        }
        let found = match (id, known.keys.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.cloned()
    }
}

/// The keys of a set that check signatures, each with its algorithm: its own, or the first of the
/// issuer's that it can be for.
pub(super) fn usable(set: &JwkSet, algorithms: &[Algorithm]) -> Vec<Key> {
    let usable = |jwk: &Jwk| {
        let signs = jwk.common.public_key_use.as_ref();
        if signs.is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
            return None;
        }
        let own = jwk.common.key_algorithm;
        let fits = |algorithm: &&Algorithm| {
            own.is_none_or(|own| own == (**algorithm).into()) && is_for(jwk, **algorithm)
        };
        Some(Key {
            id: jwk.common.key_id.clone(),
            algorithm: *algorithms.iter().find(fits)?,
            decoding: DecodingKey::from_jwk(jwk).ok()?,
        })
    };
    set.keys.iter().filter_map(usable).collect()
}

/// Whether a key is of the kind that an algorithm needs (RFC 7518, section 3.1; RFC 8037).
fn is_for(jwk: &Jwk, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match (&jwk.algorithm, algorithm) {
        (AlgorithmParameters::RSA(key), RS256 | RS384 | RS512 | PS256 | PS384 | PS512) => {
            // Four digits of base64 for three bytes.
            key.n.trim_end_matches('=').len() * 3 / 4 >= SHORTEST_MODULUS
        }
        (AlgorithmParameters::EllipticCurve(key), ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(key), EdDSA) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    }
}
