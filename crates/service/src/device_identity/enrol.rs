//! Enrolment by token: a device that is new gets its identity.

use edm::Value;
use engine::audit::{Actor, Origin};
use engine::exchange::devices::{DeviceError, Enrolled, Enrolment, Refusal};
use odata::Error;
use odata::json::Argument;
use serde::Deserialize;
use serde_json::Value as Json;
use store::{Row, Transaction};

use super::enrollment_tokens::{TokenText, unknown};
use super::jws::{Header, PublicKey, Signed, hash, invalid_client, malformed};
use super::keys::Seen;
use super::{DeviceIdentities, audience};
use crate::devices;

/// The type of the JWT that a device enrols with.
const TYPE: &str = "device-enrollment+jwt";

/// What it says beside what every JWT of a device does.
#[derive(Clone, Debug, Deserialize)]
struct Claims {
    /// The hash of the enrolment token, as `ath` of RFC 9449, section 4.2: what was signed for one
    /// token is no good with another.
    ath: String,
    /// The hash of the first value of the key's chain.
    nonce_hash: String,
    /// What the device says of itself.
    device: Json,
}

/// A request that is sound in itself.
#[derive(Clone)]
struct Request {
    token: String,
    key: std::sync::Arc<PublicKey>,
    description: Vec<(usize, Argument)>,
    nonce_hash: String,
    expires: i64,
    jti: String,
}

pub(super) async fn enrol(
    identities: &DeviceIdentities,
    enrolment: Enrolment,
) -> Result<Enrolled, DeviceError> {
    let sent = enrolment.sent;
    let request = read(identities, enrolment)?;
    let token = TokenText::parse(&request.token).ok_or_else(unknown)?;
    let origin = Origin {
        actor: Actor::EnrollmentToken(token.id.to_owned()),
        client: sent.client,
        correlation: sent.correlation,
        action: None,
    };
    let own = identities.clone();
    let enrolled = identities.core.write(origin, move |transaction| {
        carry_out(&own, transaction, &request)
    });
    Ok(enrolled.await??)
}

/// Checks what can be checked without the database.
fn read(identities: &DeviceIdentities, enrolment: Enrolment) -> Result<Request, Refusal> {
    let text = TokenText::parse(&enrolment.token);
    if !text.is_some_and(|text| text.is_of(&enrolment.tenant)) {
        return Err(unknown());
    }
    let header = Header::read(&enrolment.request, TYPE)?;
    let jwk = match (&header.jwk, &header.kid) {
        (Some(jwk), None) => jwk,
        _ => {
            return Err(malformed(
                "An enrolment carries its key in jwk, without kid.",
            ));
        }
    };
    let key = PublicKey::of(jwk)?;
    let now = identities.core.clock.now().to_unix_seconds();
    let signed = Signed::<Claims>::verify(
        &enrolment.request,
        (&header, &key),
        &audience(&enrolment.tenant),
        now,
    )?;
    let (expires, jti) = signed.once();
    let jti = jti.to_owned();
    let claims = signed.claims;
    if claims.ath != hash(&enrolment.token) {
        return Err(malformed("The enrolment is for another enrolment token."));
    }
    check_hash(&claims.nonce_hash)?;
    Ok(Request {
        description: identities.description(&claims.device)?,
        token: enrolment.token,
        key: key.into(),
        nonce_hash: claims.nonce_hash,
        expires,
        jti,
    })
}

/// A hash as [`hash`] makes it.
pub(super) fn check_hash(text: &str) -> Result<(), Refusal> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    match text.len() == 43 && text.bytes().all(plain) {
        true => Ok(()),
        false => Err(malformed(
            "The hash of a value of the chain is a SHA-256 in base64url.",
        )),
    }
}

