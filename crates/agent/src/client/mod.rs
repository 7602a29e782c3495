//! Requests to the service: the token, the limits, and repetition.

pub(crate) mod endpoint;
mod retry;

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use ureq::http::{self, Request};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use self::endpoint::Endpoint;
use self::retry::Failure;
use crate::error::{AgentError, ApiError};
use crate::identity::Identity;
use crate::narrator::Narrator;
use crate::options::{Credential, Options, RetryPolicy, Token};
use crate::url::ServiceRoot;

/// How long the name and the connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one attempt may take as a whole.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// Characters kept of the texts of an error object.
const LONGEST_MESSAGE: usize = 1000;

/// A method that the agent uses. All of its requests can be repeated: a GET reads, a PATCH sets what
/// it set before, and both POSTs (`runstate.enrol`, a run state with its id) name what they make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Patch,
    Post,
}

impl Method {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Patch => "PATCH",
            Self::Post => "POST",
        }
    }
}

/// The client of one service root.
pub(crate) struct Client {
    http: ureq::Agent,
    root: ServiceRoot,
    /// The token that requests carry, once there is one.
    bearer: RefCell<Option<HeaderValue>>,
    /// Who gets another one, and when that is due, in seconds since 1970.
    identity: Option<RefCell<Identity>>,
    renew_at: Cell<i64>,
    response_limit: u64,
    retry: RetryPolicy,
}

impl Client {
    /// A client of the options' server. It follows no redirect and, over plain HTTP, uses no proxy:
    /// the token goes to the server it is for and to nobody else.
    pub(crate) fn new(options: &Options) -> Result<Self, AgentError> {
        let root = ServiceRoot::parse(&options.server, &options.api_version, options.allow_http)?;
        let bearer = match &options.credential {
            Credential::Token(token) => Some(header_of(token)?),
            Credential::Key(_) => None,
        };
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("runstate-agent/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(CALL_TIMEOUT));
        if !root.is_https() {
            config = config.proxy(None);
        }
        if let Some(path) = &options.ca_file {
            let certificates = authorities(path).map_err(AgentError::file("read", path))?;
            config = config.tls_config(TlsConfig::builder().root_certs(certificates).build());
        }
        Ok(Self {
            http: config.build().new_agent(),
            root,
            bearer: RefCell::new(bearer),
            identity: None,
            renew_at: Cell::new(0),
            response_limit: options.response_limit,
            retry: options.retry.clone(),
        })
    }

    /// Has an identity get the tokens, and answers the device's id.
    ///
    /// # Errors
    /// It cannot enrol.
    pub(crate) fn sign_in(
        &mut self,
        mut identity: Identity,
        narrator: &mut dyn Narrator,
    ) -> Result<String, AgentError> {
        let client = &*self;
        let id = identity.enrol(&mut Endpoint { client, narrator })?;
        self.identity = Some(RefCell::new(identity));
        Ok(id)
    }

    /// Gets a token, if there is none that will hold for a while, or it was refused.
    ///
    /// # Errors
    /// The service refuses or cannot be reached.
    pub(crate) fn authorize(
        &self,
        was_refused: bool,
        narrator: &mut dyn Narrator,
    ) -> Result<(), AgentError> {
        let Some(identity) = &self.identity else {
            return Ok(());
        };
        let now = jiff::Timestamp::now().as_second();
        if !was_refused && self.bearer.borrow().is_some() && now < self.renew_at.get() {
            return Ok(());
        }
        let client = self;
        let got = identity
            .borrow_mut()
            .token(&mut Endpoint { client, narrator })?;
        *self.bearer.borrow_mut() = Some(header_of(&got.token)?);
        self.renew_at.set(got.renew_at);
        Ok(())
    }

    /// The service root.
    pub(crate) fn root(&self) -> &ServiceRoot {
        &self.root
    }

    /// Reads a resource; also says how many bytes the answer had.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        url: &str,
        narrator: &mut dyn Narrator,
    ) -> Result<(T, usize), AgentError> {
        let body = self.exchange(Method::Get, url, None, narrator)?;
        Ok((read_json(Method::Get, url, &body)?, body.len()))
    }

