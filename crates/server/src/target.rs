//! Where a request is directed: the service root in its URL, and the authority its links begin
//! with.

use std::net::{Ipv6Addr, SocketAddr};

use http::{HeaderMap, Uri, Version, header};
use odata::Error;

/// The first path segments that are service roots (OData URL Conventions 4.01, section 2). They
/// all name the same service: `v1.0` and `localtest` are prefixes that documented requests use.
pub const SERVICE_ROOTS: &[&str] = &["beta", "v1.0", "localtest"];

/// Splits a URL's path into the service root and the path behind it, without slashes around the
/// former and before the latter.
///
/// # Errors
/// 404 if the path is under no service root, 400 if an empty segment follows the root.
pub(crate) fn split_root(path: &str) -> Result<(&'static str, &str), Error> {
    let relative = path.strip_prefix('/').unwrap_or(path);
    let (first, rest) = relative.split_once('/').unwrap_or((relative, ""));
    let Some(root) = SERVICE_ROOTS.iter().find(|root| **root == first) else {
        return Err(Error::not_found(format!(
            "There is no service root at this path. The service roots are /{}.",
            SERVICE_ROOTS.join(", /")
        )));
    };
    if rest.starts_with('/') {
        return Err(Error::bad_request(
            "The path has an empty segment behind the service root.",
        ));
    }
    Ok((root, rest))
}

/// The authority (`host` or `host:port`) that the client used, in the order of RFC 9112, section
/// 3.2.2: the one in the request target, else the `Host` header, else, in HTTP/1.0 alone, the
/// address that the server listens on.
///
/// # Errors
/// 400 if `Host` is missing in HTTP/1.1, sent twice, or no host with an optional port.
pub(crate) fn authority(
    uri: &Uri,
    version: Version,
    headers: &HeaderMap,
    listen: SocketAddr,
) -> Result<String, Error> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(Error::bad_request(
            "The request has more than one Host header.",
        ));
    }
    let text = match (uri.authority(), host) {
        (Some(authority), _) => authority.as_str(),
        (None, Some(host)) => host.to_str().map_err(|_| invalid_host())?,
        (None, None) if version < Version::HTTP_11 => return Ok(listen.to_string()),
        (None, None) => return Err(Error::bad_request("The request has no Host header.")),
    };
    if is_host_and_port(text) {
        Ok(text.to_owned())
    } else {
        Err(invalid_host())
    }
}

fn invalid_host() -> Error {
    Error::bad_request("The Host header is not a host name or address with an optional port.")
}

/// Stricter than RFC 3986, section 3.2: no user information, no percent-encoding, no
/// sub-delimiters and no empty port, since what passes here is written into links.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => is_host(host) && is_port(port),
        _ => is_host(text),
    }
}

fn is_host(host: &str) -> bool {
    match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            (1..=253).contains(&host.len()) && host.bytes().all(is_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What passes is written into links: it must end neither the authority nor a JSON string.
        #[test]
        fn a_host_that_passes_is_harmless(text in r#"[a-z0-9:./?#@\[\]"<>% \\-]{0,20}|\PC*"#) {
            if is_host_and_port(&text) {
                let harmless = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
                prop_assert!(text.chars().all(harmless), "{text:?}");
            }
        }

        #[test]
        fn root_and_path_are_the_whole_path(text in r"/?(beta|v1\.0|localtest|x)?/?\PC*") {
            if let Ok((root, rest)) = split_root(&text) {
                let whole = text.strip_prefix('/').unwrap_or(&text);
                let joined = format!("{root}/{rest}");
                prop_assert!(joined == whole || joined == format!("{whole}/"), "{text:?}");
            }
        }
    }

    #[test]
    fn paths_split_at_the_service_root() {
        check("/beta", Ok(("beta", "")));
        check("/beta/", Ok(("beta", "")));
        check(
            "/beta/deviceManagement/x('a%2Fb')",
            Ok(("beta", "deviceManagement/x('a%2Fb')")),
        );
        check("/v1.0/$metadata", Ok(("v1.0", "$metadata")));
        check("/localtest/a/", Ok(("localtest", "a/")));
        check("/beta//a", Err(400));
        check("/beta//", Err(400));
        check("//beta/a", Err(404));
        check("/", Err(404));
        check("", Err(404));
        check("*", Err(404));
        check("/Beta/a", Err(404));
        check("/%62eta/a", Err(404));
        check("/betax/a", Err(404));
        check("/v1.1", Err(404));
    }

    fn check(path: &str, expected: Result<(&'static str, &str), u16>) {
        let split = split_root(path).map_err(|error| error.code.status());
        assert_eq!(split, expected, "{path}");
    }

    #[test]
    fn hosts() {
        for good in [
            "localhost",
            "localhost:8080",
            "graph.example.com",
            "my_host-1:1",
            "127.0.0.1:65535",
            "[::1]",
            "[::1]:8080",
        ] {
            assert_eq!(
                authority_of("/beta", &[good], Version::HTTP_11),
                Ok(good.to_owned())
            );
        }
        let long = "a".repeat(254);
        for bad in [
            "",
            ":80",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "user@host",
            "a:port",
            "a:",
            "a:65536",
            "a:1:2",
            "a:+1",
            "a%41",
            "[::1",
            "[::1]x",
            "[zz]",
            "::1",
            "a<b>",
            "a\"b",
            "a,b",
            "\u{e9}",
            &long,
        ] {
            assert_eq!(
                authority_of("/beta", &[bad], Version::HTTP_11),
                Err(400),
                "{bad}"
            );
        }
    }

    #[test]
    fn where_the_authority_comes_from() {
        let v11 = Version::HTTP_11;
        assert_eq!(authority_of("/beta", &[], v11), Err(400));
        assert_eq!(authority_of("/beta", &["a", "a"], v11), Err(400));
        assert_eq!(
            authority_of("/beta", &[], Version::HTTP_10),
            Ok("127.0.0.1:8080".to_owned())
        );
        assert_eq!(
            authority_of("/beta", &["a:1"], Version::HTTP_10),
            Ok("a:1".to_owned())
        );
        assert_eq!(
            authority_of("http://b:2/beta", &["a:1"], v11),
            Ok("b:2".to_owned())
        );
        assert_eq!(authority_of("http://u@b:2/beta", &["a:1"], v11), Err(400));
    }

    fn authority_of(uri: &str, hosts: &[&str], version: Version) -> Result<String, u16> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(
                header::HOST,
                HeaderValue::from_bytes(host.as_bytes()).unwrap(),
            );
        }
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        authority(&uri.parse().unwrap(), version, &headers, listen)
            .map_err(|error| error.code.status())
    }
}
