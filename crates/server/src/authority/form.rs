//! Forms as OAuth posts them.

use axum::body::Body;
use http::header;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use super::answers::OAuthError;
use super::token::Failed;
use crate::answer::Shared;
use crate::body;
use crate::limits::Limits;

/// The largest form, in bytes: an assertion with a chain of certificates in its header fits.
const LIMIT: usize = 64 << 10;
const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The parameters of a form. Those that nobody asks for are ignored (RFC 6749, section 3.2).
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the form of a request.
    ///
    /// # Errors
    /// `invalid_request`; a body that is too large, too slow or broken off.
    pub(super) async fn read(parts: &Parts, unread: Body, shared: &Shared) -> Result<Self, Failed> {
        let sent = parts.headers.get(header::CONTENT_TYPE);
        let sent = sent.and_then(|sent| sent.to_str().ok()).unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default().trim();
        let limits = Limits {
            body: shared.limits.body.min(LIMIT),
            ..shared.limits.clone()
        };
        let bytes = body::read(unread, &parts.headers, &limits, &shared.budget).await?;
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(OAuthError::request(format!("The body must be {MEDIA_TYPE}.")).into());
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| OAuthError::request("The form is not in UTF-8."))?;
        Ok(Self::parse(text)?)
    }

    /// Reads a form's text.
    ///
    /// # Errors
    /// A parameter that is sent twice, and what is no UTF-8.
    pub(super) fn parse(text: &str) -> Result<Self, OAuthError> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for field in text.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            // An empty parameter is none (RFC 6749, section 3.2).
            if value.is_empty() {
                continue;
            }
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(OAuthError::request("A parameter is sent twice."));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The value of a parameter; it is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A name or value as it was before it was encoded.
///
/// # Errors
/// What is no UTF-8.
pub(super) fn decode(text: &str) -> Result<String, OAuthError> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| OAuthError::request("The form is not in UTF-8."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameters() {
        let check = |text: &str, name: &str, expected: Option<&str>| {
            let form = Form::parse(text).unwrap();
            assert_eq!(form.get(name), expected, "{text}");
        };
        check("a=b", "a", Some("b"));
        check("a=b+c%20d&e=%C3%A9", "a", Some("b c d"));
        check("a=b+c%20d&e=%C3%A9", "e", Some("\u{e9}"));
        check("a=b=c", "a", Some("b=c"));
        check("", "a", None);
        check("a=", "a", None);
        check("a=&a=b", "a", Some("b"));
        check("&&", "a", None);
        for bad in ["a=b&a=b", "a=b&%61=c", "a=%ff"] {
            let refused = Form::parse(bad).unwrap_err();
            assert_eq!(refused.error, "invalid_request", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"[a-c=&%+0-9f]{0,40}|\PC*") {
            let _ = Form::parse(&text);
        }
    }
}
