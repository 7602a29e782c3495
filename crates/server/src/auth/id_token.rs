//! ID tokens: what a client learns of the user who has signed in (OpenID Connect Core 1.0, section 2).

use std::time::{Duration, SystemTime};

use engine::exchange::users::User;
use jsonwebtoken::{Algorithm, Header, encode};
use serde_json::json;
use uuid::Uuid;

use super::{KeySet, TokenError, seconds};

/// What an ID token says.
pub(crate) struct IdToken<'a> {
    /// The issuer as the metadata that the client read has it.
    pub(crate) issuer: &'a str,
    /// The client's id: nobody else takes the token, and our own service does not.
    pub(crate) client: &'a str,
    /// Whom it is about.
    pub(crate) user: &'a User,
    /// When the user signed in, in seconds since 1970.
    pub(crate) signed_in_at: u64,
    /// What the client gave to be repeated.
    pub(crate) nonce: Option<&'a str>,
    /// Whether the user's names are told.
    pub(crate) profile: bool,
    /// How long it holds.
    pub(crate) expires: Duration,
}

impl IdToken<'_> {
    /// Signs it.
    ///
    /// # Errors
    /// [`TokenError::Sign`], [`TokenError::NoKey`].
    pub(crate) fn issue(&self, keys: &KeySet, now: SystemTime) -> Result<String, TokenError> {
        let own = keys.current(now).ok_or(TokenError::NoKey)?;
        let key = own.verifies().ok_or(TokenError::NoKey)?;
        let now = seconds(now);
        let mut claims = json!({
            "ver": "2.0",
            "iss": self.issuer,
            "aud": self.client,
            "sub": self.user.id,
            "oid": self.user.id,
            "tid": keys.tenant().to_string(),
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(self.expires.as_secs()),
            "auth_time": self.signed_in_at,
            "jti": Uuid::new_v4().to_string(),
        });
        if let Some(nonce) = self.nonce {
            claims["nonce"] = json!(nonce);
        }
        if self.profile {
            claims["name"] = json!(self.user.display_name);
            claims["preferred_username"] = json!(self.user.name);
        }
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key.thumbprint());
        Ok(encode(&header, &claims, key.encoding())?)
    }
}
