//! The token endpoint (RFC 6749, section 3.2), and the tokens of who proves itself (section 4.4).

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use engine::access::Reach;
use engine::exchange::devices::{ASSERTION_TYPE, Sent};
use engine::exchange::{Application, Directory, LONGEST_SERVED};
use http::{Response, StatusCode};
use jsonwebtoken::decode_header;
use odata::Error;
use serde_json::json;

use super::Asked;
use super::answers::{self, OAuthError};
use super::client::{Claimed, JWT_BEARER};
use super::form::Form;
use super::{device_code, user_token};
use crate::auth::{TokenRequest, behind, issue, seconds};
use crate::devices;

/// The grants that are served.
pub(super) const GRANT_TYPES: [&str; 4] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    DEVICE_CODE,
];
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long a token holds.
pub(super) const LIFETIME: Duration = LONGEST_SERVED;
/// What the scope of a client credentials grant ends with: all that is granted to the client.
const DEFAULT_SCOPE: &str = "/.default";

/// Why there is no token.
#[derive(Debug)]
pub(super) enum Failed {
    /// It is the client's fault.
    Refused(OAuthError),
    /// It is not, or is not OAuth's to say.
    Error(Error),
}

impl From<OAuthError> for Failed {
    fn from(refused: OAuthError) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Answers a request for a token.
///
/// # Errors
/// [`Failed`].
pub(super) async fn grant(
    asked: &Asked<'_>,
    directory: &dyn Directory,
    unread: Body,
) -> Result<Response<Body>, Failed> {
    let form = Form::read(asked.parts, unread, asked.shared).await?;
    let people = asked.shared.handler.users();
    let people = people.map(|users| (directory, users));
    match (form.get("grant_type"), people) {
        (Some("client_credentials"), _) => by_credentials(asked, directory, &form).await,
        (Some("authorization_code"), Some(people)) => {
            user_token::by_code(asked, people, &form).await
        }
        (Some("refresh_token"), Some(people)) => {
            user_token::by_refresh_token(asked, people, &form).await
        }
        (Some(DEVICE_CODE), Some(people)) => device_code::poll(asked, people, &form).await,
        (None, _) => Err(OAuthError::request("grant_type is missing.").into()),
        (Some(_), _) => {
            let why = format!("grant_type must be one of: {}.", GRANT_TYPES.join(", "));
            Err(OAuthError::new("unsupported_grant_type", why).into())
        }
    }
}

/// Answers a client that asks for itself (RFC 6749, section 4.4).
async fn by_credentials(
    asked: &Asked<'_>,
    directory: &dyn Directory,
    form: &Form,
) -> Result<Response<Body>, Failed> {
    if let Some(assertion) = of_device(form) {
        let sent = Sent {
            client: Some(asked.source.client),
            correlation: asked.correlation,
        };
        let answer = devices::grant(asked.shared, assertion, asked.tenant, sent).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            asked.shared.guesses.wrong(asked.source.client).await?;
        }
        return Ok(answer);
    }
    let now = seconds(SystemTime::now());
    let application = prove(asked, directory, form, now).await?;
    let default = |scope: &str| scope.ends_with(DEFAULT_SCOPE);
    let scope = form.get("scope").unwrap_or(DEFAULT_SCOPE);
    if !scope.split_ascii_whitespace().all(default) {
        let why = "AADSTS1002012: The scope of client credentials ends with /.default, such as \
                   https://graph.microsoft.com/.default.";
        return Err(OAuthError::new("invalid_scope", why).into());
    }
    let token = token_of(asked, application)?;
    let answer = json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME.as_secs(),
        "ext_expires_in": LIFETIME.as_secs(),
        "access_token": token,
    });
    Ok(answers::json(StatusCode::OK, &answer))
}

/// The assertion of a device, which its type tells from those of applications.
fn of_device(form: &Form) -> Option<String> {
    let assertion = form.get("client_assertion")?;
    let by_type = form.get("client_assertion_type") == Some(JWT_BEARER);
    let typ = decode_header(assertion).ok()?.typ?;
    (by_type && typ == ASSERTION_TYPE).then(|| assertion.to_owned())
}

/// The application that asks, once it has proved that it is.
pub(super) async fn prove(
    asked: &Asked<'_>,
    directory: &dyn Directory,
    form: &Form,
    now: u64,
) -> Result<Application, Failed> {
    let (attempts, address) = (&asked.shared.attempts, asked.source.client);
    let claimed = Claimed::read(&asked.parts.headers, form)?;
    if !attempts.allow(address, &claimed.id) {
        return Err(OAuthError::slow_down().into());
    }
    let base = &asked.base;
    let endpoint = format!("{base}/oauth2/v2.0/token");
    let audiences = [endpoint, format!("{base}/v2.0"), asked.issuer.clone()];
    let proved = claimed.prove(directory, &audiences, now).await;
    if matches!(proved, Err(Failed::Refused(_))) {
        attempts.failed(address, &claimed.id);
        tracing::info!(%address, "a client did not prove itself");
    }
    proved
}

fn token_of(asked: &Asked<'_>, application: Application) -> Result<String, Failed> {
    let refuse = |why| Failed::from(OAuthError::new("unauthorized_client", why));
    if application.disabled {
        return Err(refuse("AADSTS7000112: The application is disabled."));
    }
    if application.roles.is_empty() {
        return Err(refuse("Nothing is granted to the application."));
    }
    let tags: BTreeSet<String> = application.role_scope_tag_ids.into_iter().collect();
    let request = TokenRequest {
        application: Some(application.id.clone()),
        subject: application.id,
        roles: application.roles,
        scopes: Vec::new(),
        reach: match tags.is_empty() {
            true => Reach::Everything,
            false => Reach::RoleScopeTags(tags),
        },
        expires: LIFETIME,
    };
    let token = issue(
        asked.keys,
        &request,
        behind(asked.at, application.tokens_from),
    )
    .map_err(Error::internal)?;
    Ok(token.token)
}
