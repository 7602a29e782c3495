//! The demonstration as a client of the Graph API.

use std::time::Duration;

use serde_json::Value;

use crate::Failure;

/// A client that begins all of its paths at `/beta/deviceManagement/`.
pub(super) struct Graph {
    http: ureq::Agent,
    server: String,
    token: String,
}

/// An answer as it came, and read.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    pub(super) json: Value,
}

/// What all paths begin with, behind the version.
pub(super) const ROOT: &str = "/deviceManagement/";

impl Graph {
    pub(super) fn new(server: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // The server is on this machine, whatever proxy the environment names.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)));
        Self {
            http: config.build().new_agent(),
            server: server.to_owned(),
            token: token.to_owned(),
        }
    }

    /// # Errors
    /// No answer, or another than success.
    pub(super) fn get(&self, path: &str) -> Result<Answer, Failure> {
        let request = self.http.get(self.url(path));
        let request = request.header("Authorization", self.bearer());
        self.read("GET", path, request.call())
    }

    /// # Errors
    /// No answer, or another than success.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        let request = self.http.post(self.url(path));
        let request = request
            .header("Authorization", self.bearer())
            .header("Content-Type", "application/json");
        self.read("POST", path, request.send(body.to_string()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/beta{ROOT}{path}", self.server)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn read(
        &self,
        method: &str,
        path: &str,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, Failure> {
        let failed = |reason: &dyn std::fmt::Display| format!("{method} {ROOT}{path}: {reason}");
        let mut answer = answer.map_err(|reason| failed(&reason))?;
        let status = answer.status().as_u16();
        let text = answer
            .body_mut()
            .read_to_string()
            .map_err(|reason| failed(&reason))?;
        if !answer.status().is_success() {
            return Err(failed(&format_args!("expected success, found {status}: {text}")).into());
        }
        let json = serde_json::from_str(&text).map_err(|reason| failed(&reason))?;
        Ok(Answer { status, text, json })
    }
}
