//! Tokens for users: what a client gets for a code, and for a refresh token (RFC 6749, sections 4.1.3
//! and 6).

use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::exchange::users::{Family, Grant, Rotation, Taken, User, Users};
use engine::exchange::{Application, Directory};
use http::{Response, StatusCode, header};
use odata::Error;
use serde_json::json;

use super::Asked;
use super::answers::{self, OAuthError};
use super::form::Form;
use super::scope::{Scope, reach};
use super::secret::{new_secret, secret_digest};
use super::sign_in::now;
use super::token::{Failed, LIFETIME, prove};
use crate::auth::{IdToken, TokenRequest, issue};

/// How many seconds a refresh token holds that is not used.
const REFRESH: u64 = 30 * 86_400;

/// A grant that holds, with whom it is of, as they are now.
pub(super) struct Held {
    pub(super) grant: Grant,
    pub(super) user: Box<User>,
    pub(super) application: Box<Application>,
}

/// The client of a request: one that proves itself, or a public one, which says who it is.
///
/// # Errors
/// `invalid_client`; what the directory says.
pub(super) async fn client(
    asked: &Asked<'_>,
    directory: &dyn Directory,
    form: &Form,
) -> Result<Application, Failed> {
    let proves = asked.parts.headers.contains_key(header::AUTHORIZATION)
        || form.get("client_secret").is_some()
        || form.get("client_assertion").is_some();
    if proves {
        return prove(asked, directory, form, now()).await;
    }
    let refuse = || {
        Failed::from(OAuthError::client(
            "AADSTS7000218: The client is no registered public one: send client_secret or \
             client_assertion.",
        ))
    };
    let (attempts, address) = (&asked.shared.attempts, asked.source.client);
    let id = form.get("client_id").ok_or_else(refuse)?;
    if !attempts.allow(address, id) {
        return Err(OAuthError::slow_down().into());
    }
    let known = directory.application(id.to_ascii_lowercase()).await?;
    known.filter(|known| known.public_client).ok_or_else(|| {
        attempts.failed(address, id);
        refuse()
    })
}

pub(super) fn invalid_grant(why: &str) -> OAuthError {
    OAuthError::new("invalid_grant", why)
}

/// What is said of a code or a refresh token, and what it costs who guesses.
async fn refused(asked: &Asked<'_>, why: &str) -> Failed {
    match asked.shared.guesses.wrong(asked.source.client).await {
        Ok(()) => invalid_grant(why).into(),
        Err(too_many) => too_many.into(),
    }
}

/// Two secrets as one token: the first finds its row, the second is proved. And their digests.
struct RefreshToken {
    text: String,
    family: String,
    latest: String,
}

impl RefreshToken {
    /// The next of a family, or the first of a new one.
    fn new(family: Option<&str>) -> Result<Self, Error> {
        let family = match family {
            Some(family) => family.to_owned(),
            None => new_secret().map_err(Error::internal)?,
        };
        let latest = new_secret().map_err(Error::internal)?;
        Ok(Self {
            text: format!("{family}.{latest}"),
            family: secret_digest(&family),
            latest: secret_digest(&latest),
        })
    }
}

/// Exchanges a code.
///
/// # Errors
/// [`Failed`].
pub(super) async fn by_code(
    asked: &Asked<'_>,
    (directory, users): (&dyn Directory, &dyn Users),
    form: &Form,
) -> Result<Response<Body>, Failed> {
    let client = client(asked, directory, form).await?;
    let missing = |name: &str| OAuthError::request(format!("{name} is missing."));
    let code = form.get("code").ok_or_else(|| missing("code"))?;
    let uri = form.get("redirect_uri");
    let uri = uri.ok_or_else(|| missing("redirect_uri"))?;
    let verifier = form.get("code_verifier");
    let verifier = verifier.ok_or_else(|| missing("code_verifier"))?;
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        let why = "code_verifier must have 43 to 128 of letters, digits and -._~.";
        return Err(OAuthError::request(why).into());
    }
    let refresh = RefreshToken::new(None)?;
    let taken = users.take_code(secret_digest(code), refresh.family.clone());
    let (code, user, application) = match taken.await? {
        Taken::Fresh(code, user, application) => (code, user, application),
        Taken::Reused => {
            tracing::warn!(address = %asked.source.client, "a code was used twice: what came of it has ended");
            return Err(refused(asked, "AADSTS54005: The code was used before.").await);
        }
        Taken::Unknown => {
            let why = "AADSTS70008: The code is unknown or has expired.";
            return Err(refused(asked, why).await);
        }
    };
    if client.id != code.grant.application_id || uri != code.redirect_uri {
        let why = "The code was given to another client or redirect_uri.";
        return Err(refused(asked, why).await);
    }
    // Both are hashes: how long the comparison takes tells nothing of the verifier.
    if secret_digest(verifier) != code.challenge {
        let why = "AADSTS501481: code_verifier does not match code_challenge.";
        return Err(refused(asked, why).await);
    }
    let held = Held {
        grant: code.grant,
        user,
        application,
    };
    let scope = Scope::parse(&held.grant.scope, &asked.origin)?;
    first(asked, users, form, (&held, &scope, refresh)).await
}

