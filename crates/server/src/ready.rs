//! `/ready`: whether requests should be sent here. It asks the service and remembers the answer for
//! a moment, so that a storm of probes costs the database one question a second.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use engine::RequestIds;
use engine::exchange::Handler;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use odata::{Error, ErrorCode};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::failure;

/// The path of the resource.
pub(crate) const PATH: &str = "/ready";
/// How long an answer counts.
const FRESH: Duration = Duration::from_secs(1);
/// How long an answer may take; a service that needs longer is not ready.
const WITHIN: Duration = Duration::from_secs(2);

/// What is known about the readiness of a server.
#[derive(Default)]
pub(crate) struct Readiness {
    stopping: AtomicBool,
    last: Mutex<Option<Answer>>,
}

#[derive(Clone, Copy)]
struct Answer {
    ready: bool,
    at: Instant,
}

impl Readiness {
    /// The server is about to stop: it is not ready from now on.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether requests should be sent here. It answers in bounded time.
    async fn is_ready(&self, handler: &dyn Handler) -> bool {
        let ask = || async { timeout(WITHIN, handler.ready()).await };
        // Whoever comes while somebody asks waits for that answer.
        let Ok(mut last) = timeout(WITHIN, self.last.lock()).await else {
            return false;
        };
        if let Some(last) = last.filter(|last| last.at.elapsed() < FRESH) {
            return last.ready;
        }
        let reason = match ask().await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.internal.unwrap_or(error.message)),
            Err(_) => Some(format!("no answer within {WITHIN:?}")),
        };
        let ready = reason.is_none();
        // Each change is worth a line, not each probe.
        let was = last.is_none_or(|last| last.ready);
        match reason {
            Some(reason) if was => tracing::warn!(reason, "not ready for requests"),
            None if !was => tracing::info!("ready for requests again"),
            _ => {}
        }
        let at = Instant::now();
        *last = Some(Answer { ready, at });
        ready
    }

    /// The answer to a request for [`PATH`]: 200, or a 503 that does not say why: the log does.
    ///
    /// # Errors
    /// 405 for other methods than GET and HEAD.
    pub(crate) async fn answer(
        &self,
        handler: &dyn Handler,
        method: &Method,
        asked: &HeaderMap,
        ids: &RequestIds,
    ) -> Result<Response<Body>, Error> {
        if method != Method::GET && method != Method::HEAD {
            let message = format!("{PATH} can only be read.");
            return Err(Error::method_not_allowed("GET, HEAD", message));
        }
        let mut response = if self.stopping.load(Ordering::Acquire) {
            not_ready("The server is stopping.", asked, ids)
        } else if self.is_ready(handler).await {
            let mut response = Response::new(Body::from(r#"{"status":"ready"}"#));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            response
        } else {
            not_ready("The server cannot take requests at the moment.", asked, ids)
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }
}

fn not_ready(message: &'static str, asked: &HeaderMap, ids: &RequestIds) -> Response<Body> {
    let error = Error::new(ErrorCode::ServiceUnavailable, message);
    let mut response = failure::response(&error, asked, ids);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

#[cfg(test)]
mod tests;
