//! Cuts a URL into its parts before any of them is percent-decoded, so that an encoded delimiter
//! is data (OData 4.01 URL Conventions, section 2), and decodes the parts.

use std::borrow::Cow;

use crate::Error;

/// One part of a URL: a path segment, or the name or value of a query option.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part<'a> {
    /// As sent.
    pub(super) raw: &'a str,
    /// Where `raw` begins in the path or query it was cut from.
    pub(super) offset: usize,
    /// Percent-decoded.
    pub(super) text: Cow<'a, str>,
    /// The bytes of `text`, in ascending order, that are semicolons and were percent-encoded: they
    /// do not separate nested options.
    pub(super) encoded: Vec<usize>,
}

impl<'a> Part<'a> {
    fn new(raw: &'a str, offset: usize, plus_is_space: bool) -> Result<Self, Error> {
        Ok(Self {
            raw,
            offset,
            text: decode(raw, plus_is_space)?,
            encoded: encoded_semicolons(raw),
        })
    }

    /// A text of its own, in which `+` is no space.
    ///
    /// # Errors
    /// 400 as for [`decode`].
    pub(super) fn plain(raw: &'a str) -> Result<Self, Error> {
        Self::new(raw, 0, false)
    }

    /// The place in the path or query of a byte of the decoded text.
    pub(super) fn position(&self, decoded: usize) -> usize {
        let (mut raw, mut seen) = (0, 0);
        let bytes = self.raw.as_bytes();
        while seen < decoded && raw < bytes.len() {
            raw += if bytes.get(raw) == Some(&b'%') { 3 } else { 1 };
            seen += 1;
        }
        self.offset + raw
    }
}

/// One query option.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RawOption<'a> {
    /// The name.
    pub(super) name: Part<'a>,
    /// The value, not yet decoded: what is ignored need not be well-formed.
    raw_value: &'a str,
    value_offset: usize,
}

impl<'a> RawOption<'a> {
    /// The value, decoded: `+` is a space.
    ///
    /// # Errors
    /// 400 as for [`decode`].
    pub(super) fn value(&self) -> Result<Part<'a>, Error> {
        Part::new(self.raw_value, self.value_offset, true)
    }
}

/// The segments of a path without the service root. A leading and a trailing slash are ignored.
///
/// # Errors
/// 400 for an empty segment and as for [`decode`].
pub(super) fn split_path(path: &str) -> Result<Vec<Part<'_>>, Error> {
    let start = usize::from(path.starts_with('/'));
    let inner = path.get(start..).unwrap_or("");
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let mut parts = Vec::with_capacity(8);
    let mut offset = start;
    let mut rest = Some(inner);
    while let Some(text) = rest {
        let raw;
        (raw, rest) = next_segment(text);
        if raw.is_empty() {
            return Err(Error::bad_request(format!(
                "Invalid path: the segment at position {offset} is empty."
            )));
        }
        parts.push(Part::new(raw, offset, false)?);
        offset += raw.len() + 1;
    }
    Ok(parts)
}

/// The text up to the slash that ends a segment, and what follows it. A slash inside the
/// parentheses of `$filter(…)` (section 4.12) is one of its expression.
fn next_segment(text: &str) -> (&str, Option<&str>) {
    let is_filter = ["$filter(", "$filter%28"]
        .iter()
        .any(|f| text.starts_with(f));
    let end = if is_filter {
        filter_length(text)
    } else {
        text.find('/')
    };
    match end {
        Some(end) => (text.get(..end).unwrap_or(text), text.get(end + 1..)),
        None => (text, None),
    }
}

/// Where the slash behind `$filter(…)` stands; parentheses in quotes do not count.
fn filter_length(text: &str) -> Option<usize> {
    let (mut open, mut quoted) = (0_usize, false);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let escape = rest.get(..3).filter(|_| first == '%');
        let token = escape.unwrap_or_else(|| rest.get(..first.len_utf8()).unwrap_or(rest));
        match token {
            "'" | "%27" => quoted = !quoted,
            "(" | "%28" if !quoted => open += 1,
            ")" | "%29" if !quoted => open = open.saturating_sub(1),
            "/" if open == 0 && !quoted => return Some(text.len() - rest.len()),
            _ => {}
        }
        rest = rest.get(token.len()..).unwrap_or("");
    }
    None
}

