//! SQLite: the product's database in its data directory, and the floors' copy beside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::agreement::Mark;
use super::{Database, Storage};
use crate::Failure;
use crate::workload::Report;

/// The product's file and its copy.
#[derive(Debug)]
pub(super) struct Files {
    product: PathBuf,
    floor: PathBuf,
    /// How far the history went when they were alike.
    mark: Option<Mark>,
}

impl Files {
    /// The files of a directory, in which `product` is the product's data directory.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            product: directory.join("product").join("runstate.db"),
            floor: directory.join("floor.db"),
            mark: None,
        }
    }

    fn read(&self) -> rusqlite::Result<Connection> {
        Connection::open_with_flags(&self.product, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }
}

impl Database for Files {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn product_arguments(&self) -> Vec<OsString> {
        Vec::new()
    }

    fn floor_arguments(&self) -> Vec<OsString> {
        vec!["--database".into(), self.floor.clone().into()]
    }

    fn copy(&mut self) -> Result<(), Failure> {
        copy_file(&self.product, &self.floor)?;
        self.mark = Some(Mark::of(&self.floor)?);
        Ok(())
    }

    fn compare(&self) -> Result<(), Failure> {
        let mark = self.mark.ok_or("the database was not copied")?;
        mark.compare(&self.product, &self.floor)
    }

    fn storage(&self, states: u64) -> Result<Storage, Failure> {
        let connection = self.read()?;
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

    fn verify(&self) -> Result<(), Failure> {
        let connection = self.read()?;
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        for sql in crate::floor::disagreements() {
            if count(&sql)? > 0 {
                return Err("the counters of a run summary are not what its states say".into());
            }
        }
        let unchained = count(super::UNCHAINED)?;
        if unchained > 0 {
            return Err(
                format!("{unchained} states whose latest run is not in the history").into(),
            );
        }
        Ok(())
    }
}

/// Copies the database of a stopped product.
fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::copy(from, to)?;
    let log = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        PathBuf::from(name)
    };
    // A log that a stop leaves behind belongs to the database.
    if log(from).exists() {
        std::fs::copy(log(from), log(to))?;
    }
    Ok(())
}
