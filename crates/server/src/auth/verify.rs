//! Verifies tokens, and remembers those that hold.

use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use engine::access::Caller;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use moka::sync::Cache;
use serde::Deserialize;

use super::issuers::{Issuers, Trusted};
use super::keys::{KeySet, NOT_OURS, OwnKey};
use super::revoked::Revoked;
use super::token::{AUDIENCE, Claims, seconds};
use super::{AuthError, EXPIRED, REVOKED};

/// How far the clock of another server that signs with the same key may be ahead, in seconds. An
/// expired token gets no leeway: the key that signed it and the clock that expires it are this
/// service's own.
const AHEAD: u64 = 60;

/// How many verified tokens are remembered.
const REMEMBERED: u64 = 10_000;

/// The tenant of all personal Microsoft accounts.
const PERSONAL_ACCOUNTS_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The identity provider of personal Microsoft accounts that are guests in another tenant.
const PERSONAL_ACCOUNTS_PROVIDER: &str = "live.com";

/// Decides which tokens hold. A signature is checked once for each token, not for each request:
/// a token that held is remembered by its SHA-256 and from then on only its times are checked.
pub struct Verifier {
    keys: Arc<KeySet>,
    validation: Validation,
    tenant: String,
    trusted: Vec<Trusted>,
    revoked: Arc<Revoked>,
    remembered: Cache<[u8; 32], Arc<Verified>>,
}

/// What a token with a sound signature says.
pub(super) struct Verified {
    pub(super) caller: Arc<Caller>,
    /// The own key that signed it, if one did.
    pub(super) key: Option<Arc<OwnKey>>,
    /// When it was issued, in seconds since 1970.
    pub(super) issued: u64,
    /// From when to when it holds, in seconds since 1970.
    pub(super) not_before: u64,
    pub(super) expires: u64,
    /// For how many seconds more, since the clocks of others differ.
    pub(super) leeway: u64,
}

impl Verifier {
    /// A verifier of the tokens that these keys sign.
    #[must_use]
    pub fn new(keys: Arc<KeySet>) -> Self {
        // The keys decide the algorithm; a token that names another is refused by its header.
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[keys.issuer()]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf"]);
        // A remembered token's times are checked too, and by the same code: `check_times`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            tenant: keys.tenant().to_string(),
            keys,
            validation,
            trusted: Vec::new(),
            revoked: Arc::default(),
            remembered: Cache::new(REMEMBERED),
        }
    }

    /// Takes the tokens of these issuers, too.
    #[must_use]
    pub fn with_issuers(mut self, issuers: Issuers) -> Self {
        self.trusted = issuers.0.into_iter().map(Trusted::new).collect();
        self
    }

    /// Reads the keys of the trusted issuers, so that what is wrong with them is in the log before a
    /// token needs them. Within a runtime of tokio.
    pub(crate) fn prepare(&self) {
        self.trusted.iter().for_each(Trusted::prepare);
    }

    /// The own keys, to be kept current.
    pub(crate) fn keys(&self) -> &Arc<KeySet> {
        &self.keys
    }

    /// What was revoked, to be kept current.
    pub(crate) fn revoked(&self) -> &Arc<Revoked> {
        &self.revoked
    }

    /// The caller that a token names.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] unless the token is of an own key or a trusted issuer, for this
    /// audience, holds now, and was not revoked; [`AuthError::PersonalAccount`] if it is and names a personal
    /// Microsoft account; [`AuthError::Unavailable`] if its issuer's keys cannot be read.
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<Arc<Caller>, AuthError> {
        let now = seconds(now);
        let fingerprint = fingerprint(token);
        if let Some(verified) = self.remembered.get(&fingerprint) {
            verified.check_times(now)?;
            verified.check_key()?;
            self.revoked.check(&verified)?;
            return Ok(Arc::clone(&verified.caller));
        }
        let verified = match self.trusted_issuer(token) {
            Some(issuer) => issuer.examine(token).await?,
            None => self.examine(token).await?,
        };
        let verified = Arc::new(verified);
        verified.check_times(now)?;
        verified.check_key()?;
        self.revoked.check(&verified)?;
        self.remembered.insert(fingerprint, Arc::clone(&verified));
        Ok(Arc::clone(&verified.caller))
    }

    /// The trusted issuer that a token says it is of; whether it is, its signature tells.
    fn trusted_issuer(&self, token: &str) -> Option<&Trusted> {
        #[derive(Deserialize)]
        struct Says {
            iss: String,
        }
        if self.trusted.is_empty() {
            return None;
        }
        let says = insecure_decode_claims::<Says>(token).ok()?;
        self.trusted.iter().find(|issuer| issuer.name() == says.iss)
    }

    /// Everything about a token of an own key that time does not change.
    async fn examine(&self, token: &str) -> Result<Verified, AuthError> {
        let refuse = |kind: &ErrorKind| AuthError::Invalid(reason(kind));
        let header = decode_header(token).map_err(|error| refuse(error.kind()))?;
        let named = header.kid.ok_or(AuthError::Invalid(NOT_OURS))?;
        let own = self.keys.find(&named).await?;
        let key = own.verifies().ok_or(AuthError::Invalid(REVOKED))?;
        let token = decode::<Claims>(token, key.decoding(), &self.validation)
            .map_err(|error| refuse(error.kind()))?;
        check_header(&token.header, &["JWT"])?;
        let claims = token.claims;
        check_person(&claims.tid, claims.idp.as_deref())?;
        if claims.tid != self.tenant {
            return Err(AuthError::Invalid("The access token is of another tenant."));
        }
        Ok(Verified {
            key: Some(Arc::clone(&own)),
            issued: claims.iat,
            not_before: claims.nbf,
            expires: claims.exp,
            leeway: 0,
            caller: Arc::new(Caller {
                reach: claims.reach()?,
                application: claims.azp,
                subject: claims.sub,
                roles: claims.roles.into_iter().collect(),
                scopes: claims
                    .scp
                    .split_ascii_whitespace()
                    .map(str::to_owned)
                    .collect(),
            }),
        })
    }
}

