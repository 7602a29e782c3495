//! Trusted issuers: identity providers whose tokens are taken beside the server's own.

mod fetch;
mod keys;
mod settings;

use std::sync::Arc;

use engine::access::{Caller, Reach};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::AuthError;
use super::verify::{Verified, check_header, check_person};
use keys::Keys;

pub use settings::{Issuer, Issuers, IssuersError};

/// The longest time between a token's beginning and end that is believed, in seconds: a day more
/// than what any provider grants.
const LONGEST: u64 = 8 * 86_400;
/// The types of access tokens: that of most providers, and those of RFC 9068, section 2.1.
const TYPES: &[&str] = &["JWT", "at+jwt", "application/at+jwt"];
/// How far an issuer's clock may be from ours, in seconds.
const LEEWAY: u64 = 60;

/// An issuer with its keys.
pub(super) struct Trusted {
    issuer: Issuer,
    keys: Arc<Keys>,
}

impl Trusted {
    pub(super) fn new(issuer: Issuer) -> Self {
        let keys = Arc::new(Keys::of(&issuer));
        Self { issuer, keys }
    }

    /// The `iss` of its tokens.
    pub(super) fn name(&self) -> &str {
        &self.issuer.name
    }

    /// Reads its keys behind what goes on.
    pub(super) fn prepare(&self) {
        let keys = Arc::clone(&self.keys);
        tokio::spawn(async move { keys.read_anew().await });
    }

    /// Everything about a token that time does not change.
    pub(super) async fn examine(&self, token: &str) -> Result<Verified, AuthError> {
        let header = decode_header(token)
            .map_err(|_| AuthError::Invalid("The access token's header is malformed."))?;
        check_header(&header, TYPES)?;
        let key = self.keys.find(header.kid.as_deref()).await?;
        // The key decides the algorithm; a token that names another is refused by its header.
        let mut validation = Validation::new(key.algorithm);
        validation.set_audience(&self.issuer.audiences);
        validation.set_issuer(&[&self.issuer.name]);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        // Times are checked where those of remembered tokens are.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let token = decode::<Map<String, Value>>(token, &key.decoding, &validation);
        let claims = token.map_err(|error| reason(error.kind()))?.claims;
        self.read(&claims)
    }

    fn read(&self, claims: &Map<String, Value>) -> Result<Verified, AuthError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let tenant = text("tid");
        check_person(tenant.unwrap_or_default(), text("idp"))?;
        let tenants = &self.issuer.tenants;
        let known = |tid: &str| tenants.iter().any(|known| known.eq_ignore_ascii_case(tid));
        if !tenants.is_empty() && !tenant.is_some_and(known) {
            return Err(AuthError::Invalid("The access token is of another tenant."));
        }
        let subject = text("sub").filter(|subject| !subject.is_empty());
        let subject = subject.ok_or(AuthError::Invalid("The access token has no subject."))?;
        let Times {
            issued,
            not_before,
            expires,
        } = times(claims)?;
        let scopes = self.words(claims, self.issuer.scopes.as_deref());
        // Who is delegated to has what was delegated, whatever else the user may do.
        let roles = match scopes.is_empty() {
            true => self.words(claims, Some(&self.issuer.roles)),
            false => Vec::new(),
        };
        Ok(Verified {
            key: None,
            issued,
            not_before,
            expires,
            leeway: LEEWAY,
            caller: Arc::new(Caller {
                // Two issuers may name two people alike.
                subject: format!("{} {subject}", self.issuer.name),
                roles: roles.into_iter().collect(),
                scopes: scopes.into_iter().collect(),
                application: ["azp", "appid"].iter().find_map(|name| {
                    let application = claims.get(*name)?.as_str()?;
                    Some(application.to_owned())
                }),
                reach: Reach::Everything,
            }),
        })
    }

    /// The words of a claim, whose path has its members with dots between them: an array of texts,
    /// or one text with spaces.
    fn words(&self, claims: &Map<String, Value>, path: Option<&str>) -> Vec<String> {
        let Some((first, rest)) = path.map(|path| path.split_once('.').unwrap_or((path, "")))
        else {
            return Vec::new();
        };
        // A claim's own name may hold dots, as those that are URLs do.
        let whole = path.and_then(|path| claims.get(path));
        let nested = || {
            let mut members = rest.split('.').filter(|member| !member.is_empty());
            members.try_fold(claims.get(first)?, |value, member| value.get(member))
        };
        match whole.or_else(nested) {
            Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
            Some(Value::Array(words)) => {
                let words = words.iter().filter_map(Value::as_str);
                words.map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// When a token was issued, and from when to when it holds, in seconds since 1970.
struct Times {
    issued: u64,
    not_before: u64,
    expires: u64,
}

fn times(claims: &Map<String, Value>) -> Result<Times, AuthError> {
    // NumericDate may have a fraction (RFC 7519, section 2).
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(number
            .as_u64()
            .or_else(|| number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))),
        Some(_) => Err(AuthError::Invalid(
            "A time of the access token is no number.",
        )),
    };
    let expires = seconds("exp")?;
    let expires = expires.ok_or(AuthError::Invalid("The access token never expires."))?;
    let (not_before, issued) = (seconds("nbf")?, seconds("iat")?);
    let begins = not_before.or(issued).ok_or(AuthError::Invalid(
        "The access token does not say since when.",
    ))?;
    if expires.saturating_sub(begins) > LONGEST {
        return Err(AuthError::Invalid(
            "The access token holds for longer than 8 days.",
        ));
    }
    Ok(Times {
        issued: issued.unwrap_or(begins),
        not_before: begins,
        expires,
    })
}

fn reason(kind: &ErrorKind) -> AuthError {
    AuthError::Invalid(match kind {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => {
            "The access token is not signed by a key of its issuer."
        }
        ErrorKind::InvalidAudience => "The access token is for another audience.",
        _ => "The access token is malformed, or a claim is missing or of the wrong type.",
    })
}

#[cfg(test)]
mod tests;
