//! Product and floors in turn: round after round, so that what the machine does besides meets both.

use std::ffi::OsString;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::floor::{DRIVE, Driven};
use crate::load::client::Client;
use crate::load::{Measured, Peer, Plan, export, measure};
use crate::operation::{Against, Operation, Pace, Subject};
use crate::process::Server;
use crate::{Failure, bar, interrupt, machine};

/// The product and the floors, running.
pub(crate) struct Contest {
    pub(crate) product: Peer,
    pub(crate) server: Server,
    pub(crate) floor: Server,
    pub(crate) subject: Subject,
    pub(crate) plan: Plan,
    /// Numbers of requests: each is given once, to whoever is asked.
    pub(crate) sequence: Arc<AtomicU64>,
}

/// An operation's figures, one of each round.
pub(crate) struct Entry {
    pub(crate) operation: Arc<dyn Operation>,
    pub(crate) product: Vec<Measured>,
    pub(crate) floors: Vec<(Against, Vec<Measured>)>,
}

impl Entry {
    /// An operation without figures.
    pub(crate) fn new(operation: Arc<dyn Operation>) -> Self {
        let floors = operation
            .floors()
            .iter()
            .map(|against| (*against, Vec::new()));
        Self {
            floors: floors.collect(),
            product: Vec::new(),
            operation,
        }
    }
}

/// Starts the floors of a database.
///
/// # Errors
/// If the process cannot be started.
pub(crate) fn start_floor(database: Vec<OsString>, states: u64) -> Result<Server, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("floor")
        .args(database)
        .args(["--states", &states.to_string()]);
    Server::start(&mut command)
}

impl Contest {
    fn peer(&self, prefix: String) -> Peer {
        Peer {
            address: self.floor.address,
            prefix,
            token: self.product.token.clone(),
            is_floor: true,
        }
    }

    /// Asks product and floors the same, and compares the answers: a floor that answers something
    /// else is none. The product's answer becomes that of the floor of fixed bytes.
    ///
    /// # Errors
    /// If they differ.
    pub(crate) fn agree(&self, operation: &dyn Operation) -> Result<(), Failure> {
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        if operation.pace() == Pace::Export {
            return self.agree_on_export(operation, number);
        }
        let ask = |peer: &Peer| {
            Client::connect(peer)?.ask(operation.status(), |peer, out| {
                operation.request(peer, number, out);
            })
        };
        let expected = ask(&self.product)?;
        operation.check(number, &expected)?;
        let name = operation.name();
        let wanted = comparable(&expected)?;
        for against in operation.floors() {
            let Some(prefix) = against.prefix(name) else {
                continue;
            };
            if *against == Against::Bytes {
                self.teach(&prefix, operation.status(), &expected)?;
                continue;
            }
            let found = ask(&self.peer(prefix))?;
            if comparable(&found)? != wanted {
                return Err(format!(
                    "{name}: the product answers {} and the floor {}",
                    String::from_utf8_lossy(&expected),
                    String::from_utf8_lossy(&found)
                )
                .into());
            }
        }
        Ok(())
    }

    fn agree_on_export(&self, operation: &dyn Operation, number: u64) -> Result<(), Failure> {
        let expected = export::file(operation, &self.product, number)?;
        operation.check(number, &expected)?;
        let floors = operation.floors().iter();
        for prefix in floors.filter_map(|against| against.prefix(operation.name())) {
            if export::file(operation, &self.peer(prefix), number)? != expected {
                let name = operation.name();
                return Err(format!("{name}: the floor exports something else").into());
            }
        }
        Ok(())
    }

    fn teach(&self, prefix: &str, status: u16, answer: &[u8]) -> Result<(), Failure> {
        let operation = prefix.rsplit('/').next().unwrap_or_default();
        let peer = self.peer(String::new());
        let path = format!("/answers/{operation}/{status}");
        let length = format!("Content-Length: {}\r\n", answer.len());
        // An empty answer is taught too, and a request without a body has no length by itself.
        let headers = if answer.is_empty() {
            length.as_str()
        } else {
            ""
        };
        Client::connect(&peer)?.ask(204, |peer, out| {
            peer.request(out, "PUT", &path, headers, answer);
        })?;
        Ok(())
    }

