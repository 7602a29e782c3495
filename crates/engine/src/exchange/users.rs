//! Who signs in by a browser: the users of a database, and what their signing in leaves behind for a
//! while. Times are seconds since 1970; digests are SHA-256 in base64url, of secrets that nobody keeps.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::directory::{Application, Known};

/// A user.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// What it signs in with, in lower case.
    pub name: String,
    /// Its id, a GUID in lower case: the subject of its tokens.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// Its delegated permissions.
    pub scopes: Vec<String>,
    /// The role scope tags that they are confined to; none: they reach everything.
    pub role_scope_tag_ids: Vec<String>,
    /// Whether it cannot sign in.
    pub disabled: bool,
    /// When it was made.
    pub created_at: u64,
    /// What began before this second has ended: tokens, sessions, refresh tokens.
    pub tokens_from: u64,
    /// The hash of its password, as a PHC string; none before it has set one.
    pub password: Option<String>,
    /// The secret of its one-time passwords (RFC 6238), if it needs them to sign in. It cannot be a
    /// hash, since codes are made of it.
    pub totp_secret: Option<Vec<u8>>,
}

/// Neither the hash of the password nor the secret is shown.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("User");
        shown.field("name", &self.name).field("id", &self.id);
        shown.finish_non_exhaustive()
    }
}

/// Which user something is of, and since when: it ends when the user does, or its rights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user's name.
    pub name: String,
    /// The user's id: another user of the same name is another.
    pub id: String,
    /// When the user proved its password, and its one-time password.
    pub since: u64,
}

/// A browser that a user has signed in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose it is.
    pub holder: Holder,
    /// Whether all has been proved; otherwise the one-time password is missing.
    pub complete: bool,
    /// When it ends.
    pub expires_at: u64,
}

/// What a user lets an application do (RFC 6749, section 1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The user.
    pub holder: Holder,
    /// The application that it is for.
    pub application_id: String,
    /// Since when: what the application had before may have ended.
    pub granted_at: u64,
    /// The scope as the application asked for it.
    pub scope: String,
    /// What the ID token repeats (OpenID Connect Core 1.0, section 3.1.2.1).
    pub nonce: Option<String>,
}

/// An authorization code (RFC 6749, section 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// What it is exchanged for.
    pub grant: Grant,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The SHA-256 of the verifier in base64url (RFC 7636, section 4.2).
    pub challenge: String,
    /// When it ends.
    pub expires_at: u64,
    /// Whether it was exchanged.
    pub used: bool,
    /// The digest of the family of refresh tokens that it was exchanged for.
    pub family: Option<String>,
}

/// A refresh token and those that came before it: only the latest holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// What tokens are made of.
    pub grant: Grant,
    /// The digest of the secret of the latest.
    pub latest: String,
    /// When it ends, unless it is used before.
    pub expires_at: u64,
}

/// A device that waits for a user (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    /// The digest of what the device proves itself with.
    pub secret: String,
    /// The application on it.
    pub application_id: String,
    /// When it began to ask.
    pub granted_at: u64,
    /// The scope as it asked for it.
    pub scope: String,
    /// When it ends.
    pub expires_at: u64,
    /// When the device asked last.
    pub asked_at: u64,
    /// How many seconds it must wait between two questions.
    pub interval: u64,
    /// What the user said, if it has.
    pub decision: Option<Decision>,
}

/// What a user says to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It may.
    Allowed(Holder),
    /// It may not.
    Denied,
}

/// What becomes of a one-time password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotpOutcome {
    /// It was right, and is used up.
    Right,
    /// It was wrong, or used before.
    Wrong,
    /// Too many were wrong; none is looked at for some minutes.
    Wait,
}

/// What a code is exchanged for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// What it stands for, with the user and the application as they are now.
    Fresh(T, Box<User>, Box<Application>),
    /// It was used before: what came of it has ended.
    Reused,
    /// There is none, it has expired, or whose it is has lost it.
    Unknown,
}

/// What a device hears (RFC 8628, section 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poll {
    /// The user has said nothing yet.
    Pending,
    /// It asks too often.
    SlowDown,
    /// The user said no.
    Denied,
    /// There is no such code, or not any more.
    Expired,
    /// The user said yes.
    Allowed(Grant, Box<User>, Box<Application>),
}

/// What becomes of the claim to be the first administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The user is made.
    Made,
    /// The code does not hold, or there is a user already.
    Refused,
}

/// A user who is to be made.
#[derive(Clone, Debug)]
pub struct Claimant {
    /// What it signs in with.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// The hash of its password, as a PHC string.
    pub password: String,
}

/// The users of a database. Everything that holds once is taken in one transaction, so that it does at
/// whichever server it is.
///
/// # Errors
/// What the database says; then nothing is proved.
pub trait Users: Send + Sync + 'static {
    /// The user of a name.
    fn user(&self, name: String) -> Known<'_, Option<User>>;

    /// Takes a one-time password: the step of RFC 6238 that it is of, if it is of one that counts.
    fn totp(&self, holder: Holder, step: Option<u64>) -> Known<'_, TotpOutcome>;

    /// Keeps a session under its digest.
    fn keep_session(&self, digest: String, session: Session) -> Known<'_, ()>;

    /// A session that holds, and its user.
    fn session(&self, digest: String) -> Known<'_, Option<(Session, User)>>;

    /// Ends a session.
    fn end_session(&self, digest: String) -> Known<'_, ()>;

    /// Keeps a code under its digest.
    fn keep_code(&self, digest: String, code: Code) -> Known<'_, ()>;

    /// Takes a code, and says under which digest its refresh tokens will be. One that was taken before
    /// ends what came of it.
    fn take_code(&self, digest: String, family: String) -> Known<'_, Taken<Code>>;

    /// Keeps a refresh token under the digest of its family.
    fn keep_family(&self, digest: String, family: Family) -> Known<'_, ()>;

    /// Takes a refresh token of an application, given by the digests of its family and of itself, for
    /// the next one until a time. One that is not the latest ends the family.
    fn rotate(&self, digest: String, rotation: Rotation) -> Known<'_, Taken<Grant>>;

    /// Keeps what a device waits for under the digest of the user's code; `false`: it is taken.
    fn keep_device_code(&self, digest: String, code: DeviceCode) -> Known<'_, bool>;

    /// What a device waits for that holds and is not decided.
    fn device_code(&self, digest: String) -> Known<'_, Option<DeviceCode>>;

    /// Decides it; `false`: it does not hold any more, or is decided.
    fn decide(&self, digest: String, decision: Decision) -> Known<'_, bool>;

    /// A device asks for what it waits for: the digests of the user's code and its own secret, and the
    /// application.
    fn poll(&self, digest: String, secret: String, application: String) -> Known<'_, Poll>;

    /// Sets the password of the user whose one-time code has this digest, and uses it up. Says its
    /// name.
    fn set_password(
        &self,
        digest: String,
        password: String,
        client: Option<IpAddr>,
    ) -> Known<'_, Option<String>>;

    /// Makes the first user, with every permission, by the one-time code of this digest.
    fn claim(
        &self,
        digest: String,
        claimant: Claimant,
        client: Option<IpAddr>,
    ) -> Known<'_, Claimed>;
}

/// A refresh token for the next one.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The digest of the secret that is presented.
    pub presented: String,
    /// That of the next.
    pub next: String,
    /// Who presents it.
    pub application_id: String,
    /// When the next one ends.
    pub expires_at: u64,
}