/// The options of a query, split at `&` and at the first `=` of each; empty ones are left out.
///
/// # Errors
/// 400 as for [`decode`], of a name.
pub(super) fn split_query(query: &str) -> Result<Vec<RawOption<'_>>, Error> {
    let mut options = Vec::new();
    let mut offset = 0;
    for raw in query.split('&') {
        if !raw.is_empty() {
            let (name, raw_value) = raw.split_once('=').unwrap_or((raw, ""));
            let value_offset = (offset + name.len() + 1).min(offset + raw.len());
            options.push(RawOption {
                name: Part::new(name, offset, true)?,
                raw_value,
                value_offset,
            });
        }
        offset += raw.len() + 1;
    }
    Ok(options)
}

/// Percent-decodes; nothing is copied where nothing is encoded.
///
/// # Errors
/// 400 for `%` without two hexadecimal digits, for bytes that are not UTF-8, and for U+0000, which
/// no value may hold.
pub(super) fn decode(raw: &str, plus_is_space: bool) -> Result<Cow<'_, str>, Error> {
    let plain = |b: u8| b != b'%' && b != 0 && !(plus_is_space && b == b'+');
    if raw.bytes().all(plain) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => match (bytes.next().and_then(hex), bytes.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => {
                    return Err(Error::bad_request(format!(
                        "Invalid percent-encoding in \"{raw}\": % takes two hexadecimal digits; a \
                         percent sign itself is written %25."
                    )));
                }
            },
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    if decoded.contains(&0) {
        return Err(Error::bad_request(
            "The character U+0000 is not allowed in a URL.",
        ));
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| {
        Error::bad_request(format!(
            "Invalid percent-encoding in \"{raw}\": it is not UTF-8."
        ))
    })
}

/// Where `%3B` stands, counted in the decoded text.
fn encoded_semicolons(raw: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut removed = 0;
    for (at, _) in raw.match_indices('%') {
        let code = raw.get(at + 1..at + 3);
        if code.is_some_and(|code| code.eq_ignore_ascii_case("3b")) {
            found.push(at - removed);
        }
        removed += 2;
    }
    found
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str) -> Vec<String> {
        let parts = split_path(path).expect("the path splits");
        parts.into_iter().map(|p| p.text.into_owned()).collect()
    }

    #[test]
    fn a_path_is_split_before_it_is_decoded() {
        assert_eq!(texts("a/b%2Fc/%27%28"), ["a", "b/c", "'("]);
        assert_eq!(texts("/a/b/"), ["a", "b"]);
        assert_eq!(texts("a+b"), ["a+b"]);
        assert_eq!(
            texts("a/$filter(b/c eq ')/')/d/$filter%28e/f%29"),
            ["a", "$filter(b/c eq ')/')", "d", "$filter(e/f)"]
        );
        assert_eq!(texts("$filter((a/b"), ["$filter((a/b"]);
        assert!(texts("").is_empty());
        assert!(texts("/").is_empty());
    }

    #[test]
    fn bad_paths_are_refused() {
        for path in [
            "a//b", "a/%", "a/%4", "a/%zz", "a/%ff", "a/%00", "a/\0", "///", "a//",
        ] {
            assert_eq!(
                split_path(path).map(|_| ()).unwrap_err().code.status(),
                400,
                "{path}"
            );
        }
    }

    #[test]
    fn a_query_is_split_before_it_is_decoded() {
        let options = split_query("$filter=a%26b+c&&x&%24top=1=2").expect("it splits");
        let pairs: Vec<_> = options
            .iter()
            .map(|o| {
                (
                    o.name.text.to_string(),
                    o.value().expect("it decodes").text.to_string(),
                )
            })
            .collect();
        let expected = [("$filter", "a&b c"), ("x", ""), ("$top", "1=2")];
        assert_eq!(pairs, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn positions_lead_back_to_what_was_sent() {
        let options = split_query("a=1&b=%27x%27y").expect("it splits");
        let value = options[1].value().expect("it decodes");
        assert_eq!(value.position(0), 6);
        assert_eq!(value.position(1), 9);
        assert_eq!(value.position(3), 13);
    }
}
