//! Reads as prepared SQL, on the thread that serves the connection: no queue, no other thread.

use std::cell::RefCell;
use std::io::Write;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Result, params};

use super::state::{COLUMNS, write_context, write_row};

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
    const SIZE: usize = 100;
    with(path, |connection| {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM device_health_script_device_state \
             WHERE script_id = ? AND state_key > ? ORDER BY state_key LIMIT 101"
        ))?;
        let mut rows = statement.query(params![script, after])?;
        let mut out = Vec::with_capacity(80 << 10);
        write_context(&mut out, authority, script);
        out.extend_from_slice(b"\",\"value\":[");
        let (mut written, mut last) = (0, String::new());
        while let Some(row) = rows.next()? {
            if written == SIZE {
                let _ = write!(
                    out,
                    "],\"@odata.nextLink\":\"http://{authority}/beta/deviceManagement/\
                     deviceHealthScripts/{script}/deviceRunStates?after={last}\"}}"
                );
                return Ok(out);
            }
            out.extend_from_slice(if written == 0 { b"{" } else { b",{" });
            write_row(row, &mut out)?;
            out.push(b'}');
            written += 1;
            if written == SIZE {
                last = row.get(15)?;
            }
        }
        out.extend_from_slice(b"]}");
        Ok(out)
    })
}
