//! The format of an answer: what `Accept` and `$format` ask for (OData 4.01 Protocol, sections
//! 8.2.1 and 11.2.12; JSON Format 4.01, section 3).

use http::{HeaderMap, HeaderValue, header};
use odata::json::{Metadata, Style};
use odata::{Error, ErrorCode};

use crate::negotiate::list;
use crate::service::ServiceProfile;

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";

/// How JSON is to be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Json {
    /// How it is written.
    pub(crate) style: Style,
    /// Which parameters its `Content-Type` has.
    parameters: Parameters,
}

/// The format parameters that `Content-Type` names beside `metadata`: those that were asked for
/// (OData 4.01 Protocol, section 8.2.1), or all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parameters {
    all: bool,
    streaming: bool,
    charset: bool,
}

impl Json {
    /// JSON as it is answered to a request that asks for nothing.
    pub(crate) fn plain(profile: &ServiceProfile) -> Self {
        Self {
            style: Style {
                base64url: profile.base64url,
                zero_days: profile.zero_days,
                ..Style::default()
            },
            parameters: Parameters {
                all: profile.names_all_parameters,
                ..Parameters::default()
            },
        }
    }

    /// The `Content-Type` (OData JSON Format 4.01, section 4.1).
    pub(crate) fn content_type(self) -> HeaderValue {
        let Self { style, parameters } = self;
        // What nearly every answer has costs no formatting.
        if style.metadata == Metadata::Minimal && !style.ieee754 {
            if parameters.all {
                return HeaderValue::from_static(
                    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
                );
            } else if !parameters.streaming && !parameters.charset {
                return HeaderValue::from_static("application/json;odata.metadata=minimal");
            }
        }
        let mut text = format!("{JSON};odata.metadata={}", style.metadata.as_str());
        if parameters.all || parameters.streaming {
            text.push_str(";odata.streaming=true");
        }
        if parameters.all || style.ieee754 {
            text.push_str(&format!(";IEEE754Compatible={}", style.ieee754));
        }
        if parameters.all || parameters.charset {
            text.push_str(";charset=utf-8");
        }
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(JSON))
    }
}

