//! Where devices get their identity and their tokens: the two paths that they ask without one.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use bytes::Bytes;
use engine::access::Reach;
use engine::exchange::devices::{DeviceError, Devices, Enrolment, Refusal};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use odata::{Error, ErrorCode};
use serde_json::json;

use crate::answer::Shared;
use crate::auth::{self, TokenRequest};
use crate::body;
use crate::limits::Limits;

/// The largest body that is read here, in bytes.
const BODY_LIMIT: usize = 32 << 10;
/// How long a device's token holds.
const LIFETIME: Duration = Duration::from_secs(600);
/// What a device's token permits, as far as it reaches: what is the device's own.
const ROLE: &str = "DeviceManagementConfiguration.ReadWrite.All";
/// The media type of a JWT (RFC 7519, section 10.3.1).
const JWT: &str = "application/jwt";

/// Enrols a device. Whoever has an enrolment token may ask.
///
/// # Errors
/// Graph's error object for a request that is not read; other refusals are OAuth's.
pub(crate) async fn enrol(
    shared: &Shared,
    (tenant, parts): (&str, &Parts),
    unread: Body,
) -> Result<Response<Body>, Error> {
    let devices = posted(shared, parts, JWT)?;
    let request = text(read(shared, &parts.headers, unread).await?)?;
    let token = match auth::bearer_token(&parts.headers) {
        Ok(token) => token.to_owned(),
        Err(_) => {
            return refuse(&Refusal {
                error: "invalid_token",
                description:
                    "Send the enrolment token in the header Authorization: Bearer <token>."
                        .to_owned(),
            });
        }
    };
    let tenant = tenant.to_owned();
    let enrolled = devices.enrol(Enrolment {
        token,
        request,
        tenant,
    });
    match enrolled.await {
        Err(DeviceError::Refused(refusal)) => refuse(&refusal),
        Err(DeviceError::Failed(error)) => Err(error),
        Ok(enrolled) => {
            let state = match enrolled.approval_pending {
                true => "approvalPending",
                false => "registered",
            };
            let answer = json!({
                "deviceId": enrolled.device_id,
                "deviceRegistrationState": state,
            });
            answered(StatusCode::OK, &answer)
        }
    }
}

/// The answer to a device's assertion: a token that reaches what is its own.
///
/// # Errors
/// What is not the device's fault.
pub(crate) async fn grant(
    shared: &Shared,
    assertion: String,
    tenant: &str,
) -> Result<Response<Body>, Error> {
    let devices = shared.handler.devices().ok_or_else(nobody)?;
    let device = match devices.assert(assertion, tenant.to_owned()).await {
        Ok(device) => device,
        Err(DeviceError::Refused(refusal)) => return refuse(&refusal),
        Err(DeviceError::Failed(error)) => return Err(error),
    };
    let key = shared.signing_key.as_ref().ok_or_else(nobody)?;
    let request = TokenRequest {
        subject: device.clone(),
        roles: vec![ROLE.to_owned()],
        scopes: Vec::new(),
        reach: Reach::Device(device),
        application: None,
        expires: LIFETIME,
    };
    let token = auth::issue(key, &request, SystemTime::now()).map_err(Error::internal)?;
    let answer = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LIFETIME.as_secs(),
    });
    answered(StatusCode::OK, &answer)
}

/// Which of the two paths is asked, and of which tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/{tenant}/oauth2/v2.0/enrol`
    Enrol(String),
    /// `/{tenant}/oauth2/v2.0/token`
    Token(String),
}

impl Route {
    /// What requests for it are counted as.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Enrol(_) => "{tenant}/oauth2/v2.0/enrol",
            Self::Token(_) => "{tenant}/oauth2/v2.0/token",
        }
    }
}

/// The path behind the tenant at which devices enrol.
pub const ENROL: &str = "/oauth2/v2.0/enrol";
/// The path behind the tenant at which they get tokens.
pub const TOKEN: &str = "/oauth2/v2.0/token";

/// The route that a path is.
pub(crate) fn route(path: &str) -> Option<Route> {
    let behind = |suffix: &str| {
        let tenant = path.strip_prefix('/')?.strip_suffix(suffix)?;
        (!tenant.is_empty() && !tenant.contains('/')).then(|| tenant.to_owned())
    };
    let enrol = behind(ENROL).map(Route::Enrol);
    enrol.or_else(|| behind(TOKEN).map(Route::Token))
}

