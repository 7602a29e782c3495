//! The header `Forwarded` (RFC 7239, section 4): a list of elements, each of pairs between
//! semicolons, whose values are tokens or quoted strings.

use http::{HeaderMap, HeaderName};

use super::Hop;

/// What is left of a header's text.
struct Text<'t>(&'t str);

/// The way of a request as the header tells it: `None` if it cannot be read.
pub(super) fn hops(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    for value in headers.get_all(HeaderName::from_static("forwarded")) {
        elements(value.to_str().ok()?, &mut hops)?;
    }
    Some(hops)
}

fn elements(text: &str, hops: &mut Vec<Hop>) -> Option<()> {
    let mut text = Text(text);
    loop {
        text.skip_space();
        // Lists may have empty elements (RFC 9110, section 5.6.1.2).
        if text.take(',') {
            continue;
        }
        if text.0.is_empty() {
            return Some(());
        }
        hops.push(element(&mut text)?);
        text.skip_space();
        if !text.take(',') {
            return text.0.is_empty().then_some(());
        }
    }
}

fn element(text: &mut Text<'_>) -> Option<Hop> {
    let mut hop = [None, None, None];
    loop {
        let name = text.token()?;
        if !text.take('=') {
            return None;
        }
        let value = text.value()?;
        let known = ["for", "proto", "host"];
        let known = known
            .iter()
            .position(|known| name.eq_ignore_ascii_case(known));
        if let Some(slot) = known.and_then(|at| hop.get_mut(at)) {
            // Each parameter occurs once at most in an element.
            if slot.replace(value).is_some() {
                return None;
            }
        }
        text.skip_space();
        if !text.take(';') {
            break;
        }
        text.skip_space();
    }
    let [sender, scheme, host] = hop;
    Some(Hop {
        sender: sender.unwrap_or_default(),
        scheme,
        host,
    })
}

impl<'t> Text<'t> {
    fn skip_space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    fn take(&mut self, expected: char) -> bool {
        let rest = self.0.strip_prefix(expected);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// A token (RFC 9110, section 5.6.2).
    fn token(&mut self) -> Option<&'t str> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let end = self.0.find(|c| !is_token(c)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }

    /// A token or a quoted string (RFC 9110, section 5.6.4).
    fn value(&mut self) -> Option<String> {
        if !self.take('"') {
            return self.token().map(str::to_owned);
        }
        let mut value = String::new();
        let mut characters = self.0.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.0 = self.0.get(at + 1..)?;
                    return Some(value);
                }
                '\\' => value.push(characters.next()?.1),
                other => value.push(other),
            }
        }
        None
    }
}
