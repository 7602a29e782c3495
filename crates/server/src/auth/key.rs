//! The signing key: that of a data directory, or one that is kept in a database.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use uuid::Uuid;

use crate::private_file::{self, FileError, Readers};

/// The file's name in the data directory.
const FILE_NAME: &str = "signing-key.pem";
/// What whoever reads it can do.
const HARM: &str = "issue any token";
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// An ECDSA key on P-256, for ES256 (RFC 7518, section 3.4). Whoever holds it can issue any token.
pub struct SigningKey {
    encoding: EncodingKey,
    /// The uncompressed point (SEC 1, section 2.3.3).
    pub(super) public: Vec<u8>,
    thumbprint: [u8; 32],
}

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made, or others can read it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no key of the kind that is used here.
    #[error("{path} is no ECDSA P-256 private key in PEM (PKCS #8): {reason}")]
    NoKey {
        /// The key's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What a database holds is no key of the kind that is used here.
    #[error("the signing key in the database is no ECDSA P-256 private key (PKCS #8): {0}")]
    Kept(&'static str),
    /// The cryptographic library refused.
    #[error("cannot generate a key")]
    Generate,
}

impl SigningKey {
    /// The key of a data directory, which is made with it on first use: the directory with mode
    /// 0700, the file with mode 0600. Of several processes that do so at once, one makes the key
    /// and all use it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn load_or_create(data_dir: &Path) -> Result<Self, KeyError> {
        let make = || Ok::<_, KeyError>(der_to_pem(&Self::new_secret()?));
        let text = private_file::read_or_create(data_dir, FILE_NAME, Readers::Owner(HARM), make)?;
        let no_key = |reason| KeyError::NoKey {
            path: data_dir.join(FILE_NAME),
            reason,
        };
        Self::from_pkcs8(&pem_to_der(&text).map_err(no_key)?).map_err(no_key)
    }

    /// A new key, as what [`Self::from_secret`] reads.
    ///
    /// # Errors
    /// [`KeyError::Generate`].
    pub fn new_secret() -> Result<Vec<u8>, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        let der = pair.and_then(|pair| pair.to_pkcs8v1());
        Ok(der.map_err(|_| KeyError::Generate)?.as_ref().to_vec())
    }

    /// The key that is kept elsewhere (PKCS #8, RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::Kept`].
    pub fn from_secret(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_pkcs8(der).map_err(KeyError::Kept)
    }

    /// The RFC 7638 thumbprint (SHA-256) of the public key, in base64url: the `kid` of its tokens.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.thumbprint)
    }

    /// The issuer of its tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("urn:runstate:{}", self.thumbprint())
    }

    /// The tenant of its tokens: each data directory is one, named by its key.
    #[must_use]
    pub fn tenant(&self) -> Uuid {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.thumbprint[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
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

    pub(super) fn decoding(&self) -> DecodingKey {
        DecodingKey::from_ec_der(&self.public)
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, &'static str> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| "it is for another algorithm, or damaged")?;
        let public = pair.public_key().as_ref().to_vec();
        let thumbprint = thumbprint(&public).ok_or("its public key is compressed")?;
        Ok(Self {
            encoding: EncodingKey::from_ec_der(der),
            public,
            thumbprint,
        })
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

/// RFC 7468, section 10.
pub(super) fn der_to_pem(der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let mut pem = format!("{PEM_BEGIN}\n");
    for (index, digit) in base64.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(digit);
    }
    pem + "\n" + PEM_END + "\n"
}

fn pem_to_der(pem: &str) -> Result<Vec<u8>, &'static str> {
    let (_, rest) = pem
        .split_once(PEM_BEGIN)
        .ok_or("it has no BEGIN PRIVATE KEY line")?;
    let (base64, _) = rest
        .split_once(PEM_END)
        .ok_or("it has no END PRIVATE KEY line")?;
    let base64: String = base64.split_ascii_whitespace().collect();
    BASE64_STANDARD
        .decode(base64)
        .map_err(|_| "it is not base64 between its first and last line")
}

#[cfg(test)]
mod tests;
