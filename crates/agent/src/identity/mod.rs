//! The device's identity: a key of its own, enrolled once with a token, by which it gets short
//! access tokens.
//!
//! Each of them takes a step in a chain: an assertion shows the value that only this device knows,
//! and the hash of the next one, which was made and written down before it was sent. So a step whose
//! answer was lost is repeated as it was, and whoever copied the key is found out at the next one.

mod kept;
mod key;

pub use key::KeyKind;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use self::kept::Kept;
use self::key::{KeptKey, hash, random};
use crate::client::endpoint::{Endpoint, Reply};
use crate::error::AgentError;
use crate::options::{Enrolling, Token};

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";
/// For how long a JWT of the device holds, in seconds.
const LIFETIME: i64 = 120;
/// How far the service's clock may be from ours before ours is not believed, in seconds.
const SKEW: i64 = 30;
/// The longest that a token is used, in seconds, whatever the service says.
const LONGEST_TOKEN: i64 = 86_400;

/// An access token and until when it is used.
pub(crate) struct AccessToken {
    pub(crate) token: Token,
    /// When a new one is to be got, in seconds since 1970.
    pub(crate) renew_at: i64,
}

/// The identity of this device at one service.
pub(crate) struct Identity {
    directory: PathBuf,
    kept: Kept,
    options: Enrolling,
    /// What the device says of itself.
    description: Value,
    /// What is added to the system's clock.
    correction: i64,
}

