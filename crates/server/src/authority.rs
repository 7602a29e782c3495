//! The embedded authority: OAuth 2.0 and OpenID Connect as Microsoft's libraries expect them, for the
//! applications that are registered in the database.

mod account;
mod answers;
mod assertion;
mod attempts;
mod authorize;
mod client;
mod cookies;
mod device_code;
mod discovery;
mod form;
mod logout;
mod pages;
mod password;
mod public_key;
mod redirect;
mod scope;
mod secret;
mod sign_in;
mod token;
mod totp;
mod user_token;

use std::time::SystemTime;

use axum::body::Body;
use engine::exchange::Directory;
use engine::exchange::users::Users;
use http::request::Parts;
use http::{Method, Response};
use odata::Error;
use uuid::Uuid;

use crate::answer::Shared;
use crate::auth::KeySet;
use crate::proxies::Source;
use crate::target::{self, SERVICE_ROOTS};

pub(crate) use attempts::Attempts;
pub(crate) use password::Hashing;
pub use password::{PasswordError, check_password, hash_password};
pub use public_key::{PublicKey, PublicKeyError};
pub use redirect::{RedirectError, check_redirect_uri};
pub use secret::{new_one_time_code, new_secret, one_time_code_digest, secret_hash};
pub use totp::{new_totp_secret, totp_uri};

use account::Account;
use answers::OAuthError;
use cookies::Cookie;
use form::Form;
use secret::secret_digest;
use token::Failed;

/// What lies behind the tenant in the paths that are served here: the whole list.
pub const ENDPOINTS: &[(&str, Endpoint)] = &[
    ("/oauth2/v2.0/authorize", Endpoint::Authorize),
    ("/oauth2/v2.0/token", Endpoint::Token),
    ("/oauth2/v2.0/devicecode", Endpoint::DeviceCode),
    ("/oauth2/v2.0/deviceauth", Endpoint::DevicePage),
    ("/oauth2/v2.0/logout", Endpoint::Logout),
    ("/account/first-administrator", Endpoint::FirstAdministrator),
    ("/account/password", Endpoint::Password),
    (
        "/v2.0/.well-known/openid-configuration",
        Endpoint::Discovery,
    ),
    ("/.well-known/openid-configuration", Endpoint::Discovery),
    ("/discovery/v2.0/keys", Endpoint::Keys),
];
/// Names that Microsoft's libraries use where they know no tenant's id.
const ALIASES: &[&str] = &["organizations", "common", "adfs"];

/// What the authority answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The authorization endpoint (RFC 6749, section 3.1), where people sign in.
    Authorize,
    /// The token endpoint (RFC 6749, section 3.2).
    Token,
    /// Where devices get a code to show (RFC 8628, section 3.1).
    DeviceCode,
    /// Where people type it.
    DevicePage,
    /// Where people sign out (OpenID Connect RP-Initiated Logout 1.0, section 2).
    Logout,
    /// Where the first administrator is made.
    FirstAdministrator,
    /// Where people set their password.
    Password,
    /// The provider's metadata (OpenID Connect Discovery 1.0, section 4).
    Discovery,
    /// The keys that tokens are signed with (RFC 7517, section 5).
    Keys,
}

/// A path of the authority: which endpoint, of which tenant, as the client wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    pub(crate) endpoint: Endpoint,
    tenant: &'a str,
}

/// What of the authority a path names. Service roots are no tenants.
pub(crate) fn route(path: &str) -> Option<Route<'_>> {
    let path = path.strip_prefix('/')?;
    let (tenant, behind) = path.split_at(path.find('/')?);
    let (_, endpoint) = ENDPOINTS.iter().find(|(suffix, _)| *suffix == behind)?;
    let is_tenant = !tenant.is_empty() && !SERVICE_ROOTS.contains(&tenant);
    is_tenant.then_some(Route {
        endpoint: *endpoint,
        tenant,
    })
}

