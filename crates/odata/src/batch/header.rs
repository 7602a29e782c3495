//! The headers of a request inside a batch.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::place::Place;
use crate::Error;

/// Headers that a request inside a batch may not have (OData 4.01 Protocol, section 11.7.7.1): who
/// asks is said once, outside.
const REFUSED: [&str; 10] = [
    "authorization",
    "proxy-authorization",
    "www-authenticate",
    "proxy-authenticate",
    "authentication-info",
    "expect",
    "from",
    "max-forwards",
    "range",
    "te",
];

/// The methods of requests.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// A method, in any case.
pub(super) fn method(text: &str, place: &Place) -> Result<&'static str, Error> {
    METHODS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(text))
        .ok_or_else(|| {
            let shown = super::place::shown(text);
            place.refuse_member(
                "method",
                format!("is '{shown}'; allowed are {}.", METHODS.join(", ")),
            )
        })
}

/// Checks a header and answers it with its name in lower case.
pub(super) fn header(name: &str, value: &str, place: &Place) -> Result<(String, String), Error> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        let shown = super::place::shown(name);
        return Err(place.refuse_member("headers", format!("holds '{shown}', no header name.")));
    }
    let name = name.to_ascii_lowercase();
    let value = value.trim_matches([' ', '\t']);
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(place.refuse(format!("header '{name}' holds a control character.")));
    }
    if REFUSED.contains(&name.as_str()) {
        return Err(place.refuse(format!(
            "header '{name}' may not stand on a request inside a batch."
        )));
    }
    Ok((name, value.to_owned()))
}

/// The first value of a header, by its name in lower case.
pub(super) fn get<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, value)| value.as_str())
}

/// The media type of a `Content-Type`, without parameters.
pub(super) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or("").trim()
}

/// The bytes behind base64url or base64, padded or not.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet = if text.contains(['+', '/']) {
        &STANDARD
    } else {
        &URL_SAFE
    };
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}
