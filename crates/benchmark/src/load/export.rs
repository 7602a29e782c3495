//! Exports: from the request to the last byte of the archive.

use std::io::{Cursor, Read};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::Client;
use super::{Measured, Peer};
use crate::Failure;
use crate::operation::Operation;

/// How often the product is asked whether the export is there.
const POLL: Duration = Duration::from_millis(20);

/// Exports once. The rate is that of all states that were loaded: rows a second are counted.
///
/// # Errors
/// If the export fails, or the archive is no right one.
pub(super) fn measure(
    operation: &dyn Operation,
    peer: &Peer,
    number: u64,
) -> Result<Measured, Failure> {
    let begun = Instant::now();
    let archive = fetch(operation, peer, number)?;
    let took = begun.elapsed();
    let file = unpack(&archive)?;
    operation.check(number, &file)?;
    let rows = file.iter().filter(|byte| **byte == b'\n').count() as f64 - 1.0;
    Ok(Measured {
        rate: rows / operation.states().max(1) as f64 / took.as_secs_f64(),
        p50: took,
        p99: took,
        answered: 1,
        cost: None,
        memory: None,
    })
}

/// The file of an export.
///
/// # Errors
/// If there is none.
pub(crate) fn file(
    operation: &dyn Operation,
    peer: &Peer,
    number: u64,
) -> Result<Vec<u8>, Failure> {
    unpack(&fetch(operation, peer, number)?)
}

fn fetch(operation: &dyn Operation, peer: &Peer, number: u64) -> Result<Vec<u8>, Failure> {
    let mut client = Client::connect(peer)?;
    let answer = client.ask(operation.status(), |peer, out| {
        operation.request(peer, number, out);
    })?;
    if peer.is_floor {
        return Ok(answer);
    }
    let mut job: Value = serde_json::from_slice(&answer)?;
    let id = job.get("id").and_then(Value::as_str).ok_or("no job")?;
    let path = format!("/deviceManagement/reports/exportJobs/{id}");
    let url = loop {
        match job.get("status").and_then(Value::as_str) {
            Some("completed") => break job.get("url").and_then(Value::as_str),
            Some("failed") | None => return Err(format!("the export failed: {job}").into()),
            Some(_) => std::thread::sleep(POLL),
        }
        crate::interrupt::check()?;
        job = serde_json::from_slice(&client.get(&path)?)?;
    };
    let root = Peer {
        prefix: String::new(),
        ..peer.clone()
    };
    let authority = format!("http://{}", peer.address);
    let path = url.and_then(|url| url.strip_prefix(&authority));
    Client::connect(&root)?.get(path.ok_or("an export without a URL")?)
}

/// The only file of an archive.
fn unpack(archive: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive))?;
    let mut file = Vec::new();
    archive.by_index(0)?.read_to_end(&mut file)?;
    Ok(file)
}
