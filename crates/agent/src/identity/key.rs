//! The device's key: made here, kept here, and never sent anywhere.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The kind of key that a device makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// Ed25519 (RFC 8037).
    #[default]
    Ed25519,
    /// ECDSA on P-256 with SHA-256 (RFC 7518, section 3.4).
    P256,
}

/// A private key as it is kept: PKCS #8 in base64. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeptKey {
    kind: KeyKind,
    pkcs8: String,
    /// When it was made, in seconds since 1970.
    pub(super) made_at: i64,
}

impl fmt::Debug for KeptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptKey({:?}, …)", self.kind)
    }
}

/// A private key in use.
pub(super) enum DeviceKey {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// Why there is no key.
const NO_KEY: &str = "the device's key is damaged, or the system cannot make one";

impl KeptKey {
    /// A new key.
    pub(super) fn generate(kind: KeyKind, now: i64) -> Result<Self, &'static str> {
        let pkcs8 = match kind {
            KeyKind::Ed25519 => {
                let pair = Ed25519KeyPair::generate().map_err(|_| NO_KEY)?;
                pair.to_pkcs8().map_err(|_| NO_KEY)?.as_ref().to_vec()
            }
            KeyKind::P256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                let pair = pair.map_err(|_| NO_KEY)?;
                pair.to_pkcs8v1().map_err(|_| NO_KEY)?.as_ref().to_vec()
            }
        };
        Ok(Self {
            kind,
            pkcs8: BASE64_STANDARD.encode(pkcs8),
            made_at: now,
        })
    }

    pub(super) fn kind(&self) -> KeyKind {
        self.kind
    }

    pub(super) fn open(&self) -> Result<DeviceKey, &'static str> {
        let pkcs8 = BASE64_STANDARD.decode(&self.pkcs8).map_err(|_| NO_KEY)?;
        Ok(match self.kind {
            KeyKind::Ed25519 => {
                DeviceKey::Ed25519(Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| NO_KEY)?)
            }
            KeyKind::P256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8);
                DeviceKey::P256(pair.map_err(|_| NO_KEY)?)
            }
        })
    }
}

impl DeviceKey {
    /// The public half (RFC 7517), its members in the order of their names.
    fn jwk(&self) -> Result<Value, &'static str> {
        let text = |bytes: &[u8]| BASE64URL.encode(bytes);
        match self {
            Self::Ed25519(pair) => {
                let x = text(pair.public_key().as_ref());
                Ok(json!({"crv": "Ed25519", "kty": "OKP", "x": x}))
            }
            Self::P256(pair) => {
                // The uncompressed point (SEC 1, section 2.3.3).
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at_checked(32).ok_or(NO_KEY)?;
                Ok(json!({"crv": "P-256", "kty": "EC", "x": text(x), "y": text(y)}))
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    /// A JWT that carries the public half.
    pub(super) fn introduce(&self, typ: &str, claims: &Value) -> Result<String, &'static str> {
        let header = json!({"typ": typ, "alg": self.algorithm(), "jwk": self.jwk()?});
        self.sign(&header, claims)
    }

    /// A JWT that names it by its thumbprint (RFC 7638).
    pub(super) fn assert(&self, typ: &str, claims: &Value) -> Result<String, &'static str> {
        let kid = hash(&self.jwk()?.to_string());
        let header = json!({"typ": typ, "alg": self.algorithm(), "kid": kid});
        self.sign(&header, claims)
    }

    /// RFC 7515, section 3.1.
    fn sign(&self, header: &Value, claims: &Value) -> Result<String, &'static str> {
        let text = |value: &Value| BASE64URL.encode(value.to_string());
        let signed = format!("{}.{}", text(header), text(claims));
        let signature = match self {
            Self::Ed25519(pair) => pair.sign(signed.as_bytes()),
            Self::P256(pair) => pair
                .sign(&SystemRandom::new(), signed.as_bytes())
                .map_err(|_| NO_KEY)?,
        };
        Ok(format!("{signed}.{}", BASE64URL.encode(signature)))
    }
}

/// The SHA-256 of a text, in base64url.
pub(super) fn hash(text: &str) -> String {
    BASE64URL.encode(digest(&SHA256, text.as_bytes()))
}

/// A value that nobody can guess, in base64url.
pub(super) fn random() -> Result<String, &'static str> {
    let mut bytes = [0; 24];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the system has no random numbers")?;
    Ok(BASE64URL.encode(bytes))
}