/// What a path of the authority is counted as, and logged: all tenants alike.
pub(crate) fn name(path: &str) -> Option<&'static str> {
    Some(match route(path)?.endpoint {
        Endpoint::Authorize => "{tenant}/oauth2/v2.0/authorize",
        Endpoint::DeviceCode => "{tenant}/oauth2/v2.0/devicecode",
        Endpoint::DevicePage => "{tenant}/oauth2/v2.0/deviceauth",
        Endpoint::Logout => "{tenant}/oauth2/v2.0/logout",
        Endpoint::FirstAdministrator => "{tenant}/account/first-administrator",
        Endpoint::Password => "{tenant}/account/password",
        Endpoint::Token => "{tenant}/oauth2/v2.0/token",
        Endpoint::Discovery => "{tenant}/v2.0/.well-known/openid-configuration",
        Endpoint::Keys => "{tenant}/discovery/v2.0/keys",
    })
}

impl Endpoint {
    /// The methods that it answers: it is read, or posted to, or a page that does both.
    fn methods(self) -> &'static [Method] {
        match self {
            Self::Token | Self::DeviceCode => &[Method::POST],
            Self::Discovery | Self::Keys => &[Method::GET, Method::HEAD],
            _ => &[Method::GET, Method::HEAD, Method::POST],
        }
    }

    /// Whether it answers the method of a request.
    ///
    /// # Errors
    /// 405 unless it does.
    fn check_method(self, parts: &Parts) -> Result<(), Error> {
        let methods = self.methods();
        if methods.contains(&parts.method) {
            return Ok(());
        }
        let allow: Vec<&str> = methods.iter().map(Method::as_str).collect();
        let allow = allow.join(", ");
        let message = format!("{} answers {allow}.", parts.uri.path());
        Err(Error::method_not_allowed(allow.as_str(), message))
    }
}

/// What an endpoint works with.
struct Asked<'a> {
    /// When it came: what is revoked behind that is not outlived by what it is answered with.
    at: SystemTime,
    shared: &'a Shared,
    keys: &'a KeySet,
    parts: &'a Parts,
    source: &'a Source,
    /// What everything that the request does is found by.
    correlation: Uuid,
    /// The tenant as the client wrote it.
    tenant: &'a str,
    /// The scheme and the host that the client reached the server under.
    origin: String,
    /// What endpoints begin with, up to and with the tenant.
    base: String,
    /// Who the authority says it is. It has the tenant in it that the client asked for, since
    /// libraries compare the two.
    issuer: String,
}

impl Asked<'_> {
    /// Whether the client came over TLS.
    fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// The path and the query.
    fn target(&self) -> &str {
        let uri = &self.parts.uri;
        uri.path_and_query().map_or("/", |target| target.as_str())
    }

    /// The digest of the session that the browser has.
    fn session_digest(&self) -> Option<String> {
        let sent = Cookie::Session.read(&self.parts.headers, self.is_secure());
        sent.map(|secret| secret_digest(&secret))
    }
}

