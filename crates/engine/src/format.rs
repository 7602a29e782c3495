//! The format of an answer: what `Accept` and `$format` ask for (OData 4.01 Protocol, sections
//! 8.2.1 and 11.2.12; JSON Format 4.01, section 3).

use http::{HeaderMap, HeaderValue, header};
use odata::json::{Metadata, Style};
use odata::{Error, ErrorCode};

use crate::negotiate::list;

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";

/// The `Content-Type` of JSON in a style.
pub(crate) fn content_type(style: Style) -> HeaderValue {
    // What nearly every answer has costs no formatting.
    if style.metadata == Metadata::Minimal && !style.ieee754 {
        return HeaderValue::from_static(
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
        );
    }
    let text = format!(
        "application/json;odata.metadata={};odata.streaming=true;IEEE754Compatible={};charset=utf-8",
        style.metadata.as_str(),
        style.ieee754
    );
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(JSON))
}

/// The style in which JSON is to be answered. What does not ask for JSON asks for no style.
pub(crate) fn style(headers: &HeaderMap, format: Option<&str>, base64url: bool) -> Style {
    let plain = Style {
        base64url,
        ..Style::default()
    };
    if let Some(format) = format {
        return Range::read(format)
            .and_then(|range| range.style(JSON, plain))
            .unwrap_or(plain);
    }
    best(headers, JSON, plain).unwrap_or(plain)
}

/// Checks that an answer of a media type is acceptable.
///
/// # Errors
/// 406 naming what can be served.
pub(crate) fn accept(
    headers: &HeaderMap,
    format: Option<&str>,
    served: &'static str,
) -> Result<(), Error> {
    let refuse = |asked: &str| {
        Error::new(
            ErrorCode::NotAcceptable,
            format!("'{asked}' cannot be served here; {served} can."),
        )
    };
    let plain = Style::default();
    if let Some(format) = format {
        let short = served.rsplit('/').next().unwrap_or(served);
        let accepted = format.eq_ignore_ascii_case(short)
            || Range::read(format).is_some_and(|range| range.style(served, plain).is_some());
        return if accepted {
            Ok(())
        } else {
            Err(refuse(format).with_target("$format"))
        };
    }
    if list(headers, "accept", ',').next().is_none() || best(headers, served, plain).is_some() {
        return Ok(());
    }
    let asked = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    Err(refuse(asked))
}

/// The style of the range that covers a media type and is liked best.
fn best(headers: &HeaderMap, served: &str, plain: Style) -> Option<Style> {
    let mut best: Option<((f32, u8), Style)> = None;
    for range in list(headers, "accept", ',').filter_map(Range::read) {
        let Some(style) = range.style(served, plain) else {
            continue;
        };
        let rank = (range.quality, range.specific());
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            best = Some((rank, style));
        }
    }
    best.map(|(_, style)| style)
}

/// One media range of `Accept` (RFC 9110, section 12.5.1).
struct Range<'h> {
    media: String,
    parameters: Vec<(&'h str, &'h str)>,
    quality: f32,
}

impl<'h> Range<'h> {
    /// Reads a range; `None` if its quality says that it is not wanted.
    fn read(text: &'h str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().unwrap_or("").to_ascii_lowercase();
        let mut range = Self {
            media,
            parameters: Vec::new(),
            quality: 1.0,
        };
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("q") {
                range.quality = value.parse().ok()?;
            } else {
                range.parameters.push((name, value));
            }
        }
        (range.quality > 0.0).then_some(range)
    }

    fn specific(&self) -> u8 {
        match self.media.as_str() {
            "*/*" => 0,
            media if media.ends_with("/*") => 1,
            _ => 2 + u8::from(!self.parameters.is_empty()),
        }
    }

    /// The style that the range asks for; `None` if it does not cover the media type.
    fn style(&self, served: &str, plain: Style) -> Option<Style> {
        let (kind, short) = served.split_once('/').unwrap_or((served, ""));
        let media = self.media.as_str();
        let covers = media == "*/*"
            || media == served
            || media.strip_suffix("/*") == Some(kind)
            || media == short;
        if !covers {
            return None;
        }
        let mut style = plain;
        for (name, value) in &self.parameters {
            let value = value.to_ascii_lowercase();
            match name.to_ascii_lowercase().as_str() {
                "odata.metadata" | "metadata" => {
                    style.metadata = match value.as_str() {
                        "none" => Metadata::None,
                        "minimal" => Metadata::Minimal,
                        "full" => Metadata::Full,
                        _ => return None,
                    };
                }
                "ieee754compatible" => {
                    style.ieee754 = match value.as_str() {
                        "true" => true,
                        "false" => false,
                        _ => return None,
                    };
                }
                _ => {}
            }
        }
        Some(style)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(accept: &'static str) -> HeaderMap {
        let name = HeaderName::from_static("accept");
        HeaderMap::from_iter([(name, HeaderValue::from_static(accept))])
    }

    #[test]
    fn accept_table() {
        for (asked, accepted) in [
            ("application/json", true),
            ("*/*", true),
            ("text/html, application/*;q=0.5", true),
            ("application/json;odata.metadata=minimal", true),
            ("application/json;odata.metadata=full", true),
            ("application/json;odata.metadata=most", false),
            (
                "application/json;IEEE754Compatible=true;charset=utf-8",
                true,
            ),
            ("application/json;IEEE754Compatible=maybe", false),
            ("application/json;q=0", false),
            ("application/xml", false),
            ("text/plain", false),
        ] {
            let result = accept(&headers(asked), None, JSON);
            assert_eq!(result.is_ok(), accepted, "{asked}");
        }
        let none = HeaderMap::new();
        for (format, accepted) in [
            (None, true),
            (Some("json"), true),
            (Some("application/json;odata.metadata=none"), true),
            (Some("JSON"), true),
            (Some("atom"), false),
        ] {
            assert_eq!(accept(&none, format, JSON).is_ok(), accepted, "{format:?}");
        }
    }

    #[test]
    fn the_range_that_is_liked_best_says_the_style() {
        let check = |accept: &'static str, format: Option<&str>, expected: &str| {
            let style = style(&headers(accept), format, false);
            let found = content_type(style);
            let found = found.to_str().expect("ASCII");
            assert!(found.contains(expected), "{accept} {format:?}: {found}");
        };
        check("application/json", None, "metadata=minimal");
        check(
            "application/json;odata.metadata=full",
            None,
            "metadata=full",
        );
        check("application/json;metadata=none", None, "metadata=none");
        check(
            "application/json;odata.metadata=full;q=0.5, application/json;odata.metadata=none",
            None,
            "metadata=none",
        );
        check(
            "*/*, application/json;odata.metadata=full",
            None,
            "metadata=full",
        );
        check(
            "application/json;odata.metadata=full",
            Some("application/json;odata.metadata=none"),
            "metadata=none",
        );
        check(
            "application/json;IEEE754Compatible=true",
            None,
            "IEEE754Compatible=true",
        );
        check("text/plain", None, "metadata=minimal");
    }
}
