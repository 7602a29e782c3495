//! The embedded authority: people sign in by a browser, and applications get tokens for them.

mod browser;
mod claims;
mod codes;
mod device_codes;
mod hostile;
mod lifecycle;
mod refresh;
mod sign_in;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::authority::{Registered, post, registered};
use crate::support::{Answer, READ_WRITE, Server};
use browser::{Browser, encode};

/// A password that nobody guesses.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// Where a desktop application listens.
pub(crate) const REDIRECT: &str = "http://localhost:8400/signed-in";
/// A verifier of 43 characters.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A user with [`READ_WRITE`] and [`PASSWORD`].
#[track_caller]
pub(crate) fn make_user(server: &Server, name: &str, arguments: &[&str]) -> String {
    let line = [
        "user",
        "create",
        name,
        "--scope",
        READ_WRITE,
        "--password-stdin",
    ];
    let printed = server.runstate_with_input(&[&line, arguments].concat(), PASSWORD);
    printed.trim().to_owned()
}

/// A desktop application that users with [`READ_WRITE`] sign in with.
#[track_caller]
pub(crate) fn public_client(server: &Server) -> Registered {
    registered(&server.runstate(&[
        "app",
        "create",
        "a desktop",
        "--public-client",
        "--scope",
        READ_WRITE,
        "--redirect-uri",
        "http://localhost/signed-in",
        "--redirect-uri",
        "https://app.example/signed-in",
    ]))
}

/// SHA-256 in base64url.
pub(crate) fn challenge(verifier: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(digest)
}

impl Registered {
    /// The query of a right authorization request.
    pub(crate) fn authorize(&self) -> String {
        self.authorize_with(&[])
    }

    /// The same with parameters instead of these, or beside them; an empty value removes one.
    pub(crate) fn authorize_with(&self, changed: &[(&str, &str)]) -> String {
        let challenge = challenge(VERIFIER);
        let mut parameters = vec![
            ("client_id", self.id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            (
                "scope",
                "openid profile offline_access https://graph.microsoft.com/.default",
            ),
            ("state", "a state"),
            ("nonce", "a nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        parameters.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
        parameters.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
        let pairs: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        format!("/{}/oauth2/v2.0/authorize?{}", self.tenant, pairs.join("&"))
    }

    /// Exchanges a code.
    pub(crate) fn exchange(&self, server: &Server, code: &str, changed: &[(&str, &str)]) -> Answer {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", self.id.as_str()),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("client_info", "1"),
        ];
        fields.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
        fields.extend(changed);
        self.ask_with(server, &fields)
    }

    /// Exchanges a refresh token.
    pub(crate) fn refresh(&self, server: &Server, token: &str) -> Answer {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", self.id.as_str()),
            ("refresh_token", token),
        ];
        self.ask_with(server, &fields)
    }

    /// Posts fields to the token endpoint.
    pub(crate) fn ask_with(&self, server: &Server, fields: &[(&str, &str)]) -> Answer {
        let form: Vec<String> = fields
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let target = format!("/{}/oauth2/v2.0/token", self.tenant);
        post(server, &target, &form.join("&"))
    }

    /// The tokens of a user who signs in with [`PASSWORD`].
    #[track_caller]
    pub(crate) fn tokens_of(&self, server: &Server, name: &str) -> Value {
        let mut browser = Browser::new(server);
        let code = browser.code(&self.authorize(), name);
        self.exchange(server, &code, &[]).expect_json(200)
    }
}

/// The text of a member.
#[track_caller]
pub(crate) fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    let value = body[name].as_str();
    value.unwrap_or_else(|| panic!("no {name} in {body}"))
}

/// What a JWT says; its signature is checked where it is used.
pub(crate) fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}
