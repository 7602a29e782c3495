//! Reads as prepared SQL, on the thread that serves the connection: no queue, no other thread.

use std::cell::RefCell;
use std::io::Write;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Result, Rows, params};

use super::question::{Assigned, BEFORE_TIME, COUNTERS, PAGE, Question};
use super::record::DETECTION;
use super::sql::today;
use super::state::{COLUMNS, write_context, write_row, write_text, write_time};
use crate::workload::instant::date;

thread_local! {
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// Runs a read on this thread's connection, which is opened on first use.
fn with<T>(path: &Path, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    CONNECTION.with_borrow_mut(|held| {
        if let Some(connection) = held {
            return read(connection);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "cache_size", -16_384)?;
        read(held.insert(connection))
    })
}

/// The entity of a key; `None` if there is none.
pub(super) fn entity(
    path: &Path,
    authority: &str,
    script: &str,
    key: &str,
) -> Result<Option<Vec<u8>>> {
    with(path, |connection| {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM device_health_script_device_state \
             WHERE script_id = ? AND state_key = ?"
        ))?;
        let mut rows = statement.query(params![script, key])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let mut out = Vec::with_capacity(1_024);
        write_context(&mut out, authority, script);
        out.extend_from_slice(b"/$entity\",");
        write_row(row, &mut out)?;
        out.push(b'}');
        Ok(Some(out))
    })
}

/// The page of 100 states behind a key, with the link to the next page.
pub(super) fn page(path: &Path, authority: &str, script: &str, after: &str) -> Result<Vec<u8>> {
    with(path, |connection| {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM device_health_script_device_state \
             WHERE script_id = ? AND state_key > ? ORDER BY state_key LIMIT 101"
        ))?;
        let rows = statement.query(params![script, after])?;
        write_page(rows, authority, script, false)
    })
}

/// Writes a page of [`COLUMNS`], with each state's device if its columns follow them.
fn write_page(mut rows: Rows<'_>, authority: &str, script: &str, devices: bool) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(80 << 10);
    write_context(&mut out, authority, script);
    out.extend_from_slice(b"\",\"value\":[");
    let (mut written, mut last) = (0, String::new());
    while let Some(row) = rows.next()? {
        if written == PAGE {
            write_next(&mut out, authority, script, &last);
            return Ok(out);
        }
        out.extend_from_slice(if written == 0 { b"{" } else { b",{" });
        write_row(row, &mut out)?;
        if devices {
            let text = |at: usize| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str_or_null()?);
            write_device(&mut out, [text(24)?, text(25)?, text(26)?]);
        }
        out.push(b'}');
        written += 1;
        if written == PAGE {
            last = row.get(15)?;
        }
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// Ends a page with the link to the next one.
pub(super) fn write_next(out: &mut Vec<u8>, authority: &str, script: &str, last: &str) {
    let _ = write!(
        out,
        "],\"@odata.nextLink\":\"http://{authority}/beta/deviceManagement/\
         deviceHealthScripts/{script}/deviceRunStates?after={last}\"}}"
    );
}

/// Writes a state's device: its id, name and system.
pub(super) fn write_device(out: &mut Vec<u8>, [id, name, system]: [Option<&str>; 3]) {
    let Some(id) = id else {
        out.extend_from_slice(b",\"managedDevice\":null");
        return;
    };
    let _ = write!(
        out,
        ",\"managedDevice\":{{\"@odata.type\":\"#microsoft.graph.managedDevice\",\"id\":\"{id}\",\
         \"deviceName\":"
    );
    write_text(out, name.map(str::as_bytes));
    out.extend_from_slice(b",\"operatingSystem\":");
    write_text(out, system.map(str::as_bytes));
    out.push(b'}');
}

/// What a question's statement answers.
pub(super) fn question(
    path: &Path,
    authority: &str,
    id: &str,
    question: Question,
) -> Result<Vec<u8>> {
    with(path, |connection| {
        let sql = question.sql().replace('$', "?");
        let mut statement = connection.prepare_cached(&sql)?;
        match question {
            Question::Fail | Question::Latest => {
                write_page(statement.query([id])?, authority, id, false)
            }
            Question::Range { from, to } => write_page(
                statement.query(params![id, from, to])?,
                authority,
                id,
                false,
            ),
            Question::Devices => write_page(statement.query([id])?, authority, id, true),
            Question::Groups => {
                let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(groups(authority, id, &rows.collect::<Result<Vec<_>>>()?))
            }
            Question::Count => {
                let count: i64 = statement.query_row([id], |row| row.get(0))?;
                Ok(count.to_string().into_bytes())
            }
            Question::Summary => statement.query_row(params![id, today() - 30], |row| {
                let mut counts = [0; COUNTERS.len()];
                for (at, count) in counts.iter_mut().enumerate() {
                    *count = row.get(at)?;
                }
                Ok(summary(authority, id, counts, row.get(COUNTERS.len())?))
            }),
            Question::Due => {
                let assigned = statement.query_map([id], |row| {
                    Ok(Assigned {
                        schedule: row.get(0)?,
                        version: row.get(1)?,
                        handed: row.get(2)?,
                        detection: row.get(3)?,
                    })
                })?;
                Ok(due(authority, &assigned.collect::<Result<Vec<_>>>()?))
            }
        }
    })
}

/// The answer of an aggregate: how many states are in which state.
pub(super) fn groups(authority: &str, script: &str, rows: &[(i64, i64)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    write_context(&mut out, authority, script);
    out.extend_from_slice(b"(detectionState,n)\",\"value\":[");
    for (i, (state, count)) in rows.iter().enumerate() {
        let name = usize::try_from(*state)
            .ok()
            .and_then(|at| DETECTION.get(at));
        let comma = if i > 0 { "," } else { "" };
        let name = name.copied().unwrap_or("unknown");
        let _ = write!(
            out,
            "{comma}{{\"detectionState\":\"{name}\",\"n\":{count}}}"
        );
    }
    out.extend_from_slice(b"]}");
    out
}

/// The answer of a summary.
pub(super) fn summary(
    authority: &str,
    script: &str,
    counts: [i64; COUNTERS.len()],
    latest: Option<i64>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(1_024);
    let _ = write!(
        out,
        "{{\"@odata.context\":\"http://{authority}/beta/$metadata#deviceManagement/\
         deviceHealthScripts('{script}')/runSummary/$entity\",\
         \"@odata.type\":\"#microsoft.graph.deviceHealthScriptRunSummary\",\"id\":\"{script}\""
    );
    for (i, (name, count)) in COUNTERS.iter().zip(counts).enumerate() {
        if i == BEFORE_TIME {
            out.extend_from_slice(b",\"lastScriptRunDateTime\":");
            write_time(&mut out, latest);
        }
        let _ = write!(out, ",\"{name}\":{count}");
    }
    out.push(b'}');
    out
}

/// The answer of a check-in. What is due is shown by its schedule alone, which no product answers:
/// in this workload nothing is.
pub(super) fn due(authority: &str, assigned: &[Assigned]) -> Vec<u8> {
    let today = date(today());
    let due = assigned.iter().filter(|assigned| assigned.is_due(&today));
    let mut out = Vec::with_capacity(256);
    let _ = write!(
        out,
        "{{\"@odata.context\":\"http://{authority}/beta/$metadata#Collection(runstate.dueScript)\",\
         \"value\":["
    );
    for (i, Assigned { schedule, .. }) in due.enumerate() {
        out.extend_from_slice(if i > 0 { b"," } else { b"" });
        out.extend_from_slice(schedule.as_bytes());
    }
    out.extend_from_slice(b"]}");
    out
}
