//! The background: jobs are taken up one after another, and their archives written piece by piece.
//!
//! Whoever works on a job holds a lease on it. What an interrupted server left is taken up again
//! when its lease has run out, by any server on the database, a few times at most.

use std::sync::{Arc, Weak};
use std::time::Duration;

use edm::time::{DateTimeOffset, TICKS_PER_SECOND};
use edm::{Property, Value};
use engine::Core;
use engine::access::Caller;
use engine::audit::Origin;
use odata::Error;
use store::{Row, Transaction};

use super::archive::Archive;
use super::pieces::Pieces;
use super::slice::{SLICE, slice};
use super::{Exports, Format, cells};
use crate::graph::Graph;
use crate::overview::each;
use crate::reach;
use crate::states;

/// How long a server that fell silent keeps its job, in seconds.
pub(super) const LEASE: i64 = 60;
/// How often a job is begun before it has failed.
const ATTEMPTS: i64 = 3;
/// How long a finished archive can be fetched, in seconds.
const SHELF_LIFE: i64 = 3_600;
/// How long a job is shown after its archive has expired, or it was asked for, in seconds.
const SHOWN: i64 = 7 * 86_400;
/// How often jobs of other servers are looked for.
const PAUSE: Duration = Duration::from_secs(1);

/// Works on export jobs for as long as the service lives.
pub async fn work(core: Weak<Core>, graph: Graph) {
    loop {
        let Some(strong) = core.upgrade() else { return };
        match step(&graph, &strong).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "an export was interrupted"),
        }
        drop(strong);
        // The bell rings inside the transaction that makes the job; the pause covers what it missed.
        let _ = tokio::time::timeout(PAUSE, graph.exports.wake.notified()).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Takes up one job. `false`: there is none.
async fn step(graph: &Graph, core: &Arc<Core>) -> Result<bool, Error> {
    let Some(id) = next(graph, core).await? else {
        return Ok(false);
    };
    let Some(job) = claim(graph, core, id).await? else {
        return Ok(true);
    };
    let outcome = export(graph, core, &job).await;
    if let Err(error) = &outcome {
        tracing::error!(%error, job = job[graph.id].as_str(), "an export failed");
        // A job that cannot be done now may be done later: its lease runs out.
        if error.code.status() < 500 {
            end(graph, core, &job, Ending::Failed).await?;
        }
    }
    Ok(true)
}

/// The oldest job that nobody works on.
async fn next(graph: &Graph, core: &Arc<Core>) -> Result<Option<Value>, Error> {
    let (graph, shared) = (graph.clone(), core.clone());
    core.read(move |reader| {
        let exports = &graph.exports;
        let now = shared.clock.now();
        let mut found: Option<(i64, Value)> = None;
        for status in [exports.status.not_started, exports.status.in_progress] {
            let fixed = vec![(exports.columns.status, Value::Enum(status))];
            each(&shared, reader, exports.jobs, fixed, |row| {
                let requested = ticks(&row[exports.columns.requested]);
                if exports.is_free(&row, now) && found.as_ref().is_none_or(|(t, _)| requested < *t)
                {
                    found = Some((requested, row[graph.id].clone()));
                }
            })?;
        }
        Ok(found.map(|(_, id)| id))
    })
    .await
}

fn ticks(value: &Value) -> i64 {
    match value {
        Value::DateTimeOffset(time) => time.ticks,
        _ => 0,
    }
}

impl Exports {
    fn is_free(&self, job: &Row, now: DateTimeOffset) -> bool {
        let status = job[self.columns.status].as_i64();
        let lease = job[self.columns.lease_until].as_i64().unwrap_or(0);
        status == Some(self.status.not_started)
            || status == Some(self.status.in_progress) && lease < now.ticks
    }
}

/// Takes a job, unless another server was faster. What an earlier attempt wrote goes.
async fn claim(graph: &Graph, core: &Arc<Core>, id: Value) -> Result<Option<Row>, Error> {
    let (graph, shared) = (graph.clone(), core.clone());
    core.write(Origin::server(core), move |transaction| {
        let exports = &graph.exports;
        let columns = exports.columns;
        let now = shared.clock.now();
        let job = transaction.get(exports.jobs, std::slice::from_ref(&id))?;
        let Some(old) = job.filter(|job| exports.is_free(job, now)) else {
            return Ok(None);
        };
        exports.delete(transaction, &id)?;
        let attempts = old[columns.attempts].as_i64().unwrap_or(0);
        let mut new = old.clone();
        if attempts >= ATTEMPTS {
            new[columns.status] = Value::Enum(exports.status.failed);
            save(&shared, transaction, exports, &old, &new)?;
            return Ok(None);
        }
        new[columns.status] = Value::Enum(exports.status.in_progress);
        new[columns.attempts] = Value::Integer(attempts + 1);
        new[columns.lease_until] = Value::Integer(now.ticks + LEASE * TICKS_PER_SECOND);
        save(&shared, transaction, exports, &old, &new)?;
        Ok(Some(new))
    })
    .await
}

