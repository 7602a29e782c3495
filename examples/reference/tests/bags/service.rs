//! A service of entities and complex values of open types, and of collections of values, which the reference model has not: the
//! engine on a database of its own, asked without a connection.

use std::sync::Arc;

use edm::{Model, StructuredId, Value};
use engine::access::Caller;
use engine::exchange::{Handler as _, Request};
use engine::{
    Answer, BatchProfile, Call, Change, Core, Engine, Outcome, RandomIds, Scope, Service,
    ServiceProfile, ShownTypes, Target,
};
use http::{HeaderName, HeaderValue, Method};
use odata::Error;
use store::clock::SystemClock;
use store::{BoxFuture, ColumnSet, TableId, Transaction, read_map};
use store_sqlite::{Durability, Sqlite};
use tempfile::TempDir;

const MODEL: &str = r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
    <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    <ComplexType Name="place" OpenType="true"><Property Name="name" Type="Edm.String"/></ComplexType>
    <EntityType Name="bag" OpenType="true"><Key><PropertyRef Name="id"/></Key>
      <Property Name="id" Type="Edm.Int32" Nullable="false"/>
      <Property Name="at" Type="n.place"/>
      <Property Name="places" Type="Collection(n.place)" Nullable="false"/>
      <Property Name="tags" Type="Collection(Edm.String)" Nullable="false"/>
      <NavigationProperty Name="parts" Type="Collection(n.bag)"/></EntityType>
    <EntityType Name="case" BaseType="n.bag"><Property Name="lock" Type="Edm.String"/></EntityType>
    <EntityType Name="shut"><Key><PropertyRef Name="id"/></Key>
      <Property Name="id" Type="Edm.Int32" Nullable="false"/></EntityType>
    <EntityContainer Name="all"><EntitySet Name="bags" EntityType="n.bag"/>
      <EntitySet Name="shuts" EntityType="n.shut"/></EntityContainer>
    </Schema></edmx:DataServices></edmx:Edmx>"#;

const MAP: &str = r#"
[[table]]
name = "bag"
type = "n.bag"

[[table]]
name = "bag_part"
key = ["whole", "part"]
hidden = [{ name = "whole", type = "Edm.Int32" }, { name = "part", type = "Edm.Int32" }]

[[table]]
name = "shut"
type = "n.shut"

[[navigation]]
path = "n.bag/parts"
table = "bag"
link = { table = "bag_part", source = { whole = "id" }, target = { part = "id" } }
"#;

/// A domain without rules of its own.
struct Plain(ServiceProfile);

impl Service for Plain {
    fn profile(&self) -> &ServiceProfile {
        &self.0
    }

    fn key(&self, _: TableId, parents: &[Value], own: &[Value]) -> Option<Vec<Value>> {
        Some(parents.iter().chain(own).cloned().collect())
    }

    fn left_out_of_lists(&self, _: StructuredId) -> ColumnSet {
        ColumnSet::default()
    }

    fn judge(
        &self,
        _: &mut dyn Transaction,
        _: &Scope<'_>,
        _: &Target,
        _: Change<'_>,
    ) -> Result<Outcome, Error> {
        Ok(Outcome::Write)
    }

    fn invoke(&self, _: Arc<Core>, _: Call) -> BoxFuture<'_, Result<Answer, Error>> {
        Box::pin(async { Ok(Answer::None) })
    }
}

/// The service, with a database that goes with it.
pub(crate) struct Bags {
    engine: Engine,
    runtime: tokio::runtime::Runtime,
    _directory: TempDir,
}

impl Bags {
    pub(crate) fn open() -> Self {
        let model = Arc::new(Model::from_csdl(MODEL).expect("a model"));
        let tables = Arc::new(read_map(&model, MAP).expect("a map of the model"));
        let clock = Arc::new(SystemClock);
        let directory = tempfile::tempdir().expect("a directory");
        let store = Sqlite::open_of_model(
            &directory.path().join("bags.db"),
            Durability::Process,
            Arc::clone(&model),
            Arc::clone(&tables),
            clock.clone(),
        );
        let profile = ServiceProfile {
            newest_version: "4.01",
            inner_error: "innererror",
            page_size: 2,
            max_page_size: 100,
            shows_type: ShownTypes::NeededOnly,
            top_is_page_size: false,
            patches_members: false,
            updates_answer_nothing: false,
            upserts: true,
            shows_id: false,
            names_all_parameters: false,
            base64url: true,
            zero_days: true,
            sets_computed: Vec::new(),
            bare_removed: false,
            batch: BatchProfile::default(),
            restricting_term: None,
        };
        let core = Core::new(
            model,
            tables,
            Arc::new(store.expect("the database opens")),
            clock,
            Arc::new(RandomIds),
            Arc::new(Plain(profile)),
        );
        Self {
            engine: Engine::new(Arc::new(core.open_to_everyone().expect("no permissions"))),
            runtime: tokio::runtime::Runtime::new().expect("a runtime"),
            _directory: directory,
        }
    }

    /// The status and the body of an answer.
    pub(crate) fn ask(&self, method: &str, url: &str, body: &str) -> (u16, String) {
        self.send(method, url, &[], body)
    }

    /// The same, of a request with these headers.
    pub(crate) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) -> (u16, String) {
        let (path, query) = match url.split_once('?') {
            Some((path, query)) => (path, Some(query.replace(' ', "%20"))),
            None => (url, None),
        };
        let json = (!body.is_empty()).then_some(("content-type", "application/json"));
        let headers = headers.iter().copied().chain(json);
        let request = Request {
            method: Method::from_bytes(method.as_bytes()).expect("a method"),
            service_root: "http://h".to_owned(),
            path: path.to_owned(),
            query,
            headers: headers
                .map(|(name, value)| {
                    let name = HeaderName::from_static(name);
                    (name, HeaderValue::from_static(value))
                })
                .collect(),
            body: body.to_owned().into(),
            caller: Arc::new(Caller::default()),
            client: None,
            route: engine::Route::default(),
            correlation: uuid::Uuid::nil(),
        };
        match self.runtime.block_on(self.engine.handle(request)) {
            Ok(response) => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                (response.status, body)
            }
            Err(error) => (error.code.status(), format!("{error:?}")),
        }
    }

    /// Asks one thing after another: method, URL and body, the status, and what the answer holds.
    pub(crate) fn check(&self, cases: &[(&str, &str, &str, u16, &str)]) {
        for (method, url, body, status, part) in cases {
            let (found, answer) = self.ask(method, url, body);
            assert_eq!(found, *status, "{method} {url} {body}: {answer}");
            assert!(answer.contains(part), "{method} {url} {body}: {answer}");
        }
    }

    /// The ids of the entities that a query finds, in their order.
    pub(crate) fn found(&self, query: &str) -> Vec<i64> {
        let (status, answer) = self.ask("GET", &format!("bags?{query}"), "");
        assert_eq!(status, 200, "{query}: {answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        let members = answer["value"].as_array().expect("a collection");
        members
            .iter()
            .filter_map(|bag| bag["id"].as_i64())
            .collect()
    }
}
