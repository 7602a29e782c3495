//! The status monitors of all clients: who may see them, how many there are, when they end.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use odata::Error;
use uuid::Uuid;

use super::cancel::Cancel;
use crate::access::Caller;
use crate::exchange::Response;
use crate::request_ids::RequestIds;

/// The most monitors.
const MOST: usize = 1_000;
/// The most monitors of one caller.
const MOST_OF_ONE: usize = 100;
/// The most bytes in the answers that wait to be fetched; the oldest give way.
const MOST_BYTES: usize = 256 << 20;
/// How long an answer waits to be fetched, in ticks of 100 ns: ten minutes.
const KEPT: i64 = 600 * 10_000_000;

/// How a request ended.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) result: Result<Response, Error>,
    /// The ids under which it ran.
    pub(crate) ids: RequestIds,
}

impl Outcome {
    fn size(&self) -> usize {
        self.result
            .as_ref()
            .map_or(0, |response| response.body.len())
    }
}

/// What a monitor says.
pub(super) enum Found {
    Running,
    Finished(Box<Outcome>),
}

/// All monitors.
#[derive(Default)]
pub(crate) struct Monitors(Mutex<HashMap<Uuid, Monitor>>);

struct Monitor {
    /// Nobody else may see it, nor the same one with other rights.
    caller: Caller,
    cancel: Cancel,
    outcome: Option<(Outcome, i64)>,
}

impl Monitors {
    fn lock(&self, now: i64) -> MutexGuard<'_, HashMap<Uuid, Monitor>> {
        let mut monitors = self.all();
        let is_kept = |finished: &i64| now.saturating_sub(*finished) < KEPT;
        monitors.retain(|_, m| m.outcome.as_ref().is_none_or(|(_, at)| is_kept(at)));
        monitors
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, Monitor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new monitor; `None` if there is no room.
    pub(super) fn reserve(&self, caller: &Caller, now: i64) -> Option<Uuid> {
        let mut monitors = self.lock(now);
        let own = monitors.values().filter(|m| m.caller == *caller).count();
        if monitors.len() >= MOST || own >= MOST_OF_ONE {
            return None;
        }
        // 122 random bits of the system: nobody guesses them.
        let id = Uuid::new_v4();
        monitors.insert(
            id,
            Monitor {
                caller: caller.clone(),
                cancel: Cancel::default(),
                outcome: None,
            },
        );
        Some(id)
    }

    /// What ends the request of a monitor.
    pub(super) fn running(&self, id: Uuid, cancel: Cancel) {
        if let Some(monitor) = self.all().get_mut(&id) {
            monitor.cancel = cancel;
        }
    }

    /// A request has ended. One whose monitor has gone is forgotten.
    pub(super) fn finish(&self, id: Uuid, outcome: Outcome, now: i64) {
        let mut monitors = self.lock(now);
        if let Some(monitor) = monitors.get_mut(&id) {
            monitor.outcome = Some((outcome, now));
            make_room(&mut monitors, id);
        }
    }

    /// What a monitor of a caller says.
    pub(super) fn find(&self, id: Uuid, caller: &Caller, now: i64) -> Option<Found> {
        let monitors = self.lock(now);
        let monitor = monitors.get(&id).filter(|m| m.caller == *caller)?;
        Some(match &monitor.outcome {
            None => Found::Running,
            Some((outcome, _)) => Found::Finished(Box::new(outcome.clone())),
        })
    }

    /// The outcome of a monitor that nobody was told of.
    pub(super) fn take(&self, id: Uuid) -> Option<Outcome> {
        let mut monitors = self.all();
        monitors.get(&id)?.outcome.as_ref()?;
        monitors.remove(&id)?.outcome.map(|(outcome, _)| outcome)
    }

    /// Removes a monitor of a caller, and ends its request. `false`: there is none.
    pub(super) fn remove(&self, id: Uuid, caller: &Caller, now: i64) -> bool {
        let mut monitors = self.lock(now);
        if monitors.get(&id).is_none_or(|m| m.caller != *caller) {
            return false;
        }
        if let Some(monitor) = monitors.remove(&id) {
            monitor.cancel.cancel();
        }
        true
    }

