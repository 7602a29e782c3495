//! The keys that tokens are signed with, as the database of all servers keeps them.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::Known;

/// The longest that a token holds which a server issues to who asks it for one.
pub const LONGEST_SERVED: Duration = Duration::from_secs(3_600);

/// A private key as it lies in the database.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptSecret {
    /// The key (PKCS #8, RFC 5958), or what sealing made of it.
    pub bytes: Vec<u8>,
    /// Whether it is sealed by a key that is kept elsewhere.
    pub sealed: bool,
}

impl fmt::Debug for KeptSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptSecret")
            .field("sealed", &self.sealed)
            .finish_non_exhaustive()
    }
}

/// A signing key. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// The `kid` of its tokens.
    pub id: String,
    /// The private key; none when it is retired.
    pub secret: Option<KeptSecret>,
    /// When it was made.
    pub created_at: u64,
    /// From when on it signs, until another one does.
    pub signs_from: u64,
    /// When the last token has expired that it signed, and it goes; none as long as no other key is
    /// to sign in its place.
    pub ends_at: Option<u64>,
    /// When it was retired: none of its tokens holds since.
    pub retired_at: Option<u64>,
}

/// The own authority of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAuthority {
    /// The tenant: what the issuer and the endpoints are named by.
    pub tenant: Uuid,
    /// The keys, in the order in which they sign: one signs from its time on until the next does.
    pub keys: Vec<SigningKeyRow>,
}

/// Who knows the signing keys.
pub trait SigningKeys: Send + Sync + 'static {
    /// All that there are.
    ///
    /// # Errors
    /// What the database says.
    fn all(&self) -> Known<'_, OwnAuthority>;
}