pub(super) fn save(
    core: &Core,
    transaction: &mut dyn Transaction,
    exports: &Exports,
    old: &Row,
    new: &Row,
) -> Result<bool, Error> {
    let table = core.tables.table(exports.jobs);
    let columns = table.difference(old, new);
    transaction.update(exports.jobs, &table.key_of(old), columns, new)
}

/// Writes a job's archive.
async fn export(graph: &Graph, core: &Arc<Core>, job: &Row) -> Result<(), Error> {
    let exports = &graph.exports;
    let report = exports.report(job)?.clone();
    let format = exports.format(job)?;
    let columns = exports.columns;
    let query = report.query(&core.model, &job[columns.filter], &job[columns.select])?;
    let ty = core.model.structured(report.of);
    let shown: Vec<&Property> = query.columns.iter().map(|c| &ty.properties[*c]).collect();
    let extension = if format == Format::Csv { "csv" } else { "json" };
    let id = job[graph.id].as_str().unwrap_or_default();
    let mut archive = Archive::new(&format!("{id}.{extension}"))?;
    let mut pieces = Pieces::new(graph, core, job);
    let mut text = Vec::new();
    cells::begin(&mut text, format, &shown);
    // It reads what those reach who asked for it.
    let asked = Caller {
        reach: reach::of_text(states::text(job, columns.role_scope_tags))?,
        ..Caller::default()
    };
    let confined = core.confined(&asked).await?;
    let (mut after, mut first) = (None, true);
    loop {
        let rows = slice(&confined, &report, &query, after).await?;
        after = rows.last().map(|(_, key)| key.clone());
        for (values, _) in &rows {
            cells::row(&mut text, &core.model, format, &shown, values, first);
            first = false;
        }
        let last = (rows.len() as u64) < SLICE;
        if last {
            cells::end(&mut text, format);
        }
        if !pieces.add(archive.write(&text)?).await? {
            return Ok(());
        }
        text.clear();
        if last {
            break;
        }
    }
    let rest = archive.finish()?;
    pieces.finish(rest).await
}

/// The job, if it is there and nobody else has taken it up since.
pub(super) fn mine(
    transaction: &mut dyn Transaction,
    exports: &Exports,
    id: &Value,
    attempt: &Value,
) -> Result<Option<Row>, Error> {
    let columns = exports.columns;
    let job = transaction.get(exports.jobs, std::slice::from_ref(id))?;
    Ok(job.filter(|job| {
        job[columns.attempts] == *attempt
            && job[columns.status].as_i64() == Some(exports.status.in_progress)
    }))
}

/// How a job ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Completed { length: i64, chunks: i64 },
    Failed,
}

pub(super) async fn end(
    graph: &Graph,
    core: &Arc<Core>,
    job: &Row,
    ending: Ending,
) -> Result<(), Error> {
    let (graph, shared, job) = (graph.clone(), core.clone(), job.clone());
    core.write(Origin::server(core), move |transaction| {
        let exports = &graph.exports;
        let columns = exports.columns;
        let Some(old) = mine(transaction, exports, &job[graph.id], &job[columns.attempts])? else {
            return Ok(());
        };
        let mut new = old.clone();
        match ending {
            Ending::Failed => new[columns.status] = Value::Enum(exports.status.failed),
            Ending::Completed { length, chunks } => {
                let text = |column: usize| old[column].as_str().unwrap_or_default();
                let (origin, secret) = (text(columns.origin), text(columns.secret));
                let url = format!("{origin}/exports/{}/{secret}", text(graph.id));
                let now = shared.clock.now();
                let expires = DateTimeOffset {
                    ticks: now.ticks.saturating_add(SHELF_LIFE * TICKS_PER_SECOND),
                    ..now
                };
                new[columns.status] = Value::Enum(exports.status.completed);
                new[columns.url] = Value::String(url);
                new[columns.expires] = Value::DateTimeOffset(expires);
                new[columns.length] = Value::Integer(length);
                new[columns.chunks] = Value::Integer(chunks);
            }
        }
        save(&shared, transaction, exports, &old, &new).map(|_| ())
    })
    .await
}

/// Removes the archives that have expired, and jobs that nobody asks for any more.
///
/// # Errors
/// What the store says; the next call goes on.
pub(crate) async fn clear(graph: &Graph, core: &Arc<Core>) -> Result<(), Error> {
    let (of, shared) = (graph.clone(), core.clone());
    let jobs = core
        .read(move |reader| {
            let mut jobs = Vec::new();
            each(&shared, reader, of.exports.jobs, Vec::new(), |row| {
                jobs.push(row);
            })?;
            Ok(jobs)
        })
        .await?;
    let columns = graph.exports.columns;
    let now = core.clock.now().ticks;
    for job in jobs {
        let expired = ticks(&job[columns.expires]);
        let last = expired.max(ticks(&job[columns.requested]));
        let old = last.saturating_add(SHOWN * TICKS_PER_SECOND) < now;
        if !old && (expired == 0 || expired > now) {
            continue;
        }
        let (graph, id) = (graph.clone(), job[graph.id].clone());
        core.write(Origin::server(core), move |transaction| {
            graph.exports.delete(transaction, &id)?;
            if old {
                transaction.delete(graph.exports.jobs, std::slice::from_ref(&id))?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
