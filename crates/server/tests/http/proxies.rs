//! What a request says of the proxies that it came through.

use server::{Proxies, ProxyHeaders};

use crate::fixture::Fixture;

const SPOOFED: &str = "Forwarded: for=203.0.113.9;host=evil.example;proto=https\r\n\
    X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\
    X-Forwarded-Host: evil.example\r\nX-Real-IP: 203.0.113.9\r\n";

fn behind(network: &str, headers: ProxyHeaders) -> Fixture {
    Fixture::behind(Proxies {
        trusted: vec![network.parse().unwrap()],
        headers,
    })
}

#[test]
fn from_a_peer_that_is_no_proxy_nothing_is_believed() {
    for server in [
        Fixture::start(),
        behind("192.0.2.0/24", ProxyHeaders::XForwarded),
    ] {
        let plain = server.ask("GET", "/beta/x", "");
        let spoofed = server.ask("GET", "/beta/x", SPOOFED);
        assert_eq!(plain.text(), spoofed.text());
        assert!(
            spoofed.text().contains("GET http://t.example/beta x "),
            "{}",
            spoofed.text()
        );
        assert_eq!(spoofed.header("client"), Some("127.0.0.1"));
    }
}

#[test]
fn a_trusted_proxy_says_who_asks_and_by_which_url() {
    let server = behind("127.0.0.0/8", ProxyHeaders::XForwarded);
    let told = "X-Forwarded-For: 203.0.113.9, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\
        X-Forwarded-Host: graph.example\r\nForwarded: for=203.0.113.10;host=evil.example\r\n";
    let answer = server.ask("GET", "/beta/x", told);
    assert!(
        answer.text().contains("GET https://graph.example/beta x "),
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("client"), Some("192.0.2.7"));

    let server = behind("127.0.0.1", ProxyHeaders::Forwarded);
    let told = "Forwarded: for=\"[2001:db8::7]:4711\";proto=https\r\nX-Forwarded-For: 1.2.3.4\r\n";
    let answer = server.ask("GET", "/beta/x", told);
    assert!(
        answer.text().contains("GET https://t.example/beta x "),
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("client"), Some("2001:db8::7"));
}
