//! How often somebody guessed wrongly, so that guessing is slow.

use std::net::{IpAddr, Ipv4Addr};
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
/// Failures of one account, from wherever they come.
const OF_ACCOUNT: u32 = 100;
/// Device codes that one address begins with: each is a row until it expires.
const BEGUN: u32 = 60;
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

    /// Whether this address may try to be this user now.
    pub(super) fn allow_user(&self, address: IpAddr, name: &str) -> bool {
        let user = of_user(name);
        let failures = self.0.get(&everywhere(&user));
        let few = failures.is_none_or(|failures| failures.load(Ordering::Relaxed) < OF_ACCOUNT);
        few && self.allow(address, &user)
    }

    /// Notes that this address was not this user.
    pub(super) fn failed_user(&self, address: IpAddr, name: &str) {
        let user = of_user(name);
        self.failed(address, &user);
        let failures = self.0.get_with(everywhere(&user), Arc::default);
        failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a device code that this address begins with, if it may.
    pub(super) fn begin(&self, address: IpAddr) -> bool {
        let key = keys(address, "a device code begins").0;
        let begun = self.0.get_with(key, Arc::default);
        begun.fetch_add(1, Ordering::Relaxed) < BEGUN
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

/// Users are no clients, whatever they are called.
fn of_user(name: &str) -> String {
    format!("user {name}")
}

/// Under what failures are counted that come from any address.
fn everywhere(name: &str) -> Key {
    keys(IpAddr::V4(Ipv4Addr::UNSPECIFIED), name).0
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

    #[test]
    fn an_account_is_guessed_at_slowly_from_many_addresses() {
        let attempts = Attempts::default();
        let from = |n: u32| IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + n));
        for n in 0..OF_ACCOUNT {
            assert!(attempts.allow_user(from(n), "ada"));
            attempts.failed_user(from(n), "Ada");
        }
        assert!(!attempts.allow_user(from(1_000_000), "ada"));
        assert!(attempts.allow_user(from(1_000_000), "bob"));
        assert!(attempts.allow(from(1_000_000), "ada"), "no client's name");
    }

    #[test]
    fn nobody_fills_the_table_with_device_codes() {
        let attempts = Attempts::default();
        let (here, there): (IpAddr, IpAddr) =
            ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..BEGUN {
            assert!(attempts.begin(here));
        }
        assert!(!attempts.begin(here));
        assert!(attempts.begin(there));
    }
}
