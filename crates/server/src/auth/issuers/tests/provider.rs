//! An identity provider on a free port of this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// A key of a provider.
pub(super) struct Signer {
    id: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
}

impl Signer {
    pub(super) fn ec(id: &str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::ES256,
            encoding: EncodingKey::from_ec_der(key.serialized_der()),
        }
    }

    pub(super) fn rsa(id: &str) -> Self {
        use aws_lc_rs::encoding::AsDer;
        let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
        let base64 = BASE64_STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::RS256,
            encoding: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
        }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.encoding).unwrap()
    }

    /// The public half.
    pub(super) fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.encoding, self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }
}

/// What it answers, and how often it was asked for its keys.
pub(super) struct Provider {
    pub(super) url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    keys: Mutex<Vec<Value>>,
    says: Mutex<String>,
    asked: AtomicUsize,
}

impl Provider {
    pub(super) fn with(keys: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/realm", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        *state.says.lock().unwrap() = url.clone();
        let (answering, root) = (Arc::clone(&state), url.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &root, &answering);
            }
        });
        let provider = Self { url, state };
        provider.show(keys);
        provider
    }

    /// Has other keys from now on; without any, it fails.
    pub(super) fn show(&self, keys: &[&Signer]) {
        *self.state.keys.lock().unwrap() = keys.iter().map(|key| key.jwk()).collect();
    }

    /// Calls itself by another name.
    pub(super) fn say(&self, name: &str) {
        name.clone_into(&mut self.state.says.lock().unwrap());
    }

    pub(super) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }
}

fn answer(mut stream: TcpStream, root: &str, state: &State) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let keys = state.keys.lock().unwrap().clone();
    let (status, body) = if first.contains("/realm/.well-known/openid-configuration ") {
        let says = state.says.lock().unwrap().clone();
        (
            200,
            json!({ "issuer": says, "jwks_uri": format!("{root}/keys") }),
        )
    } else {
        state.asked.fetch_add(1, Ordering::SeqCst);
        let status = if keys.is_empty() { 500 } else { 200 };
        (status, json!({ "keys": keys }))
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}
