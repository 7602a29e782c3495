//! The two cookies: who has signed in, and that forms are ours (RFC 6265).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response, header};
use odata::Error;

use super::form::Form;
use super::secret::{new_secret, secret_digest};

/// The longest value that is looked at, in bytes.
const LIMIT: usize = 128;
/// The field of forms that proves that they are ours.
pub(super) const FORM_FIELD: &str = "form_token";

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Who has signed in.
    Session,
    /// What forms prove to be ours by: another site can neither read nor send it.
    Form,
}

impl Cookie {
    /// Over TLS, no other host and no plain http can set it (RFC 6265bis, section 4.1.3.2).
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-runstate-session",
            (Self::Session, false) => "runstate-session",
            (Self::Form, true) => "__Host-runstate-form",
            (Self::Form, false) => "runstate-form",
        }
    }

    /// What a browser sent.
    pub(super) fn read(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let name = self.name(secure);
        let sent = headers.get_all(header::COOKIE).iter();
        let mut pairs = sent
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(known, _)| *known == name)?;
        (1..=LIMIT).contains(&value.len()).then(|| value.to_owned())
    }

    /// Has the browser keep a value until it is closed; an empty one, forget it.
    pub(super) fn set(self, response: &mut Response<Body>, value: &str, secure: bool) {
        let name = self.name(secure);
        let secure = if secure { "; Secure" } else { "" };
        let gone = if value.is_empty() { "; Max-Age=0" } else { "" };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{gone}");
        // Values are base64url.
        if let Ok(text) = HeaderValue::try_from(text) {
            response.headers_mut().append(header::SET_COOKIE, text);
        }
    }
}

/// What proves that the forms of an answer are ours.
pub(super) struct FormToken {
    cookie: String,
    is_new: bool,
    secure: bool,
}

impl FormToken {
    /// The browser's, or a new one.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(super) fn of(headers: &HeaderMap, secure: bool) -> Result<Self, Error> {
        let sent = Cookie::Form.read(headers, secure);
        let is_new = sent.is_none();
        let cookie = match sent {
            Some(cookie) => cookie,
            None => new_secret().map_err(Error::internal)?,
        };
        Ok(Self {
            cookie,
            is_new,
            secure,
        })
    }

    /// The value of [`FORM_FIELD`].
    pub(super) fn field(&self) -> String {
        secret_digest(&format!("form {}", self.cookie))
    }

    /// Whether a form is ours, and not sent from another site.
    pub(super) fn is_ours(&self, headers: &HeaderMap, form: &Form) -> bool {
        let site = headers.get("sec-fetch-site");
        let here = site.is_none_or(|site| site == "same-origin" || site == "none");
        let sent = form.get(FORM_FIELD).unwrap_or_default();
        let same = verify_slices_are_equal(sent.as_bytes(), self.field().as_bytes());
        here && !self.is_new && same.is_ok()
    }

    /// Has the browser keep it.
    pub(super) fn keep(&self, response: &mut Response<Body>) {
        if self.is_new {
            Cookie::Form.set(response, &self.cookie, self.secure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        headers
    }

    #[test]
    fn cookies_are_found() {
        let check = |cookies: &[&str], expected: Option<&str>| {
            let found = Cookie::Session.read(&sent(cookies), false);
            assert_eq!(found.as_deref(), expected, "{cookies:?}");
        };
        check(&["runstate-session=a"], Some("a"));
        check(&["x=y; runstate-session=a; z"], Some("a"));
        check(&["x=y", "runstate-session=a"], Some("a"));
        check(&["runstate-session="], None);
        check(&["Runstate-Session=a"], None);
        check(&["__Host-runstate-session=a"], None);
        check(&[&format!("runstate-session={}", "a".repeat(129))], None);
        check(&[], None);
    }

    #[test]
    fn how_they_are_set() {
        let check = |secure: bool, value: &str, expected: &str| {
            let mut response = Response::new(Body::empty());
            Cookie::Session.set(&mut response, value, secure);
            assert_eq!(response.headers()[header::SET_COOKIE], expected);
        };
        let attributes = "Path=/; HttpOnly; SameSite=Lax";
        check(false, "a", &format!("runstate-session=a; {attributes}"));
        check(
            true,
            "a",
            &format!("__Host-runstate-session=a; {attributes}; Secure"),
        );
        check(
            false,
            "",
            &format!("runstate-session=; {attributes}; Max-Age=0"),
        );
    }

    #[test]
    fn forms_of_others_are_told() {
        let fresh = FormToken::of(&HeaderMap::new(), false).unwrap();
        let form = |token: &str| Form::parse(&format!("{FORM_FIELD}={token}")).unwrap();
        assert!(!fresh.is_ours(&HeaderMap::new(), &form(&fresh.field())));
        let kept = sent(&["runstate-form=abc"]);
        let token = FormToken::of(&kept, false).unwrap();
        assert!(token.is_ours(&kept, &form(&token.field())));
        assert!(!token.is_ours(&kept, &form("abc")));
        assert!(!token.is_ours(&kept, &Form::parse("").unwrap()));
        for (site, expected) in [
            ("same-origin", true),
            ("cross-site", false),
            ("same-site", false),
        ] {
            let mut headers = kept.clone();
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            assert_eq!(token.is_ours(&headers, &form(&token.field())), expected);
        }
    }
}
