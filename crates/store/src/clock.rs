//! The time, injected: what must be repeatable asks a clock instead of the system.

use std::time::{SystemTime, UNIX_EPOCH};

use edm::time::DateTimeOffset;

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC with seven digits.
    fn now(&self) -> DateTimeOffset;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTimeOffset {
        // A clock before 1970 is taken for 1970: nothing sensible can be told apart there.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        DateTimeOffset::from_unix(seconds, since.subsec_nanos()).unwrap_or(DateTimeOffset::MIN)
    }
}

/// The day of an instant in UTC, as days since 0001-01-01.
#[must_use]
pub fn utc_day(instant: DateTimeOffset) -> i32 {
    const TICKS_A_DAY: i64 = 864_000_000_000;
    i32::try_from(instant.ticks.div_euclid(TICKS_A_DAY)).unwrap_or(i32::MAX)
}
