//! The key that seals signing keys where they are kept, so that whoever reads the database alone
//! cannot sign.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use engine::exchange::KeptSecret;

use super::{KeyError, SigningKey};

/// A key encryption key: AES-256-GCM (NIST SP 800-38D) with a random nonce, bound to the id of the
/// key that is sealed.
pub struct KeyEncryptionKey(RandomizedNonceKey);

/// A text that is no key encryption key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key encryption key is 32 random bytes in base64, as `openssl rand -base64 32` prints them"
)]
pub struct NoKeyEncryptionKey;

impl KeyEncryptionKey {
    /// Reads 32 bytes in base64 (RFC 4648, section 4); white space around them does not count.
    ///
    /// # Errors
    /// [`NoKeyEncryptionKey`].
    pub fn from_base64(text: &str) -> Result<Self, NoKeyEncryptionKey> {
        let bytes = BASE64_STANDARD.decode(text.trim());
        let bytes = bytes.map_err(|_| NoKeyEncryptionKey)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes);
        key.map(Self).map_err(|_| NoKeyEncryptionKey)
    }

    fn seal(&self, id: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut sealed = secret.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(id.as_bytes()), &mut sealed)
            .map_err(|_| KeyError::Generate)?;
        Ok([&nonce.as_ref()[..], &sealed].concat())
    }

    fn open(&self, id: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut opened = sealed.to_vec();
        let aad = Aad::from(id.as_bytes());
        let length = self.0.open_in_place(nonce, aad, &mut opened).ok()?.len();
        opened.truncate(length);
        Some(opened)
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyEncryptionKey").finish_non_exhaustive()
    }
}

/// A new signing key as the database keeps it, sealed if there is a key for that: its id and its secret.
///
/// # Errors
/// [`KeyError::Generate`].
pub fn new_kept(seal: Option<&KeyEncryptionKey>) -> Result<(String, KeptSecret), KeyError> {
    let secret = SigningKey::new_secret()?;
    let id = SigningKey::from_secret(&secret)
        .map_err(|_| KeyError::Generate)?
        .thumbprint();
    let kept = match seal {
        None => KeptSecret {
            bytes: secret,
            sealed: false,
        },
        Some(seal) => KeptSecret {
            bytes: seal.seal(&id, &secret)?,
            sealed: true,
        },
    };
    Ok((id, kept))
}

/// The signing key of an id that the database keeps.
///
/// # Errors
/// [`KeyError::Sealed`] without the right key encryption key, [`KeyError::Kept`].
pub(super) fn signing_key(
    id: &str,
    kept: &KeptSecret,
    seal: Option<&KeyEncryptionKey>,
) -> Result<SigningKey, KeyError> {
    let opened = match kept.sealed {
        false => None,
        true => {
            let opened = seal.and_then(|seal| seal.open(id, &kept.bytes));
            Some(opened.ok_or_else(|| KeyError::Sealed(id.to_owned()))?)
        }
    };
    let broken = |reason| KeyError::Kept(id.to_owned(), reason);
    let key = SigningKey::from_secret(opened.as_ref().unwrap_or(&kept.bytes)).map_err(broken)?;
    match key.thumbprint() == id {
        true => Ok(key),
        false => Err(broken("it is another one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(byte: u8) -> KeyEncryptionKey {
        KeyEncryptionKey::from_base64(&BASE64_STANDARD.encode([byte; 32])).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_with_the_same_key_alone() {
        let (right, wrong) = (seal(1), seal(2));
        let (id, kept) = new_kept(Some(&right)).unwrap();
        assert!(kept.sealed);
        assert_eq!(
            signing_key(&id, &kept, Some(&right)).unwrap().thumbprint(),
            id
        );
        for seal in [None, Some(&wrong)] {
            let refused = signing_key(&id, &kept, seal).unwrap_err();
            assert!(matches!(refused, KeyError::Sealed(_)), "{refused}");
        }
        // It cannot be passed off as another key.
        let (other, _) = new_kept(None).unwrap();
        let refused = signing_key(&other, &kept, Some(&right)).unwrap_err();
        assert!(matches!(refused, KeyError::Sealed(_)), "{refused}");
        for at in 0..kept.bytes.len() {
            let mut bent = kept.clone();
            bent.bytes[at] ^= 1;
            assert!(signing_key(&id, &bent, Some(&right)).is_err(), "{at}");
            bent.bytes.truncate(at);
            assert!(
                signing_key(&id, &bent, Some(&right)).is_err(),
                "cut at {at}"
            );
        }
        let unsealed = KeptSecret {
            sealed: false,
            ..kept
        };
        assert!(signing_key(&id, &unsealed, Some(&right)).is_err());
    }

    #[test]
    fn a_key_that_is_kept_open_needs_no_other() {
        let (id, kept) = new_kept(None).unwrap();
        assert!(!kept.sealed);
        assert_eq!(
            signing_key(&id, &kept, Some(&seal(1)))
                .unwrap()
                .thumbprint(),
            id
        );
        let (other, _) = new_kept(None).unwrap();
        assert!(matches!(
            signing_key(&other, &kept, None),
            Err(KeyError::Kept(..))
        ));
    }

    #[test]
    fn texts_that_are_no_key() {
        let short = BASE64_STANDARD.encode([1; 31]);
        let long = BASE64_STANDARD.encode([1; 33]);
        for text in ["", "secret", &short, &long, &"A".repeat(1 << 16)] {
            assert!(KeyEncryptionKey::from_base64(text).is_err(), "{text:.40}");
        }
        let good = format!(" {}\n", BASE64_STANDARD.encode([1; 32]));
        assert!(KeyEncryptionKey::from_base64(&good).is_ok());
    }
}
