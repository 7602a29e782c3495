//! The paths beside the service root at which a device enrols and gets tokens.

use std::time::Duration;

use serde_json::Value;
use ureq::http::Request;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue, RETRY_AFTER};

use super::retry::{self, Failure};
use super::{Client, LONGEST_MESSAGE, Method, answer_error, printable};
use crate::error::{AgentError, ApiError};
use crate::narrator::Narrator;
use crate::options::Token;

/// The largest answer, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Where a client sends what is no request to the service.
pub(crate) struct Endpoint<'a> {
    pub(super) client: &'a Client,
    pub(super) narrator: &'a mut dyn Narrator,
}

/// An answer, whatever its status.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// What the service's clock says, in seconds since 1970.
    pub(crate) date: Option<i64>,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Endpoint<'_> {
    /// Posts to a path beside the service root, as often as other requests are sent: with a body
    /// that is made anew for each attempt.
    ///
    /// # Errors
    /// The body cannot be made, or no answer comes but such as may pass.
    pub(crate) fn post(
        &mut self,
        path: &str,
        (media_type, bearer): (&str, Option<&Token>),
        body: &dyn Fn() -> Result<String, AgentError>,
    ) -> Result<Reply, AgentError> {
        let url = self.client.root.beside(path);
        let mut attempt = 1;
        loop {
            let failure = match self.send(&url, media_type, body()?, bearer) {
                Ok(reply) if !matches!(reply.status, 408 | 429 | 500..) => return Ok(reply),
                Ok(reply) => Failure::Answered {
                    retry_after: reply.retry_after,
                    error: reply.refusal(&url),
                },
                Err(failure) => failure,
            };
            let Some(wait) = failure.wait(attempt, &self.client.retry) else {
                return Err(failure.into_error(Method::Post, &url, attempt));
            };
            self.narrator.retrying(&failure.to_string(), wait);
            std::thread::sleep(wait);
            attempt += 1;
        }
    }

    fn send(
        &self,
        url: &str,
        media_type: &str,
        body: String,
        bearer: Option<&Token>,
    ) -> Result<Reply, Failure> {
        let mut request = Request::builder()
            .method("POST")
            .uri(url)
            .header(CONTENT_TYPE, media_type);
        if let Some(token) = bearer {
            let value = HeaderValue::try_from(format!("Bearer {}", token.secret()));
            let mut value =
                value.map_err(|_| Failure::Hopeless("no header holds it".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(body).map_err(Failure::request)?;
        let answer = self.client.http.run(request).map_err(Failure::transport)?;
        let (head, mut body) = answer.into_parts();
        let read = body.with_config().limit(LARGEST).read_to_vec();
        let date = head.headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        Ok(Reply {
            status: head.status.as_u16(),
            date: date.map(|date| date.timestamp().as_second()),
            retry_after: head.headers.get(RETRY_AFTER).and_then(retry::retry_after),
            body: read.map_err(Failure::transport)?,
        })
    }

    /// An answer that cannot be used.
    pub(crate) fn unusable(&self, path: &str, reason: &str) -> AgentError {
        answer_error(Method::Post, &self.client.root.beside(path), reason)
    }
}

impl Reply {
    /// The JSON of an answer that is no refusal.
    ///
    /// # Errors
    /// The refusal (RFC 6749, section 5.2, or Graph's error object), or that it is no JSON.
    pub(crate) fn accepted(
        &self,
        endpoint: &Endpoint<'_>,
        path: &str,
    ) -> Result<Value, AgentError> {
        if self.status != 200 {
            return Err(self.refusal(&endpoint.client.root.beside(path)).into());
        }
        let answer = serde_json::from_slice(&self.body);
        answer.map_err(|_| endpoint.unusable(path, "it is no JSON"))
    }

    fn refusal(&self, url: &str) -> Box<ApiError> {
        let answer: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let text = |pointer: &str| {
            let text = answer.pointer(pointer)?.as_str()?;
            Some(printable(text, LONGEST_MESSAGE))
        };
        let code = text("/error/code").or_else(|| text("/error"));
        let message = text("/error/message").or_else(|| text("/error_description"));
        Box::new(ApiError {
            method: Method::Post.as_str(),
            url: url.to_owned(),
            status: self.status,
            code: code.unwrap_or_default(),
            message: message.unwrap_or_default(),
            request_id: text("/error/innerError/request-id"),
        })
    }
}
