//! What wrong tokens cost those who send them. A right token is never refused here, so that nobody
//! can lock out others who come from the same address.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::exchange::Effect;
use moka::sync::Cache;
use odata::Error;

use crate::connections::network;
use crate::throttle::{Allowance, WINDOW, Window, too_many};

/// How many addresses are remembered.
const REMEMBERED: u64 = 100_000;

/// How long the answer to a guess too many is held back: a connection makes one a second.
const HELD_BACK: Duration = Duration::from_secs(1);

/// Wrong tokens by the address that they came from.
pub(crate) struct Guesses {
    allowed: u32,
    from: Cache<IpAddr, Arc<Mutex<Window>>>,
}

impl Guesses {
    /// Allows so many within [`WINDOW`].
    pub(crate) fn new(allowed: u32) -> Self {
        let from = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_idle(WINDOW * 2)
            .build();
        Self { allowed, from }
    }

    /// Counts a wrong token.
    ///
    /// # Errors
    /// 429, after a while, if there were too many.
    pub(crate) async fn wrong(&self, client: IpAddr) -> Result<(), Error> {
        let Some(wait) = self.count(client, Instant::now()) else {
            return Ok(());
        };
        tokio::time::sleep(HELD_BACK).await;
        let message = "Too many wrong access tokens came from this address.";
        Err(too_many(wait.saturating_sub(HELD_BACK), message))
    }

    fn count(&self, client: IpAddr, now: Instant) -> Option<Duration> {
        let window = self
            .from
            .get_with(network(client), || Arc::new(Mutex::new(Window::new(now))));
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = Allowance {
            any: Some(self.allowed),
            writes: None,
        };
        let wait = window.wait(allowed, Effect::Reads, now);
        if wait.is_none() {
            window.count(Effect::Reads);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_counted_by_address() {
        let guesses = Guesses::new(2);
        let now = Instant::now();
        let check = |client: &str, after: u64, refused: bool| {
            let at = now + Duration::from_secs(after);
            let found = guesses.count(client.parse().unwrap(), at);
            assert_eq!(found.is_some(), refused, "{client} {after}");
        };
        check("192.0.2.1", 0, false);
        check("192.0.2.1", 1, false);
        check("192.0.2.1", 2, true);
        check("192.0.2.2", 2, false);
        check("192.0.2.1", 20, false);
        check("2001:db8::1", 0, false);
        check("2001:db8::2", 0, false);
        check("2001:db8::3", 0, true);
        check("2001:db8:0:1::3", 0, false);
    }
}