fn carry_out(
    identities: &DeviceIdentities,
    transaction: &mut dyn Transaction,
    request: &Request,
) -> Result<Result<Enrolled, Refusal>, Error> {
    let (core, graph) = (&identities.core, &identities.graph);
    let now = core.clock.now();
    let token = match graph
        .enrollment_tokens
        .find(transaction, &request.token, now.ticks)?
    {
        Ok(token) => token,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let given = |name: &str| identities.given(&request.description, name);
    let device = devices::by_identity(core, transaction, graph.devices, &given("udid"))?;
    let key = match &device {
        Some(device) => graph.device_keys.get(transaction, &device[graph.id])?,
        None => None,
    };
    if let Some(key) = &key
        && key[graph.device_keys.key_id].as_str() == Some(&request.key.id)
    {
        return repeat(identities, transaction, request, key);
    }
    if let Some(device) = &device
        && let Err(refusal) = may_replace(identities, &token, key.as_ref())
    {
        let device = device[graph.id].as_str();
        tracing::warn!(
            device,
            "an enrolment was for the identity of a known device"
        );
        return Ok(Err(refusal));
    }
    if !graph
        .enrollment_tokens
        .use_up(identities.token_table(), transaction, &token)?
    {
        return Ok(Err(unknown()));
    }
    give_identity(identities, transaction, request, (&token, device, key)).map(Ok)
}

/// Whether a device that is known may get another key by a token.
fn may_replace(
    identities: &DeviceIdentities,
    token: &Row,
    key: Option<&Row>,
) -> Result<(), Refusal> {
    let (tokens, keys) = (
        identities.graph.enrollment_tokens,
        identities.graph.device_keys,
    );
    let states = keys.states;
    let is_set = |row: &Row, column: usize| row[column] == Value::Boolean(true);
    let shut_out = key.is_some_and(|key| {
        let state = key[keys.state].as_i64();
        state == Some(states.revoked) || state == Some(states.key_conflict)
    });
    let released = key.is_some_and(|key| is_set(key, keys.replaceable));
    if released || is_set(token, tokens.may_replace) && !shut_out {
        return Ok(());
    }
    Err(Refusal {
        error: "access_denied",
        description:
            "A device of this udid is known, and this is not its key. An administrator may \
                      let it enrol anew: runstate device release --new-key."
                .to_owned(),
    })
}

/// The enrolment of a device that has this very key: the answer to an earlier one was lost. Nothing
/// changes, unless the key was in use since, which nobody who asks again would have done.
fn repeat(
    identities: &DeviceIdentities,
    transaction: &mut dyn Transaction,
    request: &Request,
    key: &Row,
) -> Result<Result<Enrolled, Refusal>, Error> {
    let keys = identities.graph.device_keys;
    let state = key[keys.state].as_i64();
    let states = keys.states;
    let begun = key[keys.nonce_hash].as_str() == Some(&request.nonce_hash);
    if !begun || state != Some(states.registered) && state != Some(states.approval_pending) {
        return Ok(Err(invalid_client(
            "This key is enrolled and in use, or is shut out: an enrolment does not change that.",
        )));
    }
    let now = identities.core.clock.now().to_unix_seconds();
    let mut row = key.clone();
    let seen = keys.remember(&mut row, (request.expires, &request.jti), now);
    if seen != Seen::Now {
        return Ok(Err(invalid_client("The enrolment was used before.")));
    }
    keys.save(identities.key_table(), transaction, Some(key), &row)?;
    Ok(Ok(Enrolled {
        device_id: keys.device_id_of(&row),
        approval_pending: state == Some(states.approval_pending),
    }))
}

fn give_identity(
    identities: &DeviceIdentities,
    transaction: &mut dyn Transaction,
    request: &Request,
    (token, device, key): (&Row, Option<Row>, Option<Row>),
) -> Result<Enrolled, Error> {
    let (core, graph) = (&identities.core, &identities.graph);
    let (tokens, keys, now) = (graph.enrollment_tokens, graph.device_keys, core.clock.now());
    let scope = core.scope();
    let mut row = match &device {
        Some(device) => device.clone(),
        None => devices::new_device(graph.devices, graph.id, &scope),
    };
    identities.describe(&request.description, &mut row);
    row[graph.devices.group_ids] = token[tokens.group_ids].clone();
    let approval_pending = token[tokens.needs_approval] == Value::Boolean(true);
    let state = match approval_pending {
        true => keys.states.approval_pending,
        false => keys.states.registered,
    };
    row[graph.devices.registration] = Value::Enum(state);
    row[graph.devices.last_sync] = Value::DateTimeOffset(now);
    devices::save(&scope, transaction, graph.devices, device.as_ref(), &row)?;
    let device_id = row[graph.id].clone();
    let mut new = keys.blank(identities.key_table(), &device_id);
    keys.set(&mut new, &request.key, &request.nonce_hash, now.ticks);
    new[keys.state] = Value::Integer(state);
    let once = (request.expires, request.jti.as_str());
    keys.remember(&mut new, once, now.to_unix_seconds());
    keys.save(identities.key_table(), transaction, key.as_ref(), &new)?;
    Ok(Enrolled {
        device_id: keys.device_id_of(&new),
        approval_pending,
    })
}
