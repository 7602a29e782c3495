//! Assertions: a device shows that it holds its key (RFC 7523, section 2.2), and takes a step in the
//! key's chain. With the same assertion it may give itself another key, or describe itself anew.

use std::sync::Arc;

use edm::Value;
use engine::access::{Caller, Reach};
use engine::audit::{Actor, Origin};
use engine::exchange::devices::{ASSERTION_TYPE, Asserted, DeviceError, Refusal, Sent};
use odata::Error;
use odata::json::Argument;
use serde::Deserialize;
use serde_json::Value as Json;
use store::{Row, Transaction};

use super::enrol::check_hash;
use super::jws::{Header, PublicKey, Signed, invalid_client, malformed, unverified_subject};
use super::keys::{Seen, Step};
use super::{DeviceIdentities, audience};
use crate::{devices, identity};

/// The type of the proof that a device holds the key that it gives itself.
const NEXT_KEY_TYPE: &str = "device-key+jwt";

/// What an assertion says beside what every JWT of a device does.
#[derive(Clone, Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// The value of the last step.
    nonce: String,
    /// The hash of that of the next one.
    next_nonce_hash: String,
    /// What the device says of itself, if that has changed.
    #[serde(default)]
    device: Option<Json>,
    /// A JWT by another key, which is the device's from now on.
    #[serde(default)]
    next_key: Option<String>,
}

/// What the proof of the next key says.
#[derive(Clone, Debug, Deserialize)]
struct NextKey {
    sub: String,
}

/// An assertion whose signature holds.
#[derive(Clone)]
struct Assertion {
    device: Value,
    key_id: String,
    nonce: String,
    next_nonce_hash: String,
    expires: i64,
    jti: String,
    description: Option<Vec<(usize, Argument)>>,
    next_key: Option<Arc<PublicKey>>,
}

pub(super) async fn assert(
    identities: &DeviceIdentities,
    jwt: String,
    tenant: String,
    sent: Sent,
) -> Result<Asserted, DeviceError> {
    let header = Header::read(&jwt, ASSERTION_TYPE)?;
    let subject = unverified_subject(&jwt);
    let subject = subject.ok_or_else(|| malformed("The assertion has no sub."))?;
    // The signature is checked here, not where all writes wait for it; that the key is still the
    // device's, there.
    let (keys, device) = (identities.graph.device_keys, Value::String(subject.clone()));
    let wanted = device.clone();
    let kept = identities
        .core
        .read(move |reader| keys.get(reader, &wanted));
    // Who does not hold a device's key is not told whether there is such a device.
    let unknown = || invalid_client("The assertion is not signed by the current key of a device.");
    let kept = kept.await?.ok_or_else(unknown)?;
    let text = |column: usize| kept[column].as_str().unwrap_or_default();
    if text(keys.key_id).is_empty() || header.kid.as_deref() != Some(text(keys.key_id)) {
        return Err(unknown().into());
    }
    let key = PublicKey::kept(text(keys.public_key))?;
    let assertion = check(identities, &jwt, (&header, &key), &audience(&tenant))?;
    if assertion.device != device {
        return Err(unknown().into());
    }
    let own = identities.clone();
    let caller = Caller {
        reach: Reach::Device(subject.clone()),
        subject,
        ..Caller::default()
    };
    let origin = Origin {
        actor: Actor::Caller(Arc::new(caller)),
        client: sent.client,
        correlation: sent.correlation,
        action: None,
    };
    let taken = identities.core.write(origin, move |transaction| {
        take(&own, transaction, &assertion)
    });
    Ok(taken.await??)
}

/// Checks an assertion, but for what only the transaction can tell.
fn check(
    identities: &DeviceIdentities,
    jwt: &str,
    (header, key): (&Header, &PublicKey),
    audience: &str,
) -> Result<Assertion, Refusal> {
    let now = identities.core.clock.now().to_unix_seconds();
    if header.jwk.is_some() {
        return Err(malformed("An assertion names its key by kid, without jwk."));
    }
    let signed = Signed::<Claims>::verify(jwt, (header, key), audience, now)?;
    let (expires, jti) = signed.once();
    let jti = jti.to_owned();
    let claims = signed.claims;
    if claims.iss != claims.sub {
        return Err(invalid_client("The assertion's iss is not its sub."));
    }
    check_hash(&claims.next_nonce_hash)?;
    if claims.nonce.len() > 64 {
        return Err(malformed("A value of the chain has at most 64 bytes."));
    }
    let next_key = claims.next_key.as_deref().map(|proof| {
        let header = Header::read(proof, NEXT_KEY_TYPE)?;
        let jwk = header.jwk.as_ref().filter(|_| header.kid.is_none());
        let jwk = jwk.ok_or_else(|| malformed("The next key stands in jwk, without kid."))?;
        let next = PublicKey::of(jwk)?;
        let proof = Signed::<NextKey>::verify(proof, (&header, &next), audience, now)?;
        match proof.claims.sub == claims.sub {
            true => Ok(Arc::new(next)),
            false => Err(invalid_client("The next key is another device's.")),
        }
    });
    let description = claims.device.as_ref().map(|d| identities.description(d));
    Ok(Assertion {
        device: Value::String(claims.sub),
        key_id: key.id.clone(),
        nonce: claims.nonce,
        next_nonce_hash: claims.next_nonce_hash,
        expires,
        jti,
        description: description.transpose()?,
        next_key: next_key.transpose()?,
    })
}

