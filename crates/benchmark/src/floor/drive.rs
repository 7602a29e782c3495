//! The group commit without HTTP: so many commands outstanding, each answered one followed by the
//! next.

use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use serde::{Deserialize, Serialize};

use super::backend::Backend;
use super::record::Change;
use super::sql::Extent;
use super::writer::{Command, Work};
use crate::load::histogram::Histogram;
use crate::workload::chosen;

/// What is driven, and how hard.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Drive {
    /// `report`, `insert` or `bulk`.
    pub(crate) work: String,
    /// The script whose states are written.
    pub(crate) script: String,
    /// The number of the first command.
    pub(crate) first: u64,
    /// Commands that wait or are written at once.
    pub(crate) outstanding: usize,
    /// How long answers are not counted yet, in milliseconds.
    pub(crate) warm_up: u64,
    /// How long they are, in milliseconds.
    pub(crate) window: u64,
}

/// What came of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Driven {
    /// Commands answered a second.
    pub(crate) rate: f64,
    /// The median, in microseconds.
    pub(crate) p50: u64,
    /// The 99th percentile, in microseconds.
    pub(crate) p99: u64,
    /// How many commands were given in all: the next drive begins behind them.
    pub(crate) given: u64,
}

/// Drives the writer.
///
/// # Errors
/// If a command fails.
pub(super) fn drive(backend: &Backend, states: u64, drive: &Drive) -> Result<Driven, String> {
    let (sender, answers) = unbounded();
    let begin = Instant::now() + Duration::from_millis(drive.warm_up);
    let end = begin + Duration::from_millis(drive.window);
    let (mut given, mut outstanding) = (0u64, 0usize);
    let mut latencies = Histogram::default();
    let (mut failure, mut late) = (None, false);
    loop {
        while outstanding < drive.outstanding && failure.is_none() && Instant::now() < end {
            let work = work(drive, drive.first + given, states)?;
            let (sender, sent) = (sender.clone(), Instant::now());
            let reply = Box::new(move |outcome: Result<_, String>| {
                // Nobody listens any more only if the drive failed, which says so itself.
                let _ = sender.send((sent, outcome.map(drop)));
            });
            let script = drive.script.clone();
            let command = Command {
                script,
                work,
                reply,
            };
            if !backend.submit(command) {
                return Err("the writer takes no commands".to_owned());
            }
            (given, outstanding) = (given + 1, outstanding + 1);
        }
        if outstanding == 0 {
            break;
        }
        let (sent, outcome) = answers.recv().map_err(|_| "the writer has ended")?;
        let received = Instant::now();
        outstanding -= 1;
        if let Err(error) = outcome {
            failure = Some(error);
        }
        // One answer is counted at least, however long it takes.
        let is_late = received >= end && latencies.total() == 0;
        if (begin..end).contains(&received) || is_late {
            latencies.record(received - sent);
        }
        late |= is_late;
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    let window = if late {
        begin.elapsed()
    } else {
        Duration::from_millis(drive.window)
    };
    let micros = |share| u64::try_from(latencies.quantile(share).as_micros()).unwrap_or(u64::MAX);
    Ok(Driven {
        rate: latencies.total() as f64 / window.as_secs_f64(),
        p50: micros(0.5),
        p99: micros(0.99),
        given,
    })
}

fn work(drive: &Drive, number: u64, states: u64) -> Result<Work, String> {
    let change = |number| Change::made(number, chosen(number, states));
    Ok(match drive.work.as_str() {
        "report" => Work::Report(change(number), Extent::Full),
        "insert" => Work::Insert(Change::made(number, states + number)),
        "bulk" => {
            let first = number * crate::operation::BULK;
            Work::Bulk(
                (first..first + crate::operation::BULK)
                    .map(change)
                    .collect(),
            )
        }
        other => return Err(format!("'{other}' is no work")),
    })
}
