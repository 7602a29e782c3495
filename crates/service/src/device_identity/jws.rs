//! What a device signs: JWTs (RFC 7519) under Ed25519 or ECDSA on P-256 (RFC 8037, RFC 7518).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use engine::exchange::devices::Refusal;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest JWT that is looked at, in bytes.
const LONGEST: usize = 16 << 10;
/// The longest that a JWT may hold, in seconds.
const LONGEST_LIFETIME: i64 = 300;
/// How far the clock of a device may be ahead, in seconds.
const AHEAD: i64 = 60;

/// What a device sends cannot be understood.
pub(super) fn malformed(description: impl Into<String>) -> Refusal {
    Refusal {
        error: "invalid_request",
        description: description.into(),
    }
}

/// A device is not who it says it is, or may not be.
pub(super) fn invalid_client(description: impl Into<String>) -> Refusal {
    Refusal {
        error: "invalid_client",
        description: description.into(),
    }
}

/// The SHA-256 of a text, in base64url.
pub(super) fn hash(text: &str) -> String {
    BASE64URL.encode(digest(&SHA256, text.as_bytes()))
}

/// A public key (RFC 7517). A private one has more members, and is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jwk {
    crv: String,
    kty: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

/// The key of a device.
pub(super) struct PublicKey {
    algorithm: Algorithm,
    decoding: DecodingKey,
    /// The JWK's members in the order of their names (RFC 7638, section 3.2).
    pub(super) jwk: String,
    /// The SHA-256 of that in base64url.
    pub(super) id: String,
}

impl PublicKey {
    /// Reads a JWK.
    ///
    /// # Errors
    /// It is of no kind that is taken here.
    pub(super) fn of(jwk: &Jwk) -> Result<Self, Refusal> {
        let bytes = |text: &str| BASE64URL.decode(text).ok().filter(|b| b.len() == 32);
        let damaged = || malformed("The key's coordinates must be 32 bytes in base64url each.");
        let x = bytes(&jwk.x).ok_or_else(damaged)?;
        let (algorithm, decoding) = match (jwk.kty.as_str(), jwk.crv.as_str(), &jwk.y) {
            ("OKP", "Ed25519", None) => (Algorithm::EdDSA, DecodingKey::from_ed_der(&x)),
            ("EC", "P-256", Some(y)) => {
                let y = bytes(y).ok_or_else(damaged)?;
                let point = [&[4][..], &x, &y].concat();
                (Algorithm::ES256, DecodingKey::from_ec_der(&point))
            }
            _ => {
                return Err(malformed(
                    "The key must be of kty OKP on Ed25519, or of kty EC on P-256.",
                ));
            }
        };
        let jwk = serde_json::to_string(jwk)
            .map_err(|error| malformed(format!("The key cannot be kept: {error}.")))?;
        Ok(Self {
            algorithm,
            decoding,
            id: hash(&jwk),
            jwk,
        })
    }

    /// Reads a JWK that was kept.
    pub(super) fn kept(jwk: &str) -> Result<Self, Refusal> {
        let jwk: Jwk = serde_json::from_str(jwk)
            .map_err(|_| malformed("The device's key is damaged; it must enrol anew."))?;
        Self::of(&jwk)
    }
}

/// The header of what a device signs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    typ: String,
    alg: String,
    /// The key itself, where it is not known yet.
    pub(super) jwk: Option<Jwk>,
    /// The thumbprint of the key, where it is.
    pub(super) kid: Option<String>,
}

impl Header {
    /// Reads the header of a JWT of a type.
    ///
    /// # Errors
    /// It is none, or of another type.
    pub(super) fn read(jwt: &str, typ: &str) -> Result<Self, Refusal> {
        if jwt.len() > LONGEST {
            return Err(malformed(format!("A JWT has at most {LONGEST} bytes.")));
        }
        let header = jwt.split('.').next().unwrap_or_default();
        let header = BASE64URL.decode(header).ok();
        let header = header.and_then(|header| serde_json::from_slice::<Self>(&header).ok());
        let header = header.filter(|header| header.typ == typ);
        header.ok_or_else(|| {
            malformed(format!(
                "What a device signs must be a JWT whose header is of typ {typ}, with alg, and jwk or \
                 kid, and nothing else."
            ))
        })
    }
}

/// The claims that everything has that a device signs. Times are in seconds since 1970.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Signed<T> {
    aud: String,
    iat: i64,
    exp: i64,
    /// What tells it from all others of the device: 16 to 64 letters, digits, `-` and `_`.
    jti: String,
    #[serde(flatten)]
    pub(super) claims: T,
}

impl<T: DeserializeOwned> Signed<T> {
    /// The claims of a JWT, if this key signed it for this audience, and it holds now.
    ///
    /// # Errors
    /// `invalid_client` unless it does.
    pub(super) fn verify(
        jwt: &str,
        (header, key): (&Header, &PublicKey),
        audience: &str,
        now: i64,
    ) -> Result<Self, Refusal> {
        // The key decides the algorithm, never the header.
        let mut validation = Validation::new(key.algorithm);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        if header.alg != algorithm_name(key.algorithm) {
            return Err(invalid_client("The JWT's alg is not that of the key."));
        }
        let signed = decode::<Self>(jwt, &key.decoding, &validation)
            .map_err(|error| invalid_client(reason(error.kind())))?
            .claims;
        if signed.aud != audience {
            return Err(invalid_client("The JWT is for another audience."));
        }
        let lifetime = LONGEST_LIFETIME + AHEAD;
        let times = signed.iat <= now.saturating_add(AHEAD)
            && signed.exp > now
            && signed.exp <= now.saturating_add(lifetime)
            && signed.exp.saturating_sub(signed.iat) <= LONGEST_LIFETIME;
        if !times {
            return Err(invalid_client(format!(
                "The JWT does not hold now ({now} seconds since 1970), or for longer than \
                 {LONGEST_LIFETIME} s."
            )));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if !(16..=64).contains(&signed.jti.len()) || !signed.jti.bytes().all(plain) {
            return Err(malformed(
                "A jti has 16 to 64 letters, digits, '-' and '_'.",
            ));
        }
        Ok(signed)
    }
}

impl<T> Signed<T> {
    /// When it expires, and its id: what is kept until then.
    pub(super) fn once(&self) -> (i64, &str) {
        (self.exp, &self.jti)
    }
}

fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDSA => "EdDSA",
        _ => "ES256",
    }
}

fn reason(kind: &jsonwebtoken::errors::ErrorKind) -> &'static str {
    use jsonwebtoken::errors::ErrorKind;
    match kind {
        ErrorKind::InvalidSignature => "The JWT is not signed by the device's key.",
        _ => "The JWT is malformed, or a claim is missing or of the wrong type.",
    }
}

/// A claim of a JWT whose signature was not checked: good for finding the key that checks it.
pub(super) fn unverified_subject(jwt: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Says {
        sub: String,
    }
    let claims = BASE64URL.decode(jwt.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Says>(&claims).ok()?.sub)
}
