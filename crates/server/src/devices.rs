//! Where devices get their identity and their tokens: the two paths that they ask without one.

use std::time::{Duration, SystemTime};

use axum::body::Body;
use bytes::Bytes;
use engine::access::Reach;
use engine::exchange::LONGEST_SERVED;
use engine::exchange::devices::{DeviceError, Devices, Enrolment, Refusal, Sent};
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
const _: () = assert!(LIFETIME.as_secs() <= LONGEST_SERVED.as_secs());
/// The media type of a JWT (RFC 7519, section 10.3.1).
const JWT: &str = "application/jwt";

/// Enrols a device. Whoever has an enrolment token may ask.
///
/// # Errors
/// Graph's error object for a request that is not read; other refusals are OAuth's.
pub(crate) async fn enrol(
    shared: &Shared,
    (tenant, parts, sent): (String, &Parts, Sent),
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
    let enrolled = devices.enrol(Enrolment {
        token,
        request,
        tenant,
        sent,
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
    sent: Sent,
) -> Result<Response<Body>, Error> {
    let devices = shared.handler.devices().ok_or_else(nobody)?;
    let at = SystemTime::now();
    let asserted = match devices.assert(assertion, tenant.to_owned(), sent).await {
        Ok(asserted) => asserted,
        Err(DeviceError::Refused(refusal)) => return refuse(&refusal),
        Err(DeviceError::Failed(error)) => return Err(error),
    };
    let keys = shared.signing_keys.as_deref().ok_or_else(nobody)?;
    let request = TokenRequest {
        subject: asserted.device_id.clone(),
        roles: devices.permissions().to_vec(),
        scopes: Vec::new(),
        reach: Reach::Device(asserted.device_id),
        application: None,
        expires: LIFETIME,
    };
    let at = auth::behind(at, asserted.tokens_from);
    let token = auth::issue(keys, &request, at).map_err(Error::internal)?;
    let answer = json!({
        "access_token": token.token,
        "token_type": "Bearer",
        "expires_in": LIFETIME.as_secs(),
    });
    answered(StatusCode::OK, &answer)
}

/// The path behind the tenant at which devices enrol.
pub const ENROL: &str = "/oauth2/v2.0/enrol";
/// What requests for it are counted as.
pub(crate) const NAME: &str = "{tenant}/oauth2/v2.0/enrol";

/// The tenant at which a path lets devices enrol.
pub(crate) fn route(path: &str) -> Option<String> {
    let tenant = path.strip_prefix('/')?.strip_suffix(ENROL)?;
    (!tenant.is_empty() && !tenant.contains('/')).then(|| tenant.to_owned())
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
