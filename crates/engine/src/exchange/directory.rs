//! Who can sign in: the registered applications of a database.

use std::future::Future;
use std::pin::Pin;

use odata::Error;

/// A registered application. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its id, a GUID in lower case.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// Its application permissions.
    pub roles: Vec<String>,
    /// The role scope tags that they are confined to; none: they reach everything.
    pub role_scope_tag_ids: Vec<String>,
    /// The delegated permissions that users may let it have; of them it has what its user has, too.
    pub scopes: Vec<String>,
    /// Where browsers may be sent with what it is to get.
    pub redirect_uris: Vec<String>,
    /// Whether it can keep no secret, as on a desktop, and proves nothing.
    pub public_client: bool,
    /// Whether it gets no tokens.
    pub disabled: bool,
    /// When it was registered.
    pub created_at: u64,
    /// Its tokens say that they were issued in this second at the earliest: what was issued before
    /// is revoked.
    pub tokens_from: u64,
    /// What it may prove itself with, expired ones included.
    pub credentials: Vec<Credential>,
}

/// What an application may prove itself with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its id, a GUID in lower case.
    pub id: String,
    /// What it proves.
    pub proof: Proof,
    /// What tells it from others to people: the beginning of a secret or of a key's thumbprint.
    pub hint: String,
    /// When it was made.
    pub created_at: u64,
    /// From when on it proves nothing.
    pub expires_at: u64,
}

/// How a credential is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The SHA-256 of a secret of 256 random bits, as the client sends it.
    SecretHash(Vec<u8>),
    /// A public key (SubjectPublicKeyInfo in DER, RFC 5280, section 4.1.2.7).
    PublicKey(Vec<u8>),
}

/// Something that is asked of the directory.
pub type Known<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The registered applications.
pub trait Directory: Send + Sync + 'static {
    /// The application of an id.
    ///
    /// # Errors
    /// What the database says.
    fn application(&self, id: String) -> Known<'_, Option<Application>>;

    /// Notes that an assertion is used, which expires at a second since 1970. `false`: it has been
    /// before, at this or another server.
    ///
    /// # Errors
    /// What the database says; then it must not be taken for unused.
    fn use_assertion(&self, digest: String, expires_at: u64) -> Known<'_, bool>;
}
