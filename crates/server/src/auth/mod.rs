//! Bearer tokens: how they are signed, issued and verified, and how a request carries one.

mod id_token;
mod issuers;
mod key;
pub(crate) mod keys;
pub(crate) mod revoked;
mod seal;
mod token;
mod verify;

pub use issuers::{Issuer, Issuers, IssuersError};
pub use key::{KeyError, SigningKey};
pub use keys::KeySet;
pub use seal::{KeyEncryptionKey, NoKeyEncryptionKey, new_kept};
pub use token::{AUDIENCE, Issued, MAX_LIFETIME, TokenError, TokenRequest, issue};
pub use verify::Verifier;

pub(crate) use id_token::IdToken;
pub(crate) use token::{behind, seconds};

use http::{HeaderMap, HeaderValue, header};
use odata::{Error, ErrorCode};

/// The longest `Authorization` header that is looked at, in bytes.
pub const AUTHORIZATION_LIMIT: usize = 16 << 10;

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// No bearer token was sent.
    Missing,
    /// A token was sent that does not hold, and why; never a part of the token.
    Invalid(&'static str),
    /// The token is of a trusted issuer whose keys cannot be read.
    Unavailable,
    /// The token is sound, but of a personal Microsoft account, which no operation supports.
    PersonalAccount,
}

/// What is said of a token that was right once.
pub(crate) const EXPIRED: &str = "The access token has expired.";
/// What is said of a token that was taken back.
pub(crate) const REVOKED: &str = "The access token has been revoked.";

impl AuthError {
    /// Whether somebody may have made the token up.
    pub(crate) fn is_guess(self) -> bool {
        matches!(self, Self::Invalid(reason) if ![EXPIRED, REVOKED].contains(&reason))
    }

    /// The value of `WWW-Authenticate` (RFC 6750, section 3): nothing but the scheme where no token
    /// was sent, the reason where one was, none where it is not the token that is at fault.
    pub(crate) fn challenge(self) -> Option<HeaderValue> {
        match self {
            Self::Missing => Some(HeaderValue::from_static(r#"Bearer realm="""#)),
            Self::Invalid(reason) => HeaderValue::try_from(format!(
                r#"Bearer realm="", error="invalid_token", error_description="{reason}""#
            ))
            .ok(),
            Self::PersonalAccount | Self::Unavailable => None,
        }
    }
}

impl From<AuthError> for Error {
    fn from(refused: AuthError) -> Self {
        let (code, message) = match refused {
            AuthError::Missing => (
                ErrorCode::InvalidAuthenticationToken,
                "Access token is empty. Send one in the header Authorization: Bearer <token>.",
            ),
            AuthError::Invalid(reason) => (ErrorCode::InvalidAuthenticationToken, reason),
            AuthError::Unavailable => (
                ErrorCode::ServiceUnavailable,
                "The keys of the access token's issuer cannot be read. Try again in a minute.",
            ),
            AuthError::PersonalAccount => (
                ErrorCode::Forbidden,
                "Personal Microsoft accounts are not supported. Use a work or school account, or \
                 an application.",
            ),
        };
        Self::new(code, message)
    }
}

/// The token of a request (RFC 6750, section 2.1; the scheme's case does not matter).
///
/// # Errors
/// [`AuthError::Missing`] without an `Authorization` header or with another scheme,
/// [`AuthError::Invalid`] if there are several, or it is too long or no token.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let value = sent.next().ok_or(AuthError::Missing)?;
    if sent.next().is_some() {
        return Err(AuthError::Invalid(
            "The request has more than one Authorization header.",
        ));
    }
    if value.len() > AUTHORIZATION_LIMIT {
        return Err(AuthError::Invalid(
            "The Authorization header is longer than 16 KiB.",
        ));
    }
    let value = value
        .to_str()
        .map_err(|_| AuthError::Invalid("The Authorization header is not ASCII text."))?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(AuthError::Missing);
    }
    Ok(token)
}

#[cfg(test)]
mod tests;
