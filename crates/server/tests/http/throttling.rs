//! Requests that come too often, and wrong tokens that do.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use server::{Allowance, Limits, Proxies, Throttle};

use crate::client::Answer;
use crate::fixture::Fixture;

fn retry_after(answer: &Answer) -> u64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[test]
fn who_sends_too_much_is_told_when_to_come_back() {
    let allowed = Allowance {
        any: Some(5),
        writes: Some(2),
    };
    let throttle = Throttle::new(allowed, Allowance::default());
    let server = Fixture::throttled(Limits::default(), throttle, Proxies::default());
    let begun = Instant::now();
    assert_eq!(server.ask("PATCH", "/beta/x", "").status, 200);
    assert_eq!(server.ask("DELETE", "/beta/x", "").status, 200);
    let refused = server.ask("POST", "/beta/x", "");
    refused.error(429, "TooManyRequests");
    let wait = retry_after(&refused);
    assert!((1..=20).contains(&wait), "{wait}");
    assert!(wait + 1 + begun.elapsed().as_secs() >= 20, "{wait}");
    // Reading goes on, a batch is counted by its parts, and headers change nothing.
    assert_eq!(server.ask("POST", "/beta/x/$query", "").status, 200);
    assert_eq!(server.ask("POST", "/beta/$batch", "").status, 200);
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
    assert_eq!(server.ask("HEAD", "/beta/nothing", "").status, 204);
    for spoofed in [
        "",
        "X-Forwarded-For: 203.0.113.9\r\n",
        "Forwarded: for=203.0.113.9\r\n",
    ] {
        let refused = server.ask("GET", "/beta/x", spoofed);
        refused.error(429, "TooManyRequests");
    }
    // What is open is not counted.
    assert_eq!(server.ask("GET", "/health", "").status, 200);
    assert_eq!(server.handled.load(Ordering::SeqCst), 6);
}

#[test]
fn guessing_costs_the_guesser_alone() {
    let limits = Limits {
        wrong_tokens: 3,
        ..Limits::default()
    };
    let server = Fixture::with_limits(limits);
    let guess = |number: usize, more: &str| {
        server.send(format!(
            "GET /beta/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x{number}\r\n{more}\r\n"
        ))
    };
    for number in 0..3 {
        guess(number, "").error(401, "InvalidAuthenticationToken");
    }
    let begun = Instant::now();
    let refused = guess(
        3,
        "X-Forwarded-For: 203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n",
    );
    refused.error(429, "TooManyRequests");
    assert!((1..=20).contains(&retry_after(&refused)));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // From the same address, right tokens are served, and no token is none that is wrong.
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
    let without = server.send("GET /beta/x HTTP/1.1\r\nHost: a\r\n\r\n");
    without.error(401, "InvalidAuthenticationToken");
}
