//! Signed assertions by which clients prove themselves (RFC 7523, sections 2.2 and 3).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::exchange::{Application, Directory, Proof};
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};

use super::answers::OAuthError;
use super::public_key::PublicKey;
use super::token::Failed;

/// The longest that an assertion may hold on, in seconds: libraries write 5 to 10 minutes.
const LONGEST: u64 = 3_600;
/// How far a client's clock may be from ours, in seconds.
const LEEWAY: u64 = 60;
/// The longest id of an assertion, in bytes.
const ID_LIMIT: usize = 512;

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    jti: String,
    #[serde(deserialize_with = "numeric_date")]
    exp: u64,
    #[serde(default, deserialize_with = "optional_numeric_date")]
    nbf: Option<u64>,
}

/// Seconds since 1970, perhaps with a fraction (RFC 7519, section 2), which libraries do send.
fn numeric_date<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = f64::deserialize(from)?;
    // Casts of floats saturate.
    Ok(number.max(0.0) as u64)
}

fn optional_numeric_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<f64>::deserialize(from)?;
    Ok(number.map(|number| number.max(0.0) as u64))
}

/// The client that an assertion says it is of; whether it is, [`check`] tells.
pub(super) fn subject(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Says {
        sub: String,
    }
    let says = insecure_decode_claims::<Says>(assertion).ok()?;
    Some(says.sub)
}

fn refuse(why: &str) -> Failed {
    OAuthError::client(why).into()
}

/// Checks that a known client signed this, for one of these audiences, now, and for the first time.
///
/// # Errors
/// `invalid_client`; what the directory says.
pub(super) async fn check(
    directory: &dyn Directory,
    application: &Application,
    assertion: &str,
    audiences: &[String],
    now: u64,
) -> Result<(), Failed> {
    let claims = verify(application, assertion, audiences, now)?;
    if claims.iss != claims.sub || claims.sub != application.id {
        return Err(refuse(
            "The assertion's iss and sub must be the client's id.",
        ));
    }
    if claims.exp.saturating_add(LEEWAY) <= now {
        return Err(refuse("The assertion has expired."));
    }
    if claims.exp > now.saturating_add(LONGEST + LEEWAY) {
        return Err(refuse("The assertion holds for longer than an hour."));
    }
    if claims
        .nbf
        .is_some_and(|nbf| nbf > now.saturating_add(LEEWAY))
    {
        return Err(refuse("The assertion does not hold yet."));
    }
    if claims.jti.is_empty() || claims.jti.len() > ID_LIMIT {
        return Err(refuse("The assertion's jti must have 1 to 512 bytes."));
    }
    let named = format!("{} {}", application.id, claims.jti);
    let named = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, named.as_bytes()));
    let end = claims.exp.saturating_add(LEEWAY);
    match directory.use_assertion(named, end).await? {
        true => Ok(()),
        false => Err(refuse("The assertion has been used before.")),
    }
}

/// The claims, if one of the client's keys signed them.
fn verify(
    application: &Application,
    assertion: &str,
    audiences: &[String],
    now: u64,
) -> Result<Claims, Failed> {
    let header = decode_header(assertion).map_err(|_| refuse("The assertion is no JWT."))?;
    if header.crit.is_some() {
        return Err(refuse("The assertion has critical extensions."));
    }
    for credential in &application.credentials {
        let Proof::PublicKey(der) = &credential.proof else {
            continue;
        };
        let Ok(key) = PublicKey::from_der(der) else {
            continue;
        };
        // The key decides which algorithms there are; of those the header names one.
        if credential.expires_at <= now || !key.algorithms.contains(&header.alg) {
            continue;
        }
        let mut validation = Validation::new(header.alg);
        validation.set_audience(audiences);
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
        // Times are checked where their reasons are told.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        use jsonwebtoken::errors::ErrorKind;
        match decode::<Claims>(assertion, &key.decoding, &validation) {
            Ok(token) => return Ok(token.claims),
            Err(error) => match error.kind() {
                ErrorKind::InvalidSignature => {}
                ErrorKind::InvalidAudience => {
                    return Err(refuse(
                        "The assertion's aud must be the token endpoint or the issuer.",
                    ));
                }
                _ => {
                    return Err(refuse(
                        "The assertion lacks iss, sub, aud, exp or jti, or one is of the wrong \
                         type.",
                    ));
                }
            },
        }
    }
    Err(refuse(NOT_PROVEN))
}

/// What is said of a client that is not known, and of one that did not prove itself.
pub(super) const NOT_PROVEN: &str =
    "AADSTS7000215: The client is not known, or its secret or signature is not right.";