/// Takes an assertion: whose it is, if it may have a token.
fn take(
    identities: &DeviceIdentities,
    transaction: &mut dyn Transaction,
    assertion: &Assertion,
) -> Result<Result<Asserted, Refusal>, Error> {
    let (core, keys) = (&identities.core, identities.graph.device_keys);
    let old = keys.get(transaction, &assertion.device)?;
    let current = |row: &Row| row[keys.key_id].as_str() == Some(&assertion.key_id);
    let Some(old) = old.filter(current) else {
        return Ok(Err(invalid_client("The device has another key by now.")));
    };
    if let Err(refusal) = admitted(identities, &old) {
        return Ok(Err(refusal));
    }
    let now = core.clock.now();
    let mut row = old.clone();
    let once = (assertion.expires, assertion.jti.as_str());
    match keys.remember(&mut row, once, now.to_unix_seconds()) {
        Seen::Now => {}
        Seen::Before => return Ok(Err(invalid_client("The assertion was used before."))),
        Seen::TooMany => {
            return Ok(Err(Refusal {
                error: "slow_down",
                description: "The device sends too many assertions. Wait five minutes.".to_owned(),
            }));
        }
    }
    match keys.step(&old, &assertion.nonce, &assertion.next_nonce_hash) {
        Step::Next => keys.advance(&mut row, &assertion.nonce, &assertion.next_nonce_hash),
        Step::Again => {}
        Step::Other => return conflict(identities, transaction, (&old, row)),
    }
    if let Some(next) = &assertion.next_key {
        keys.replace(&mut row, next, now.ticks);
    }
    // A refusal changes nothing: it comes before the first write.
    if let Some(description) = &assertion.description
        && let Err(refusal) = describe(identities, transaction, assertion, description)?
    {
        return Ok(Err(refusal));
    }
    keys.save(identities.key_table(), transaction, Some(&old), &row)?;
    let device_id = keys.device_id_of(&row);
    Ok(Ok(Asserted {
        tokens_from: identity::tokens_from(core, transaction, &device_id)?,
        device_id,
    }))
}

/// Whether the state of a device's key lets it have tokens.
fn admitted(identities: &DeviceIdentities, key: &Row) -> Result<(), Refusal> {
    let keys = identities.graph.device_keys;
    let (state, states) = (key[keys.state].as_i64(), keys.states);
    if state == Some(states.registered) {
        Ok(())
    } else if state == Some(states.approval_pending) {
        Err(Refusal {
            error: "authorization_pending",
            description: "The device waits for an administrator: runstate device approve."
                .to_owned(),
        })
    } else if state == Some(states.key_conflict) {
        Err(invalid_client(
            "The device's key was used in two places, so that it is refused until an administrator \
             has looked: runstate device release.",
        ))
    } else {
        Err(invalid_client("The device is revoked."))
    }
}

/// Two hold the key: it is refused from now on. The refusal is committed, unlike any other.
fn conflict(
    identities: &DeviceIdentities,
    transaction: &mut dyn Transaction,
    (old, mut row): (&Row, Row),
) -> Result<Result<Asserted, Refusal>, Error> {
    let (core, keys) = (&identities.core, identities.graph.device_keys);
    let device = keys.device_id_of(&row);
    row[keys.state] = Value::Integer(keys.states.key_conflict);
    keys.save(identities.key_table(), transaction, Some(old), &row)?;
    let state = keys.states.key_conflict;
    let now = core.clock.now();
    identity::revoke((&core.model, &core.tables), transaction, now, &device)?;
    identities.show_state(transaction, &Value::from(device.as_str()), state)?;
    tracing::warn!(
        device,
        "the key of a device was used in two places: it is refused until it is released"
    );
    Ok(Err(match admitted(identities, &row) {
        Err(refusal) => refusal,
        Ok(()) => return Err(Error::internal("a key in conflict is taken")),
    }))
}

/// Writes what a device says of itself now. Its `udid` is what it enrolled with.
fn describe(
    identities: &DeviceIdentities,
    transaction: &mut dyn Transaction,
    assertion: &Assertion,
    description: &[(usize, Argument)],
) -> Result<Result<(), Refusal>, Error> {
    let (core, graph) = (&identities.core, &identities.graph);
    let key = std::slice::from_ref(&assertion.device);
    let device = transaction.get(graph.devices.table, key)?;
    let Some(old) = device else {
        return Err(Error::internal("a key without a device"));
    };
    let mut new = old.clone();
    identities.describe(description, &mut new);
    if new[graph.devices.udid] != old[graph.devices.udid] {
        return Ok(Err(malformed(
            "A device keeps the udid that it enrolled with.",
        )));
    }
    devices::save(&core.scope(), transaction, graph.devices, Some(&old), &new)?;
    Ok(Ok(()))
}
