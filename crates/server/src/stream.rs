//! The bytes of one connection, watched: a client that does not read its answers is cut off, and
//! heads that are being sent are counted.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::budget::{Budget, Share, UNCOUNTED};

/// How many times a connection has gone from a head to a request or back: an even number while what
/// comes is of a head.
#[derive(Clone, Default)]
pub(crate) struct Phase(Arc<AtomicUsize>);

impl Phase {
    /// A request's head is there, or the answer to a request is made.
    pub(crate) fn turn(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connection's stream.
pub(crate) struct Watched<S> {
    stream: S,
    /// How long a client may read nothing of what is sent to it.
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    phase: Phase,
    /// The phase of the last bytes.
    seen: usize,
    head: usize,
    share: Share,
}

impl<S> Watched<S> {
    pub(crate) fn new(
        stream: S,
        patience: Duration,
        (phase, budget): (Phase, &Arc<Budget>),
    ) -> Self {
        Self {
            stream,
            patience,
            stalled: None,
            phase,
            seen: 0,
            head: 0,
            share: Share::of(budget),
        }
    }

    /// What a write came to, or that the client has read nothing for too long.
    fn written<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client does not read its answer",
            ))),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Counts bytes that came.
    fn came(&mut self, bytes: usize) -> io::Result<()> {
        let phase = self.phase.0.load(Ordering::Relaxed);
        if phase != self.seen {
            self.seen = phase;
            self.head = 0;
            self.share.release();
        }
        if !phase.is_multiple_of(2) {
            return Ok(());
        }
        let before = self.head.saturating_sub(UNCOUNTED);
        self.head += bytes;
        let more = self.head.saturating_sub(UNCOUNTED) - before;
        if more > 0 && !self.share.grow(more) {
            return Err(io::Error::other("no room for another large head"));
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = polled {
            let came = buffer.filled().len().saturating_sub(before);
            this.came(came)?;
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.written(polled, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, pieces);
        this.written(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(context);
        this.written(polled, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_shutdown(context);
        this.written(polled, context)
    }
}
