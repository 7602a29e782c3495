//! Public keys that clients sign assertions for.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use x509_parser::oid_registry::{OID_EC_P256, OID_SIG_ED25519};
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The fewest bits of an RSA key (RFC 7518, section 3.3), and the most that a check is paid for.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Why a file holds no public key that is taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PublicKeyError {
    /// Something else than PEM.
    #[error("it is no PEM of a public key or a certificate (BEGIN PUBLIC KEY, BEGIN CERTIFICATE)")]
    NoPem,
    /// A private key where a public one is asked for.
    #[error("it holds a private key, which belongs to the application alone; give its public key")]
    Private,
    /// A key that no algorithm is served for.
    #[error(
        "its key must be RSA of 2048 to 8192 bits, EC on P-256, or Ed25519: those are what \
         assertions can be signed with (RS256, PS256, ES256, EdDSA)"
    )]
    Kind,
}

/// A public key with the algorithms that it is for: a token's header has no say in that.
pub struct PublicKey {
    der: Vec<u8>,
    not_after: Option<u64>,
    pub(super) decoding: DecodingKey,
    pub(super) algorithms: &'static [Algorithm],
}

impl PublicKey {
    /// The key of a PEM file: a public key, or a certificate, of which the first counts.
    ///
    /// # Errors
    /// [`PublicKeyError`].
    pub fn from_pem(text: &[u8]) -> Result<Self, PublicKeyError> {
        for pem in Pem::iter_from_buffer(text) {
            let pem = pem.map_err(|_| PublicKeyError::NoPem)?;
            match pem.label.as_str() {
                "PUBLIC KEY" => return Self::from_der(&pem.contents),
                "CERTIFICATE" => {
                    let (_, certificate) = X509Certificate::from_der(&pem.contents)
                        .map_err(|_| PublicKeyError::NoPem)?;
                    let end = certificate.validity().not_after.timestamp();
                    return Ok(Self {
                        not_after: Some(u64::try_from(end).unwrap_or(0)),
                        ..Self::from_der(certificate.public_key().raw)?
                    });
                }
                label if label.contains("PRIVATE") => return Err(PublicKeyError::Private),
                _ => {}
            }
        }
        Err(PublicKeyError::NoPem)
    }

    /// The key of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`PublicKeyError::Kind`].
    pub fn from_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        let (rest, info) = SubjectPublicKeyInfo::from_der(der).map_err(|_| PublicKeyError::Kind)?;
        if !rest.is_empty() {
            return Err(PublicKeyError::Kind);
        }
        let (decoding, algorithms) = usable(&info).ok_or(PublicKeyError::Kind)?;
        Ok(Self {
            der: der.to_vec(),
            not_after: None,
            decoding,
            algorithms,
        })
    }

    /// The SubjectPublicKeyInfo.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// When the certificate ends that it came in, in seconds since 1970.
    #[must_use]
    pub fn not_after(&self) -> Option<u64> {
        self.not_after
    }

    /// The SHA-256 of [`Self::der`] in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.der))
    }
}

fn usable(info: &SubjectPublicKeyInfo<'_>) -> Option<(DecodingKey, &'static [Algorithm])> {
    if info.algorithm.algorithm == OID_SIG_ED25519 {
        let key = info.subject_public_key.data.as_ref();
        let decoding = (key.len() == 32).then(|| DecodingKey::from_ed_der(key))?;
        return Some((decoding, &[Algorithm::EdDSA]));
    }
    match info.parsed().ok()? {
        Parsed::RSA(key) if RSA_BITS.contains(&key.key_size()) => {
            let (modulus, exponent) = (unsigned(key.modulus), unsigned(key.exponent));
            let decoding = DecodingKey::from_rsa_raw_components(modulus, exponent);
            Some((decoding, &[Algorithm::RS256, Algorithm::PS256]))
        }
        Parsed::EC(point) => {
            let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
            let point = point.data();
            let fits = curve == OID_EC_P256 && point.len() == 65;
            fits.then(|| (DecodingKey::from_ec_der(point), &[Algorithm::ES256] as &[_]))
        }
        _ => None,
    }
}

/// A positive INTEGER of DER without the zero that keeps its sign.
fn unsigned(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_keys_are_taken() {
        let check = |algorithm: &'static rcgen::SignatureAlgorithm, expected: &[Algorithm]| {
            let pair = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let key = PublicKey::from_pem(pair.public_key_pem().as_bytes()).unwrap();
            assert_eq!(key.algorithms, expected);
            assert_eq!(key.not_after(), None);
            let made = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
            let certificate = made.self_signed(&pair).unwrap().pem();
            let of_certificate = PublicKey::from_pem(certificate.as_bytes()).unwrap();
            assert_eq!(of_certificate.der(), key.der());
            assert!(of_certificate.not_after().is_some());
            let private = PublicKey::from_pem(pair.serialize_pem().as_bytes());
            assert_eq!(private.err(), Some(PublicKeyError::Private));
        };
        check(&rcgen::PKCS_ECDSA_P256_SHA256, &[Algorithm::ES256]);
        check(&rcgen::PKCS_ED25519, &[Algorithm::EdDSA]);
        let rsa = &[Algorithm::RS256, Algorithm::PS256];
        check(&rcgen::PKCS_RSA_SHA256, rsa);
        let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let refused = PublicKey::from_pem(other.public_key_pem().as_bytes());
        assert_eq!(refused.err(), Some(PublicKeyError::Kind));
        for text in [
            "",
            "x",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ] {
            assert!(PublicKey::from_pem(text.as_bytes()).is_err(), "{text}");
        }
    }
}
