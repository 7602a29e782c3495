//! Issues tokens, in the claims that Microsoft Entra's access tokens for Graph have.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::access::Reach;
use jsonwebtoken::{Algorithm, Header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuthError, KeySet};

/// The audience of all tokens: the resource identifier of Microsoft Graph.
pub const AUDIENCE: &str = "https://graph.microsoft.com";

/// The longest that a token may be valid.
pub const MAX_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The longest name of a subject or permission, in bytes.
const NAME_LIMIT: usize = 256;

/// What a token shall say.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The application's or user's id (`sub`): 1 to 256 visible ASCII characters.
    pub subject: String,
    /// Application permissions (`roles`), such as `DeviceManagementScripts.Read.All`:
    /// `[A-Za-z0-9._-]{1,256}` each.
    pub roles: Vec<String>,
    /// Delegated permissions (`scp`), named likewise.
    pub scopes: Vec<String>,
    /// What its permissions are good for. The subject of a token that reaches a device is that
    /// device.
    pub reach: Reach,
    /// The application that it is issued to, if that is not the subject.
    pub application: Option<String>,
    /// How long it holds; whole seconds, from 1 second to [`MAX_LIFETIME`].
    pub expires: Duration,
}

impl TokenRequest {
    /// Whether a token can say this.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn check(&self) -> Result<(), TokenError> {
        check(self)
    }
}

/// Why a token is not issued.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Without a permission a token opens nothing.
    #[error("a token needs at least one role or scope")]
    NoPermission,
    /// A role or scope that is no name of a permission.
    #[error("{0:?} is no name of a permission: letters, digits, '.', '_' and '-', at most 256")]
    PermissionName(String),
    /// A subject that is no id.
    #[error("{0:?} is no subject: 1 to 256 visible ASCII characters")]
    Subject(String),
    /// A device that is not the subject.
    #[error("the subject of a device's token is the device")]
    Device,
    /// No role scope tag, or one that is no id.
    #[error("a role scope tag has 1 to 256 visible ASCII characters, and there must be one")]
    RoleScopeTag,
    /// A lifetime of nothing, or of ages.
    #[error("a token expires after 1 second at the earliest and 365 days at the latest")]
    Lifetime,
    /// All keys were retired.
    #[error("there is no signing key")]
    NoKey,
    /// The cryptographic library refused.
    #[error("cannot sign the token: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// The claims of a token (RFC 7519, section 4, and Entra's access token reference). Times are
/// seconds since 1970 in UTC.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    /// The tenant.
    pub(super) tid: String,
    pub(super) nbf: u64,
    pub(super) exp: u64,
    pub(super) iat: u64,
    /// The token's own id.
    pub(super) jti: String,
    /// `app`, `user` or `device`.
    pub(super) idtyp: String,
    /// The application that the token was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) azp: Option<String>,
    /// The role scope tags that the permissions are confined to. Our own claim.
    #[serde(
        default,
        rename = "roleScopeTagIds",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) role_scope_tag_ids: Option<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<String>,
    /// Names separated by spaces.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) scp: String,
    /// Who vouched for the user, if not the tenant itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) idp: Option<String>,
}

/// The `idtyp` of tokens that reach one device.
const DEVICE: &str = "device";

impl Claims {
    /// What the permissions are good for.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for a device with role scope tags: two answers to one question.
    pub(super) fn reach(&self) -> Result<Reach, AuthError> {
        match (self.idtyp.as_str(), &self.role_scope_tag_ids) {
            (DEVICE, None) => Ok(Reach::Device(self.sub.clone())),
            (DEVICE, Some(_)) => Err(AuthError::Invalid(
                "The access token is of a device and has role scope tags.",
            )),
            (_, Some(tags)) => Ok(Reach::RoleScopeTags(tags.clone())),
            (_, None) => Ok(Reach::Everything),
        }
    }
}

/// A token that was issued.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The JWT in compact form.
    pub token: String,
    /// The id of the key that signed it.
    pub key_id: String,
    /// When it expires, in seconds since 1970.
    pub expires_at: u64,
}

/// Issues a token: a JWT in compact form, signed with ES256 by the key that signs now.
///
/// # Errors
/// [`TokenError`]; nothing is signed that [`super::Verifier`] would not take.
pub fn issue(keys: &KeySet, request: &TokenRequest, now: SystemTime) -> Result<Issued, TokenError> {
    check(request)?;
    let own = keys.current(now).ok_or(TokenError::NoKey)?;
    let key = own.verifies().ok_or(TokenError::NoKey)?;
    let now = seconds(now);
    let kind = match request.reach {
        Reach::Device(_) => DEVICE,
        _ if request.scopes.is_empty() => "app",
        _ => "user",
    };
    let claims = Claims {
        iss: keys.issuer(),
        aud: AUDIENCE.to_owned(),
        sub: request.subject.clone(),
        tid: keys.tenant().to_string(),
        nbf: now,
        exp: now.saturating_add(request.expires.as_secs()),
        iat: now,
        jti: Uuid::new_v4().to_string(),
        idtyp: kind.to_owned(),
        azp: request.application.clone(),
        role_scope_tag_ids: match &request.reach {
            Reach::RoleScopeTags(tags) => Some(tags.clone()),
            Reach::Everything | Reach::Device(_) => None,
        },
        roles: request.roles.clone(),
        scp: request.scopes.join(" "),
        idp: None,
    };
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(key.thumbprint());
    Ok(Issued {
        token: encode(&header, &claims, key.encoding())?,
        key_id: key.thumbprint(),
        expires_at: claims.exp,
    })
}

/// A time, or a second since 1970 that is ahead of it: what was issued in the second of a revocation is
/// revoked, and so what its principal gets then says the next. It may be the principal's own second
/// only: that of another would hide a revocation of this one.
pub(crate) fn behind(at: SystemTime, tokens_from: u64) -> SystemTime {
    let from = UNIX_EPOCH.checked_add(Duration::from_secs(tokens_from));
    from.map_or(at, |from| at.max(from))
}

/// A clock before 1970 reads as 1970.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn check(request: &TokenRequest) -> Result<(), TokenError> {
    if request.roles.is_empty() && request.scopes.is_empty() {
        return Err(TokenError::NoPermission);
    }
    let is_name = |name: &str| {
        (1..=NAME_LIMIT).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let mut permissions = request.roles.iter().chain(&request.scopes);
    if let Some(name) = permissions.find(|name| !is_name(name)) {
        return Err(TokenError::PermissionName(name.clone()));
    }
    let is_id =
        |id: &str| (1..=NAME_LIMIT).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    let subject = &request.subject;
    if !is_id(subject) {
        return Err(TokenError::Subject(subject.clone()));
    }
    match &request.reach {
        Reach::Device(device) if device != subject => return Err(TokenError::Device),
        Reach::RoleScopeTags(tags) if tags.is_empty() || !tags.iter().all(|tag| is_id(tag)) => {
            return Err(TokenError::RoleScopeTag);
        }
        _ => {}
    }
    if request.expires < Duration::from_secs(1) || request.expires > MAX_LIFETIME {
        return Err(TokenError::Lifetime);
    }
    Ok(())
}
