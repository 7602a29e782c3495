//! What all threads of a server know together about a database that is out of reach: since when,
//! so that commands and reads wait for it while that is worth it, and are refused at once later.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use measures::STORES;

/// While the database is away for long, one thread tries to reach it this often.
const TRY: Duration = Duration::from_millis(500);

/// Whether the database is out of reach.
pub(crate) struct Outage {
    patience: Duration,
    state: Mutex<Option<Away>>,
}

#[derive(Clone, Copy)]
struct Away {
    since: Instant,
    tried: Instant,
}

impl Outage {
    /// None yet. `patience` is how long commands and reads wait for the database.
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            patience,
            state: Mutex::new(None),
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<Away>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when to wait for the database from now on.
    pub(crate) fn deadline(&self) -> Instant {
        let since = self.state().map_or_else(Instant::now, |away| away.since);
        since + self.patience
    }

    /// Whether to try to reach the database: always, but when it has been away for long and was
    /// tried a moment ago.
    pub(crate) fn may_try(&self) -> bool {
        let mut state = self.state();
        let Some(away) = state.as_mut() else {
            return true;
        };
        let long = away.since.elapsed() > self.patience;
        if long && away.tried.elapsed() < TRY {
            return false;
        }
        away.tried = Instant::now();
        true
    }

    /// The database could not be reached.
    pub(crate) fn failed(&self) {
        let now = Instant::now();
        self.state().get_or_insert_with(|| {
            STORES.outages.count();
            Away {
                since: now,
                tried: now,
            }
        });
    }

    /// Whether the database was within reach when it was tried last.
    pub(crate) fn is_over(&self) -> bool {
        self.state().is_none()
    }

    /// The database was reached.
    pub(crate) fn over(&self) {
        if let Some(away) = self.state().take() {
            let seconds = away.since.elapsed().as_secs_f32();
            tracing::info!(seconds, "the database is back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_outage_is_not_waited_for() {
        let outage = Outage::new(Duration::from_millis(40));
        assert!(outage.may_try());
        assert!(outage.deadline() > Instant::now());
        outage.failed();
        let deadline = outage.deadline();
        assert!(outage.may_try(), "it has only begun");
        std::thread::sleep(Duration::from_millis(50));
        outage.failed();
        assert_eq!(outage.deadline(), deadline, "it goes on");
        assert!(!outage.may_try(), "tried a moment ago");
        std::thread::sleep(TRY);
        assert!(outage.may_try());
        assert!(!outage.may_try(), "one thread is enough");
        outage.over();
        assert!(outage.may_try());
        assert!(outage.deadline() > Instant::now());
    }
}
