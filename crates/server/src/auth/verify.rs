//! Verifies tokens, and remembers those that hold.

use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use engine::access::Caller;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode};
use moka::sync::Cache;

use super::token::{AUDIENCE, Claims, seconds};
use super::{AuthError, SigningKey};

/// How far the issuer's clock may be ahead, in seconds. An expired token gets no leeway: the key
/// that signed it and the clock that expires it are this service's own.
const LEEWAY: u64 = 60;

/// How many verified tokens are remembered.
const REMEMBERED: u64 = 10_000;

/// The tenant of all personal Microsoft accounts.
const PERSONAL_ACCOUNTS_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The identity provider of personal Microsoft accounts that are guests in another tenant.
const PERSONAL_ACCOUNTS_PROVIDER: &str = "live.com";

/// Decides which tokens hold. A signature is checked once for each token, not for each request:
/// a token that held is remembered by its SHA-256 and from then on only its times are checked.
pub struct Verifier {
    key: DecodingKey,
    validation: Validation,
    tenant: String,
    remembered: Cache<[u8; 32], Arc<Verified>>,
}

/// What a token with a sound signature says.
struct Verified {
    caller: Caller,
    not_before: u64,
    expires: u64,
}

impl Verifier {
    /// A verifier of the tokens that this key signs, and of no others.
    #[must_use]
    pub fn new(key: &SigningKey) -> Self {
        // The key decides the algorithm; a token that names another is refused by its header.
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[key.issuer()]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf"]);
        // A remembered token's times are checked too, and by the same code: `check_times`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            key: key.decoding(),
            validation,
            tenant: key.tenant().to_string(),
            remembered: Cache::new(REMEMBERED),
        }
    }

    /// The caller that a token names.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] unless the token is of this key, for this audience, and holds now;
    /// [`AuthError::PersonalAccount`] if it is and names a personal Microsoft account.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Caller, AuthError> {
        let now = seconds(now);
        let fingerprint = fingerprint(token);
        if let Some(verified) = self.remembered.get(&fingerprint) {
            verified.check_times(now)?;
            return Ok(verified.caller.clone());
        }
        let verified = Arc::new(self.examine(token)?);
        verified.check_times(now)?;
        self.remembered.insert(fingerprint, Arc::clone(&verified));
        Ok(verified.caller.clone())
    }

    /// Everything about a token that time does not change.
    fn examine(&self, token: &str) -> Result<Verified, AuthError> {
        let token = decode::<Claims>(token, &self.key, &self.validation)
            .map_err(|error| AuthError::Invalid(reason(error.kind())))?;
        check_header(&token.header)?;
        let claims = token.claims;
        if claims.tid.eq_ignore_ascii_case(PERSONAL_ACCOUNTS_TENANT)
            || claims.idp.as_deref() == Some(PERSONAL_ACCOUNTS_PROVIDER)
        {
            return Err(AuthError::PersonalAccount);
        }
        if claims.tid != self.tenant {
            return Err(AuthError::Invalid("The access token is of another tenant."));
        }
        Ok(Verified {
            not_before: claims.nbf,
            expires: claims.exp,
            caller: Caller {
                subject: claims.sub,
                roles: claims.roles.into_iter().collect(),
                scopes: claims
                    .scp
                    .split_ascii_whitespace()
                    .map(str::to_owned)
                    .collect(),
            },
        })
    }
}

impl Verified {
    fn check_times(&self, now: u64) -> Result<(), AuthError> {
        if now >= self.expires {
            return Err(AuthError::Invalid("The access token has expired."));
        }
        if now.saturating_add(LEEWAY) < self.not_before {
            return Err(AuthError::Invalid("The access token is not valid yet."));
        }
        Ok(())
    }
}

fn check_header(header: &Header) -> Result<(), AuthError> {
    if !header
        .typ
        .as_deref()
        .is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))
    {
        return Err(AuthError::Invalid("The access token's type is not JWT."));
    }
    // RFC 7515, section 4.1.11: what must be understood, and is not, ends it.
    if header
        .crit
        .as_ref()
        .is_some_and(|critical| !critical.is_empty())
    {
        return Err(AuthError::Invalid(
            "The access token has critical extensions.",
        ));
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
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => {
            "The access token is not signed by this server's key."
        }
        ErrorKind::InvalidIssuer => "The access token is of another issuer.",
        ErrorKind::InvalidAudience => {
            "The access token is for another audience than https://graph.microsoft.com."
        }
        _ => "The access token is malformed, or a claim is missing or of the wrong type.",
    }
}
