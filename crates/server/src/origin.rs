//! The origin under which clients reach a server that is behind a proxy.

use std::str::FromStr;

use crate::target::is_host_and_port;

/// A scheme with a host and perhaps a port, such as `https://graph.example.com` (RFC 6454, section
/// 4): what every absolute URL in an answer begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicOrigin(String);

/// A text that is no origin.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "write http:// or https:// with a host and perhaps a port, such as https://graph.example.com"
)]
pub struct NoOrigin;

impl PublicOrigin {
    /// The scheme and the authority, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host alone: a name or an address, IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, rest)| rest);
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }
}

impl FromStr for PublicOrigin {
    type Err = NoOrigin;

    /// # Errors
    /// [`NoOrigin`] for another scheme, for user information, a path, a query or a fragment.
    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, authority) = text.split_once("://").ok_or(NoOrigin)?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") || !is_host_and_port(authority) {
            return Err(NoOrigin);
        }
        Ok(Self(format!("{scheme}://{authority}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let check = |text: &str, expected: Option<&str>| {
            let read = text.parse::<PublicOrigin>();
            assert_eq!(
                read.as_ref().ok().map(PublicOrigin::as_str),
                expected,
                "{text}"
            );
        };
        let example = Some("https://graph.example.com");
        check("https://graph.example.com", example);
        check("HTTPS://graph.example.com/", example);
        check("http://[::1]:8443", Some("http://[::1]:8443"));
        for (text, host) in [
            ("https://graph.example.com", "graph.example.com"),
            ("https://graph.example.com:8443", "graph.example.com"),
            ("http://[::1]:8443", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(
                text.parse::<PublicOrigin>().map(|o| o.host().to_owned()),
                Ok(host.to_owned())
            );
        }
        for bad in [
            "",
            "graph.example.com",
            "https://",
            "https:///",
            "https://a/beta",
            "https://a//",
            "https://a?b",
            "https://a#b",
            "https://u@a",
            "https://a:b",
            "ftp://a",
            "://a",
            "https://a\"b",
        ] {
            check(bad, None);
        }
    }
}
