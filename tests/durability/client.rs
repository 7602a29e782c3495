//! A connection to a server that may end at any time.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Longer than anything here takes, so that a server that hangs fails the test.
const PATIENCE: Duration = Duration::from_secs(120);

/// One connection under one token.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    token: String,
}

/// The status and the JSON of an answer, null if it has none.
pub(crate) type Answer = (u16, Value);

impl Client {
    pub(crate) fn connect(address: &str, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            token: token.to_owned(),
        })
    }

    /// Sends a request for a path under `deviceManagement` and waits for the answer. The end of the
    /// connection before the first byte of it is [`io::ErrorKind::UnexpectedEof`] or a reset; an
    /// answer that breaks off is a failure of the test.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Answer> {
        self.send(method, path, body)?;
        self.receive()
    }

    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<()> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (token, length) = (&self.token, body.len());
        let request = format!(
            "{method} /beta/deviceManagement/{path} HTTP/1.1\r\nHost: localhost\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())
    }

    pub(crate) fn receive(&mut self) -> io::Result<Answer> {
        if self.stream.fill_buf()?.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(self.rest_of_answer().expect("an answer does not break off"))
    }

    fn rest_of_answer(&mut self) -> io::Result<Answer> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                Some(_) => {}
                None if line == "\r\n" => break,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let json = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body)?
        };
        Ok((status, json))
    }

    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub(crate) fn expect(
        &mut self,
        status: u16,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        let (answered, json) = self.ask(method, path, body).unwrap();
        assert_eq!(answered, status, "{method} {path}: {json}");
        json
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.expect(200, "GET", path, None)
    }
}