/// Answers a route.
///
/// # Errors
/// Graph's error object for a request that is not read; other refusals are OAuth's.
pub(crate) async fn answer(
    shared: &Shared,
    (route, parts): (Route, &Parts),
    unread: Body,
) -> Result<Response<Body>, Error> {
    match route {
        Route::Enrol(tenant) => enrol(shared, (&tenant, parts), unread).await,
        Route::Token(tenant) => {
            posted(shared, parts, FORM)?;
            let form = text(read(shared, &parts.headers, unread).await?)?;
            match assertion(&form) {
                Ok(assertion) => grant(shared, assertion, &tenant).await,
                Err(refusal) => refuse(&refusal),
            }
        }
    }
}

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The assertion of a client credentials grant (RFC 6749, section 4.4; RFC 7523, section 2.2).
fn assertion(form: &str) -> Result<String, Refusal> {
    const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let fault = |error: &'static str, description: &str| Refusal {
        error,
        description: description.to_owned(),
    };
    let mut fields: Vec<(String, String)> = Vec::new();
    for field in form.split('&').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
            decoded.map(std::borrow::Cow::into_owned)
        };
        let field = decode(name).ok().zip(decode(value).ok());
        let (name, value) =
            field.ok_or_else(|| fault("invalid_request", "The form is no UTF-8."))?;
        if fields.iter().any(|(known, _)| *known == name) {
            return Err(fault("invalid_request", "A parameter is repeated."));
        }
        fields.push((name, value));
    }
    let value = |name: &str| fields.iter().find(|(known, _)| known == name);
    let value = |name: &str| value(name).map(|(_, value)| value.as_str());
    if value("grant_type") != Some("client_credentials") {
        let reason = "The grant_type served here is client_credentials.";
        return Err(fault("unsupported_grant_type", reason));
    }
    if value("client_assertion_type") != Some(TYPE) {
        let reason = "A device sends a client_assertion of the client_assertion_type \
                      urn:ietf:params:oauth:client-assertion-type:jwt-bearer.";
        return Err(fault("invalid_client", reason));
    }
    let assertion = value("client_assertion").unwrap_or_default();
    match assertion.is_empty() {
        true => Err(fault("invalid_request", "client_assertion is missing.")),
        false => Ok(assertion.to_owned()),
    }
}

/// Who knows the devices, if the request posts what is asked for.
fn posted<'s>(
    shared: &'s Shared,
    parts: &Parts,
    media_type: &str,
) -> Result<&'s dyn Devices, Error> {
    if parts.method != Method::POST {
        let message = format!("{} is posted to.", parts.uri.path());
        return Err(Error::method_not_allowed("POST", message));
    }
    let sent = parts.headers.get(header::CONTENT_TYPE);
    let sent = sent.and_then(|sent| sent.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(media_type) {
        return Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            format!("The body must be {media_type}."),
        ));
    }
    shared.handler.devices().ok_or_else(nobody)
}

/// The whole body, if it is no larger than anything that is sent here.
async fn read(shared: &Shared, headers: &HeaderMap, unread: Body) -> Result<Bytes, Error> {
    let limits = Limits {
        body: shared.limits.body.min(BODY_LIMIT),
        ..shared.limits.clone()
    };
    body::read(unread, headers, &limits, &shared.budget).await
}

fn text(body: Bytes) -> Result<String, Error> {
    let text = String::from_utf8(body.into());
    text.map_err(|_| Error::bad_request("The body is no UTF-8."))
}

fn nobody() -> Error {
    Error::not_found("Devices do not enrol at this service.")
}

/// A refusal as RFC 6749, section 5.2 and RFC 6750, section 3.1 have it.
fn refuse(refusal: &Refusal) -> Result<Response<Body>, Error> {
    let status = match refusal.error {
        "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
        "access_denied" => StatusCode::FORBIDDEN,
        "slow_down" => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = answered(
        status,
        &json!({"error": refusal.error, "error_description": refusal.description}),
    )?;
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(r#"Bearer realm="""#);
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("300"));
    }
    Ok(response)
}

fn answered(status: StatusCode, body: &serde_json::Value) -> Result<Response<Body>, Error> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    // Tokens are nobody else's (RFC 6749, section 5.1).
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
