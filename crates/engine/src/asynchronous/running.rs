//! A request that is carried out behind its monitor.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use odata::Error;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::cancel::{Cancel, Cancellable};
use crate::exchange::{Request, Response};
use crate::failure;
use crate::handler::Engine;
use crate::request_ids::RequestIds;

/// How often the lease is renewed, and with that looked whether the request was cancelled.
const BEAT: Duration = Duration::from_secs(1);
/// How often keeping an answer is tried, a beat apart.
const ATTEMPTS: u32 = 60;

/// A request that is being carried out.
pub(super) struct Running {
    task: JoinHandle<Result<Response, Error>>,
    cancel: Cancel,
    ids: RequestIds,
    headers: HeaderMap,
    method: Method,
    path: String,
}

impl Running {
    /// Begins to carry a request out.
    pub(super) fn start(engine: &Engine, request: Request) -> Self {
        let (store, cancel) = Cancellable::around(Arc::clone(&engine.core.store));
        let behind = engine.on(store);
        let (method, path) = (request.method.clone(), request.path.clone());
        let headers = request.headers.clone();
        let ids = RequestIds::of(&headers);
        let task = tokio::spawn(async move { behind.alone(request).await });
        cancel.aborts(task.abort_handle());
        Self {
            task,
            cancel,
            ids,
            headers,
            method,
            path,
        }
    }

    /// What ends it.
    pub(super) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Its answer, once it is there. A future of this may be dropped and asked for anew.
    pub(super) async fn ended(&mut self) -> Result<Response, Error> {
        let ended = (&mut self.task).await;
        ended.unwrap_or_else(|reason: JoinError| Err(Error::internal(reason)))
    }

    /// Holds the lease until the request has ended, and keeps the answer. A request whose monitor
    /// has gone is ended.
    pub(super) async fn follow(mut self, engine: Engine, id: Uuid) {
        let core = &engine.core;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.tick().await;
        let result = loop {
            tokio::select! {
                result = self.ended() => break result,
                _ = beat.tick() => match core.monitors.renew(core, id).await {
                    Ok(true) => {}
                    Ok(false) => return self.cancel.cancel(),
                    Err(error) => tracing::warn!(%error, "the lease on a request was not renewed"),
                },
            }
        };
        if self.cancel.is_cancelled() {
            return;
        }
        let response = result.unwrap_or_else(|error| {
            failure::log(&error, &self.ids, self.method.as_str(), &self.path);
            let form = core.service.profile().errors();
            failure::respond(&error, form, &self.headers, &self.ids, &core.date())
        });
        for _ in 0..ATTEMPTS {
            match core.monitors.finish(core, id, &response).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "an answer could not be kept yet"),
            }
            sleep(BEAT).await;
        }
        tracing::error!("an answer was lost");
    }
}
