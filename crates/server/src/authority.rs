//! The embedded authority: OAuth 2.0 and OpenID Connect as Microsoft's libraries expect them, for the
//! applications that are registered in the database.

mod answers;
mod assertion;
mod attempts;
mod client;
mod discovery;
mod form;
mod public_key;
mod secret;
mod token;

use axum::body::Body;
use http::request::Parts;
use http::{Method, Response};
use odata::Error;
use uuid::Uuid;

use crate::answer::Shared;
use crate::auth::KeySet;
use crate::proxies::Source;
use crate::target::{self, SERVICE_ROOTS};

pub(crate) use attempts::Attempts;
pub use public_key::{PublicKey, PublicKeyError};
pub use secret::{new_secret, secret_hash};

use answers::OAuthError;

/// What lies behind the tenant in the paths that are served here: the whole list.
pub const ENDPOINTS: &[(&str, Endpoint)] = &[
    ("/oauth2/v2.0/token", Endpoint::Token),
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
    /// The token endpoint (RFC 6749, section 3.2).
    Token,
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
        Endpoint::Token => "{tenant}/oauth2/v2.0/token",
        Endpoint::Discovery => "{tenant}/v2.0/.well-known/openid-configuration",
        Endpoint::Keys => "{tenant}/discovery/v2.0/keys",
    })
}

/// What an endpoint works with.
struct Asked<'a> {
    shared: &'a Shared,
    keys: &'a KeySet,
    parts: &'a Parts,
    source: &'a Source,
    /// What everything that the request does is found by.
    correlation: Uuid,
    /// The tenant as the client wrote it.
    tenant: &'a str,
    /// What endpoints begin with, up to and with the tenant.
    base: String,
    /// Who the authority says it is. It has the tenant in it that the client asked for, since
    /// libraries compare the two.
    issuer: String,
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
    let posts = route.endpoint == Endpoint::Token;
    if posts != (parts.method == Method::POST)
        || !(posts || [Method::GET, Method::HEAD].contains(&parts.method))
    {
        let (allow, how) = if posts {
            ("POST", "posted to")
        } else {
            ("GET, HEAD", "read")
        };
        let message = format!("{} is {how}.", parts.uri.path());
        return Err(Error::method_not_allowed(allow, message));
    }
    let origin = origin(shared, parts, source)?;
    let own = keys.tenant().to_string();
    let known = route.tenant.eq_ignore_ascii_case(&own) || ALIASES.contains(&route.tenant);
    if !known {
        return Ok(OAuthError::unknown_tenant().answer());
    }
    let asked = Asked {
        shared,
        keys,
        parts,
        source,
        correlation,
        tenant: route.tenant,
        base: format!("{origin}/{own}"),
        issuer: format!("{origin}/{}/v2.0", route.tenant),
    };
    match route.endpoint {
        Endpoint::Discovery => Ok(discovery::metadata(&asked)),
        Endpoint::Keys => Ok(discovery::keys(&asked)),
        Endpoint::Token => match token::grant(&asked, directory, unread).await {
            Ok(response) => Ok(response),
            Err(token::Failed::Refused(refused)) => Ok(refused.answer()),
            Err(token::Failed::Error(error)) => Err(error),
        },
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
