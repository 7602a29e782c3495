//! The end of databases. The last owner of one may be a command of its own, and then it is closed on
//! the database's own thread: a process that ended meanwhile would leave the log behind.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

static OPEN: Mutex<usize> = Mutex::new(0);
static CLOSED: Condvar = Condvar::new();

/// A database of this process that is not closed yet.
pub(crate) struct Open(());

impl Open {
    pub(crate) fn new() -> Self {
        *OPEN.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        *open = open.saturating_sub(1);
        CLOSED.notify_all();
    }
}

/// Waits until all databases of the process are closed that nobody owns any more; says whether they
/// are.
#[must_use]
pub fn wait_until_closed(within: Duration) -> bool {
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = CLOSED.wait_timeout_while(open, within, |open| *open > 0);
    let (open, _) = waited.unwrap_or_else(PoisonError::into_inner);
    *open == 0
}
