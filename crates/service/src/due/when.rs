//! Whether a script is due on a device.

use edm::Value;
use edm::time::DateTimeOffset;

use super::rule::Rule;
use crate::schedule::{Next, Schedules, every};
use store::Row;

/// Why a script is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It never ran, or not in this version, or its time has come.
    Regular,
    /// Its latest run failed.
    Retry,
    /// It was handed out in this version and never reported: the answer was lost, or the device
    /// was interrupted. It may also be running still, which only the device can know; that no two
    /// passes of one device overlap is the agent's part, by the lock on its state directory.
    Unreported,
}

/// What a device's run state says of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// When it ran last, in ticks.
    pub(crate) last: Option<i64>,
    /// Whether the version that was handed out last is the present one.
    pub(crate) same_version: bool,
    /// Whether it is pending.
    pub(crate) pending: bool,
    /// Whether its latest run failed.
    pub(crate) failed: bool,
    /// How often it was handed out since it was due regularly.
    pub(crate) handed: i64,
}

/// When a script is due: at the instant that the soonest of the schedules says, or the family's
/// rule where assignments have none.
pub(crate) fn next_run<'a>(
    rule: &Rule,
    schedules: &Schedules,
    script: &Row,
    given: impl Iterator<Item = &'a Value>,
    last: Option<i64>,
    now: DateTimeOffset,
) -> Next {
    let frequency = rule.frequency(script);
    let soonest = given
        .map(|schedule| match (schedule, frequency) {
            (Value::Null, Some(ticks)) => every(ticks, last),
            _ => schedules.next(schedule, last, now),
        })
        .min();
    let once = || last.map_or(Next::Now, |_| Next::Never);
    soonest.unwrap_or_else(|| frequency.map_or_else(once, |ticks| every(ticks, last)))
}

/// Whether a script is to be handed out now, and why. To a device that was asked to sync, what
/// failed is handed out beyond its retries.
pub(crate) fn attempt(
    past: Past,
    next: Next,
    retries: i64,
    synced: bool,
    now: DateTimeOffset,
) -> Option<Attempt> {
    if past.pending && past.same_version {
        return Some(Attempt::Unreported);
    }
    // Before its first run a script waits for its schedule, in whatever version.
    let changed = !past.same_version && past.last.is_some();
    if next.is_due(now) || changed {
        return Some(Attempt::Regular);
    }
    (past.failed && (synced || past.handed <= retries)).then_some(Attempt::Retry)
}