/// How JSON is to be answered. A request that does not ask for JSON asks for nothing.
pub(crate) fn json(headers: &HeaderMap, format: Option<&str>, plain: Json) -> Json {
    if let Some(format) = format {
        return Range::read(format)
            .and_then(|range| range.json(JSON, plain))
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
    let plain = Json::default();
    if let Some(format) = format {
        let short = served.rsplit('/').next().unwrap_or(served);
        let accepted = format.eq_ignore_ascii_case(short)
            || Range::read(format)
                .is_some_and(|range| range.is_wanted() && range.json(served, plain).is_some());
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

/// Checks that a client takes UTF-8, in which all text is written (OData 4.01 Protocol, section
/// 8.2.2; RFC 9110, section 12.5.2).
///
/// # Errors
/// 406.
pub(crate) fn accept_charset(headers: &HeaderMap) -> Result<(), Error> {
    let mut asked = list(headers, "accept-charset", ',').peekable();
    let accepts = |charset: &str| {
        let (name, quality) = charset.split_once(';').unwrap_or((charset, "q=1"));
        let quality = quality.trim().strip_prefix("q=").unwrap_or("0");
        let covers = ["utf-8", "*"]
            .iter()
            .any(|c| name.trim().eq_ignore_ascii_case(c));
        covers
            && quality
                .trim()
                .parse::<f32>()
                .is_ok_and(|quality| quality > 0.0)
    };
    if asked.peek().is_none() || asked.any(accepts) {
        return Ok(());
    }
    let message = "Accept-Charset: text is served in utf-8 only.";
    Err(Error::new(ErrorCode::NotAcceptable, message).with_target("Accept-Charset"))
}

/// What the range asks for that covers a media type and is liked best. A range that is not wanted
/// outweighs those that are less specific.
fn best(headers: &HeaderMap, served: &str, plain: Json) -> Option<Json> {
    let covering: Vec<(Range<'_>, Json)> = list(headers, "accept", ',')
        .filter_map(Range::read)
        .filter_map(|range| range.json(served, plain).map(|json| (range, json)))
        .collect();
    let refused = covering.iter().filter(|(range, _)| !range.is_wanted());
    let refused = refused.map(|(range, _)| range.specific()).max();
    let mut best: Option<((f32, u8), Json)> = None;
    for (range, json) in covering {
        if !range.is_wanted() || refused.is_some_and(|refused| range.specific() <= refused) {
            continue;
        }
        let rank = (range.quality, range.specific());
        if best.as_ref().is_none_or(|(known, _)| rank > *known) {
            best = Some((rank, json));
        }
    }
    best.map(|(_, json)| json)
}

/// One media range of `Accept` (RFC 9110, section 12.5.1).
struct Range<'h> {
    media: String,
    parameters: Vec<(&'h str, &'h str)>,
    quality: f32,
}

impl<'h> Range<'h> {
    /// Reads a range; `None` if its quality is none.
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
        Some(range)
    }

    fn is_wanted(&self) -> bool {
        self.quality > 0.0
    }

    fn specific(&self) -> u8 {
        match self.media.as_str() {
            "*/*" => 0,
            media if media.ends_with("/*") => 1,
            _ => 2 + u8::from(!self.parameters.is_empty()),
        }
    }

    /// What the range asks for; `None` if it does not cover the media type, or has a parameter
    /// that is unknown or cannot be followed: such a format is refused (section 8.2.1).
    fn json(&self, served: &str, plain: Json) -> Option<Json> {
        let kind = served.split('/').next().unwrap_or(served);
        let media = self.media.as_str();
        let covers = media == "*/*" || media == served || media.strip_suffix("/*") == Some(kind);
        if !covers {
            return None;
        }
        let mut json = plain;
        for (name, value) in &self.parameters {
            let value = value.to_ascii_lowercase();
            match name.to_ascii_lowercase().as_str() {
                "odata.metadata" | "metadata" => {
                    json.style.metadata = match value.as_str() {
                        "none" => Metadata::None,
                        "minimal" => Metadata::Minimal,
                        "full" => Metadata::Full,
                        _ => return None,
                    };
                }
                "ieee754compatible" => json.style.ieee754 = truth(&value)?,
                "odata.streaming" | "streaming" => json.parameters.streaming = truth(&value)?,
                // Decimals are never written with an exponent, which a client that allows it
                // understands, too.
                "exponentialdecimals" => {
                    truth(&value)?;
                }
                "charset" if value == "utf-8" => json.parameters.charset = true,
                _ => return None,
            }
        }
        Some(json)
    }
}

fn truth(value: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
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
            ("application/json;odata.streaming=false;charset=UTF-8", true),
            ("application/json;charset=iso-8859-1", false),
            ("application/json;unknown=x", false),
            ("application/json;unknown=x, */*;q=0.1", true),
            ("application/json;q=0", false),
            ("application/json;q=0, */*", false),
            (
                "application/json;q=0, application/json;odata.metadata=full",
                true,
            ),
            ("*/*;q=0, application/json;q=0.1", true),
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
            (Some("json;odata.metadata=none"), false),
            (Some("application/json;unknown=x"), false),
        ] {
            assert_eq!(accept(&none, format, JSON).is_ok(), accepted, "{format:?}");
        }
    }

    #[test]
    fn the_range_that_is_liked_best_says_the_style() {
        let check = |accept: &'static str, format: Option<&str>, expected: &str| {
            let found = json(&headers(accept), format, Json::default()).content_type();
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

    #[test]
    fn the_content_type_names_what_was_asked_for() {
        let check = |all: bool, accept: &'static str, expected: &str| {
            let plain = Json {
                parameters: Parameters {
                    all,
                    ..Parameters::default()
                },
                ..Json::default()
            };
            let found = json(&headers(accept), None, plain).content_type();
            assert_eq!(found, expected, "{accept}");
        };
        check(false, "*/*", "application/json;odata.metadata=minimal");
        check(
            false,
            "application/json;streaming=true;charset=utf-8;IEEE754Compatible=true",
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=true;charset=utf-8",
        );
        check(
            false,
            "application/json;metadata=full;IEEE754Compatible=false",
            "application/json;odata.metadata=full",
        );
        check(
            true,
            "application/json;metadata=none",
            "application/json;odata.metadata=none;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
        );
    }

    #[test]
    fn only_utf_8_is_served() {
        let check = |asked: &'static str, accepted: bool| {
            let name = HeaderName::from_static("accept-charset");
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(asked))]);
            assert_eq!(accept_charset(&headers).is_ok(), accepted, "{asked}");
        };
        check("", true);
        check("UTF-8", true);
        check("iso-8859-1, utf-8;q=0.5", true);
        check("iso-8859-1, *;q=0.1", true);
        check("iso-8859-1", false);
        check("iso-8859-1, utf-8;q=0", false);
        assert!(accept_charset(&HeaderMap::new()).is_ok());
    }
}
