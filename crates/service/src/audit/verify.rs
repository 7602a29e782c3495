//! Whether the chains are whole: every event is where it was written, and as it was.

use std::sync::Arc;

use edm::Value;
use engine::Core;
use odata::Error;
use store::{Order, Reader, Row, Select};

use super::Audit;
use super::canonical::{self, NOTHING};
use crate::graph::Graph;

/// Events that are read at once.
const SLICE: u64 = 500;

/// An event that was seen before, and kept where whoever changes the database cannot reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The server whose chain it is in.
    pub server: String,
    /// Its place.
    pub sequence: i64,
    /// Its hash.
    pub hash: String,
}

impl std::str::FromStr for Expected {
    type Err = String;

    /// `SERVER:SEQUENCE:HASH`, as [`Head`] is shown.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not SERVER:SEQUENCE:HASH");
        let (rest, hash) = text.rsplit_once(':').ok_or_else(wrong)?;
        let (server, sequence) = rest.rsplit_once(':').ok_or_else(wrong)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        let sequence = sequence.parse().ok().filter(|number| *number >= 0);
        match sequence.filter(|_| is_hash && !server.is_empty()) {
            Some(sequence) => Ok(Self {
                server: server.to_owned(),
                sequence,
                hash: hash.to_ascii_lowercase(),
            }),
            None => Err(wrong()),
        }
    }
}

/// The end of a chain: keep it elsewhere, and expect it next time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The server.
    pub server: String,
    /// How many events there ever were.
    pub sequence: i64,
    /// The hash of the last one.
    pub hash: String,
    /// How many of them are gone with time.
    pub pruned: i64,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.server, self.sequence, self.hash)
    }
}

/// The first event at which a chain is not whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An event is not as it was written.
    #[error("event {0} was changed")]
    Changed(String),
    /// An event is gone.
    #[error("event {0} is missing")]
    Missing(String),
    /// An event does not hold the hash of the one before it.
    #[error("event {0} does not follow the one before it")]
    Unchained(String),
    /// There is an event behind the end of the chain.
    #[error("event {0} is behind the end of its chain")]
    Surplus(String),
    /// An event is another one than expected.
    #[error("event {0} is not the one that is expected")]
    Unexpected(String),
    /// An expected event went with time.
    #[error("event {0} is expected, but went with time: expect a newer one")]
    Pruned(String),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The ends of the chains, by server.
    pub heads: Vec<Head>,
    /// How many events were looked at.
    pub events: u64,
    /// What is wrong with the first chain that is not whole.
    pub fault: Option<Fault>,
}

/// Looks at every event of every chain. Memory does not grow with their number, and servers may go on
/// writing.
///
/// # Errors
/// What the database says.
pub async fn verify(
    core: &Arc<Core>,
    graph: &Graph,
    expected: &[Expected],
) -> Result<Verified, Error> {
    let mut found = Verified {
        heads: Vec::new(),
        events: 0,
        fault: None,
    };
    let mut after = None;
    while let Some(server) = next_server(core, graph, after.take()).await? {
        let wanted = expected.iter().filter(|e| e.server == server);
        let mut chain = Chain::new(&server, wanted.cloned().collect());
        while !chain.ended && chain.fault.is_none() {
            chain = chain.slice(core, graph).await?;
        }
        found.events += chain.events;
        match chain.fault {
            Some(fault) => {
                found.fault = Some(fault);
                return Ok(found);
            }
            None => found.heads.push(chain.head()),
        }
        after = Some(server);
    }
    let known = |e: &&Expected| !found.heads.iter().any(|head| head.server == e.server);
    let lost = expected.iter().find(known);
    found.fault = lost.map(|e| Fault::Missing(place(&e.server, e.sequence)));
    Ok(found)
}

fn place(server: &str, sequence: i64) -> String {
    format!("{server}:{sequence}")
}

/// The next server that has a chain, or events without one.
async fn next_server(
    core: &Arc<Core>,
    graph: &Graph,
    after: Option<String>,
) -> Result<Option<String>, Error> {
    let (shared, audit) = (Arc::clone(core), Arc::clone(&graph.audit));
    core.read(move |reader| {
        let columns = &audit.columns;
        let tables = [
            (columns.events, columns.server, Some(columns.sequence)),
            (columns.chains, columns.chain.server, None),
        ];
        let mut next: Option<String> = None;
        for (table, server, sequence) in tables {
            let mut select = Select::all(table, 0);
            select.columns = vec![server];
            select.order = vec![Order::column(server, false)];
            select
                .order
                .extend(sequence.map(|column| Order::column(column, false)));
            select.after = after.as_ref().map(|after| {
                let behind = sequence.map(|_| Value::Integer(i64::MAX));
                std::iter::once(Value::from(after.as_str()))
                    .chain(behind)
                    .collect()
            });
            select.limit = Some(1);
            let column = &shared.tables.table(table).columns[server];
            reader.select(&select, &mut |cells| {
                let found = store::cell::decode(&shared.model, column, cells, 0)?;
                let found = found.as_str().unwrap_or_default();
                if next.as_deref().is_none_or(|next| found < next) {
                    next = Some(found.to_owned());
                }
                Ok(())
            })?;
        }
        Ok(next)
    })
    .await
}

/// A chain as far as it was looked at.
#[derive(Clone, Debug)]
struct Chain {
    server: String,
    expected: Vec<Expected>,
    /// The last event that was looked at; before the first, what the chain begins behind.
    sequence: i64,
    hash: String,
    pruned: i64,
    begun: bool,
    ended: bool,
    events: u64,
    fault: Option<Fault>,
}

