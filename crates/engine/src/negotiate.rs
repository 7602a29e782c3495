//! What a request's headers ask of its answer: version, format, preferences (OData 4.01 Protocol,
//! section 8).

use edm::ItemType;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::json::{Omit, Style};
use odata::path::PathKind;
use odata::{Error, ErrorCode};

use crate::format::{self, Json};
use crate::prefer::{OmitValues, Preferences};

/// What the client wants of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// `OData-Version` of the answer.
    pub(crate) version: &'static str,
    /// `Prefer: return=minimal`.
    pub(crate) minimal: bool,
    /// The `return` preference was given.
    pub(crate) return_given: bool,
    /// `Prefer: odata.maxpagesize`, or what was preferred on the page that led here.
    pub(crate) max_page_size: Option<u64>,
    /// How JSON is written.
    pub(crate) style: Style,
    /// How JSON is answered.
    pub(crate) json: Json,
    /// Everything that the client prefers.
    pub(crate) prefer: Preferences,
    /// What of it every answer in JSON follows, for `Preference-Applied`.
    pub(crate) applied: Vec<String>,
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
        json: Json::default(),
        prefer,
        applied: Vec::new(),
    })
}

impl Negotiated {
    /// Applies what a client prefers to be left out of what it reads: `omit-values`, more than
    /// `maxpagesize` members of nested collections, and `include-annotations`, since no answer has annotations that are not asked for (OData 4.01
    /// Protocol, sections 8.2.8.4 and 8.2.8.6).
    pub(crate) fn leave_out(&mut self, kind: &PathKind, headers: &HeaderMap) {
        let has_properties = match kind {
            PathKind::Entity(_) | PathKind::EntityCollection(_) | PathKind::Function(_) => true,
            PathKind::Property(ty) => matches!(ty.item, ItemType::Complex(_)),
            _ => false,
        };
        if !has_properties {
            return;
        }
        self.style.nested_page = self.max_page_size;
        self.style.omit = match self.prefer.omit_values {
            Some(OmitValues::Nulls) => Omit::Nulls,
            Some(OmitValues::Defaults) => Omit::Defaults,
            None => Omit::Nothing,
        };
        if let Some(value) = self.style.omit.as_str() {
            self.applied.push(format!("omit-values={value}"));
        }
        if let Some(patterns) = &self.prefer.include_annotations {
            let name = Preferences::as_named(headers, "include-annotations");
            let patterns = patterns.replace(['"', '\\'], "");
            self.applied.push(format!("{name}=\"{patterns}\""));
        }
    }

    /// Has JSON answered in a format.
    pub(crate) fn answer_as(&mut self, json: Json) {
        self.style = json.style;
        self.json = json;
    }
}

/// Checks what a request demands as a whole, whatever it is about: the coding and version of its
/// payload, text in UTF-8, no isolation from other requests (OData 4.01 Protocol, sections 8.1.2,
/// 8.1.5, 8.2.2 and 8.2.6).
///
/// # Errors
/// 400, 406, 412 and 415 naming the header.
pub(crate) fn demands(headers: &HeaderMap) -> Result<(), Error> {
    payload_version(headers)?;
    format::accept_charset(headers)?;
    let mut encodings = list(headers, "content-encoding", ',');
    if let Some(coded) = encodings.find(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let message =
            format!("Content-Encoding '{coded}' is not understood; send bodies as they are.");
        let error = Error::new(ErrorCode::UnsupportedMediaType, message);
        return Err(error.with_target("Content-Encoding"));
    }
    let isolation = headers.get("isolation").or(headers.get("odata-isolation"));
    match isolation.map(|value| value.to_str().unwrap_or("").trim()) {
        None => Ok(()),
        Some(level) if level.eq_ignore_ascii_case("snapshot") => Err(Error::new(
            ErrorCode::PreconditionFailed,
            "Isolation: snapshot is not supported; each request reads a snapshot of its own.",
        )
        .with_target("Isolation")),
        Some(other) => Err(Error::bad_request(format!(
            "Isolation '{other}' is not understood; the standard knows snapshot."
        ))
        .with_target("Isolation")),
    }
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

/// The version of an answer that is an error, which may be about the version that was asked for.
pub(crate) fn version_of_errors(headers: &HeaderMap, newest: &'static str) -> &'static str {
    version(headers, newest).unwrap_or(newest)
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

/// Checks that a body is JSON, in UTF-8.
///
/// # Errors
/// 415 naming what is understood.
pub(crate) fn content_is_json(headers: &HeaderMap) -> Result<(), Error> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let mut parts = given.split(';').map(str::trim);
    let media = parts.next().unwrap_or("");
    let is_utf_8 = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        !name.trim().eq_ignore_ascii_case("charset") || value.eq_ignore_ascii_case("utf-8")
    };
    if media.eq_ignore_ascii_case("application/json") && parts.all(is_utf_8) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::UnsupportedMediaType,
        format!("Content-Type '{given}' is not understood; bodies are application/json in utf-8."),
    )
    .with_target("Content-Type"))
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
    headers.insert(header::CONTENT_TYPE, negotiated.json.content_type());
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

    #[test]
    fn json_is_read_in_utf_8() {
        let check = |given: &'static str, understood: bool| {
            let found = content_is_json(&headers(&[("content-type", given)]));
            assert_eq!(found.is_ok(), understood, "{given}");
        };
        check("application/json", true);
        check(
            "Application/JSON; charset=\"UTF-8\"; odata.metadata=full",
            true,
        );
        check("application/json;charset=utf-16", false);
        check("text/json", false);
        check("", false);
        assert!(content_is_json(&HeaderMap::new()).is_err());
    }

    #[test]
    fn a_demand_that_cannot_be_met_is_refused() {
        let check = |pairs: &[(&'static str, &'static str)], expected: Option<ErrorCode>| {
            let found = demands(&headers(pairs)).err().map(|error| error.code);
            assert_eq!(found, expected, "{pairs:?}");
        };
        check(&[], None);
        check(
            &[("isolation", "snapshot")],
            Some(ErrorCode::PreconditionFailed),
        );
        check(
            &[("odata-isolation", "Snapshot")],
            Some(ErrorCode::PreconditionFailed),
        );
        check(
            &[("isolation", "serializable")],
            Some(ErrorCode::BadRequest),
        );
        check(&[("odata-version", "5.0")], Some(ErrorCode::BadRequest));
        check(
            &[("accept-charset", "latin1")],
            Some(ErrorCode::NotAcceptable),
        );
        check(
            &[("content-encoding", "gzip")],
            Some(ErrorCode::UnsupportedMediaType),
        );
        check(&[("content-encoding", "identity")], None);
    }
}