    /// One round of one operation: the product and its floors, each for one window; every other
    /// round in the opposite order.
    ///
    /// # Errors
    /// If an answer is wrong.
    pub(crate) fn round(&self, entry: &mut Entry, round: u16, label: &str) -> Result<(), Failure> {
        let operation = entry.operation.clone();
        let turns = entry.floors.len() + 1;
        for turn in 0..turns {
            let turn = if round.is_multiple_of(2) {
                turn
            } else {
                turns - 1 - turn
            };
            match turn.checked_sub(1) {
                None => {
                    bar::about(&format!("{label}: {}, product", operation.name()));
                    entry.product.push(self.measure_product(&operation)?);
                }
                Some(floor) => {
                    let (against, figures) = &mut entry.floors[floor];
                    bar::about(&format!(
                        "{label}: {}, {}",
                        operation.name(),
                        against.name()
                    ));
                    figures.push(self.measure_floor(&operation, *against)?);
                }
            }
            bar::advance(1);
            interrupt::check()?;
        }
        Ok(())
    }

    /// The processor time that everything but the benchmark's own processes has used.
    pub(crate) fn others(&self) -> Option<Duration> {
        let own = machine::processor_time("self")?
            + self.server.processor_time()?
            + self.floor.processor_time()?;
        Some(machine::busy_time()?.saturating_sub(own))
    }

    fn measure_product(&self, operation: &Arc<dyn Operation>) -> Result<Measured, Failure> {
        let run = || measure(operation, &self.product, self.plan, &self.sequence);
        with_cost(&self.server, run)
    }

    fn measure_floor(
        &self,
        operation: &Arc<dyn Operation>,
        against: Against,
    ) -> Result<Measured, Failure> {
        let run = || match (against.prefix(operation.name()), against) {
            (Some(prefix), _) => measure(operation, &self.peer(prefix), self.plan, &self.sequence),
            (None, Against::CommitAlone(work)) => self.drive(operation.as_ref(), work),
            (None, other) => Err(format!("{} cannot be measured", other.name()).into()),
        };
        with_cost(&self.floor, run)
    }

    /// The group commit without HTTP, with as many commands outstanding as there are connections.
    fn drive(&self, operation: &dyn Operation, work: &str) -> Result<Measured, Failure> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let body = json!({
            "work": work,
            "script": self.subject.script,
            "first": self.sequence.load(Ordering::Relaxed),
            "outstanding": operation.connections(self.plan.connections),
            "warm_up": millis(self.plan.warm_up),
            "window": millis(self.plan.window),
        });
        let body = body.to_string();
        let peer = self.peer(String::new());
        let answer = Client::connect(&peer)?.ask(200, |peer, out| {
            peer.request(out, "POST", DRIVE, "", body.as_bytes());
        })?;
        let driven: Driven = serde_json::from_slice(&answer)?;
        self.sequence.fetch_add(driven.given, Ordering::Relaxed);
        Ok(Measured {
            rate: driven.rate,
            p50: Duration::from_micros(driven.p50),
            p99: Duration::from_micros(driven.p99),
            answered: driven.given,
            cost: None,
            memory: None,
        })
    }
}

/// A measurement with what one request cost the process that answered it.
fn with_cost(
    server: &Server,
    run: impl FnOnce() -> Result<Measured, Failure>,
) -> Result<Measured, Failure> {
    let before = server.processor_time();
    server.forget_most_memory();
    let measured = run()?;
    let used = server.processor_time().zip(before);
    let cost = used.map(|(after, before)| {
        after.saturating_sub(before).as_secs_f64() / measured.answered.max(1) as f64
    });
    Ok(Measured {
        cost: cost.map(Duration::from_secs_f64),
        memory: server.memory().map(|memory| memory.most),
        ..measured
    })
}

/// An answer without what names its server or the request: contexts, links to the next page, ids.
fn comparable(body: &[u8]) -> Result<Value, Failure> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let mut value: Value = serde_json::from_slice(body)?;
    forget_names(&mut value);
    Ok(value)
}

fn forget_names(value: &mut Value) {
    const NAMES: [&str; 4] = [
        "@odata.context",
        "@odata.nextLink",
        "request-id",
        "client-request-id",
    ];
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !NAMES.contains(&name.as_str()));
            members.values_mut().for_each(forget_names);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_names),
        _ => {}
    }
}
