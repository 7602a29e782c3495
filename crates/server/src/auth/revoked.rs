//! Which tokens were revoked, as the database said last.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};

use engine::exchange::{Handler, Revocation};
use odata::Error;

use super::token::seconds;
use super::verify::Verified;
use super::{AuthError, REVOKED};

/// How often is looked for what is new.
const LOOK: Duration = Duration::from_secs(1);
/// How far a look goes back, in seconds: transactions become visible later than their time, in any
/// order, and the clocks of servers differ.
const OVERLAP: u64 = 600;
/// After how many looks what no token can outlive is forgotten.
const FORGET_AFTER: u32 = 3_600;
/// For how many seconds a revocation is remembered: a day longer than any token lives.
const REMEMBERED: u64 = 366 * 86_400;
const TICKS_PER_SECOND: i64 = 10_000_000;

/// Until when the tokens of principals were revoked. It grows with the revocations of a year: some
/// hundred bytes each.
#[derive(Default)]
pub(crate) struct Revoked(RwLock<HashMap<String, u64>>);

impl Revoked {
    /// Refuses what was issued in the second of a revocation or before, to the subject or through
    /// the application that it names.
    pub(super) fn check(&self, verified: &Verified) -> Result<(), AuthError> {
        // A poisoned lock still holds whole entries: each is exchanged in one step.
        let revoked = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if revoked.is_empty() {
            return Ok(());
        }
        let caller = &verified.caller;
        let principals = [Some(&caller.subject), caller.application.as_ref()];
        let until = principals.into_iter().flatten();
        let until = until.filter_map(|principal| revoked.get(principal)).max();
        match until {
            Some(until) if verified.issued <= *until => Err(AuthError::Invalid(REVOKED)),
            _ => Ok(()),
        }
    }

    pub(super) fn insert(&self, found: Vec<Revocation>) {
        if found.is_empty() {
            return;
        }
        let mut revoked = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for Revocation {
            principal,
            revoked_at_second: until,
            ..
        } in found
        {
            let known = revoked.entry(principal).or_insert(until);
            *known = until.max(*known);
        }
    }

    fn forget(&self, before: u64) {
        let mut revoked = self.0.write().unwrap_or_else(PoisonError::into_inner);
        revoked.retain(|_, until| *until >= before);
    }
}

/// Reads the revocations since the latest that is known, and says which is the latest now: its time in
/// ticks and in seconds.
///
/// # Errors
/// What the handler says; then some of them may be known already.
pub(crate) async fn refresh(
    revoked: &Revoked,
    handler: &dyn Handler,
    latest: Latest,
) -> Result<Latest, Error> {
    let Some(source) = handler.revocations() else {
        return Ok(latest);
    };
    let (mut latest, mut principal) = (latest, String::new());
    let mut place = latest.look_from(seconds(SystemTime::now()));
    loop {
        let found = source.after(place, principal).await?;
        let Some(last) = found.last() else {
            return Ok(latest);
        };
        (place, principal) = (last.revoked_at, last.principal.clone());
        latest = latest.max(Latest {
            ticks: last.revoked_at,
            second: last.revoked_at_second,
        });
        revoked.insert(found);
    }
}

/// The latest revocation that is known. At the beginning, none is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Latest {
    ticks: i64,
    second: u64,
}

impl Latest {
    /// Where the next look begins, in ticks. A revocation of the future, by a clock that is wrong,
    /// hides none that comes behind it.
    fn look_from(self, now: u64) -> i64 {
        let ahead = self.second.saturating_sub(now).saturating_add(OVERLAP);
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        let back = ahead.saturating_mul(TICKS_PER_SECOND);
        self.ticks.saturating_sub(back).max(0)
    }
}

/// Keeps what is known current for as long as anyone needs it. While the database cannot be read,
/// what is known counts.
async fn keep_current(revoked: Weak<Revoked>, handler: Weak<dyn Handler>, latest: Latest) {
    let (mut latest, mut complained, mut looks) = (latest, false, 0_u32);
    loop {
        tokio::time::sleep(LOOK).await;
        let (Some(revoked), Some(handler)) = (revoked.upgrade(), handler.upgrade()) else {
            return;
        };
        match refresh(&revoked, handler.as_ref(), latest).await {
            Ok(now) => (latest, complained) = (now, false),
            Err(error) => {
                if !complained {
                    let reason = error.internal.as_ref().unwrap_or(&error.message);
                    tracing::warn!(%reason, "what was revoked cannot be read; what is known counts");
                }
                complained = true;
            }
        }
        looks += 1;
        if looks >= FORGET_AFTER {
            looks = 0;
            revoked.forget(seconds(SystemTime::now()).saturating_sub(REMEMBERED));
        }
    }
}

/// Starts [`keep_current`], within a runtime of tokio.
pub(crate) fn watch(revoked: &Arc<Revoked>, handler: &Arc<dyn Handler>, latest: Latest) {
    let (revoked, handler) = (Arc::downgrade(revoked), Arc::downgrade(handler));
    tokio::spawn(keep_current(revoked, handler, latest));
}

#[cfg(test)]
mod tests;
