//! What is measured: one operation in each file. To add one, write its file and name it in
//! [`all`].

mod batch;
mod bulk;
mod export;
mod get;
mod page;
mod patch;
mod post;
mod query;

use std::sync::Arc;

use serde_json::Value;

use crate::floor::{BARE, BYTES, GROUP};
use crate::load::Peer;

pub(crate) use bulk::{MEMBERS as BULK, payload};
pub(crate) use export::EXPORTED;
pub(crate) use page::{SIZE as PAGE, keys};
pub(crate) use query::QUERY;

/// An operation of the API, as a load.
pub(crate) trait Operation: Send + Sync {
    /// What the table calls it.
    fn name(&self) -> &'static str;

    /// The share of the judged floor's rate that the product should reach.
    fn goal(&self) -> Option<f64>;

    /// What it is compared with, in the table's order.
    fn floors(&self) -> &'static [Against];

    /// Whether it changes the database.
    fn writes(&self) -> bool {
        false
    }

    /// How it is measured.
    fn pace(&self) -> Pace {
        Pace::Steady
    }

    /// How many states one request is about.
    fn states(&self) -> u64 {
        1
    }

    /// How many of the connections that were asked for it uses.
    fn connections(&self, asked: usize) -> usize {
        match self.pace() {
            Pace::Steady => asked,
            // More would only wait for one another.
            Pace::Scan => asked.min(2),
            Pace::Export => 1,
        }
    }

    /// Writes the request with a number: every number is given once in a run.
    fn request(&self, peer: &Peer, number: u64, out: &mut Vec<u8>);

    /// The status of its answers.
    fn status(&self) -> u16;

    /// Checks the body that answers the request with a number.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check(&self, number: u64, body: &[u8]) -> Result<(), String>;
}

/// How an operation is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Many requests in a window.
    Steady,
    /// It looks at every state: on few connections, without a warm-up, and each connection has at
    /// least one answer, however long that takes.
    Scan,
    /// One export from its request to the last byte of its archive.
    Export,
}

/// A floor of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// Bare axum that answers the product's bytes.
    Bytes,
    /// Axum and a group commit of one update each.
    BareUpdate,
    /// Axum and a group commit of the product's rows.
    GroupCommit,
    /// Axum and prepared SQL.
    RawSql,
    /// The group commit of the product's rows alone; the word says which work.
    CommitAlone(&'static str),
}

impl Against {
    /// What the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bytes => "axum, fixed bytes",
            Self::BareUpdate => "axum, bare update",
            Self::GroupCommit => "axum, group commit",
            Self::RawSql => "axum, raw SQL",
            Self::CommitAlone(_) => "group commit alone",
        }
    }

    /// The prefix of its URLs; `None` if it has no HTTP.
    pub(crate) fn prefix(self, operation: &str) -> Option<String> {
        match self {
            Self::Bytes => Some(format!("{BYTES}/{}", operation.replace(' ', "-"))),
            Self::BareUpdate => Some(BARE.to_owned()),
            Self::GroupCommit | Self::RawSql => Some(GROUP.to_owned()),
            Self::CommitAlone(_) => None,
        }
    }

    /// Whether the goal is about this floor.
    pub(crate) fn judges(self, operation: &dyn Operation) -> bool {
        let judged = match operation.states() {
            // The goal of bulk writes is about the commit, not about HTTP (one request a thousand).
            BULK => Self::CommitAlone("bulk"),
            _ if operation.floors().contains(&Self::GroupCommit) => Self::GroupCommit,
            _ => Self::RawSql,
        };
        self == judged
    }
}

/// The states that an operation is about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The script's id.
    pub(crate) script: String,
    /// How many states it had when the load began.
    pub(crate) states: u64,
    /// Devices that are there, with states of a script of their own.
    pub(crate) fleet: Fleet,
}

/// Managed devices, each with a run state of one script, which it has run: nothing is due.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet {
    /// The script's id.
    pub(crate) script: String,
    /// The devices' ids.
    pub(crate) devices: Vec<String>,
}

/// The path of a script's states behind a peer's prefix.
pub(crate) fn states_of(script: &str) -> String {
    format!("/deviceManagement/deviceHealthScripts/{script}/deviceRunStates")
}

impl Subject {
    /// The path of the script's states behind a peer's prefix.
    pub(crate) fn path(&self) -> String {
        states_of(&self.script)
    }

    /// The id of a state.
    pub(crate) fn id(&self, state: u64) -> String {
        format!("{}:{}", self.script, crate::workload::key(state))
    }
}

/// A page deep in the list: how the product and how the floor are asked for it.
#[derive(Clone, Debug)]
pub(crate) struct DeepPage {
    /// Its number; the first is 1.
    pub(crate) number: u64,
    /// The path and query of the product's next link.
    pub(crate) link: String,
    /// The key of the last state before it.
    pub(crate) after: String,
}

/// All operations.
pub(crate) fn all(subject: &Subject, deep: DeepPage) -> Vec<Arc<dyn Operation>> {
    vec![
        Arc::new(patch::Patch::new(subject.clone())),
        Arc::new(get::Get::new(subject.clone())),
        Arc::new(page::Page::first(subject)),
        Arc::new(page::Page::deep(subject, deep)),
        Arc::new(post::Post::new(subject.clone())),
        Arc::new(bulk::Bulk::new(subject.clone())),
        Arc::new(batch::Batch::new(subject.clone())),
        Arc::new(query::Query::check_in(subject)),
        Arc::new(query::Query::summary(subject)),
        Arc::new(query::Query::expand(subject)),
        Arc::new(query::Query::filter_state(subject)),
        Arc::new(query::Query::filter_time(subject)),
        Arc::new(query::Query::order_time(subject)),
        Arc::new(query::Query::apply(subject)),
        Arc::new(query::Query::count(subject)),
        Arc::new(export::Export::new(subject.clone())),
    ]
}

/// A body as JSON, which has this text in this member.
fn expect(body: &[u8], member: &str, text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match value.get(member).and_then(Value::as_str) {
        Some(found) if found == text => Ok(value),
        found => Err(format!("{member} is {found:?} instead of {text}")),
    }
}
