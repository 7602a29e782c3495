//! The product: the `runstate` binary on a data directory of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::load::Peer;
use crate::load::client::Client;
use crate::operation::{BULK, DeepPage, Subject, payload};
use crate::process::Server;
use crate::workload::Report;
use crate::{Failure, bar, fleet, interrupt};

/// The permissions that the benchmark's token carries.
const ROLES: [&str; 2] = [
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
];
/// How many connections the product lets in: more than any run opens.
const CONNECTIONS: &str = "20000";
/// How many clients load the states.
const LOADERS: u64 = 4;

/// The product's program and data.
#[derive(Debug)]
pub(crate) struct Product {
    program: PathBuf,
    data: PathBuf,
    /// What it is told of its database.
    database: Vec<OsString>,
    token: String,
}

impl Product {
    /// The product on a data directory, which is made.
    ///
    /// # Errors
    /// If the program does not run.
    pub(crate) fn new(
        program: PathBuf,
        data: PathBuf,
        database: Vec<OsString>,
    ) -> Result<Self, Failure> {
        let output = Command::new(&program)
            .args(["token", "--expires", "3d", "--role", ROLES[0]])
            .args(["--role", ROLES[1], "--data-dir"])
            .arg(&data)
            .args(&database)
            .output()
            .map_err(|reason| format!("cannot run {}: {reason}", program.display()))?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            return Err(format!("no token: {reason}").into());
        }
        let token = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(Self {
            program,
            data,
            database,
            token,
        })
    }

    /// Starts the server.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) fn start(&self) -> Result<Server, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            // All connections of the load come from one address.
            .args(["--max-connections", CONNECTIONS])
            .args(["--max-connections-per-address", CONNECTIONS])
            .arg("--data-dir")
            .arg(&self.data)
            .args(&self.database);
        // Its words about starting and stopping would stand between the lines of progress.
        if std::env::var_os("RUST_LOG").is_none() {
            command.env("RUST_LOG", "warn");
        }
        Server::start(&mut command)
    }

    /// The server as a peer.
    pub(crate) fn peer(&self, server: &Server) -> Peer {
        Peer {
            address: server.address,
            prefix: "/beta".to_owned(),
            token: self.token.clone(),
            is_floor: false,
        }
    }
}

/// Makes a script and loads its states by bulk PATCHes, as an administrator's import would.
/// Returns the subject and how many states a second that was.
///
/// # Errors
/// If the product refuses anything.
pub(crate) fn load(peer: &Peer, states: u64) -> Result<(Subject, f64), Failure> {
    let mut client = Client::connect(peer)?;
    let subject = Subject {
        script: fleet::make_script(&mut client, "Free disk space")?,
        states,
        fleet: fleet::make(&mut client)?,
    };
    bar::begin("loading states", states);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let loaders: Vec<_> = (0..LOADERS)
            .map(|loader| {
                let subject = &subject;
                scope.spawn(move || load_share(peer, subject, loader))
            })
            .collect();
        loaders.into_iter().try_for_each(|loader| {
            loader
                .join()
                .unwrap_or_else(|_| Err("a loader panicked".into()))
        })
    })?;
    let rate = states as f64 / begun.elapsed().as_secs_f64();
    Ok((subject, rate))
}

fn load_share(peer: &Peer, subject: &Subject, loader: u64) -> Result<(), Failure> {
    let mut client = Client::connect(peer)?;
    let path = subject.path();
    let mut first = loader * BULK;
    while first < subject.states {
        let last = (first + BULK).min(subject.states);
        let members = (first..last).map(|state| (state, Report::new(state)));
        let body = payload(subject, members);
        client.ask(204, |peer, out| {
            peer.request(out, "PATCH", &path, "Prefer: return=minimal\r\n", &body);
        })?;
        bar::advance(last - first);
        interrupt::check()?;
        first += LOADERS * BULK;
    }
    Ok(())
}

/// Follows next links from the first page to the one before `number`, or to the last but one, and
/// checks that the keys ascend all the way.
///
/// # Errors
/// If the list is out of order or ends early.
pub(crate) fn walk(peer: &Peer, subject: &Subject, number: u64) -> Result<DeepPage, Failure> {
    let size = crate::operation::PAGE as u64;
    let wanted = number.min(subject.states / size - 1).max(2);
    let mut client = Client::connect(peer)?;
    bar::begin("following next links", wanted - 1);
    let (mut link, mut after) = (subject.path(), String::new());
    for page in 1..wanted {
        let body: Value = serde_json::from_slice(&client.get(&link)?)?;
        let keys = crate::operation::keys(&body)?;
        let ascending = keys.first().is_some_and(|key| *key > after.as_str()) && keys.is_sorted();
        if keys.len() as u64 != size || !ascending {
            return Err(format!("page {page} of the list is out of order").into());
        }
        after = keys.last().copied().unwrap_or_default().to_owned();
        let next = body.get("@odata.nextLink").and_then(Value::as_str);
        link = next
            .and_then(|url| url.split_once(&peer.prefix))
            .map(|(_, path)| path.to_owned())
            .ok_or_else(|| format!("page {page} has no next link"))?;
        bar::advance(1);
        interrupt::check()?;
    }
    Ok(DeepPage {
        number: wanted,
        link,
        after,
    })
}

/// How long the product takes from its start to the line that says where it listens, and to the
/// first answer, in several starts. The system's cache is warm.
///
/// # Errors
/// If it does not start, answer or stop.
pub(crate) fn cold_start(
    product: &Product,
    subject: &Subject,
) -> Result<[Vec<Duration>; 2], Failure> {
    const STARTS: usize = 5;
    let (mut ready, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let server = product.start()?;
        let peer = product.peer(&server);
        Client::connect(&peer)?.get(&format!("{}/{}", subject.path(), subject.id(0)))?;
        answered.push(begun.elapsed());
        ready.push(server.ready_after);
        server.stop()?;
    }
    Ok([ready, answered])
}
