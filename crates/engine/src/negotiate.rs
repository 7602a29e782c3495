//! What a request's headers ask of its answer: version, format, preferences (OData 4.01 Protocol,
//! section 8).

use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::json::Style;
use odata::{Error, ErrorCode};

use crate::format::content_type;
use crate::prefer::Preferences;

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
    /// How JSON is written.
    pub(crate) style: Style,
    /// Everything that the client prefers.
    pub(crate) prefer: Preferences,
}

/// Reads the headers. `newest` is the version of answers to clients that name no greatest one.
///
/// # Errors
/// 400 for a version that cannot be answered.
pub(crate) fn read(headers: &HeaderMap, newest: &'static str) -> Result<Negotiated, Error> {
    let prefer = Preferences::read(headers);
    Ok(Negotiated {
        version: version(headers, newest)?,
        minimal: prefer.minimal == Some(true),
        return_given: prefer.minimal.is_some(),
        max_page_size: prefer.max_page_size,
        style: Style::default(),
        prefer,
    })
}

/// The version of a request's payload (OData 4.01 Protocol, section 8.1.5).
///
/// # Errors
/// 400 for a version that is not understood.
pub(crate) fn payload_version(headers: &HeaderMap) -> Result<&'static str, Error> {
    match headers
        .get("odata-version")
        .map(|v| v.to_str().unwrap_or("").trim())
    {
        Some("4.0") => Ok("4.0"),
        Some("4.01") => Ok("4.01"),
        Some(other) => Err(Error::bad_request(format!(
            "OData-Version '{other}' is not understood; this service speaks 4.0 and 4.01."
        ))
        .with_target("OData-Version")),
        None if headers.contains_key("odata-maxversion") => version(headers, "4.01"),
        None => Ok("4.01"),
    }
}

fn version(headers: &HeaderMap, newest: &'static str) -> Result<&'static str, Error> {
    let maximum = match headers.get("odata-maxversion") {
        None => return Ok(newest),
        Some(value) => value.to_str().unwrap_or("").trim(),
    };
    // Versions are decimal numbers: 4.01 is followed by 4.02, and any later one covers it.
    let digits = maximum.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match maximum.parse::<f64>().ok().filter(|_| digits) {
        Some(number) if number >= 4.01 => Ok("4.01"),
        Some(number) if number >= 4.0 => Ok("4.0"),
        _ => Err(Error::bad_request(format!(
            "OData-MaxVersion '{maximum}' cannot be answered; this service speaks 4.0 and 4.01."
        ))
        .with_target("OData-MaxVersion")),
    }
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

/// The items of a header that is a list.
pub(crate) fn list<'h>(
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
    headers.insert(header::CONTENT_TYPE, content_type(negotiated.style));
    headers
}

/// The `OData-Version` header, and what answers vary by (OData 4.01 Protocol, section 8.3.10).
pub(crate) fn version_header(negotiated: &Negotiated) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(
        header::VARY,
        HeaderValue::from_static("Accept, OData-MaxVersion, Prefer"),
    );
    headers.insert(
        HeaderName::from_static("odata-version"),
        HeaderValue::from_static(negotiated.version),
    );
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_version_bounds_the_answer() {
        for (maximum, expected) in [
            ("4.0", Some("4.0")),
            ("4.01", Some("4.01")),
            ("5.0", Some("4.01")),
            ("3.0", None),
            ("", None),
            ("inf", None),
            ("four", None),
        ] {
            let found = version(&headers(&[("odata-maxversion", maximum)]), "4.01");
            assert_eq!(found.ok(), expected, "{maximum}");
        }
        assert_eq!(version(&HeaderMap::new(), "4.0").ok(), Some("4.0"));
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn a_payload_has_the_version_that_it_says() {
        let check = |pairs: &[(&'static str, &'static str)], expected: Option<&str>| {
            let found = payload_version(&headers(pairs)).ok();
            assert_eq!(found, expected, "{pairs:?}");
        };
        check(&[], Some("4.01"));
        check(&[("odata-version", "4.0")], Some("4.0"));
        check(
            &[("odata-version", "4.01"), ("odata-maxversion", "4.0")],
            Some("4.01"),
        );
        check(&[("odata-maxversion", "4.0")], Some("4.0"));
        check(&[("odata-version", "3.0")], None);
    }
}
