//! The methods of HTTP that resources know.

use std::fmt;

/// A set of methods, as `Allow` lists them (RFC 9110, section 10.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Methods(u8);

/// In the order in which they are listed: a bit each.
const NAMES: [&str; 6] = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"];

impl Methods {
    /// All that any resource knows.
    pub const ALL: Self = Self((1 << NAMES.len()) - 1);

    /// The methods of a list such as `GET, HEAD`; other names than those that resources know are
    /// left out.
    #[must_use]
    pub fn listed(list: &str) -> Self {
        let mut set = Self::default();
        for name in list.split(", ") {
            set.0 |= bit(name);
        }
        set
    }

    /// Whether a method is among them.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        self.0 & bit(name) != 0
    }

    /// Their names, such as `GET`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().filter(move |name| self.contains(name))
    }

    /// Those of them for which a condition holds.
    #[must_use]
    pub fn only(self, mut holds: impl FnMut(&'static str) -> bool) -> Self {
        let kept = self.names().filter(|name| holds(name));
        Self(kept.fold(0, |set, name| set | bit(name)))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

fn bit(name: &str) -> u8 {
    let at = NAMES.iter().position(|known| *known == name);
    at.map_or(0, |at| 1 << at)
}

impl From<&str> for Methods {
    fn from(list: &str) -> Self {
        Self::listed(list)
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names().enumerate() {
            let between = if at == 0 { "" } else { ", " };
            write!(f, "{between}{name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_listed() {
        assert_eq!(Methods::ALL, Methods::listed(&NAMES.join(", ")));
        assert!(!Methods::ALL.contains("TRACE"));
    }

    #[test]
    fn a_set_is_a_list() {
        let check = |list: &str, written: &str| {
            assert_eq!(Methods::listed(list).to_string(), written);
        };
        check("", "");
        check("PATCH, GET", "GET, PATCH");
        check(
            "GET, HEAD, POST, PATCH, PUT, DELETE",
            "GET, HEAD, POST, PATCH, PUT, DELETE",
        );
        check("TRACE, get, POST", "POST");
        let some = Methods::listed("GET, PUT").only(|name| name != "GET");
        assert!(some.contains("PUT") && !some.contains("GET") && !some.is_empty());
        assert!(some.only(|_| false).is_empty());
    }
}
