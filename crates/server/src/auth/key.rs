//! A signing key, as the database keeps it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};

/// An ECDSA key on P-256, for ES256 (RFC 7518, section 3.4). Whoever holds it can issue any token.
pub struct SigningKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// The uncompressed point (SEC 1, section 2.3.3).
    pub(super) public: Vec<u8>,
    thumbprint: [u8; 32],
}

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// What a database holds is no key of the kind that is used here.
    #[error("the signing key {0} in the database is no ECDSA P-256 private key (PKCS #8): {1}")]
    Kept(String, &'static str),
    /// It is sealed.
    #[error(
        "the signing key {0} is sealed by a key encryption key: name its file by \
         --key-encryption-key or RUNSTATE_KEY_ENCRYPTION_KEY"
    )]
    Sealed(String),
    /// The database cannot be read.
    #[error("cannot read the signing keys: {0}")]
    Read(#[source] odata::Error),
    /// The database has no key that signs.
    #[error("the database has no signing key: run `runstate key rotate --now`")]
    None,
    /// The cryptographic library refused.
    #[error("cannot generate a key")]
    Generate,
}

impl SigningKey {
    /// A new key, as what [`Self::from_secret`] reads.
    ///
    /// # Errors
    /// [`KeyError::Generate`].
    pub fn new_secret() -> Result<Vec<u8>, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let der = pair.and_then(|pair| pair.to_pkcs8v1());
        Ok(der.map_err(|_| KeyError::Generate)?.as_ref().to_vec())
    }

    /// The key of a secret (PKCS #8, RFC 5958).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_secret(der: &[u8]) -> Result<Self, &'static str> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| "it is for another algorithm, or damaged")?;
        let public = pair.public_key().as_ref().to_vec();
        let thumbprint = thumbprint(&public).ok_or("its public key is compressed")?;
        Ok(Self {
            encoding: EncodingKey::from_ec_der(der),
            decoding: DecodingKey::from_ec_der(&public),
            public,
            thumbprint,
        })
    }

    /// The RFC 7638 thumbprint (SHA-256) of the public key, in base64url: the `kid` of its tokens.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.thumbprint)
    }

    /// The public key's coordinates, 32 bytes each.
    pub(crate) fn coordinates(&self) -> (&[u8], &[u8]) {
        // The uncompressed form, of which the thumbprint was made: a byte before the coordinates.
        let point = self.public.get(1..).unwrap_or_default();
        point.split_at_checked(32).unwrap_or_default()
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.thumbprint())
            .finish_non_exhaustive()
    }
}

/// RFC 7638, section 3.2: the members of the JWK in the order of their names, without spaces.
fn thumbprint(public: &[u8]) -> Option<[u8; 32]> {
    let (0x04, point) = public.split_first().map(|(form, point)| (*form, point))? else {
        return None;
    };
    let (x, y) = point.split_at_checked(32).filter(|(_, y)| y.len() == 32)?;
    let jwk = format!(
        r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
        BASE64_URL_SAFE_NO_PAD.encode(x),
        BASE64_URL_SAFE_NO_PAD.encode(y)
    );
    digest(&SHA256, jwk.as_bytes()).as_ref().try_into().ok()
}

#[cfg(test)]
mod tests;
