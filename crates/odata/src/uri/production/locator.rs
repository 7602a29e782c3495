//! URIs (OData ABNF 4.01, appendix A; RFC 3986).

use super::super::lexer::Cursor;
use super::super::lexical::{digits, is_unreserved, path_character, percent_encoded};
use super::header::is_uri_character;

/// Runs a rule; `None` if it is not one of these.
pub(super) fn rule(rule: &str, at: &mut Cursor<'_>) -> Option<bool> {
    Some(match rule {
        "serviceRoot" => service_root(at),
        "URI" => uri(at),
        "host" => host(at),
        "port" => digits(at, 0, usize::MAX),
        "IP-literal" => ip_literal(at),
        "IPv6address" => ipv6(at),
        "IPvFuture" => ip_future(at),
        "IPv4address" => ipv4(at),
        "reg-name" => reg_name(at),
        "segment" => segment(at),
        "segment-nz" => path_character(at) && segment(at),
        "query" | "fragment" => query(at),
        "scheme" => scheme(at),
        "authority" => authority(at),
        "IRI-in-query" => query_character(at) && query(at),
        _ => return None,
    })
}

/// `serviceRoot`.
pub(super) fn service_root(at: &mut Cursor<'_>) -> bool {
    if !((at.eat_in_any_case("https") || at.eat_in_any_case("http")) && at.eat("://") && host(at)) {
        return false;
    }
    at.attempt(|at| at.eat(":") && digits(at, 0, usize::MAX));
    if !at.eat("/") {
        return false;
    }
    while at.attempt(|at| path_character(at) && segment(at) && at.eat("/")) {}
    true
}

/// `URI`.
pub(super) fn uri(at: &mut Cursor<'_>) -> bool {
    if !(scheme(at) && at.eat(":")) {
        return false;
    }
    let rooted = |at: &mut Cursor<'_>| {
        at.eat("//") && authority(at) && {
            segments(at);
            true
        }
    };
    let path = at.attempt(rooted)
        || at.attempt(|at| at.eat("/") && (!path_character(at) || segment(at) && segments(at)))
        || at.attempt(|at| path_character(at) && segment(at) && segments(at));
    if !path {
        return false;
    }
    for mark in ["?", "#"] {
        at.attempt(|at| at.eat(mark) && query(at));
    }
    true
}

fn scheme(at: &mut Cursor<'_>) -> bool {
    at.eat_one(|c| c.is_ascii_alphabetic())
        && at.eat_run(0, usize::MAX, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
        })
}

fn authority(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| {
        while at.eat_one(|c| is_name_character(c) || c == ':') || percent_encoded(at) {}
        at.eat("@")
    });
    host(at) && {
        at.attempt(|at| at.eat(":") && digits(at, 0, usize::MAX));
        true
    }
}

/// `unreserved / sub-delims`.
fn is_name_character(c: char) -> bool {
    is_unreserved(c) || "!$&'()*+,;=".contains(c)
}

fn segments(at: &mut Cursor<'_>) -> bool {
    while at.eat("/") {
        segment(at);
    }
    true
}

fn segment(at: &mut Cursor<'_>) -> bool {
    while path_character(at) {}
    true
}

fn query(at: &mut Cursor<'_>) -> bool {
    while is_uri_character(at) {}
    true
}

/// `qchar-no-AMP`.
pub(super) fn query_character(at: &mut Cursor<'_>) -> bool {
    !at.looking_at("&") && is_uri_character(at)
}

fn host(at: &mut Cursor<'_>) -> bool {
    at.attempt(ip_literal) || reg_name(at)
}

fn reg_name(at: &mut Cursor<'_>) -> bool {
    while at.eat_one(is_name_character) || percent_encoded(at) {}
    true
}

fn ip_literal(at: &mut Cursor<'_>) -> bool {
    at.eat("[") && (at.attempt(ipv6) || at.attempt(ip_future)) && at.eat("]")
}

fn ip_future(at: &mut Cursor<'_>) -> bool {
    at.eat_in_any_case("v")
        && at.eat_run(1, usize::MAX, |c| c.is_ascii_hexdigit())
        && at.eat(".")
        && at.eat_run(1, usize::MAX, |c| is_name_character(c) || c == ':')
}

/// `IPv6address`: eight groups, or fewer around one `::`; an IPv4 address may be the last two.
fn ipv6(at: &mut Cursor<'_>) -> bool {
    let before = groups(at, 8);
    if before == 8 {
        return true;
    }
    if !at.eat("::") {
        return false;
    }
    before + groups(at, 7 - before) <= 7
}

/// Groups separated by single colons, at most `max`; an IPv4 address ends them and counts as two.
fn groups(at: &mut Cursor<'_>, max: usize) -> usize {
    let mut count = 0;
    while count < max {
        let first = count == 0;
        let colon = |at: &mut Cursor<'_>| first || !at.looking_at("::") && at.eat(":");
        if count + 2 <= max && at.attempt(|at| colon(at) && ipv4(at)) {
            return count + 2;
        }
        let group = |at: &mut Cursor<'_>| at.eat_run(1, 4, |c| c.is_ascii_hexdigit());
        if !at.attempt(|at| colon(at) && group(at)) {
            return count;
        }
        count += 1;
    }
    count
}

fn ipv4(at: &mut Cursor<'_>) -> bool {
    let octet = |at: &mut Cursor<'_>| {
        let start = at.rest();
        let length = start.bytes().take(3).take_while(u8::is_ascii_digit).count();
        let text = at.take(length);
        (text == "0" || !text.starts_with('0')) && text.parse::<u8>().is_ok()
    };
    (0..4).all(|i| (i == 0 || at.eat(".")) && octet(at))
}
