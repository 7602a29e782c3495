//! Reads a request's body, no further than the limits say.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;
use odata::{Error, ErrorCode};
use tokio::time::{Instant, timeout, timeout_at};

use crate::budget::{Budget, Share, UNCOUNTED};
use crate::limits::Limits;

/// How much is set aside for a body at once; a `Content-Length` alone costs the sender nothing.
const FIRST_ALLOCATION: usize = 64 << 10;

/// The whole body.
///
/// # Errors
/// 413 if it is larger than [`Limits::body`] (told from `Content-Length` before a byte is read), 408
/// if it comes too slowly, 415 if it is compressed, 400 if the connection breaks or the framing is
/// wrong, 503 if the server holds as many bytes as it may.
pub(crate) async fn read(
    mut body: Body,
    headers: &HeaderMap,
    limits: &Limits,
    budget: &Arc<Budget>,
) -> Result<Bytes, Error> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let refusal = match collect(&mut body, headers, limits, budget).await {
        Ok(bytes) => return Ok(bytes),
        Err(refusal) => refusal,
    };
    let unread = [
        ErrorCode::RequestEntityTooLarge,
        ErrorCode::ServiceUnavailable,
    ];
    if unread.contains(&refusal.code) {
        discard(body, headers, limits).await;
    }
    Err(refusal)
}

/// Reads a refused request's body and throws it away, for as long as [`Limits::linger`] and up to
/// twice [`Limits::body`]. A client that asked first (`Expect: 100-continue`) sends none.
pub(crate) async fn discard(mut body: Body, headers: &HeaderMap, limits: &Limits) {
    if body.is_end_stream() || headers.contains_key(header::EXPECT) {
        return;
    }
    let read_on = async {
        let mut left = limits.body.saturating_mul(2);
        while let Some(Ok(frame)) = body.frame().await {
            let size = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(size) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    if timeout(limits.linger, read_on).await.is_err() {
        tracing::debug!("the body of a refused request kept coming; the connection is closed");
    }
}

async fn collect(
    body: &mut Body,
    headers: &HeaderMap,
    limits: &Limits,
    budget: &Arc<Budget>,
) -> Result<Bytes, Error> {
    check_encoding(headers)?;
    let declared = body.size_hint().lower();
    if declared > limits.body as u64 {
        return Err(too_large(limits));
    }
    let begun = Instant::now();
    let mut pieces = Pieces::default();
    let mut share = Share::of(budget);
    loop {
        let earned = pieces.size() as u64 / limits.body_rate.max(1);
        let wait = (begun + limits.body_total)
            .min(begun + limits.body_idle + Duration::from_secs(earned))
            .min(Instant::now() + limits.body_idle);
        let frame = match timeout_at(wait, body.frame()).await {
            Ok(None) => return Ok(share.bind(pieces.join())),
            Ok(Some(frame)) => frame.map_err(|reason| incomplete(&reason))?,
            Err(_) => return Err(too_slow(limits)),
        };
        // What is no data are trailers; nothing is read from them.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if pieces.size() + data.len() > limits.body {
            return Err(too_large(limits));
        }
        let before = pieces.size().saturating_sub(UNCOUNTED);
        pieces.push(data, declared);
        let more = pieces.size().saturating_sub(UNCOUNTED) - before;
        if !share.grow(more) {
            return Err(no_room());
        }
    }
}

/// The pieces of a body. Most bodies are one, which is passed on without a copy.
#[derive(Default)]
struct Pieces {
    first: Bytes,
    joined: BytesMut,
}

impl Pieces {
    fn size(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    fn push(&mut self, data: Bytes, declared: u64) {
        if self.size() == 0 {
            self.first = data;
            return;
        }
        if self.joined.is_empty() {
            let declared = usize::try_from(declared).unwrap_or(FIRST_ALLOCATION);
            self.joined.reserve(declared.min(FIRST_ALLOCATION));
            self.joined
                .extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&data);
    }

    fn join(self) -> Bytes {
        if self.joined.is_empty() {
            self.first
        } else {
            self.joined.freeze()
        }
    }
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Error> {
    let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::UnsupportedMediaType,
        "The body has a Content-Encoding; bodies are read without one.",
    ))
}

/// What refuses a request while the budget is spent.
pub(crate) fn no_room() -> Error {
    Error::new(
        ErrorCode::ServiceUnavailable,
        "The server holds as many bytes of requests and answers as it may. Try again later.",
    )
    .with_retry_after(5)
}

fn too_large(limits: &Limits) -> Error {
    Error::new(
        ErrorCode::RequestEntityTooLarge,
        format!(
            "The body is larger than the limit of {} bytes.",
            limits.body
        ),
    )
}

fn too_slow(limits: &Limits) -> Error {
    Error::new(
        ErrorCode::RequestTimeout,
        format!(
            "The body came too slowly: more than {} seconds passed without a piece of it, or {} in all, or \
             fewer than {} bytes a second came.",
            limits.body_idle.as_secs_f64(),
            limits.body_total.as_secs_f64(),
            limits.body_rate
        ),
    )
}

fn incomplete(reason: &axum::Error) -> Error {
    Error::bad_request(format!("The body could not be read to its end: {reason}."))
}
