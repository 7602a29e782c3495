//! Where browsers are sent with what a client is to get (RFC 6749, section 3.1.2; RFC 8252).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The longest redirect URI, in bytes.
const LIMIT: usize = 2_048;
/// Hosts on the machine of the browser.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
/// What stands as it is in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why a redirect URI is not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// Not a plain URI.
    #[error(
        "a redirect URI has 1 to 2048 visible ASCII characters, and neither a fragment, '*', '\\' nor '@' before its path"
    )]
    Form,
    /// A scheme that others could take.
    #[error(
        "a redirect URI is https://…, http:// on localhost, 127.0.0.1 or [::1], or has a scheme of the application's own with a dot in it, such as com.example.app:/signed-in"
    )]
    Scheme,
}

/// Checks a redirect URI that is to be registered.
///
/// # Errors
/// [`RedirectError`].
pub fn check_redirect_uri(uri: &str) -> Result<(), RedirectError> {
    let plain = |b: u8| b.is_ascii_graphic() && !b"#*\\\"'<>;,".contains(&b);
    if !(1..=LIMIT).contains(&uri.len()) || !uri.bytes().all(plain) {
        return Err(RedirectError::Form);
    }
    let (scheme, rest) = uri.split_once(':').ok_or(RedirectError::Scheme)?;
    let authority = rest.strip_prefix("//").map(|rest| {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        rest.split_at(end).0
    });
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(RedirectError::Form);
    }
    let of_scheme = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b);
    let own = scheme.contains('.') || scheme.starts_with("msal");
    let fits = match scheme {
        "https" => authority.is_some_and(|authority| !authority.is_empty()),
        "http" => loopback(uri).is_some(),
        _ => {
            let first = scheme.bytes().next();
            own && scheme.bytes().all(of_scheme) && first.is_some_and(|b| b.is_ascii_lowercase())
        }
    };
    match fits {
        true => Ok(()),
        false => Err(RedirectError::Scheme),
    }
}

/// The host and what stands behind the port, of an http URI on the browser's own machine.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = LOOPBACK.into_iter().find(|host| rest.starts_with(host))?;
    let behind = rest.get(host.len()..)?;
    let behind = match behind.strip_prefix(':') {
        None => behind,
        Some(port) => {
            let end = port.bytes().position(|b| !b.is_ascii_digit());
            let (port, behind) = port.split_at(end.unwrap_or(port.len()));
            port.parse::<u16>().ok()?;
            behind
        }
    };
    let ends = behind.is_empty() || behind.starts_with(['/', '?']);
    ends.then_some((host, behind))
}

/// Whether a URI is one of those that are registered: the same to the letter, but for the port on the
/// browser's own machine, which nobody knows before (RFC 8252, section 7.3).
pub(super) fn is_registered(registered: &[String], sent: &str) -> bool {
    let plain = sent.len() <= LIMIT && sent.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    let ours = loopback(sent);
    let same = |known: &String| known == sent || (ours.is_some() && loopback(known) == ours);
    plain && registered.iter().any(same)
}

/// A URI with parameters behind its own.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = uri.to_owned();
    for (name, value) in parameters {
        let first = !text.contains('?');
        let empty = text.ends_with(['?', '&']);
        text.push_str(if empty {
            ""
        } else if first {
            "?"
        } else {
            "&"
        });
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(value, QUERY));
    }
    text
}

/// What a content security policy calls a redirect URI: browsers hold forms to it through redirects.
pub(super) fn source(uri: &str) -> String {
    let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
    let authority = rest.strip_prefix("//").unwrap_or_default();
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    // No source names an IPv6 address.
    match ["http", "https"].contains(&scheme) && !authority.starts_with('[') {
        true => format!("{scheme}://{authority}"),
        false => format!("{scheme}:"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_registered() {
        let check = |uri: &str, expected: Result<(), RedirectError>| {
            assert_eq!(check_redirect_uri(uri), expected, "{uri}");
        };
        for good in [
            "https://app.example/signed-in",
            "https://app.example:8443/?a=b",
            "http://localhost",
            "http://localhost:8400/x",
            "http://127.0.0.1/",
            "http://[::1]:5/",
            "com.example.app:/signed-in",
            "msal00000000-0000-4000-8000-000000000000://auth",
        ] {
            check(good, Ok(()));
        }
        for bad in [
            "http://app.example/",
            "http://localhost.evil.example/",
            "http://localhostx",
            "http://localhost:99999/",
            "http://localhost:80a/",
            "https://",
            "https:app.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/x",
            "/relative",
            "Com.Example:/x",
        ] {
            let refused = check_redirect_uri(bad);
            assert!(refused.is_err(), "{bad}");
        }
        for bad in [
            "",
            "https://a.example/#x",
            "https://a@b.example/",
            "https://*.example/",
            "https://a.example/ b",
            "https://a.example\\@b.example",
            "https://\u{e9}.example/",
        ] {
            check(bad, Err(RedirectError::Form));
        }
    }

    #[test]
    fn what_matches() {
        let registered = [
            "https://app.example/signed-in",
            "http://localhost",
            "http://127.0.0.1:1/cb?a=b",
        ];
        let registered = registered.map(str::to_owned);
        let check = |sent: &str, expected: bool| {
            assert_eq!(is_registered(&registered, sent), expected, "{sent}");
        };
        for good in [
            "https://app.example/signed-in",
            "http://localhost",
            "http://localhost:54321",
            "http://127.0.0.1/cb?a=b",
            "http://127.0.0.1:77/cb?a=b",
        ] {
            check(good, true);
        }
        for bad in [
            "https://app.example/signed-in/",
            "https://app.example/signed-in?x=y",
            "https://app.example/signed-in#x",
            "https://app.example:443/signed-in",
            "https://app.example/Signed-in",
            "https://app.example/signed-in/../x",
            "https://app.example@evil.example/signed-in",
            "https://app.example.evil.example/signed-in",
            "https://evil.example/https://app.example/signed-in",
            "http://app.example/signed-in",
            "//app.example/signed-in",
            "https://localhost",
            "http://localhost/",
            "http://localhost:80@evil.example",
            "http://user@localhost",
            "http://localhost:",
            "http://localhost:x",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example/cb?a=b",
            "http://[::1]",
            "http://127.0.0.1/cb",
            "",
        ] {
            check(bad, false);
        }
    }

    #[test]
    fn parameters_stand_behind_those_that_are_there() {
        let check = |uri: &str, expected: &str| {
            assert_eq!(
                with_parameters(uri, &[("a", "b c&<"), ("d", "e")]),
                expected
            );
        };
        check("https://a/b", "https://a/b?a=b%20c%26%3C&d=e");
        check("https://a/b?x=y", "https://a/b?x=y&a=b%20c%26%3C&d=e");
        check("https://a/b?", "https://a/b?a=b%20c%26%3C&d=e");
        assert_eq!(source("https://a.example:8/b?c"), "https://a.example:8");
        assert_eq!(source("http://localhost:1"), "http://localhost:1");
        assert_eq!(source("http://[::1]:1/"), "http:");
        assert_eq!(source("com.example.app:/x"), "com.example.app:");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"(http|https)://[a-z@:/?#\[\]0-9.]{0,30}|\PC*") {
            let _ = check_redirect_uri(&text);
            let _ = source(&text);
            let registered = ["http://localhost/x".to_owned()];
            let _ = is_registered(&registered, &text);
        }
    }
}