    /// Sends a JSON body and reads the answer.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &str,
        body: &impl Serialize,
        narrator: &mut dyn Narrator,
    ) -> Result<T, AgentError> {
        let answer = self.exchange(method, url, Some(&write_json(method, url, body)?), narrator)?;
        read_json(method, url, &answer)
    }

    /// Sends a JSON body; any success will do.
    pub(crate) fn send(
        &self,
        method: Method,
        url: &str,
        body: &impl Serialize,
        narrator: &mut dyn Narrator,
    ) -> Result<(), AgentError> {
        self.exchange(method, url, Some(&write_json(method, url, body)?), narrator)
            .map(drop)
    }

    /// Attempts a request until it succeeds, fails for good, or has failed often enough.
    fn exchange(
        &self,
        method: Method,
        url: &str,
        body: Option<&[u8]>,
        narrator: &mut dyn Narrator,
    ) -> Result<Vec<u8>, AgentError> {
        let request_id = uuid::Uuid::new_v4().to_string();
        let (mut attempt, mut renewed) = (1, false);
        loop {
            self.authorize(false, narrator)?;
            let failure = match self.attempt(method, url, body, &request_id) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if failure.status() == Some(401) && self.identity.is_some() && !renewed {
                renewed = true;
                self.authorize(true, narrator)?;
                continue;
            }
            let Some(wait) = failure.wait(attempt, &self.retry) else {
                return Err(failure.into_error(method, url, attempt));
            };
            tracing::debug!(method = method.as_str(), url, attempt, ?wait, %failure, "retrying");
            narrator.retrying(&failure.to_string(), wait);
            std::thread::sleep(wait);
            attempt += 1;
        }
    }

    fn attempt(
        &self,
        method: Method,
        url: &str,
        body: Option<&[u8]>,
        request_id: &str,
    ) -> Result<Vec<u8>, Failure> {
        let bearer = self.bearer.borrow().clone();
        let bearer = bearer.ok_or_else(|| Failure::Hopeless("there is no token".to_owned()))?;
        let request = Request::builder()
            .header(AUTHORIZATION, bearer)
            .method(method.as_str())
            .uri(url)
            .header(ACCEPT, "application/json")
            .header("client-request-id", request_id);
        let answer = match body {
            Some(body) => {
                let request = request.header(CONTENT_TYPE, "application/json").body(body);
                self.http.run(request.map_err(Failure::request)?)
            }
            None => self.http.run(request.body(()).map_err(Failure::request)?),
        };
        let (head, mut body) = answer.map_err(Failure::transport)?.into_parts();
        let read = body.with_config().limit(self.response_limit).read_to_vec();
        let body = read.map_err(Failure::transport)?;
        if head.status.is_success() {
            return Ok(body);
        }
        let error = api_error(method, url, head.status, &head.headers, &body);
        let retry_after = head.headers.get(RETRY_AFTER).and_then(retry::retry_after);
        Err(Failure::Answered {
            error: Box::new(error),
            retry_after,
        })
    }
}

/// The header that carries a token.
fn header_of(token: &Token) -> Result<HeaderValue, AgentError> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.secret()))
        .map_err(|_| AgentError::Token("no header can hold it"))?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

fn write_json(method: Method, url: &str, body: &impl Serialize) -> Result<Vec<u8>, AgentError> {
    serde_json::to_vec(body).map_err(|error| answer_error(method, url, &error.to_string()))
}

fn read_json<T: DeserializeOwned>(method: Method, url: &str, body: &[u8]) -> Result<T, AgentError> {
    serde_json::from_slice(body).map_err(|error| answer_error(method, url, &error.to_string()))
}

/// An answer that cannot be used; the reason may quote it.
pub(crate) fn answer_error(method: Method, url: &str, reason: &str) -> AgentError {
    AgentError::Answer {
        method: method.as_str(),
        url: url.to_owned(),
        reason: printable(reason, LONGEST_MESSAGE),
    }
}

/// The error object of an answer, or what the answer begins with if it holds none.
fn api_error(
    method: Method,
    url: &str,
    status: http::StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> ApiError {
    let answer: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| {
        let value = answer.pointer(pointer)?.as_str()?;
        Some(printable(value, LONGEST_MESSAGE))
    };
    let header = |name: &str| {
        Some(printable(
            headers.get(name)?.to_str().ok()?,
            LONGEST_MESSAGE,
        ))
    };
    ApiError {
        method: method.as_str(),
        url: url.to_owned(),
        status: status.as_u16(),
        code: text("/error/code").unwrap_or_default(),
        message: text("/error/message")
            .unwrap_or_else(|| printable(&String::from_utf8_lossy(body), 200)),
        request_id: text("/error/innerError/request-id").or_else(|| header("request-id")),
    }
}

/// A text from outside for a terminal or a log: without control characters, not too long.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let cut = crate::run::cut(text, limit);
    cut.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The certificates of a PEM file.
fn authorities(path: &std::path::Path) -> io::Result<RootCerts> {
    let pem = std::fs::read(path)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(io::Error::other)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it holds no certificate",
        ));
    }
    Ok(certificates.into_iter().collect::<Vec<_>>().into())
}

#[cfg(test)]
mod tests;
