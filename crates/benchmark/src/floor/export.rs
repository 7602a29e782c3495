//! An export of all states of a script: one statement, straight into a zip archive of CSV.

use std::io::{Error, Write};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::record::{DETECTION, REMEDIATION};
use crate::Failure;
use crate::operation::EXPORTED;
use crate::workload::instant::Instant;

/// The columns of [`EXPORTED`], in order.
pub(super) const SQL: &str = "SELECT s.device_id, d.device_name, s.detection_state, \
    s.remediation_state, s.last_state_update_date_time, s.last_sync_date_time, \
    s.pre_remediation_detection_script_output, s.post_remediation_detection_script_output \
    FROM device_health_script_device_state AS s \
    LEFT JOIN managed_device AS d ON d.id = s.device_id \
    WHERE s.script_id = $1 ORDER BY s.state_key";

/// The archive of a script's states.
///
/// # Errors
/// If the database cannot be read.
pub(super) fn archive(database: &Path, script: &str) -> Result<Vec<u8>, Failure> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = connection.prepare(&SQL.replace('$', "?"))?;
    let mut rows = statement.query([script])?;
    let mut archive = Archive::begin()?;
    while let Some(row) = rows.next()? {
        let text = |at: usize| match row.get_ref(at)? {
            ValueRef::Text(text) => Ok::<_, Failure>(text),
            _ => Ok(&b""[..]),
        };
        archive.row(&Exported {
            device: text(0)?,
            name: text(1)?,
            detection: row.get(2)?,
            remediation: row.get(3)?,
            times: [row.get(4)?, row.get(5)?],
            outputs: [text(6)?, text(7)?],
        })?;
    }
    archive.finish()
}

/// A row of an export.
pub(super) struct Exported<'r> {
    pub(super) device: &'r [u8],
    pub(super) name: &'r [u8],
    pub(super) detection: i64,
    pub(super) remediation: i64,
    pub(super) times: [i64; 2],
    pub(super) outputs: [&'r [u8]; 2],
}

/// An archive that is being made.
pub(super) struct Archive {
    zip: ZipWriter<zip::write::StreamWriter<Vec<u8>>>,
    line: Vec<u8>,
}

impl Archive {
    pub(super) fn begin() -> Result<Self, Failure> {
        let mut zip = ZipWriter::new_stream(Vec::new());
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(true);
        zip.start_file("states.csv", options)?;
        write!(zip, "{}\r\n", EXPORTED.join(","))?;
        let line = Vec::with_capacity(64 << 10);
        Ok(Self { zip, line })
    }

    pub(super) fn row(&mut self, row: &Exported<'_>) -> Result<(), Error> {
        let name = |names: &[&'static str], number: i64| {
            let index = usize::try_from(number).unwrap_or(usize::MAX);
            names.get(index).copied().unwrap_or("unknown")
        };
        let out = &mut self.line;
        text(out, row.device);
        out.push(b',');
        text(out, row.name);
        let [update, sync] = row
            .times
            .map(|ticks| Instant::from_ticks(u64::try_from(ticks).unwrap_or(0)));
        let _ = write!(
            out,
            ",{},{},{update},{sync},",
            name(&DETECTION, row.detection),
            name(&REMEDIATION, row.remediation)
        );
        let [before, after] = row.outputs;
        text(out, before);
        out.push(b',');
        text(out, after);
        out.extend_from_slice(b"\r\n");
        if out.len() > 60 << 10 {
            self.zip.write_all(out)?;
            out.clear();
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, Failure> {
        self.zip.write_all(&self.line)?;
        Ok(self.zip.finish()?.into_inner())
    }
}

/// A cell of CSV: quoted where it must be, and marked where a spreadsheet would take it for a
/// formula.
fn text(out: &mut Vec<u8>, text: &[u8]) {
    let formula = matches!(
        text.first(),
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r')
    );
    let quoted = text
        .iter()
        .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
    if !formula && !quoted {
        out.extend_from_slice(text);
        return;
    }
    if quoted {
        out.push(b'"');
    }
    if formula {
        out.push(b'\'');
    }
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    if quoted {
        out.push(b'"');
    }
}
