//! How a client says who it is and proves it (RFC 6749, section 2.3).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use engine::exchange::{Application, Directory, Proof};
use http::{HeaderMap, header};

use super::answers::OAuthError;
use super::assertion::{self, NOT_PROVEN};
use super::form::{Form, decode};
use super::secret::secret_hash;
use super::token::Failed;

/// The type of assertion that is served.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest header `Authorization` that is looked at, in bytes.
const HEADER_LIMIT: usize = 4 << 10;
/// The longest id of a client, in bytes.
const ID_LIMIT: usize = 128;

/// What a client proves itself with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    Secret(String),
    Assertion(String),
}

/// Who a client says it is, and what it proves that with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) id: String,
    pub(super) evidence: Evidence,
    /// Whether that stood in the header `Authorization`.
    pub(super) basic: bool,
}

impl Claimed {
    /// Reads it: from the header, or from the form, but not from both.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_client`.
    pub(super) fn read(headers: &HeaderMap, form: &Form) -> Result<Self, OAuthError> {
        let by_header = basic(headers)?;
        let (secret, signed) = (form.get("client_secret"), form.get("client_assertion"));
        let ways = [by_header.is_some(), secret.is_some(), signed.is_some()];
        match ways.into_iter().filter(|way| *way).count() {
            0 => {
                return Err(OAuthError::client(
                    "AADSTS7000218: Send client_secret or client_assertion.",
                ));
            }
            1 => {}
            _ => {
                return Err(OAuthError::request(
                    "The client proves itself in more than one way.",
                ));
            }
        }
        let named = form.get("client_id");
        let claimed = match (by_header, secret, signed) {
            (Some((id, secret)), ..) => Self {
                id,
                evidence: Evidence::Secret(secret),
                basic: true,
            },
            (None, Some(secret), _) => Self {
                id: named
                    .ok_or_else(|| OAuthError::request("client_id is missing."))?
                    .to_owned(),
                evidence: Evidence::Secret(secret.to_owned()),
                basic: false,
            },
            (None, None, signed) => Self::signed(form, signed.unwrap_or_default())?,
        };
        if named.is_some_and(|named| named != claimed.id) {
            return Err(OAuthError::request("client_id names another client."));
        }
        if claimed.id.is_empty() || claimed.id.len() > ID_LIMIT {
            return Err(OAuthError::client(NOT_PROVEN));
        }
        Ok(claimed)
    }

    fn signed(form: &Form, assertion: &str) -> Result<Self, OAuthError> {
        if form.get("client_assertion_type") != Some(JWT_BEARER) {
            let message = format!("client_assertion_type must be {JWT_BEARER}.");
            return Err(OAuthError::request(message));
        }
        let id = assertion::subject(assertion);
        Ok(Self {
            id: id.ok_or_else(|| OAuthError::client("The assertion is no JWT with a sub."))?,
            evidence: Evidence::Assertion(assertion.to_owned()),
            basic: false,
        })
    }

    /// The application that this client is.
    ///
    /// # Errors
    /// `invalid_client`; what the directory says.
    pub(super) async fn prove(
        &self,
        directory: &dyn Directory,
        audiences: &[String],
        now: u64,
    ) -> Result<Application, Failed> {
        let refused = || OAuthError::client(NOT_PROVEN).with_basic(self.basic);
        let known = directory.application(self.id.to_ascii_lowercase()).await?;
        let Some(application) = known else {
            return Err(refused().into());
        };
        match &self.evidence {
            Evidence::Assertion(signed) => {
                assertion::check(directory, &application, signed, audiences, now).await?;
            }
            Evidence::Secret(secret) if !has_secret(&application, secret, now) => {
                return Err(refused().into());
            }
            Evidence::Secret(_) => {}
        }
        Ok(application)
    }
}

/// Whether a secret is one of the application's. How much of a guess is right does not show in the
/// time: hashes are compared, and all of them.
fn has_secret(application: &Application, secret: &str, now: u64) -> bool {
    let sent = secret_hash(secret);
    let mut right = false;
    for credential in &application.credentials {
        if let Proof::SecretHash(hash) = &credential.proof {
            let same = verify_slices_are_equal(&sent, hash).is_ok();
            right |= same && credential.expires_at > now;
        }
    }
    right
}

/// The id and the secret of `Authorization: Basic` (RFC 7617), each encoded as in a form.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, OAuthError> {
    let malformed = || {
        let why = "The header Authorization must be Basic with the client's id and secret.";
        OAuthError::client(why).with_basic(true)
    };
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    if sent.next().is_some() || value.len() > HEADER_LIMIT {
        return Err(malformed());
    }
    let value = value.to_str().map_err(|_| malformed())?;
    let (scheme, encoded) = value.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let pair = BASE64_STANDARD
        .decode(encoded.trim())
        .map_err(|_| malformed())?;
    let pair = String::from_utf8(pair).map_err(|_| malformed())?;
    let (id, secret) = pair.split_once(':').ok_or_else(malformed)?;
    let decoded = decode(id).ok().zip(decode(secret).ok());
    decoded.map(Some).ok_or_else(malformed)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn claimed(
        authorization: Option<&str>,
        form: &str,
    ) -> Result<(String, Evidence), &'static str> {
        let mut headers = HeaderMap::new();
        if let Some(pair) = authorization {
            let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
            headers.insert(
                header::AUTHORIZATION,
                HeaderValue::from_str(&value).unwrap(),
            );
        }
        let claimed = Claimed::read(&headers, &Form::parse(form).unwrap());
        claimed
            .map(|claimed| (claimed.id, claimed.evidence))
            .map_err(|refused| refused.error)
    }

    #[test]
    fn how_a_client_says_who_it_is() {
        let secret =
            |id: &str, secret: &str| Ok((id.to_owned(), Evidence::Secret(secret.to_owned())));
        assert_eq!(
            claimed(None, "client_id=a&client_secret=b"),
            secret("a", "b")
        );
        assert_eq!(claimed(Some("a:b%3Ac+d"), ""), secret("a", "b:c d"));
        assert_eq!(claimed(Some("a:b"), "client_id=a"), secret("a", "b"));
        let long = "x".repeat(200);
        for (authorization, form, error) in [
            (None, "", "invalid_client"),
            (None, "client_id=a", "invalid_client"),
            (None, "client_secret=b", "invalid_request"),
            (Some("a"), "", "invalid_client"),
            (Some("a:b"), "client_id=c", "invalid_request"),
            (
                Some("a:b"),
                "client_id=a&client_secret=b",
                "invalid_request",
            ),
            (
                None,
                "client_id=a&client_secret=b&client_assertion=c",
                "invalid_request",
            ),
            (None, "client_assertion=c", "invalid_request"),
            (
                None,
                "client_assertion=c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "invalid_client",
            ),
            (
                None,
                &format!("client_id={long}&client_secret=b"),
                "invalid_client",
            ),
        ] {
            assert_eq!(
                claimed(authorization, form),
                Err(error),
                "{authorization:?} {form}"
            );
        }
    }
}
