//! How often somebody guessed wrongly, so that guessing is slow.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use crate::connections::network;

/// For how long failures count.
const WINDOW: Duration = Duration::from_secs(60);
/// Failures of one client at one address after which it must wait.
const OF_CLIENT: u32 = 10;
/// Failures of one address, whatever client they are about.
const OF_ADDRESS: u32 = 100;
/// How many clients and addresses are remembered.
const REMEMBERED: u64 = 20_000;
/// The longest name that is remembered as it is, in bytes.
const NAME_LIMIT: usize = 64;

/// Failures of the last minute, by who failed.
pub(crate) struct Attempts(Cache<(IpAddr, Option<String>), Arc<AtomicU32>>);

impl Default for Attempts {
    fn default() -> Self {
        let failures = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(WINDOW);
        Self(failures.build())
    }
}

impl Attempts {
    /// Whether this address may try to be this client now.
    pub(super) fn allow(&self, address: IpAddr, client: &str) -> bool {
        let under = |key, most| {
            let failures = self.0.get(&key);
            failures.is_none_or(|failures| failures.load(Ordering::Relaxed) < most)
        };
        let (of_client, of_address) = keys(address, client);
        under(of_client, OF_CLIENT) && under(of_address, OF_ADDRESS)
    }

    /// Notes a failure.
    pub(super) fn failed(&self, address: IpAddr, client: &str) {
        let (of_client, of_address) = keys(address, client);
        for key in [of_client, of_address] {
            let failures = self.0.get_with(key, Arc::default);
            failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

type Key = (IpAddr, Option<String>);

/// Under what failures of a client at an address are counted.
fn keys(address: IpAddr, client: &str) -> (Key, Key) {
    let address = network(address);
    let name: String = client.chars().take(NAME_LIMIT).collect();
    ((address, Some(name.to_ascii_lowercase())), (address, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_too_often_waits() {
        let attempts = Attempts::default();
        let (here, there): (IpAddr, IpAddr) =
            ("2001:db8::1".parse().unwrap(), "192.0.2.1".parse().unwrap());
        let beside: IpAddr = "2001:db8::ffff".parse().unwrap();
        for _ in 0..OF_CLIENT {
            assert!(attempts.allow(here, "a"));
            attempts.failed(here, "a");
        }
        assert!(!attempts.allow(here, "a"));
        assert!(!attempts.allow(here, "A"));
        assert!(!attempts.allow(beside, "a"));
        assert!(attempts.allow(here, "b"));
        assert!(attempts.allow(there, "a"));
        for number in 0..OF_ADDRESS {
            attempts.failed(there, &format!("client {number}"));
        }
        assert!(!attempts.allow(there, "another"));
    }
}
