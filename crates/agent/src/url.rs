//! The service's URLs: where the token may go, and how ids become path segments.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use ureq::http::Uri;

use crate::error::AgentError;

/// All but the unreserved characters of RFC 3986, section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An id as one path segment: `a:b` becomes `a%3Ab`.
pub(crate) fn segment(id: &str) -> PercentEncode<'_> {
    utf8_percent_encode(id, SEGMENT)
}

/// The service root, `http://127.0.0.1:8080/beta`: nothing outside of it is ever asked.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRoot {
    root: String,
    /// The server's URL: what the root begins with.
    server: String,
    origin: Origin,
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    fn of(uri: &Uri) -> Result<Self, &'static str> {
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("it must begin with http:// or https://"),
        };
        let authority = uri.authority().ok_or("it names no host")?;
        if authority.as_str().contains('@') {
            return Err("it must not hold a user name or password");
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err("it names no host");
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str().len() > host.len() => return Err("its port is no number"),
            None if https => 443,
            None => 80,
        };
        Ok(Self { https, host, port })
    }

    fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost"
            || bare
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl ServiceRoot {
    /// Reads the server's URL and appends the API version.
    ///
    /// # Errors
    /// [`AgentError::ServerUrl`] if it is no URL of a server, or plain HTTP to another host than
    /// this one without `allow_http`: the token would travel in clear.
    pub(crate) fn parse(server: &str, version: &str, allow_http: bool) -> Result<Self, AgentError> {
        let fail = |reason: &str| AgentError::ServerUrl(reason.to_owned());
        let uri: Uri = server.parse().map_err(|_| fail("it is no URL"))?;
        let origin = Origin::of(&uri).map_err(fail)?;
        if uri.query().is_some() || server.contains('#') {
            return Err(fail("it must not hold a query or fragment"));
        }
        if !origin.https && !allow_http && !origin.is_loopback() {
            return Err(fail(
                "over plain http to another host the token would travel in clear; use https, or allow it explicitly",
            ));
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        let path = format!("{prefix}/{version}");
        let scheme = if origin.https { "https" } else { "http" };
        let server = format!("{scheme}://{}:{}{prefix}", origin.host, origin.port);
        let root = format!("{server}/{version}");
        root.parse::<Uri>()
            .map_err(|_| fail("with the API version it is no URL"))?;
        Ok(Self {
            root,
            server,
            origin,
            path,
        })
    }

    /// The URL of a path below the root, given percent-encoded and without a leading slash.
    pub(crate) fn resource(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    /// The URL of a path beside the root, given likewise.
    pub(crate) fn beside(&self, path: &str) -> String {
        format!("{}/{path}", self.server)
    }

    /// Whether requests are encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.origin.https
    }

    /// Checks that an absolute link of the service stays below its root.
    ///
    /// # Errors
    /// [`AgentError::ForeignLink`] if it does not.
    pub(crate) fn follow(&self, link: &str) -> Result<String, AgentError> {
        let foreign = || AgentError::ForeignLink(crate::client::printable(link, 200));
        let uri: Uri = link.parse().map_err(|_| foreign())?;
        let origin = Origin::of(&uri).map_err(|_| foreign())?;
        let below = uri
            .path()
            .strip_prefix(&self.path)
            .is_some_and(|rest| rest.starts_with('/'));
        if origin != self.origin || !below {
            return Err(foreign());
        }
        Ok(link.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment() {
        assert_eq!(
            segment("a-1:b/2?#%é").to_string(),
            "a-1%3Ab%2F2%3F%23%25%C3%A9"
        );
    }

    #[test]
    fn the_token_goes_in_clear_to_this_host_only() {
        let check = |server: &str, allow: bool, expected: Option<&str>| {
            let root = ServiceRoot::parse(server, "beta", allow);
            assert_eq!(
                root.as_ref().ok().map(|r| r.resource("x")).as_deref(),
                expected,
                "{server}: {root:?}"
            );
        };
        check(
            "http://127.0.0.1:8080",
            false,
            Some("http://127.0.0.1:8080/beta/x"),
        );
        check(
            "http://127.9.9.9/",
            false,
            Some("http://127.9.9.9:80/beta/x"),
        );
        check("http://[::1]:9", false, Some("http://[::1]:9/beta/x"));
        check(
            "http://LOCALHOST:9/proxy/",
            false,
            Some("http://localhost:9/proxy/beta/x"),
        );
        check(
            "https://graph.example",
            false,
            Some("https://graph.example:443/beta/x"),
        );
        check(
            "http://graph.example",
            true,
            Some("http://graph.example:80/beta/x"),
        );
        for bad in [
            "http://graph.example",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "http://127.0.0.1@graph.example",
            "https://user:secret@graph.example",
            "http://0.0.0.0:8080",
            "ftp://localhost",
            "localhost:8080",
            "/beta",
            "",
            "http://",
            "http://localhost:99999",
            "http://localhost:x",
            "https://a/?q",
            "https://a/#f",
        ] {
            check(bad, false, None);
        }
        let error = ServiceRoot::parse("https://u:secret@h", "beta", false).unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn links_stay_below_the_root() {
        let root = ServiceRoot::parse("http://127.0.0.1:8080", "beta", false).unwrap();
        let check = |link: &str, holds: bool| {
            assert_eq!(root.follow(link).is_ok(), holds, "{link}");
        };
        check("http://127.0.0.1:8080/beta/x?$skiptoken=1", true);
        check("http://127.0.0.1:8080/betaevil/x", false);
        check("http://127.0.0.1:8081/beta/x", false);
        check("https://127.0.0.1:8080/beta/x", false);
        check("http://evil.example/beta/x", false);
        check("http://127.0.0.1:8080@evil.example/beta/x", false);
        check("/beta/x", false);
        check("", false);
    }
}