impl Chain {
    fn new(server: &str, expected: Vec<Expected>) -> Self {
        Self {
            server: server.to_owned(),
            expected,
            sequence: 0,
            hash: NOTHING.to_owned(),
            pruned: 0,
            begun: false,
            ended: false,
            events: 0,
            fault: None,
        }
    }

    fn head(self) -> Head {
        Head {
            server: self.server,
            sequence: self.sequence,
            hash: self.hash,
            pruned: self.pruned,
        }
    }

    /// Looks at the next events, in a snapshot that has the end of the chain, too.
    async fn slice(self, core: &Arc<Core>, graph: &Graph) -> Result<Self, Error> {
        let (shared, audit) = (Arc::clone(core), Arc::clone(&graph.audit));
        core.read(move |reader| {
            let mut chain = self.clone();
            chain.look(&shared, &audit, reader)?;
            Ok(chain)
        })
        .await
    }

    fn look(&mut self, core: &Core, audit: &Audit, reader: &mut dyn Reader) -> Result<(), Error> {
        let columns = &audit.columns;
        let ends = columns.chain;
        let key = [Value::from(self.server.as_str())];
        let end = reader.get(columns.chains, &key)?;
        let number = |column: usize| end.as_ref().and_then(|row| row[column].as_i64());
        let text = |column: usize| {
            let text = end.as_ref().and_then(|row| row[column].as_str());
            text.unwrap_or(NOTHING).to_owned()
        };
        if !self.begun {
            self.begun = true;
            self.pruned = number(ends.anchor_sequence).unwrap_or(0);
            (self.sequence, self.hash) = (self.pruned, text(ends.anchor_hash));
            self.expect(true);
        }
        let mut looked = 0;
        let rows = events(core, audit, reader, &self.server, self.sequence)?;
        for row in &rows {
            if self.fault.is_some() {
                return Ok(());
            }
            looked += 1;
            match row {
                Ok(row) => self.next(core, audit, row)?,
                // What was written can be read.
                Err(_) => {
                    let due = place(&self.server, self.sequence + 1);
                    self.fault = Some(Fault::Changed(due));
                }
            }
        }
        if looked < SLICE && self.fault.is_none() {
            self.ended = true;
            self.close(number(ends.sequence).unwrap_or(0), &text(ends.hash));
        }
        Ok(())
    }

    /// Looks at one event.
    fn next(&mut self, core: &Core, audit: &Audit, row: &Row) -> Result<(), Error> {
        let columns = &audit.columns;
        let found = row[columns.sequence].as_i64().unwrap_or(0);
        let due = place(&self.server, self.sequence + 1);
        self.events += 1;
        if found != self.sequence + 1 {
            self.fault = Some(Fault::Missing(due));
            return Ok(());
        }
        if row[columns.previous_hash].as_str() != Some(self.hash.as_str()) {
            self.fault = Some(Fault::Unchained(due));
            return Ok(());
        }
        let object = canonical::object(&core.model, &core.tables, columns, row)?;
        let hash = canonical::hash(canonical::text(&object).as_bytes());
        if row[columns.hash].as_str() != Some(hash.as_str()) {
            self.fault = Some(Fault::Changed(due));
            return Ok(());
        }
        (self.sequence, self.hash) = (found, hash);
        self.expect(false);
        Ok(())
    }

    /// Compares what is expected at the place at hand, and before the first one.
    fn expect(&mut self, at_beginning: bool) {
        for expected in &self.expected {
            let at = place(&self.server, expected.sequence);
            if expected.sequence == self.sequence && expected.hash != self.hash {
                self.fault = Some(Fault::Unexpected(at));
            } else if at_beginning && expected.sequence < self.sequence {
                self.fault = Some(Fault::Pruned(at));
            }
        }
    }

    /// Compares the last event with the end of the chain, and with what is expected behind it.
    fn close(&mut self, sequence: i64, hash: &str) {
        let at = |sequence: i64| place(&self.server, sequence);
        let lost = self.expected.iter().find(|e| e.sequence > self.sequence);
        if sequence > self.sequence {
            self.fault = Some(Fault::Missing(at(self.sequence + 1)));
        } else if sequence < self.sequence {
            self.fault = Some(Fault::Surplus(at(sequence + 1)));
        } else if hash != self.hash {
            self.fault = Some(Fault::Changed(at(sequence)));
        } else if let Some(lost) = lost {
            self.fault = Some(Fault::Missing(at(lost.sequence)));
        }
    }
}

/// The events of a server behind a place; an error for one that is not as any was written.
pub(super) fn events(
    core: &Core,
    audit: &Audit,
    reader: &mut dyn Reader,
    server: &str,
    after: i64,
) -> Result<Vec<Result<Row, Error>>, Error> {
    let columns = &audit.columns;
    let table = core.tables.table(columns.events);
    let mut select = Select::all(columns.events, table.columns.len());
    select.fixed = vec![(columns.server, Value::from(server))];
    select.order = vec![Order::column(columns.sequence, false)];
    select.after = Some(vec![Value::Integer(after)]);
    select.limit = Some(SLICE);
    let mut rows = Vec::new();
    reader.select(&select, &mut |cells| {
        rows.push(store::cell::decode_row(&core.model, table, cells));
        Ok(())
    })?;
    Ok(rows)
}
