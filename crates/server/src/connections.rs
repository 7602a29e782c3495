//! How many connections are open, in all and from one address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The open connections of a listener.
#[derive(Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    from: HashMap<IpAddr, usize>,
}

/// A connection that was let in; its drop counts it out.
pub(crate) struct Place {
    connections: Arc<Connections>,
    from: IpAddr,
}

impl Connections {
    /// Lets a connection from an address in, unless there are too many. Whose `of_one` is none, such
    /// as a trusted proxy, may open as many as there may be in all.
    pub(crate) fn enter(
        self: &Arc<Self>,
        address: IpAddr,
        most: usize,
        of_one: Option<usize>,
    ) -> Option<Place> {
        let from = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open.from.get(&from).copied().unwrap_or(0);
        if open.all >= most || of_one.is_some_and(|of_one| here >= of_one) {
            return None;
        }
        open.all += 1;
        *open.from.entry(from).or_default() += 1;
        Some(Place {
            connections: Arc::clone(self),
            from,
        })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let open = &self.connections.open;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Entry::Occupied(mut here) = open.from.entry(self.from) {
            *here.get_mut() -= 1;
            if *here.get() == 0 {
                here.remove();
            }
        }
    }
}

/// What one party has: an IPv4 address, or an IPv6 network of 64 bits, in which it can choose any
/// address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_and_out() {
        let connections = Arc::new(Connections::default());
        let enter = |address: &str, of_one| connections.enter(address.parse().unwrap(), 4, of_one);
        let one = enter("192.0.2.1", Some(2)).unwrap();
        let _two = enter("192.0.2.1", Some(2)).unwrap();
        assert!(enter("::ffff:192.0.2.1", Some(2)).is_none());
        let _three = enter("2001:db8::1", Some(1)).unwrap();
        assert!(enter("2001:db8::ffff:2", Some(1)).is_none());
        let _four = enter("192.0.2.1", None).unwrap();
        assert!(enter("198.51.100.1", Some(2)).is_none(), "four in all");
        drop(one);
        assert_eq!(connections.count(), 3);
        assert!(enter("192.0.2.1", Some(2)).is_none(), "still two");
        assert!(enter("198.51.100.1", Some(2)).is_some());
        assert_eq!(connections.count(), 3, "left at once");
        let open = connections.open.lock().unwrap();
        assert_eq!(open.from.len(), 2, "nothing is kept of who has left");
    }
}