fn option(reason: impl Into<String>) -> AgentError {
    AgentError::Option {
        option: "--enrollment-token",
        reason: reason.into(),
    }
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// The tenant that an enrolment token names: `rsenrol_{tenant}_{id}_{secret}`.
fn tenant_of(token: &Token) -> Option<String> {
    let mut parts = token.secret().split('_');
    let named = parts.next()? == "rsenrol";
    let tenant = uuid::Uuid::try_parse(parts.next()?).ok()?;
    named.then(|| tenant.hyphenated().to_string())
}

/// The beginning of an identity: a new key, and the tenant of the enrolment token.
fn begin(directory: &Path, server: &str, options: &Enrolling) -> Result<Kept, AgentError> {
    let token = options.token.as_ref();
    let token = token.ok_or(AgentError::NotEnrolled)?;
    let tenant = tenant_of(token)
        .ok_or_else(|| option("is none that `runstate enrollment-token` has made"))?;
    let kept = Kept {
        server: server.to_owned(),
        tenant,
        device_id: None,
        key: KeptKey::generate(options.key_kind, now()).map_err(option)?,
        nonce: random().map_err(option)?,
        next_nonce: None,
        next_key: None,
        described: String::new(),
    };
    // Before it is sent: an answer that is lost must find the same key.
    kept.write(directory)?;
    Ok(kept)
}

impl Identity {
    /// The identity that the state directory holds, or the beginning of one.
    ///
    /// # Errors
    /// It cannot be read or written, is of another service, or there is none and no enrolment token.
    pub(crate) fn open(
        directory: PathBuf,
        server: &str,
        options: &Enrolling,
        description: Value,
    ) -> Result<Self, AgentError> {
        let kept = match Kept::read(&directory)? {
            Some(kept) if kept.server != server => {
                return Err(option(format!(
                    "this device has enrolled at {}; another service needs another --state-dir",
                    kept.server
                )));
            }
            Some(mut kept) => {
                // An enrolment that was not answered may go on with another token.
                let tenant = options.token.as_ref().and_then(tenant_of);
                if let (None, Some(tenant)) = (&kept.device_id, tenant) {
                    kept.tenant = tenant;
                }
                kept
            }
            None => begin(&directory, server, options)?,
        };
        Ok(Self {
            directory,
            kept,
            options: options.clone(),
            description,
            correction: 0,
        })
    }

    /// The device's id, enrolling first if it has none.
    ///
    /// # Errors
    /// The service refuses or cannot be reached.
    pub(crate) fn enrol(&mut self, endpoint: &mut Endpoint<'_>) -> Result<String, AgentError> {
        if let Some(id) = &self.kept.device_id {
            return Ok(id.clone());
        }
        let token = self.options.token.clone();
        let token = token.ok_or(AgentError::NotEnrolled)?;
        let path = format!("{}/oauth2/v2.0/enrol", self.kept.tenant);
        let key = self.kept.key.open().map_err(option)?;
        let reply = self.exchange(endpoint, |own, endpoint| {
            endpoint.post(&path, ("application/jwt", Some(&token)), &|| {
                let mut claims = own.claims()?;
                claims["ath"] = hash(token.secret()).into();
                claims["nonce_hash"] = hash(&own.kept.nonce).into();
                claims["device"] = own.description.clone();
                let jwt = key.introduce("device-enrollment+jwt", &claims);
                jwt.map_err(option)
            })
        })?;
        let id = reply.accepted(endpoint, &path)?["deviceId"]
            .as_str()
            .map(str::to_owned);
        let id = id.filter(|id| crate::pass::is_id(id));
        let id = id.ok_or_else(|| endpoint.unusable(&path, "the device's id is none"))?;
        self.kept.device_id = Some(id.clone());
        self.kept.described = hash(&self.description.to_string());
        self.kept.write(&self.directory)?;
        Ok(id)
    }

    /// Has the next assertion give the device another key.
    pub(crate) fn rotate_key(&mut self) -> Result<(), AgentError> {
        if self.kept.next_key.is_none() {
            let kind = self.kept.key.kind();
            let next = KeptKey::generate(kind, now()).map_err(option)?;
            self.kept.next_key = Some(next);
            self.kept.write(&self.directory)?;
        }
        Ok(())
    }

    /// A new access token.
    ///
    /// # Errors
    /// The service refuses or cannot be reached.
    pub(crate) fn token(&mut self, endpoint: &mut Endpoint<'_>) -> Result<AccessToken, AgentError> {
        self.enrol(endpoint)?;
        let age = now().saturating_sub(self.kept.key.made_at);
        let longest = self.options.rotate_key_every.map(|every| every.as_secs());
        if longest.is_some_and(|longest| age >= i64::try_from(longest).unwrap_or(i64::MAX)) {
            self.rotate_key()?;
        }
        if self.kept.next_nonce.is_none() {
            // Before it is sent: a step whose answer is lost is repeated, not taken anew.
            self.kept.next_nonce = Some(random().map_err(option)?);
            self.kept.write(&self.directory)?;
        }
        let path = self.token_path();
        let send = |own: &Self, endpoint: &mut Endpoint<'_>, by_next: bool| {
            endpoint.post(&path, (FORM, None), &|| own.assertion(by_next))
        };
        let mut reply = self.exchange(endpoint, |own, endpoint| send(own, endpoint, false))?;
        if reply.status == 401 && self.kept.next_key.is_some() {
            // The service may have taken the next key, and the answer been lost.
            let other = self.exchange(endpoint, |own, endpoint| send(own, endpoint, true))?;
            if other.status == 200 {
                reply = other;
            }
        }
        let answer = reply.accepted(endpoint, &path)?;
        let token = answer["access_token"].as_str().map(Token::new);
        let token = token.unwrap_or(Err(AgentError::Token("the service gave none")))?;
        let lifetime = answer["expires_in"].as_i64().unwrap_or(0);
        // Before the token is used: what the service knows, the device must know.
        if let Some(next) = self.kept.next_nonce.take() {
            self.kept.nonce = next;
        }
        if let Some(next) = self.kept.next_key.take() {
            self.kept.key = next;
        }
        self.kept.described = hash(&self.description.to_string());
        self.kept.write(&self.directory)?;
        let lifetime = lifetime.clamp(0, LONGEST_TOKEN);
        Ok(AccessToken {
            token,
            renew_at: now().saturating_add(lifetime * 4 / 5),
        })
    }

    fn token_path(&self) -> String {
        format!("{}/oauth2/v2.0/token", self.kept.tenant)
    }

    /// A form with an assertion by the key, or by the next one.
    fn assertion(&self, by_next: bool) -> Result<String, AgentError> {
        let id = self.kept.device_id.as_deref().unwrap_or_default();
        let next_nonce = self.kept.next_nonce.as_deref().unwrap_or_default();
        let mut claims = self.claims()?;
        claims["iss"] = id.into();
        claims["sub"] = id.into();
        claims["nonce"] = self.kept.nonce.as_str().into();
        claims["next_nonce_hash"] = hash(next_nonce).into();
        if self.kept.described != hash(&self.description.to_string()) {
            claims["device"] = self.description.clone();
        }
        let next = self.kept.next_key.as_ref().map(KeptKey::open);
        let next = next.transpose().map_err(option)?;
        let key = match next {
            Some(next) if by_next => next,
            next => {
                if let Some(next) = next {
                    let mut proof = self.claims()?;
                    proof["sub"] = id.into();
                    let proof = next.introduce("device-key+jwt", &proof);
                    claims["next_key"] = proof.map_err(option)?.into();
                }
                self.kept.key.open().map_err(option)?
            }
        };
        let assertion = key
            .assert("device-assertion+jwt", &claims)
            .map_err(option)?;
        Ok(format!(
            "grant_type=client_credentials&client_assertion_type=\
             urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
             &client_assertion={assertion}"
        ))
    }

    /// Sends something; once more by the service's clock, if it refuses and
    /// ours is far from it.
    fn exchange(
        &mut self,
        endpoint: &mut Endpoint<'_>,
        send: impl Fn(&Self, &mut Endpoint<'_>) -> Result<Reply, AgentError>,
    ) -> Result<Reply, AgentError> {
        let reply = send(self, endpoint)?;
        let skew = reply.date.map(|date| date.saturating_sub(now()));
        match skew {
            Some(skew) if reply.status == 401 && (skew - self.correction).abs() > SKEW => {
                self.correction = skew;
                send(self, endpoint)
            }
            _ => Ok(reply),
        }
    }

    /// What everything says that the device signs.
    fn claims(&self) -> Result<Value, AgentError> {
        let now = now().saturating_add(self.correction);
        Ok(json!({
            "aud": format!("urn:runstate:tenant:{}", self.kept.tenant),
            "iat": now,
            "exp": now.saturating_add(LIFETIME),
            "jti": random().map_err(option)?,
        }))
    }
}
