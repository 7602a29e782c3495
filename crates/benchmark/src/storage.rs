//! What the product wrote: how many bytes a run state takes, and whether it all agrees.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use crate::Failure;
use crate::workload::Report;

/// Bytes on disk.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Storage {
    /// The database's file, by state: everything in it.
    pub(crate) file_per_state: f64,
    /// The table of run states with its key's index, by state.
    pub(crate) row: f64,
    /// The history, by row of it.
    pub(crate) history_row: f64,
    /// The values of a run state as plainly as they can be written.
    pub(crate) raw: u64,
    /// How many of those bytes are outputs of scripts.
    pub(crate) outputs: u64,
}

/// Measures the database of a stopped product.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn measure(database: &Path, states: u64) -> Result<Storage, Failure> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let pages = |table: &str| {
        connection.query_row(
            "SELECT ifnull(sum(pgsize), 0) FROM dbstat WHERE aggregate = TRUE AND name IN \
             (SELECT name FROM sqlite_schema WHERE tbl_name = ?)",
            [table],
            |row| row.get::<_, i64>(0),
        )
    };
    let history_rows: i64 = connection.query_row(
        "SELECT count(*) FROM device_health_script_device_state_history",
        [],
        |row| row.get(0),
    )?;
    // By its pages, not its length: what a log still holds belongs to it.
    let file: i64 = connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0),
    )?;
    let (raw, outputs) = Report::raw_bytes();
    Ok(Storage {
        file_per_state: file as f64 / states as f64,
        row: pages("device_health_script_device_state")? as f64 / states as f64,
        history_row: pages("device_health_script_device_state_history")? as f64
            / history_rows.max(1) as f64,
        raw,
        outputs,
    })
}

/// Checks the database of a stopped product: every counter is what the rows say, and every state's
/// latest run is in the history.
///
/// # Errors
/// If anything disagrees: then the figures are of a product that loses writes.
pub(crate) fn verify(database: &Path) -> Result<(), Failure> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if !crate::floor::counters_agree(&connection)? {
        return Err("the counters of a run summary are not what its states say".into());
    }
    let unchained: i64 = connection.query_row(
        "SELECT count(*) FROM device_health_script_device_state AS state \
         LEFT JOIN device_health_script_device_state_history AS run \
           ON run.history_id = state.last_history_id \
         WHERE run.state_key IS NOT state.state_key \
            OR run.last_state_update_date_time IS NOT state.last_state_update_date_time",
        [],
        |row| row.get(0),
    )?;
    if unchained > 0 {
        return Err(format!("{unchained} states whose latest run is not in the history").into());
    }
    Ok(())
}