/// Gives tokens for the first time, and a refresh token if one was asked for.
///
/// # Errors
/// [`Failed`].
async fn first(
    asked: &Asked<'_>,
    users: &dyn Users,
    form: &Form,
    (held, scope, refresh): (&Held, &Scope, RefreshToken),
) -> Result<Response<Body>, Failed> {
    let issued = Issued::new(asked, held, scope)?;
    let mut text = None;
    if scope.offline {
        let family = Family {
            grant: Grant {
                nonce: None,
                ..held.grant.clone()
            },
            latest: refresh.latest,
            expires_at: now().saturating_add(REFRESH),
        };
        users.keep_family(refresh.family, family).await?;
        text = Some(refresh.text);
    }
    Ok(issued.answer(asked, form, text.as_deref()))
}

/// Exchanges a refresh token for the next one.
///
/// # Errors
/// [`Failed`].
pub(super) async fn by_refresh_token(
    asked: &Asked<'_>,
    (directory, users): (&dyn Directory, &dyn Users),
    form: &Form,
) -> Result<Response<Body>, Failed> {
    let client = client(asked, directory, form).await?;
    let sent = form.get("refresh_token");
    let sent = sent.ok_or_else(|| OAuthError::request("refresh_token is missing."))?;
    let unknown = "AADSTS70008: The refresh token is unknown, has expired, or was ended.";
    let Some((family, presented)) = sent.split_once('.') else {
        return Err(refused(asked, unknown).await);
    };
    let asked_for = form.get("scope");
    let asked_for = asked_for.map(|scope| Scope::parse(scope, &asked.origin));
    let asked_for = asked_for.transpose()?;
    let refresh = RefreshToken::new(Some(family))?;
    let rotation = Rotation {
        presented: secret_digest(presented),
        next: refresh.latest,
        application_id: client.id,
        expires_at: now().saturating_add(REFRESH),
    };
    let (grant, user, application) = match users.rotate(refresh.family, rotation).await? {
        Taken::Fresh(grant, user, application) => (grant, user, application),
        Taken::Reused => {
            tracing::warn!(address = %asked.source.client, "a refresh token was used twice: what came of it has ended");
            let why =
                "The refresh token was used before: somebody else may have it. Sign in again.";
            return Err(refused(asked, why).await);
        }
        Taken::Unknown => return Err(refused(asked, unknown).await),
    };
    let given = Scope::parse(&grant.scope, &asked.origin)?;
    let scope = match asked_for {
        Some(scope) => scope.within(&given)?,
        None => given,
    };
    let held = Held {
        grant,
        user,
        application,
    };
    let issued = Issued::new(asked, &held, &scope)?;
    Ok(issued.answer(asked, form, Some(&refresh.text)))
}

/// Gives tokens for what a device waited for.
///
/// # Errors
/// [`Failed`].
pub(super) async fn for_device(
    asked: &Asked<'_>,
    users: &dyn Users,
    form: &Form,
    held: &Held,
) -> Result<Response<Body>, Failed> {
    let scope = Scope::parse(&held.grant.scope, &asked.origin)?;
    first(asked, users, form, (held, &scope, RefreshToken::new(None)?)).await
}

/// The tokens of an answer.
struct Issued {
    access: String,
    id: Option<String>,
    scope: String,
    user: String,
}

impl Issued {
    fn new(asked: &Asked<'_>, held: &Held, scope: &Scope) -> Result<Self, Failed> {
        let (user, application) = (&held.user, &held.application);
        let scopes = scope.granted(application, user)?;
        let told = scope.told(&scopes);
        let request = TokenRequest {
            subject: user.id.clone(),
            application: Some(application.id.clone()),
            roles: Vec::new(),
            scopes,
            reach: reach(application, user)?,
            expires: LIFETIME,
        };
        // Two may be revoked: a later second of one would hide a revocation of the other.
        let at = asked.at;
        let access = issue(asked.keys, &request, at)
            .map_err(Error::internal)?
            .token;
        let id = IdToken {
            issuer: &asked.issuer,
            client: &application.id,
            user,
            signed_in_at: held.grant.holder.since,
            nonce: held.grant.nonce.as_deref(),
            profile: scope.profile,
            expires: LIFETIME,
        };
        let id = scope.openid.then(|| id.issue(asked.keys, at)).transpose();
        Ok(Self {
            access,
            id: id.map_err(Error::internal)?,
            scope: told,
            user: user.id.clone(),
        })
    }

    /// The answer (RFC 6749, section 5.1), with what Microsoft's libraries key their caches by.
    fn answer(self, asked: &Asked<'_>, form: &Form, refresh: Option<&str>) -> Response<Body> {
        let mut body = json!({
            "token_type": "Bearer",
            "scope": self.scope,
            "expires_in": LIFETIME.as_secs(),
            "ext_expires_in": LIFETIME.as_secs(),
            "access_token": self.access,
        });
        if let Some(refresh) = refresh {
            body["refresh_token"] = json!(refresh);
        }
        if let Some(id) = self.id {
            body["id_token"] = json!(id);
        }
        if form.get("client_info").is_some() {
            let info = json!({ "uid": self.user, "utid": asked.keys.tenant().to_string() });
            body["client_info"] = json!(BASE64_URL_SAFE_NO_PAD.encode(info.to_string()));
        }
        answers::json(StatusCode::OK, &body)
    }
}
