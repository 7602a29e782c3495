//! Throttling as on Graph: requests and writes in windows of 20 seconds, of each application and of
//! the tenant, which is the whole of this server's data.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::access::{Caller, Reach};
use engine::exchange::{self, Effect};
use moka::sync::Cache;
use odata::{Error, ErrorCode};

/// How long a window is.
pub const WINDOW: Duration = Duration::from_secs(20);

/// How many applications and devices are counted at once.
const COUNTED: u64 = 100_000;

/// What may be sent within a window; none is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Requests of any kind.
    pub any: Option<u32>,
    /// Writes among them.
    pub writes: Option<u32>,
}

/// Counts the requests of each application and of all. A device is counted by itself, since all
/// devices are of one application.
pub struct Throttle {
    application: Allowance,
    tenant: Allowance,
    of_all: Mutex<Window>,
    of_one: Cache<u64, Arc<Mutex<Window>>>,
    keys: RandomState,
}

/// What was sent since the window began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    begun: Instant,
    any: u32,
    writes: u32,
}

impl Window {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            begun: now,
            any: 0,
            writes: 0,
        }
    }

    /// How long to wait if there is no room for a request.
    pub(crate) fn wait(
        &mut self,
        allowed: Allowance,
        effect: Effect,
        now: Instant,
    ) -> Option<Duration> {
        let age = now.saturating_duration_since(self.begun);
        if age >= WINDOW {
            *self = Self::new(now);
            return None;
        }
        let full = |sent: u32, most: Option<u32>| most.is_some_and(|most| sent >= most);
        let is_full = full(self.any, allowed.any)
            || effect == Effect::Writes && full(self.writes, allowed.writes);
        is_full.then(|| WINDOW - age)
    }

    pub(crate) fn count(&mut self, effect: Effect) {
        self.any = self.any.saturating_add(1);
        if effect == Effect::Writes {
            self.writes = self.writes.saturating_add(1);
        }
    }
}

impl Throttle {
    /// A throttle with these allowances for each application or device, and for all together.
    #[must_use]
    pub fn new(application: Allowance, tenant: Allowance) -> Self {
        let of_one = Cache::builder()
            .max_capacity(COUNTED)
            .time_to_idle(WINDOW * 2)
            .build();
        Self {
            application,
            tenant,
            of_all: Mutex::new(Window::new(Instant::now())),
            of_one,
            keys: RandomState::new(),
        }
    }

    /// Counts a request at a time, or says how long to wait and whose allowance is used up.
    fn admit(
        &self,
        caller: &Caller,
        effect: Effect,
        now: Instant,
    ) -> Result<(), (Duration, &'static str)> {
        let of_one = self
            .of_one
            .get_with(self.key(caller), || Arc::new(Mutex::new(Window::new(now))));
        let mut of_one = of_one.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = of_one.wait(self.application, effect, now) {
            return Err((wait, "application"));
        }
        let mut of_all = self.of_all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = of_all.wait(self.tenant, effect, now) {
            return Err((wait, "tenant"));
        }
        of_all.count(effect);
        of_one.count(effect);
        Ok(())
    }

    fn key(&self, caller: &Caller) -> u64 {
        match (&caller.reach, &caller.application) {
            (Reach::Device(id), _) => self.keys.hash_one((0, id)),
            (_, Some(application)) => self.keys.hash_one((1, application)),
            (_, None) => self.keys.hash_one((2, &caller.subject)),
        }
    }
}

impl exchange::Throttle for Throttle {
    fn count(&self, caller: &Caller, effect: Effect) -> Result<(), Error> {
        self.admit(caller, effect, Instant::now())
            .map_err(|(wait, whose)| {
                let kind = match effect {
                    Effect::Writes => "requests or writes",
                    Effect::Reads => "requests",
                };
                let message = format!("The {whose} has sent too many {kind} within 20 seconds.");
                too_many(wait, message)
            })
    }
}

/// 429 with the whole seconds until there is room again.
pub(crate) fn too_many(wait: Duration, message: impl Into<String>) -> Error {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let seconds = u32::try_from(seconds.max(1)).unwrap_or(u32::MAX);
    Error::new(ErrorCode::TooManyRequests, message).with_retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Allowance = Allowance {
        any: None,
        writes: None,
    };

    fn allowance(any: u32, writes: u32) -> Allowance {
        Allowance {
            any: Some(any),
            writes: Some(writes),
        }
    }

    fn application(name: &str) -> Caller {
        Caller {
            application: Some(name.to_owned()),
            ..Caller::default()
        }
    }

    fn device(name: &str) -> Caller {
        Caller {
            reach: Reach::Device(name.to_owned()),
            ..application("agent")
        }
    }

    #[test]
    fn windows() {
        let throttle = Throttle::new(allowance(3, 1), OPEN);
        let begun = Instant::now();
        let check = |after: u64, caller: &Caller, effect, expected: Result<(), u64>| {
            let at = begun + Duration::from_millis(after);
            let found = throttle.admit(caller, effect, at);
            let found = found.map_err(|(wait, _)| too_many(wait, "").retry_after);
            let expected = expected.map_err(|wait| u32::try_from(wait).ok());
            assert_eq!(found, expected, "{after} {effect:?}");
        };
        let (a, b) = (application("a"), application("b"));
        check(0, &a, Effect::Writes, Ok(()));
        check(1, &a, Effect::Writes, Err(20));
        check(2, &a, Effect::Reads, Ok(()));
        check(3, &a, Effect::Reads, Ok(()));
        check(4, &a, Effect::Reads, Err(20));
        check(5, &b, Effect::Writes, Ok(()));
        check(12_500, &a, Effect::Reads, Err(8));
        check(19_999, &a, Effect::Reads, Err(1));
        check(20_000, &a, Effect::Writes, Ok(()));
        // Each device is counted by itself.
        let (one, two) = (device("1"), device("2"));
        check(20_000, &one, Effect::Writes, Ok(()));
        check(20_000, &one, Effect::Writes, Err(20));
        check(20_000, &two, Effect::Writes, Ok(()));
        check(20_000, &application("agent"), Effect::Writes, Ok(()));
    }

    #[test]
    fn the_tenant_is_everybody() {
        let throttle = Throttle::new(OPEN, allowance(10, 2));
        let now = Instant::now();
        let admit = |name: &str| throttle.admit(&application(name), Effect::Writes, now);
        assert!(admit("a").is_ok());
        assert!(admit("b").is_ok());
        assert_eq!(admit("c").map_err(|(_, whose)| whose), Err("tenant"));
    }

    /// What is refused is not counted: who waits as told gets in, whatever else was refused.
    #[test]
    fn a_refused_request_costs_nothing() {
        let throttle = Throttle::new(allowance(1, 1), allowance(2, 2));
        let now = Instant::now();
        let admit = |name: &str| {
            throttle
                .admit(&application(name), Effect::Reads, now)
                .is_ok()
        };
        assert!(admit("a"));
        for _ in 0..100 {
            assert!(!admit("a"));
        }
        assert!(admit("b"));
        assert!(!admit("c"));
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(allowance(1, 1), OPEN);
        let now = Instant::now();
        for number in 0..150_000 {
            let name = number.to_string();
            assert!(throttle.admit(&device(&name), Effect::Reads, now).is_ok());
        }
        throttle.of_one.run_pending_tasks();
        assert!(throttle.of_one.entry_count() <= COUNTED);
    }
}
