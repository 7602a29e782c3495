//! A device as the server sees it: whoever holds its key. Here it may do what no agent does.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::support::{Answer, Request, Server};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The time, in seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

pub(crate) fn hash(text: &str) -> String {
    BASE64URL.encode(digest(&SHA256, text.as_bytes()))
}

/// A text that nobody has used before.
pub(crate) fn fresh() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    BASE64URL.encode(bytes)
}

/// A private key.
pub(crate) enum Key {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl Key {
    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn from_pkcs8(document: &[u8]) -> Self {
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(document).unwrap())
    }

    pub(crate) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| BASE64URL.encode(bytes);
        match self {
            Self::Ed25519(pair) => {
                json!({"crv": "Ed25519", "kty": "OKP", "x": text(pair.public_key().as_ref())})
            }
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({"crv": "P-256", "kty": "EC", "x": text(&point[1..33]), "y": text(&point[33..])})
            }
        }
    }

    /// RFC 7638: serde_json writes the members in the order of their names.
    pub(crate) fn id(&self) -> String {
        hash(&self.jwk().to_string())
    }

    pub(crate) fn alg(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    /// A JWT of this header and these claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = |value: &Value| BASE64URL.encode(value.to_string());
        let signed = format!("{}.{}", text(header), text(claims));
        let signature = match self {
            Self::Ed25519(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), signed.as_bytes());
                signature.unwrap().as_ref().to_vec()
            }
        };
        format!("{signed}.{}", BASE64URL.encode(signature))
    }

    pub(crate) fn header(&self, typ: &str) -> Value {
        json!({"typ": typ, "alg": self.alg(), "kid": self.id()})
    }

    pub(crate) fn header_with_jwk(&self, typ: &str) -> Value {
        json!({"typ": typ, "alg": self.alg(), "jwk": self.jwk()})
    }
}

/// Whoever holds a device's key and the values of its chain.
pub(crate) struct Holder {
    pub(crate) key: Key,
    pub(crate) tenant: String,
    pub(crate) udid: String,
    pub(crate) id: String,
    /// The value of the last step.
    pub(crate) nonce: String,
}

impl Holder {
    /// A device that has a token to enrol with, and has not yet.
    pub(crate) fn new(key: Key, token: &str) -> Self {
        let tenant = uuid::Uuid::try_parse(token.split('_').nth(1).unwrap()).unwrap();
        Self {
            key,
            tenant: tenant.to_string(),
            udid: fresh(),
            id: String::new(),
            nonce: fresh(),
        }
    }

    /// A device that has enrolled.
    pub(crate) fn enrolled(server: &Server, key: Key, token: &str) -> Self {
        let mut holder = Self::new(key, token);
        holder.enrol(server, token);
        holder
    }

    /// The claims of an enrolment, to be changed.
    pub(crate) fn enrolment(&self, token: &str) -> Value {
        let mut claims = self.claims();
        claims["ath"] = hash(token).into();
        claims["nonce_hash"] = hash(&self.nonce).into();
        claims["device"] = json!({"udid": self.udid, "deviceName": "a device"});
        claims
    }

    pub(crate) fn enrol(&mut self, server: &Server, token: &str) -> Value {
        let answer = self.try_enrol(server, token, &self.enrolment(token));
        let answer = answer.expect_json(200);
        self.id = answer["deviceId"].as_str().unwrap().to_owned();
        answer
    }

    pub(crate) fn try_enrol(&self, server: &Server, token: &str, claims: &Value) -> Answer {
        let header = self.key.header_with_jwk("device-enrollment+jwt");
        self.send_enrolment(server, token, &self.key.sign(&header, claims))
    }

    pub(crate) fn send_enrolment(&self, server: &Server, token: &str, jwt: &str) -> Answer {
        let path = format!("/{}/oauth2/v2.0/enrol", self.tenant);
        let request = Request::new("POST", &path)
            .header("Authorization", &format!("Bearer {token}"))
            .text("application/jwt", jwt);
        server.exchange(&request)
    }

    fn claims(&self) -> Value {
        json!({
            "aud": format!("urn:runstate:tenant:{}", self.tenant),
            "iat": now(),
            "exp": now() + 120,
            "jti": fresh(),
        })
    }

    /// The claims of an assertion that goes to the value given, to be changed.
    pub(crate) fn assertion(&self, next: &str) -> Value {
        let mut claims = self.claims();
        claims["iss"] = self.id.clone().into();
        claims["sub"] = self.id.clone().into();
        claims["nonce"] = self.nonce.clone().into();
        claims["next_nonce_hash"] = hash(next).into();
        claims
    }

    /// The proof that the device holds another key.
    pub(crate) fn next_key(&self, next: &Key) -> String {
        let mut claims = self.claims();
        claims["sub"] = self.id.clone().into();
        next.sign(&next.header_with_jwk("device-key+jwt"), &claims)
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.key
            .sign(&self.key.header("device-assertion+jwt"), claims)
    }

    /// Asks for a token by an assertion that may be any text.
    pub(crate) fn ask(&self, server: &Server, assertion: &str) -> Answer {
        let form = format!(
            "grant_type=client_credentials&client_assertion_type={}&client_assertion={assertion}",
            ASSERTION_TYPE.replace(':', "%3A")
        );
        let path = format!("/{}/oauth2/v2.0/token", self.tenant);
        let request = Request::new("POST", &path);
        server.exchange(&request.text("application/x-www-form-urlencoded", &form))
    }

    /// Takes the next step, whatever comes of it.
    pub(crate) fn step(&mut self, server: &Server) -> Answer {
        let next = fresh();
        let answer = self.ask(server, &self.sign(&self.assertion(&next)));
        if answer.status == 200 {
            self.nonce = next;
        }
        answer
    }

    /// A token.
    #[track_caller]
    pub(crate) fn token(&mut self, server: &Server) -> String {
        let answer = self.step(server).expect_json(200);
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

/// The `error` of an OAuth refusal, if it has the status.
#[track_caller]
pub(crate) fn refused(answer: Answer, status: u16, error: &str) -> String {
    let answer = answer.expect_json(status);
    assert_eq!(answer["error"], error, "{answer}");
    answer["error_description"].as_str().unwrap().to_owned()
}

/// An enrolment token with these arguments.
pub(crate) fn enrollment_token(server: &Server, arguments: &[&str]) -> String {
    let line = [&["enrollment-token", "create"], arguments].concat();
    server.runstate(&line).trim_end().to_owned()
}

/// What the device shows of itself.
pub(crate) fn device(server: &Server, id: &str) -> Value {
    let path = format!("/beta/deviceManagement/managedDevices/{id}");
    server.get(&path).expect_json(200)
}
