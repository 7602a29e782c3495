//! One blocking keep-alive connection, for what is not measured.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Peer, answer};
use crate::Failure;

/// How long an answer may take: an export of ten million states by a floor answers at its end.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// A connection to one peer.
pub(crate) struct Client<'p> {
    peer: &'p Peer,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl<'p> Client<'p> {
    /// Connects.
    ///
    /// # Errors
    /// If the peer does not listen.
    pub(crate) fn connect(peer: &'p Peer) -> Result<Self, Failure> {
        let stream = TcpStream::connect(peer.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            peer,
            stream,
            buffer: Vec::new(),
        })
    }

    /// Sends the request that a closure writes, and returns the body of its answer.
    ///
    /// # Errors
    /// If the connection breaks, or the status is another one.
    pub(crate) fn ask(
        &mut self,
        expected: u16,
        write: impl FnOnce(&Peer, &mut Vec<u8>),
    ) -> Result<Vec<u8>, Failure> {
        self.buffer.clear();
        write(self.peer, &mut self.buffer);
        self.stream.write_all(&self.buffer)?;
        self.buffer.clear();
        let mut chunk = vec![0; 64 << 10];
        loop {
            if let Some(answer) = answer::parse(&self.buffer)? {
                let body = self.buffer[answer.body..answer.end].to_vec();
                if answer.status == expected {
                    return Ok(body);
                }
                let (status, body) = (answer.status, String::from_utf8_lossy(&body));
                return Err(format!("{status} instead of {expected}: {body}").into());
            }
            let count = self.stream.read(&mut chunk)?;
            if count == 0 {
                return Err("the connection was closed before the answer".into());
            }
            self.buffer.extend_from_slice(&chunk[..count]);
        }
    }

    /// A GET of a path behind the peer's prefix, whose answer is 200.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) fn get(&mut self, path: &str) -> Result<Vec<u8>, Failure> {
        self.ask(200, |peer, out| peer.request(out, "GET", path, "", &[]))
    }
}
