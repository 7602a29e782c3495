//! A running service, and requests to it as tables of what is sent and what must come back.

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Start rows.
pub(crate) const LAPTOP: &str = "d1012072-4c41-47dc-85cd-719d9edd897e";
pub(crate) const MOUSE: &str = "d1021e59-0d0b-43a1-8c4c-a2961a8a2857";
pub(crate) const CHAIR: &str = "d104270a-977b-4fe9-8e0b-50e8804f8f01";
pub(crate) const ELECTRONICS: &str = "c101256d-cc3e-41fb-88ee-7f400cedc18a";
pub(crate) const KITCHEN: &str = "c1027615-511f-485b-8f34-6ded65f580ba";
pub(crate) const MEDIA: &str = "e10172fe-9855-4eb5-8291-172e9ca48aff";
/// A key that no row has.
pub(crate) const ABSENT: &str = "00000000-0000-0000-0000-000000000001";

/// A service of its own, on a free port of this machine and the database that
/// `RUNSTATE_TEST_DATABASE` says: `postgres`, or SQLite. It ends with the value.
pub(crate) struct Running {
    root: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start() -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, address) = mpsc::channel();
        let database = test_postgres::chosen_database();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async move {
                let shop = reference::open(database.as_deref()).await;
                let shop = shop.expect("the service opens");
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                ready
                    .send(listener.local_addr().expect("an address"))
                    .expect("the test waits");
                let end = async move {
                    let _ = stopped.await;
                };
                reference::serve(listener, shop, end).await.expect("served");
            });
        });
        let address = address.recv().expect("the service starts");
        Self {
            root: format!("http://{address}"),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn send(&self, case: &Case) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(case.method)
            .uri(format!("{}/{}", self.root, self.filled(&case.url)).replace(' ', "%20"));
        for (name, value) in &case.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        let body = self.filled(&case.body);
        let answered = if body.is_empty() {
            agent.run(request.body(()).expect("a request"))
        } else {
            agent.run(request.body(body).expect("a request"))
        };
        let mut response = answered.expect("an answer");
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("?").to_owned()))
            .collect();
        Answer {
            status: response.status().as_u16(),
            headers,
            body: String::from_utf8_lossy(&response.body_mut().read_to_vec().expect("a body"))
                .into_owned(),
        }
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{root}", &self.root)
    }

    /// Sends requests one after another, and tells of all whose answers are not as they must be.
    pub(crate) fn check(&self, cases: &[Case]) {
        let mut report = String::new();
        for case in cases {
            let answer = self.send(case);
            let wrong = case.judge(self, &answer);
            if !wrong.is_empty() {
                let body: String = answer.body.chars().take(600).collect();
                let _ = write!(
                    report,
                    "\n{} {}\n  sent {:?} {}\n  {}\n  got {} {:?}\n  {body}\n",
                    case.method,
                    case.url,
                    case.headers,
                    case.body,
                    wrong.join("\n  "),
                    answer.status,
                    answer.headers,
                );
            }
        }
        assert!(report.is_empty(), "{report}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the service panicked"
            );
        }
    }
}

/// Runs cases on a service of their own.
pub(crate) fn check(cases: &[Case]) {
    Running::start().check(cases);
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// One request, and what must come back. `{root}` stands for the service root.
#[derive(Clone)]
pub(crate) struct Case {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    status: u16,
    has: Vec<String>,
    lacks: Vec<String>,
    sends: Vec<(String, String)>,
    members: Option<usize>,
}

fn case(method: &'static str, url: &str, status: u16) -> Case {
    Case {
        method,
        url: url.to_owned(),
        headers: Vec::new(),
        body: String::new(),
        status,
        has: Vec::new(),
        lacks: Vec::new(),
        sends: Vec::new(),
        members: None,
    }
}

pub(crate) fn get(url: &str, status: u16) -> Case {
    case("GET", url, status)
}

/// A request without a body or its media type.
pub(crate) fn case_without_body(method: &'static str, url: &str, status: u16) -> Case {
    case(method, url, status)
}

/// A request with content of a media type.
pub(crate) fn bytes(
    method: &'static str,
    url: &str,
    media_type: &str,
    content: &str,
    status: u16,
) -> Case {
    send(method, url, content, status).with("Content-Type", media_type)
}

pub(crate) fn delete(url: &str, status: u16) -> Case {
    case("DELETE", url, status)
}

/// A request with a JSON body.
pub(crate) fn send(method: &'static str, url: &str, body: &str, status: u16) -> Case {
    let mut case = case(method, url, status).with("Content-Type", "application/json");
    body.clone_into(&mut case.body);
    case
}

pub(crate) fn post(url: &str, body: &str, status: u16) -> Case {
    send("POST", url, body, status)
}

pub(crate) fn patch(url: &str, body: &str, status: u16) -> Case {
    send("PATCH", url, body, status)
}

pub(crate) fn put(url: &str, body: &str, status: u16) -> Case {
    send("PUT", url, body, status)
}

impl Case {
    /// Sends a header; the last of a name counts.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body must hold this.
    pub(crate) fn has(mut self, part: &str) -> Self {
        self.has.push(part.to_owned());
        self
    }

    /// The body must not hold this.
    pub(crate) fn lacks(mut self, part: &str) -> Self {
        self.lacks.push(part.to_owned());
        self
    }

    /// A header of the answer must hold this.
    pub(crate) fn sends(mut self, name: &str, part: &str) -> Self {
        self.sends
            .push((name.to_ascii_lowercase(), part.to_owned()));
        self
    }

    /// `value` must hold this many members.
    pub(crate) fn members(mut self, count: usize) -> Self {
        self.members = Some(count);
        self
    }

    fn judge(&self, service: &Running, answer: &Answer) -> Vec<String> {
        let mut wrong = Vec::new();
        if answer.status != self.status {
            wrong.push(format!("must be {}", self.status));
        }
        for part in &self.has {
            let part = service.filled(part);
            if !answer.body.contains(&part) {
                wrong.push(format!("must hold {part}"));
            }
        }
        for part in &self.lacks {
            if answer.body.contains(part) {
                wrong.push(format!("must not hold {part}"));
            }
        }
        for (name, part) in &self.sends {
            let part = service.filled(part);
            if !answer
                .header(name)
                .is_some_and(|value| value.contains(&part))
            {
                wrong.push(format!("must send {name}: {part}"));
            }
        }
        if let Some(expected) = self.members {
            let json: Option<serde_json::Value> = serde_json::from_str(&answer.body).ok();
            let found = json.and_then(|json| Some(json.get("value")?.as_array()?.len()));
            if found != Some(expected) {
                wrong.push(format!("must have {expected} members, has {found:?}"));
            }
        }
        wrong
    }
}