    /// Forgets all monitors. Requests that run go on, unheard.
    pub(crate) fn forget(&self) {
        self.all().clear();
    }
}

/// Removes the oldest answers until the rest is within its bytes; the newest stays.
fn make_room(monitors: &mut HashMap<Uuid, Monitor>, newest: Uuid) {
    let mut finished: Vec<(i64, Uuid, usize)> = monitors
        .iter()
        .filter_map(|(id, m)| m.outcome.as_ref().map(|(o, at)| (*at, *id, o.size())))
        .collect();
    let mut bytes: usize = finished.iter().map(|(_, _, size)| size).sum();
    if bytes <= MOST_BYTES {
        return;
    }
    finished.sort_unstable();
    for (_, id, size) in finished {
        if bytes <= MOST_BYTES {
            return;
        }
        if id != newest {
            monitors.remove(&id);
            bytes -= size;
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn caller(subject: &str) -> Caller {
        Caller {
            subject: subject.to_owned(),
            ..Caller::default()
        }
    }

    fn outcome(bytes: usize) -> Outcome {
        Outcome {
            result: Ok(Response {
                status: 200,
                headers: HeaderMap::new(),
                body: vec![0; bytes].into(),
            }),
            ids: RequestIds::of(&HeaderMap::new()),
        }
    }

    #[test]
    fn a_monitor_is_its_callers_alone() {
        let (monitors, ada, eve) = (Monitors::default(), caller("ada"), caller("eve"));
        let id = monitors.reserve(&ada, 0).expect("there is room");
        assert!(matches!(monitors.find(id, &ada, 1), Some(Found::Running)));
        assert!(monitors.find(id, &eve, 1).is_none());
        assert!(!monitors.remove(id, &eve, 1));
        monitors.finish(id, outcome(1), 1);
        assert!(matches!(
            monitors.find(id, &ada, 1),
            Some(Found::Finished(_))
        ));
        assert!(monitors.find(id, &eve, 1).is_none());
        assert!(monitors.remove(id, &ada, 1));
        assert!(monitors.find(id, &ada, 1).is_none());
    }

    #[test]
    fn answers_expire_and_requests_do_not() {
        let (monitors, ada) = (Monitors::default(), caller("ada"));
        let running = monitors.reserve(&ada, 0).expect("there is room");
        let finished = monitors.reserve(&ada, 0).expect("there is room");
        monitors.finish(finished, outcome(1), 5);
        assert!(monitors.find(finished, &ada, KEPT + 4).is_some());
        assert!(monitors.find(finished, &ada, KEPT + 5).is_none());
        assert!(monitors.find(running, &ada, 2 * KEPT).is_some());
        monitors.forget();
        assert!(monitors.find(running, &ada, 2 * KEPT).is_none());
    }

    #[test]
    fn monitors_are_bounded() {
        let monitors = Monitors::default();
        let of_ada = (0..MOST).filter_map(|_| monitors.reserve(&caller("ada"), 0));
        assert_eq!(of_ada.count(), MOST_OF_ONE);
        let of_all = (0..MOST).filter_map(|n| monitors.reserve(&caller(&n.to_string()), 0));
        assert_eq!(of_all.count(), MOST - MOST_OF_ONE);
        assert!(monitors.reserve(&caller("last"), 0).is_none());
    }

    #[test]
    fn the_oldest_answers_give_way() {
        let (monitors, ada) = (Monitors::default(), caller("ada"));
        let ids: Vec<Uuid> = (0..3).filter_map(|_| monitors.reserve(&ada, 0)).collect();
        for (at, id) in (1..).zip(&ids) {
            monitors.finish(*id, outcome(MOST_BYTES / 2), at);
        }
        let found: Vec<bool> = ids
            .iter()
            .map(|id| monitors.find(*id, &ada, 9).is_some())
            .collect();
        assert_eq!(found, [false, true, true]);
    }
}
