//! What a request's headers ask of its answer: version, format, preferences (OData 4.01 Protocol,
//! section 8).

use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::{Error, ErrorCode};

/// The media type of JSON answers.
pub(crate) const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What the client wants of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// `OData-Version` of the answer.
    pub(crate) version: &'static str,
    /// `Prefer: return=minimal`.
    pub(crate) minimal: bool,
    /// The `return` preference was given.
    pub(crate) return_given: bool,
    /// `Prefer: odata.maxpagesize`.
    pub(crate) max_page_size: Option<u64>,
}

/// Reads the headers.
///
/// # Errors
/// 400 for a version that cannot be answered.
pub(crate) fn read(headers: &HeaderMap) -> Result<Negotiated, Error> {
    let mut negotiated = Negotiated {
        version: version(headers)?,
        minimal: false,
        return_given: false,
        max_page_size: None,
    };
    for preference in list(headers, "prefer", ',') {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "return" if value.eq_ignore_ascii_case("minimal") => {
                negotiated.minimal = true;
                negotiated.return_given = true;
            }
            "return" if value.eq_ignore_ascii_case("representation") => {
                negotiated.minimal = false;
                negotiated.return_given = true;
            }
            "odata.maxpagesize" | "maxpagesize" => {
                negotiated.max_page_size = value.parse().ok().filter(|n| *n > 0);
            }
            // A preference that is not known is ignored (RFC 7240, section 2).
            _ => {}
        }
    }
    Ok(negotiated)
}

fn version(headers: &HeaderMap) -> Result<&'static str, Error> {
    let maximum = match headers.get("odata-maxversion") {
        None => return Ok("4.0"),
        Some(value) => value.to_str().unwrap_or("").trim(),
    };
    match maximum {
        "4.0" => Ok("4.0"),
        "4.01" => Ok("4.01"),
        _ => Err(Error::bad_request(format!(
            "OData-MaxVersion '{maximum}' cannot be answered; this service speaks 4.0 and 4.01."
        ))
        .with_target("OData-MaxVersion")),
    }
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
    if let Some(format) = format {
        let short = served.rsplit('/').next().unwrap_or(served);
        let accepted = format.eq_ignore_ascii_case(short) || range_matches(format, served);
        return if accepted {
            Ok(())
        } else {
            Err(refuse(format).with_target("$format"))
        };
    }
    let mut ranges = list(headers, "accept", ',').peekable();
    if ranges.peek().is_none() || ranges.any(|range| range_matches(range, served)) {
        return Ok(());
    }
    let asked = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    Err(refuse(asked))
}

fn range_matches(range: &str, served: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or("").to_ascii_lowercase();
    let (kind, _) = served.split_once('/').unwrap_or((served, ""));
    let covers = media == "*/*" || media == format!("{kind}/*") || media == served;
    covers
        && parts.all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "odata.metadata" | "metadata" => value.eq_ignore_ascii_case("minimal"),
                "ieee754compatible" => value.eq_ignore_ascii_case("false"),
                "q" => value.trim().parse::<f32>().is_ok_and(|q| q > 0.0),
                _ => true,
            }
        })
}

/// Checks that a body is JSON.
///
/// # Errors
/// 415 naming what is understood.
pub(crate) fn content_is_json(headers: &HeaderMap) -> Result<(), Error> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let media = given.split(';').next().unwrap_or("").trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::UnsupportedMediaType,
        format!("Content-Type '{given}' is not understood; bodies are application/json."),
    ))
}

/// Checks the conditions of a request on an entity that has no ETag: `*` holds for any entity
/// that exists, and no other tag can match (RFC 9110, section 13.1.1).
///
/// # Errors
/// 412.
pub(crate) fn preconditions(headers: &HeaderMap) -> Result<(), Error> {
    let mut tags = list(headers, "if-match", ',').peekable();
    if tags.peek().is_none() || tags.any(|tag| tag == "*") {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::PreconditionFailed,
        "If-Match: the entity has none of these tags.",
    ))
}

fn list<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
    separator: char,
) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(move |value| value.split(separator))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// The headers of a JSON answer.
pub(crate) fn json_headers(negotiated: &Negotiated) -> HeaderMap {
    let mut headers = version_header(negotiated);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers
}

/// The `OData-Version` header, and which preference was applied.
pub(crate) fn version_header(negotiated: &Negotiated) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(
        HeaderName::from_static("odata-version"),
        HeaderValue::from_static(negotiated.version),
    );
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn accept_table() {
        for (asked, accepted) in [
            ("application/json", true),
            ("*/*", true),
            ("text/html, application/*;q=0.5", true),
            ("application/json;odata.metadata=minimal", true),
            ("application/json;odata.metadata=full", false),
            ("application/json;q=0", false),
            ("application/xml", false),
            ("text/plain", false),
        ] {
            let result = accept(&headers(&[("accept", asked)]), None, "application/json");
            assert_eq!(result.is_ok(), accepted, "{asked}");
        }
        assert!(accept(&HeaderMap::new(), None, "application/json").is_ok());
        assert!(accept(&HeaderMap::new(), Some("json"), "application/json").is_ok());
        assert!(accept(&HeaderMap::new(), Some("atom"), "application/json").is_err());
    }

    #[test]
    fn preferences_are_read() {
        let read = read(&headers(&[(
            "prefer",
            "return=minimal, odata.maxpagesize=5, respond-x",
        )]));
        let read = read.unwrap();
        assert!(read.minimal);
        assert_eq!(read.max_page_size, Some(5));
    }

    #[test]
    fn a_tag_matches_only_as_a_star() {
        assert!(preconditions(&HeaderMap::new()).is_ok());
        assert!(preconditions(&headers(&[("if-match", "*")])).is_ok());
        let other = preconditions(&headers(&[("if-match", "W/\"1\"")]));
        assert_eq!(other.unwrap_err().code.status(), 412);
    }
}