/// Answers at an endpoint. Without a directory behind the server there is no authority.
///
/// # Errors
/// 404 without one, 405 for another method, and what is not the client's fault. What is, OAuth's own
/// answers say.
pub(crate) async fn answer(
    shared: &Shared,
    (parts, source, correlation): (&Parts, &Source, Uuid),
    unread: Body,
) -> Result<Response<Body>, Error> {
    let nobody = || Error::not_found("Nobody signs in at this service.");
    let route = route(parts.uri.path()).ok_or_else(nobody)?;
    let keys = shared.signing_keys.as_deref().ok_or_else(nobody)?;
    let directory = shared.handler.directory().ok_or_else(nobody)?;
    route.endpoint.check_method(parts)?;
    let origin = origin(shared, parts, source)?;
    let own = keys.tenant().to_string();
    let known = route.tenant.eq_ignore_ascii_case(&own) || ALIASES.contains(&route.tenant);
    if !known {
        return Ok(OAuthError::unknown_tenant().answer());
    }
    let asked = Asked {
        at: SystemTime::now(),
        shared,
        keys,
        parts,
        source,
        correlation,
        tenant: route.tenant,
        base: format!("{origin}/{own}"),
        issuer: format!("{origin}/{}/v2.0", route.tenant),
        origin,
    };
    let users = shared.handler.users().ok_or_else(nobody);
    let answered = match route.endpoint {
        Endpoint::Discovery => Ok(discovery::metadata(&asked)),
        Endpoint::Keys => Ok(discovery::keys(&asked)),
        Endpoint::Token => token::grant(&asked, directory, unread).await,
        Endpoint::DeviceCode => match Form::read(parts, unread, shared).await {
            Ok(form) => device_code::begin(&asked, (directory, users?), &form).await,
            Err(failed) => Err(failed),
        },
        page => match sent(&asked, unread).await {
            Ok(form) => Ok(show(&asked, page, (directory, users?), form.as_ref()).await?),
            Err(Failed::Refused(refused)) => {
                return Ok(pages::Page::refusal(&refused.description).answer());
            }
            Err(error) => Err(error),
        },
    };
    match answered {
        Ok(response) => Ok(response),
        Err(Failed::Refused(refused)) => Ok(refused.answer()),
        Err(Failed::Error(error)) => Err(error),
    }
}

/// The form that a page sent, if it did.
async fn sent(asked: &Asked<'_>, unread: Body) -> Result<Option<Form>, Failed> {
    match asked.parts.method {
        Method::POST => Form::read(asked.parts, unread, asked.shared)
            .await
            .map(Some),
        _ => Ok(None),
    }
}

/// Answers a browser.
async fn show(
    asked: &Asked<'_>,
    page: Endpoint,
    people: (&dyn Directory, &dyn Users),
    form: Option<&Form>,
) -> Result<Response<Body>, Error> {
    match page {
        Endpoint::Authorize => authorize::answer(asked, people, form).await,
        Endpoint::DevicePage => device_code::page(asked, people, form).await,
        Endpoint::Logout => logout::answer(asked, people, form).await,
        Endpoint::FirstAdministrator => Account::First.answer(asked, people.1, form).await,
        Endpoint::Password => Account::Password.answer(asked, people.1, form).await,
        Endpoint::Token | Endpoint::DeviceCode | Endpoint::Discovery | Endpoint::Keys => {
            Err(Error::internal("no page is here"))
        }
    }
}

/// The scheme and the authority that the client reached the server under.
fn origin(shared: &Shared, parts: &Parts, source: &Source) -> Result<String, Error> {
    let named = target::authority(&parts.uri, parts.version, &parts.headers, shared.address)?;
    Ok(match &shared.public_origin {
        Some(origin) => origin.as_str().to_owned(),
        None => {
            let scheme = source.scheme.unwrap_or(shared.scheme);
            let authority = source.host.as_ref().unwrap_or(&named);
            format!("{scheme}://{authority}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes() {
        let check = |path: &str, expected: Option<(&str, Endpoint)>| {
            let found = route(path).map(|route| (route.tenant, route.endpoint));
            assert_eq!(found, expected, "{path}");
        };
        check("/t/oauth2/v2.0/token", Some(("t", Endpoint::Token)));
        check(
            "/adfs/.well-known/openid-configuration",
            Some(("adfs", Endpoint::Discovery)),
        );
        check(
            "/t/v2.0/.well-known/openid-configuration",
            Some(("t", Endpoint::Discovery)),
        );
        check("/t/discovery/v2.0/keys", Some(("t", Endpoint::Keys)));
        for none in [
            "",
            "/",
            "/t",
            "/t/",
            "/t/oauth2/v2.0/token/",
            "/t/OAuth2/v2.0/token",
            "//oauth2/v2.0/token",
            "/oauth2/v2.0/token",
            "/a/b/oauth2/v2.0/token",
            "/beta/oauth2/v2.0/token",
            "/v1.0/discovery/v2.0/keys",
        ] {
            check(none, None);
        }
    }
}
