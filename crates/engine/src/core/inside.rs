//! The same parts on another store: inside a transaction that is not durable yet, where commands
//! can be cancelled, or where a caller sees only a part.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use odata::Error;
use store::Store;

use super::Core;
use crate::access::{Caller, Reach};

impl Core {
    /// The same parts on a store that works inside a transaction. What is to happen once that is
    /// durable is noted.
    pub(crate) fn inside(&self, store: Arc<dyn Store>) -> Self {
        Self {
            store,
            deferred: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// The same parts on another store.
    pub(crate) fn on(&self, store: Arc<dyn Store>) -> Self {
        Self {
            store,
            ..self.clone()
        }
    }

    /// The same parts for a caller's request: if its permissions do not reach everything, or not
    /// every property, on a store that is confined to what the service lets it see and change.
    ///
    /// # Errors
    /// What the service says.
    pub async fn confined(self: &Arc<Self>, caller: &Caller) -> Result<Arc<Self>, Error> {
        let withheld = self.permissions.restricted.withheld(caller).map(Arc::new);
        if caller.reach == Reach::Everything && withheld.is_none() {
            return Ok(Arc::clone(self));
        }
        let lacking = withheld.as_deref();
        let visibility = self
            .service
            .visibility(Arc::clone(self), &caller.reach, lacking);
        let visibility = visibility.await?;
        let (store, tables) = (Arc::clone(&self.store), Arc::clone(&self.tables));
        Ok(Arc::new(Self {
            store: store::confined(store, tables, visibility),
            reach: Arc::new(caller.reach.clone()),
            withheld,
            ..(**self).clone()
        }))
    }

    /// Forgets the status monitors of requests that were to be answered later. Those that run are
    /// ended.
    ///
    /// # Errors
    /// What the store says.
    pub async fn forget_asynchronous_requests(&self) -> Result<(), Error> {
        self.monitors.forget(self).await
    }

    /// Whether something was noted to be drained.
    pub(crate) fn has_deferred(&self) -> bool {
        let noted = |deferred: &Arc<AtomicBool>| deferred.load(Ordering::Acquire);
        self.deferred.as_ref().is_some_and(noted)
    }

    /// Drains deletions behind the answer; inside a transaction, notes that it is to be done.
    pub(crate) fn drain(self: &Arc<Self>) {
        if let Some(deferred) = &self.deferred {
            deferred.store(true, Ordering::Release);
            return;
        }
        let core = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = crate::delete::drain(&core).await {
                tracing::error!(%error, "a deletion was interrupted; the next start goes on with it");
            }
        });
    }

    /// Now, as the error object says it.
    pub(crate) fn date(&self) -> String {
        let now = self.clock.now().to_string();
        now.get(.."2026-01-02T03:04:05".len())
            .unwrap_or(&now)
            .to_owned()
    }
}
