use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const PROXY: &str = "10.0.0.1";

fn proxies(headers: ProxyHeaders) -> Proxies {
    let nets = ["10.0.0.0/8", "fd00::/8"];
    Proxies {
        trusted: nets.iter().map(|net| net.parse().unwrap()).collect(),
        headers,
    }
}

fn source(kind: ProxyHeaders, peer: &str, sent: &[(&'static str, &str)]) -> Source {
    let mut headers = HeaderMap::new();
    for (name, value) in sent {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    proxies(kind).source(peer.parse().unwrap(), &headers)
}

#[test]
fn networks() {
    let check = |text: &str, expected: Result<&str, NoNetwork>| {
        let read = text.parse::<TrustedNetwork>().map(|net| net.0.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    };
    check("10.0.0.0/8", Ok("10.0.0.0/8"));
    check("10.1.2.3/8", Ok("10.0.0.0/8"));
    check("192.0.2.1", Ok("192.0.2.1/32"));
    check("::1", Ok("::1/128"));
    check("fd00::/8", Ok("fd00::/8"));
    for bad in [
        "",
        "10.0.0.0/33",
        "10.0.0/8",
        "proxy.example",
        "10.0.0.1:80",
        "::/129",
    ] {
        check(bad, Err(NoNetwork));
    }
}

#[test]
fn who_the_client_is_by_x_forwarded_for() {
    let check = |peer: &str, sent: &[&str], expected: &str| {
        let sent: Vec<_> = sent
            .iter()
            .map(|value| ("x-forwarded-for", *value))
            .collect();
        let found = source(ProxyHeaders::XForwarded, peer, &sent).client;
        assert_eq!(found.to_string(), expected, "{peer} {sent:?}");
    };
    check(PROXY, &[], PROXY);
    check(PROXY, &["192.0.2.7"], "192.0.2.7");
    check(PROXY, &["192.0.2.7:4711"], "192.0.2.7");
    check(PROXY, &["2001:db8::7"], "2001:db8::7");
    check(PROXY, &["[2001:db8::7]:4711"], "2001:db8::7");
    check(PROXY, &["::ffff:192.0.2.7"], "192.0.2.7");
    check("::ffff:10.0.0.1", &["192.0.2.7"], "192.0.2.7");
    check("fd00::1", &["192.0.2.7"], "192.0.2.7");
    // What the client wrote stands to the left of what the proxy saw.
    check(PROXY, &["203.0.113.9, 192.0.2.7"], "192.0.2.7");
    check(PROXY, &["203.0.113.9", "192.0.2.7"], "192.0.2.7");
    check(PROXY, &["what\"ever, 192.0.2.7"], "192.0.2.7");
    // Through a second proxy.
    check(PROXY, &["203.0.113.9, 192.0.2.7, 10.9.9.9"], "192.0.2.7");
    check(PROXY, &["10.9.9.9"], "10.9.9.9");
    // From others, it is nobody's word.
    check("192.0.2.1", &["203.0.113.9"], "192.0.2.1");
    check("127.0.0.1", &["10.0.0.1"], "127.0.0.1");
    for malformed in [
        "",
        "x",
        "1.2.3",
        "192.0.2.7:x",
        "[192.0.2.7]",
        "unknown",
        "a, ,",
        "\u{e9}",
    ] {
        check(PROXY, &[malformed], PROXY);
    }
}

#[test]
fn who_the_client_is_by_forwarded() {
    let check = |peer: &str, sent: &[&str], expected: &str| {
        let sent: Vec<_> = sent.iter().map(|value| ("forwarded", *value)).collect();
        let found = source(ProxyHeaders::Forwarded, peer, &sent).client;
        assert_eq!(found.to_string(), expected, "{peer} {sent:?}");
    };
    check(PROXY, &["for=192.0.2.7"], "192.0.2.7");
    check(
        PROXY,
        &["For=\"192.0.2.7:4711\";proto=https;by=203.0.113.43"],
        "192.0.2.7",
    );
    check(
        PROXY,
        &["for=\"[2001:db8:cafe::17]:4711\""],
        "2001:db8:cafe::17",
    );
    check(
        PROXY,
        &["for=\"[2001:db8:cafe::17]:_p1\""],
        "2001:db8:cafe::17",
    );
    check(PROXY, &["for=\"\\1\\9\\2.0.2.7\""], "192.0.2.7");
    check(
        PROXY,
        &["for=203.0.113.9, for=192.0.2.7 , , for=10.9.9.9"],
        "192.0.2.7",
    );
    check(
        PROXY,
        &["for=203.0.113.9", "for=192.0.2.7;ext=\"a,b;c=\\\"\""],
        "192.0.2.7",
    );
    check("192.0.2.1", &["for=203.0.113.9"], "192.0.2.1");
    for malformed in [
        "for",
        "for=",
        "=192.0.2.7",
        "for=\"192.0.2.7",
        "for=192.0.2.7;",
        "for=unknown",
        "for=_x",
        "for=2001:db8::7",
        "for=192.0.2.7;for=192.0.2.8",
        "for=192.0.2.7 x",
        "proto=https",
        "for= 192.0.2.7",
        "for=\", for=192.0.2.7",
    ] {
        check(PROXY, &[malformed], PROXY);
    }
}

#[test]
fn the_headers_of_the_other_kind_are_not_looked_at() {
    let sent = [
        ("forwarded", "for=203.0.113.9"),
        ("x-forwarded-for", "192.0.2.7"),
    ];
    let by = |kind| source(kind, PROXY, &sent).client.to_string();
    assert_eq!(by(ProxyHeaders::XForwarded), "192.0.2.7");
    assert_eq!(by(ProxyHeaders::Forwarded), "203.0.113.9");
}

#[test]
fn scheme_and_host() {
    let check = |sent: &[(&'static str, &str)], scheme: Option<&str>, host: Option<&str>| {
        let kind = match sent.first() {
            Some(("forwarded", _)) => ProxyHeaders::Forwarded,
            _ => ProxyHeaders::XForwarded,
        };
        let found = source(kind, PROXY, sent);
        assert_eq!(
            (found.scheme, found.host.as_deref()),
            (scheme, host),
            "{sent:?}"
        );
        let direct = source(kind, "192.0.2.1", sent);
        assert_eq!((direct.scheme, direct.host), (None, None), "{sent:?}");
    };
    let sender = ("x-forwarded-for", "192.0.2.7");
    let (proto, host) = ("x-forwarded-proto", "x-forwarded-host");
    check(&[sender], None, None);
    let both = [sender, (proto, "HTTPS"), (host, "graph.example:8443")];
    check(&both, Some("https"), Some("graph.example:8443"));
    check(&[sender, (proto, "gopher"), (host, "a/b")], None, None);
    // The client's own words stand before the proxy's.
    check(
        &[sender, (host, "evil.example, graph.example")],
        None,
        Some("graph.example"),
    );
    let two = ("x-forwarded-for", "192.0.2.7, 10.9.9.9");
    check(&[two, (proto, "https, http")], Some("https"), None);
    check(
        &[("forwarded", "for=192.0.2.7;proto=https;host=\"a:1\"")],
        Some("https"),
        Some("a:1"),
    );
    let outer = "for=203.0.113.9;host=evil, for=192.0.2.7;host=a;proto=https, for=10.9.9.9;host=b";
    check(&[("forwarded", outer)], Some("https"), Some("a"));
}

proptest! {
    /// Whatever is sent: an untrusted peer is the client, and a trusted one does not make the
    /// server fail.
    #[test]
    fn nothing_is_believed_from_others(
        text in r#"((for|proto|host|by)?[=;,"\\ \[\]:.0-9a-f_]{0,12}){0,6}|\PC*"#,
    ) {
        for kind in [ProxyHeaders::XForwarded, ProxyHeaders::Forwarded] {
            let mut headers = HeaderMap::new();
            for name in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"] {
                if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
                    headers.append(HeaderName::from_static(name), value);
                }
            }
            let peer: IpAddr = "192.0.2.1".parse().unwrap();
            let direct = Source { client: peer, scheme: None, host: None };
            prop_assert_eq!(proxies(kind).source(peer, &headers), direct);
            let behind = proxies(kind).source(PROXY.parse().unwrap(), &headers);
            if let Some(host) = behind.host {
                prop_assert!(is_host_and_port(&host));
            }
        }
    }
}
