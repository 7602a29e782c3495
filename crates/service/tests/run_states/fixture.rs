//! The service in a process of its own making: engine, SQLite in a temporary directory, a clock
//! that tests set.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use edm::time::{DateTimeOffset, TICKS_PER_DAY};
use engine::access::Caller;
use engine::exchange::{Handler, Request};
use engine::{Core, Engine, RandomIds};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};
use service::Graph;
use store::clock::Clock;
use store_sqlite::Sqlite;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A clock that stands until a test moves it.
pub(crate) struct SetClock(Mutex<DateTimeOffset>);

impl SetClock {
    /// Goes on by days.
    pub(crate) fn pass_days(&self, days: i64) {
        self.0.lock().unwrap().ticks += days * TICKS_PER_DAY;
    }

    /// The day in UTC, as days since 0001-01-01.
    pub(crate) fn day(&self) -> i64 {
        self.now().ticks / TICKS_PER_DAY
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTimeOffset {
        *self.0.lock().unwrap()
    }
}

/// The service, to be asked.
pub(crate) struct World {
    pub(crate) core: Arc<Core>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) runtime: Runtime,
    _directory: TempDir,
}

/// An answer: the status, and the body if there is one.
pub(crate) type Answer = (u16, Value);

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now = DateTimeOffset::parse("2025-03-01T12:00:00Z").unwrap();
        let clock = Arc::new(SetClock(Mutex::new(now)));
        let model = service::model().unwrap();
        let tables = service::tables(&model).unwrap();
        let path = directory.path().join("runstate.db");
        let store = Sqlite::open(&path, model.clone(), tables.clone(), clock.clone()).unwrap();
        let graph = Graph::new(&model, &tables).unwrap();
        let core = Arc::new(Core::new(
            model,
            tables,
            Arc::new(store),
            clock.clone(),
            Arc::new(RandomIds),
            Arc::new(graph),
        ));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(service::bootstrap(&core)).unwrap();
        let engine = Arc::new(Engine::new(core.clone()));
        Self {
            core,
            engine,
            clock,
            runtime,
            _directory: directory,
        }
    }

    /// Asks for a path under `deviceManagement`.
    pub(crate) fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = request(method, path, body);
        self.runtime.block_on(answer(&self.engine, request))
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.expect(200, Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.expect(201, Method::POST, path, Some(body))
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Value {
        self.expect(200, Method::PATCH, path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) {
        self.expect(204, Method::DELETE, path, None);
    }

    /// How many counters a recount of a script corrects.
    pub(crate) fn recount(&self, script: &str) -> i64 {
        let path = format!("{script}/runstate.recount");
        let answer = self.expect(200, Method::POST, &path, None);
        answer["value"].as_i64().unwrap()
    }

    /// Makes a script of a family and answers its path.
    pub(crate) fn new_script(&self, family: &str) -> String {
        let script = self.post(family, &json!({"displayName": "a script"}));
        format!("{family}/{}", script["id"].as_str().unwrap())
    }

    fn expect(&self, status: u16, method: Method, path: &str, body: Option<&Value>) -> Value {
        let (answered, value) = self.ask(method.clone(), path, body);
        assert_eq!(answered, status, "{method} {path}: {value}");
        value
    }
}

/// A request of one who may do everything here, for a path under `deviceManagement`.
pub(crate) fn request(method: Method, path: &str, body: Option<&Value>) -> Request {
    let mut headers = HeaderMap::new();
    if body.is_some() {
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
    }
    let role = "DeviceManagementConfiguration.ReadWrite.All".to_owned();
    Request {
        method,
        service_root: "http://localhost/beta".to_owned(),
        path: format!("deviceManagement/{path}"),
        query: None,
        headers,
        body: body.map_or_else(Bytes::new, |body| body.to_string().into()),
        caller: Arc::new(Caller {
            roles: BTreeSet::from([role]),
            ..Caller::default()
        }),
        client: None,
        route: engine::Route::default(),
        correlation: uuid::Uuid::nil(),
    }
}

/// The engine's answer. An error of the service itself fails the test.
pub(crate) async fn answer(engine: &Engine, request: Request) -> Answer {
    match engine.handle(request).await {
        Ok(response) if response.body.is_empty() => (response.status, Value::Null),
        Ok(response) => (
            response.status,
            serde_json::from_slice(&response.body).unwrap(),
        ),
        Err(error) => {
            assert!(error.code.status() < 500, "{error}");
            (error.code.status(), Value::String(error.message))
        }
    }
}

/// The last segment of a path: the id of what it addresses.
pub(crate) fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}
