//! An answer, and what every answer of the server keeps whatever the request was.

use serde_json::Value;

/// An HTTP answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// What was asked: for the message of a failed assertion.
    pub(crate) asked: String,
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header; a header sent twice is a failure.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is sent twice: {self:#?}");
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {:?}", self.asked, self.body))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.asked, self.text()))
    }

    /// This answer, if it has the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{} answered {}",
            self.asked,
            self.text()
        );
        self
    }

    /// The JSON of this answer, if it has the status.
    #[track_caller]
    pub(crate) fn expect_json(self, status: u16) -> Value {
        self.expect(status).json()
    }

    /// The message of a refusal, if it has the status and the code.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> String {
        let error = &self.clone().expect_json(status)["error"];
        assert_eq!(error["code"], code, "{}: {error}", self.asked);
        error["message"].as_str().unwrap().to_owned()
    }

    /// The `value` of a collection.
    #[track_caller]
    pub(crate) fn values(self) -> Vec<Value> {
        let asked = self.asked.clone();
        match self.expect_json(200)["value"].take() {
            Value::Array(values) => values,
            other => panic!("{asked}: value is {other}"),
        }
    }

    /// The ids of a collection's entities.
    #[track_caller]
    pub(crate) fn ids(self) -> Vec<String> {
        let id = |entity: &Value| entity["id"].as_str().unwrap().to_owned();
        self.values().iter().map(id).collect()
    }

    /// What holds for every answer that the service gives, whatever it was asked.
    pub(crate) fn check(&self) {
        let at = &self.asked;
        // What the standard has and is not served is said so; nothing else is the server's fault.
        let served = self.status < 500 || self.status == 501;
        assert!(served, "{at} answered {}", self.text());
        let id = self.header("request-id").expect(at);
        assert_eq!(id.len(), 36, "{at}: request-id {id}");
        let client_id = self.header("client-request-id").expect(at).to_owned();
        assert!(self.header("date").is_some(), "{at}: no date");
        let media = self.header("content-type").unwrap_or_default().to_owned();
        if at.starts_with("HEAD ") {
            return;
        }
        if self.body.is_empty() {
            assert_eq!(media, "", "{at}: a content type of nothing");
            assert!(self.status < 400, "{at}: {} without a body", self.status);
            return;
        }
        assert_ne!(self.status, 204, "{at}: 204 with a body");
        assert_ne!(media, "", "{at}: a body without a content type");
        if media.starts_with("application/json") {
            self.json();
        }
        if self.status >= 400 {
            self.check_error(id, &client_id);
        }
    }

    /// The error object has these members and no others.
    fn check_error(&self, id: &str, client_id: &str) {
        let at = &self.asked;
        let mut body = self.json();
        let members = |value: &Value| -> Vec<String> {
            let object = value.as_object().unwrap_or_else(|| panic!("{at}: {value}"));
            object.keys().cloned().collect()
        };
        assert_eq!(members(&body), ["error"], "{at}");
        let mut error = body["error"].take();
        if let Some(target) = error.as_object_mut().unwrap().remove("target") {
            assert!(target.as_str().is_some_and(|t| !t.is_empty()), "{at}");
        }
        assert_eq!(members(&error), ["code", "innerError", "message"], "{at}");
        assert!(error["code"].as_str().is_some_and(|c| !c.is_empty()));
        assert!(error["message"].as_str().is_some_and(|m| !m.is_empty()));
        assert_eq!(
            self.status == 501,
            error["code"] == "NotImplemented",
            "{at}"
        );
        let inner = &error["innerError"];
        assert_eq!(
            members(inner),
            ["client-request-id", "date", "request-id"],
            "{at}"
        );
        assert_eq!(inner["request-id"], id, "{at}");
        assert_eq!(inner["client-request-id"], client_id, "{at}");
        let date = inner["date"].as_str().unwrap();
        assert_eq!(date.len(), "2026-01-02T03:04:05".len(), "{at}: {date}");
        let challenge = self.header("www-authenticate").is_some();
        assert_eq!(challenge, self.status == 401, "{at}: WWW-Authenticate");
        let allow = self.header("allow").is_some();
        assert_eq!(allow, self.status == 405, "{at}: Allow");
    }
}
