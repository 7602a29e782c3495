//! Pages for people: plain HTML that runs nothing, loads nothing, and is shown in no other page.

use std::fmt::Write;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

const STYLE: &str = include_str!("pages/style.css");
/// The only script: it sends a form on that would otherwise wait for a click.
const SUBMIT: &str = "document.forms[0].submit()";

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = source_of(STYLE);
    format!("default-src 'none'; style-src {hash}; base-uri 'none'; frame-ancestors 'none'")
});

/// What a content security policy calls an inline style or script.
fn source_of(text: &str) -> String {
    let hash = BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes()));
    format!("'sha256-{hash}'")
}

/// Text as it stands in HTML, in attributes too.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A page that is being written. All that is given to it is text; it alone writes HTML.
pub(super) struct Page {
    title: &'static str,
    body: String,
    status: StatusCode,
    /// Where forms may lead beside this server.
    leads_to: Option<String>,
    submits: bool,
}

/// A field of a form.
pub(super) struct Field<'a> {
    pub(super) label: &'a str,
    pub(super) hint: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    /// What browsers fill in (HTML, section 4.10.18.7).
    pub(super) autocomplete: &'a str,
    pub(super) value: &'a str,
}

impl Page {
    /// A page with its heading.
    pub(super) fn new(title: &'static str) -> Self {
        Self {
            title,
            body: format!("<h1>{}</h1>\n", escape(title)),
            status: StatusCode::OK,
            leads_to: None,
            submits: false,
        }
    }

    /// A page that says what is wrong.
    pub(super) fn refusal(why: &str) -> Self {
        let page = Self::new("This does not work").text(why);
        page.with_status(StatusCode::BAD_REQUEST)
    }

    /// The same with another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, from which forms may lead to a source of content security policies.
    pub(super) fn leading_to(self, source: Option<String>) -> Self {
        let leads_to = source;
        Self { leads_to, ..self }
    }

    /// The same with a paragraph.
    pub(super) fn text(self, text: &str) -> Self {
        self.written(format_args!("<p>{}</p>\n", escape(text)))
    }

    /// The same with a quiet paragraph.
    pub(super) fn dim(self, text: &str) -> Self {
        self.written(format_args!("<p class=\"dim\">{}</p>\n", escape(text)))
    }

    /// The same with what went wrong, if something has.
    pub(super) fn problem(self, problem: Option<&str>) -> Self {
        match problem {
            None => self,
            Some(text) => self.written(format_args!(
                "<p class=\"bad\" role=\"alert\">{}</p>\n",
                escape(text)
            )),
        }
    }

    /// The same with the beginning of a form and what it sends along.
    pub(super) fn form(self, action: &str, hidden: &[(&str, &str)]) -> Self {
        let begun = self.written(format_args!(
            "<form method=\"post\" action=\"{}\">\n",
            escape(action)
        ));
        hidden.iter().fold(begun, |page, (name, value)| {
            page.written(format_args!(
                "<input type=\"hidden\" name=\"{}\" value=\"{}\">\n",
                escape(name),
                escape(value)
            ))
        })
    }

    /// The same with a field.
    pub(super) fn field(self, field: &Field<'_>) -> Self {
        let (name, kind) = (escape(field.name), escape(field.kind));
        let hint = match field.hint {
            "" => String::new(),
            hint => format!("<span class=\"hint\">{}</span>", escape(hint)),
        };
        // Keyboards of telephones begin with a capital, and mend what they do not know.
        self.written(format_args!(
            "<label for=\"{name}\">{}{hint}</label>\n<input id=\"{name}\" name=\"{name}\" type=\"{kind}\" \
             autocomplete=\"{}\" autocapitalize=\"none\" spellcheck=\"false\" value=\"{}\" required>\n",
            escape(field.label),
            escape(field.autocomplete),
            escape(field.value),
        ))
    }

    /// The same with a button that sends a form: a name and a value.
    pub(super) fn button(self, label: &str, (name, value): (&str, &str)) -> Self {
        self.written(format_args!(
            "<button name=\"{}\" value=\"{}\">{}</button>\n",
            escape(name),
            escape(value),
            escape(label)
        ))
    }

    /// The same with one for those who want something else. No field needs to be filled in for it.
    pub(super) fn second_button(self, label: &str, (name, value): (&str, &str)) -> Self {
        self.written(format_args!(
            "<button class=\"second\" name=\"{}\" value=\"{}\" formnovalidate>{}</button>\n",
            escape(name),
            escape(value),
            escape(label)
        ))
    }

    /// The same with the end of a form.
    pub(super) fn end_of_form(self) -> Self {
        self.written(format_args!("</form>\n"))
    }

    /// The same, whose form sends itself.
    pub(super) fn sending_itself(self) -> Self {
        let page = self.written(format_args!("<script>{SUBMIT}</script>\n"));
        Self {
            submits: true,
            ..page
        }
    }

    fn written(mut self, text: std::fmt::Arguments<'_>) -> Self {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(text);
        self
    }

    /// The answer.
    pub(super) fn answer(self) -> Response<Body> {
        let title = escape(self.title);
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title} \u{2013} Runstate</title>\n<style>{STYLE}</style>\n</head>\n\
             <body>\n<main>\n{}</main>\n</body>\n</html>\n",
            self.body
        );
        let mut policy = POLICY.clone();
        if self.submits {
            policy.push_str("; script-src ");
            policy.push_str(&source_of(SUBMIT));
        }
        policy.push_str("; form-action 'self'");
        if let Some(source) = &self.leads_to {
            policy.push(' ');
            policy.push_str(source);
        }
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        guard(headers);
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, html);
        // A source is of visible ASCII; if it were not, no form would lead anywhere.
        let policy = HeaderValue::try_from(policy);
        let policy = policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    }
}

/// What every answer to a browser says: keep it nowhere, guess nothing, show it in no other page, and
/// tell nobody where it was.
fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Sends a browser elsewhere, which it reads (RFC 9110, section 15.4.4).
pub(super) fn see_other(location: &str) -> Response<Body> {
    let Ok(location) = HeaderValue::try_from(location) else {
        return Page::refusal("The address to go on to is malformed.").answer();
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    guard(response.headers_mut());
    response.headers_mut().insert(header::LOCATION, location);
    response
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_of_others_is_html() {
        let hostile = "\"'><script>alert(1)</script>&";
        let page = Page::new("T")
            .text(hostile)
            .dim(hostile)
            .problem(Some(hostile))
            .form(hostile, &[(hostile, hostile)])
            .field(&Field {
                label: hostile,
                hint: hostile,
                name: hostile,
                kind: hostile,
                autocomplete: hostile,
                value: hostile,
            })
            .button(hostile, (hostile, hostile))
            .second_button(hostile, (hostile, hostile));
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(!page.body.contains("\"'"), "{}", page.body);
    }

    #[test]
    fn pages_run_and_load_nothing() {
        let answer = Page::new("T").answer();
        let value = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = value("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.ends_with("; form-action 'self'"), "{policy}");
        assert!(!policy.contains("script-src"));
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(value("x-frame-options"), "DENY");
        assert_eq!(value("cache-control"), "no-store");
        assert_eq!(value("referrer-policy"), "no-referrer");
    }

    proptest! {
        #[test]
        fn escaped_text_has_no_markup(text in r"\PC*") {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
        }
    }
}
