//! A browser without eyes: it keeps cookies, fills forms in, and goes where it is sent on this server.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::PASSWORD;
use crate::support::{Answer, Client, Request, Server};

pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

pub(crate) struct Browser {
    client: Client,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(server: &Server) -> Self {
        Self {
            client: server.client_with(None),
            cookies: BTreeMap::new(),
        }
    }

    fn send(&mut self, request: Request) -> Answer {
        let pairs = self.cookies.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match pairs.is_empty() {
            true => request,
            false => request.header("Cookie", &pairs.join("; ")),
        };
        let answer = self.client.exchange(&request);
        for (_, value) in answer
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
        {
            let pair = value.split(';').next().expect("a cookie");
            let (name, value) = pair.split_once('=').expect("a name and a value");
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer
    }

    pub(crate) fn get(&mut self, target: &str) -> Answer {
        self.send(Request::new("GET", target))
    }

    /// Posts a form as it is.
    pub(crate) fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(target, fields, &[])
    }

    /// The same with headers.
    pub(crate) fn post_with(
        &mut self,
        target: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let request = Request::new("POST", target)
            .text("application/x-www-form-urlencoded", &fields.join("&"));
        let add = |request: Request, (name, value): &(&str, &str)| request.header(name, value);
        self.send(headers.iter().fold(request, add))
    }

    /// Posts the form of a page with these fields beside its hidden ones.
    #[track_caller]
    pub(crate) fn fill(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let action = attribute(page.text(), "action").expect("a form");
        let hidden = hidden(page.text());
        let mut all: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        all.extend(fields);
        self.post(&action, &all)
    }

    /// Signs in at a page that asks for it, and answers what comes of it.
    #[track_caller]
    pub(crate) fn sign_in(&mut self, target: &str, name: &str, password: &str) -> Answer {
        let page = self.get(target).expect(200);
        let fields = [
            ("username", name),
            ("password", password),
            ("step", "password"),
        ];
        self.fill(&page, &fields)
    }

    /// Goes where an answer sends it, on this server.
    #[track_caller]
    pub(crate) fn follow(&mut self, answer: &Answer) -> Answer {
        let location = location(answer);
        assert!(location.starts_with('/'), "{location}");
        self.get(&location)
    }

    /// Signs in with [`PASSWORD`], and takes the code to the application.
    #[track_caller]
    pub(crate) fn code(&mut self, target: &str, name: &str) -> String {
        let signed_in = self.sign_in(target, name, PASSWORD).expect(303);
        let sent = self.follow(&signed_in).expect(303);
        parameter(&location(&sent), "code").expect("a code")
    }
}

/// Where an answer sends a browser.
#[track_caller]
pub(crate) fn location(answer: &Answer) -> String {
    let location = answer.header("location");
    location
        .unwrap_or_else(|| panic!("sent nowhere: {answer:?}"))
        .to_owned()
}

/// A parameter of the query of a URL.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    Some(
        percent_decode_str(value)
            .decode_utf8()
            .expect("UTF-8")
            .into_owned(),
    )
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn attribute(html: &str, name: &str) -> Option<String> {
    let begin = format!("{name}=\"");
    let (_, rest) = html.split_once(&begin)?;
    let (value, _) = rest.split_once('"')?;
    Some(unescape(value))
}

/// The hidden fields of a page's form.
pub(crate) fn hidden(html: &str) -> Vec<(String, String)> {
    let inputs = html.split("<input type=\"hidden\"").skip(1);
    inputs
        .map(|input| {
            let name = attribute(input, "name").expect("a name");
            (name, attribute(input, "value").expect("a value"))
        })
        .collect()
}
