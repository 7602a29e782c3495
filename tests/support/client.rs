//! A small HTTP client on bare connections: it sends what a test says, malformed or not.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::Answer;

/// Longer than anything here takes, so that a server that hangs fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that is being put together.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request for a target, in which a space is written as one.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.replace(' ', "%20"),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A header beside those that the client sends by itself.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text("application/json", &body.to_string())
    }

    pub(crate) fn text(self, media: &str, body: &str) -> Self {
        self.header("Content-Type", media).bytes(body.as_bytes())
    }

    /// A body without a content type.
    pub(crate) fn bytes(mut self, body: &[u8]) -> Self {
        self.body = Some(body.to_vec());
        self
    }

    fn encode(&self, token: Option<&str>) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let mut line = |name: &str, value: &str| {
            head.push_str(&format!("{name}: {value}\r\n"));
        };
        let has = |name: &str| {
            self.headers
                .iter()
                .any(|(n, _)| n.eq_ignore_ascii_case(name))
        };
        if !has("host") {
            line("Host", "graph.test");
        }
        if let (Some(token), false) = (token, has("authorization")) {
            line("Authorization", &format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        if let Some(body) = &self.body {
            line("Content-Length", &body.len().to_string());
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    fn describe(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        let body = String::from_utf8_lossy(&body[..body.len().min(400)]);
        let target: String = self.target.chars().take(400).collect();
        format!("{} {target} {body}", self.method)
    }
}

/// Requests under one token, on connections that are kept.
#[derive(Debug)]
pub(crate) struct Client {
    address: String,
    token: Option<String>,
    idle: Mutex<Vec<BufReader<TcpStream>>>,
}

impl Client {
    pub(crate) fn new(address: &str, token: Option<String>) -> Self {
        Self {
            address: address.to_owned(),
            token,
            idle: Mutex::default(),
        }
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send(&Request::new("GET", target))
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> Answer {
        self.send(&Request::new("POST", target).json(body))
    }

    pub(crate) fn patch(&self, target: &str, body: &Value) -> Answer {
        self.send(&Request::new("PATCH", target).json(body))
    }

    pub(crate) fn delete(&self, target: &str) -> Answer {
        self.send(&Request::new("DELETE", target))
    }

    /// Sends a request, and checks what every answer of the service keeps.
    pub(crate) fn send(&self, request: &Request) -> Answer {
        let answer = self.exchange(request);
        answer.check();
        answer
    }

    /// Sends a request that may be refused before the service sees it.
    pub(crate) fn exchange(&self, request: &Request) -> Answer {
        let asked = request.describe();
        let bytes = request.encode(self.token.as_deref());
        let idle = self.idle.lock().unwrap().pop();
        if let Some(stream) = idle
            && let Ok(answer) = self.on(stream, &bytes, request, &asked)
        {
            return answer;
        }
        // The server may have closed a connection that it kept; a new one must serve.
        let stream = BufReader::new(self.connect());
        self.on(stream, &bytes, request, &asked)
            .unwrap_or_else(|error| panic!("{asked}: {error}"))
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn on(
        &self,
        mut stream: BufReader<TcpStream>,
        bytes: &[u8],
        request: &Request,
        asked: &str,
    ) -> io::Result<Answer> {
        stream.get_mut().write_all(bytes)?;
        let answer = read_answer(&mut stream, request.method == "HEAD", asked)?;
        if answer.header("connection") != Some("close") {
            self.idle.lock().unwrap().push(stream);
        }
        Ok(answer)
    }

    /// Sends bytes as they are, and no more, on a connection of their own; reads what comes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> io::Result<Answer> {
        let mut stream = BufReader::new(self.connect());
        stream.get_mut().write_all(bytes)?;
        stream.get_ref().shutdown(Shutdown::Write)?;
        read_answer(&mut stream, false, &String::from_utf8_lossy(bytes))
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn read_answer(
    stream: &mut BufReader<TcpStream>,
    headless: bool,
    asked: &str,
) -> io::Result<Answer> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let status: u16 = status.ok_or_else(|| broken("no status line"))?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let text = line.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| broken("no header"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer {
        asked: asked.to_owned(),
        status,
        headers,
        body: Vec::new(),
    };
    let length = answer.header("content-length").unwrap_or("0");
    let length: usize = length.parse().map_err(|_| broken("no length"))?;
    if !headless {
        answer.body.resize(length, 0);
        stream.read_exact(&mut answer.body)?;
    }
    Ok(answer)
}
