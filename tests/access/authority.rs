//! The embedded authority: registered applications prove themselves and get tokens.

mod assertions;
mod discovery;
mod lifecycle;
mod secrets;

use std::collections::HashMap;

use serde_json::Value;

use crate::support::{Answer, READ_WRITE, Request, Server};

/// What `runstate app create` printed.
pub(crate) struct Registered {
    pub(crate) tenant: String,
    pub(crate) id: String,
    /// Empty for one that signs assertions.
    pub(crate) secret: String,
}

/// What the command line printed of an application.
pub(crate) fn registered(printed: &str) -> Registered {
    let lines = printed.lines().filter_map(|line| line.split_once('='));
    let mut values: HashMap<&str, String> = lines.map(|(n, v)| (n, v.to_owned())).collect();
    let mut take = |name: &str| values.remove(name).unwrap_or_default();
    Registered {
        tenant: take("AZURE_TENANT_ID"),
        id: take("AZURE_CLIENT_ID"),
        secret: take("AZURE_CLIENT_SECRET"),
    }
}

/// An application with [`READ_WRITE`] and further arguments of `runstate app create`.
#[track_caller]
pub(crate) fn register(server: &Server, arguments: &[&str]) -> Registered {
    let line = ["app", "create", "tests", "--role", READ_WRITE];
    registered(&server.runstate(&[&line, arguments].concat()))
}

impl Registered {
    fn endpoint(&self) -> String {
        format!("/{}/oauth2/v2.0/token", self.tenant)
    }

    /// The form of a client credentials grant with the secret.
    fn form(&self) -> String {
        let (id, secret) = (&self.id, &self.secret);
        format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}\
             &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
        )
    }

    /// The answer to that form.
    pub(crate) fn ask(&self, server: &Server) -> Answer {
        post(server, &self.endpoint(), &self.form())
    }

    /// The token of that answer.
    #[track_caller]
    pub(crate) fn token(&self, server: &Server) -> String {
        access_token(self.ask(server))
    }
}

#[track_caller]
pub(crate) fn access_token(answer: Answer) -> String {
    let answer = answer.expect_json(200);
    answer["access_token"].as_str().expect("a token").to_owned()
}

/// Posts a form, without a token.
pub(crate) fn post(server: &Server, target: &str, form: &str) -> Answer {
    let nobody = server.client_with(None);
    nobody.exchange(&form_request(target, form))
}

fn form_request(target: &str, form: &str) -> Request {
    Request::new("POST", target).text("application/x-www-form-urlencoded", form)
}

/// What every refusal of the authority keeps; its description.
#[track_caller]
pub(crate) fn expect_refusal(answer: Answer, status: u16, error: &str) -> String {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("request-id").is_some());
    let body = answer.expect_json(status);
    assert_eq!(body["error"], error, "{body}");
    let description = &body["error_description"];
    assert!(description != &Value::Null && body.as_object().map(serde_json::Map::len) == Some(2));
    description.as_str().expect("a description").to_owned()
}