impl Verified {
    /// Refuses what a key signed that has been retired.
    fn check_key(&self) -> Result<(), AuthError> {
        match &self.key {
            Some(key) if key.is_retired() => Err(AuthError::Invalid(REVOKED)),
            _ => Ok(()),
        }
    }

    fn check_times(&self, now: u64) -> Result<(), AuthError> {
        if now >= self.expires.saturating_add(self.leeway) {
            return Err(AuthError::Invalid(EXPIRED));
        }
        if now.saturating_add(AHEAD) < self.not_before {
            return Err(AuthError::Invalid("The access token is not valid yet."));
        }
        Ok(())
    }
}

/// Whether a token is of one of these types (RFC 7519, section 5.1), and may be understood without
/// more (RFC 7515, section 4.1.11).
pub(super) fn check_header(header: &Header, types: &[&str]) -> Result<(), AuthError> {
    let typ = header.typ.as_deref().unwrap_or_default();
    if !types.iter().any(|known| typ.eq_ignore_ascii_case(known)) {
        return Err(AuthError::Invalid("The access token's type is not JWT."));
    }
    let is_critical = |critical: &Vec<_>| !critical.is_empty();
    if header.crit.as_ref().is_some_and(is_critical) {
        return Err(AuthError::Invalid(
            "The access token has critical extensions.",
        ));
    }
    Ok(())
}

/// Refuses personal Microsoft accounts, which no operation supports.
pub(super) fn check_person(tenant: &str, provider: Option<&str>) -> Result<(), AuthError> {
    if tenant.eq_ignore_ascii_case(PERSONAL_ACCOUNTS_TENANT)
        || provider == Some(PERSONAL_ACCOUNTS_PROVIDER)
    {
        return Err(AuthError::PersonalAccount);
    }
    Ok(())
}

fn fingerprint(token: &str) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    fingerprint
}

/// What the client is told; of the library's reasons only those that help an honest one.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => NOT_OURS,
        ErrorKind::InvalidIssuer => "The access token is of another issuer.",
        ErrorKind::InvalidAudience => {
            "The access token is for another audience than https://graph.microsoft.com."
        }
        _ => "The access token is malformed, or a claim is missing or of the wrong type.",
    }
}
