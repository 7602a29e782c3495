//! A database file as its stored rows: read in one snapshot, beside the server, or written as one
//! transaction.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use odata::Error;
use rusqlite::{Connection, OpenFlags};
use store::cell::Cell;
use store::contents::{self, BATCH_BYTES, BATCH_ROWS, Destination, StoredRow};
use store::{Cells as _, Dialect, TableId, Tables};
use tempfile::NamedTempFile;

use crate::session::{SqliteRow, bind};
use crate::{Durability, OpenError, connect, failed, failure, migrate};

const DIALECT: Dialect = Dialect::Sqlite;

/// A database file, for a copy.
pub struct Contents {
    connection: Connection,
    tables: Arc<Tables>,
    /// How many SQL values the stored rows of a table have.
    widths: HashMap<TableId, usize>,
    /// A file that is new: it gets its name when it is whole.
    new: Option<NamedTempFile>,
    path: PathBuf,
}

impl Contents {
    /// A snapshot of a file. Writers go on; what they write meanwhile stays in the log until this is
    /// dropped.
    ///
    /// # Errors
    /// If there is no such file, or its tables are of another version.
    pub fn read(path: &Path, tables: Arc<Tables>) -> Result<Self, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed(path))?;
        let waits = connection.busy_timeout(std::time::Duration::from_secs(10));
        waits.map_err(failed(path))?;
        connection.execute_batch("BEGIN").map_err(failed(path))?;
        // The snapshot is that of the first read.
        migrate::check(&connection, path)?;
        Ok(Self::new(connection, tables, None, path))
    }

    /// A file that becomes a copy. One that is not there yet is made under another name beside it,
    /// which none but its owner may read.
    ///
    /// # Errors
    /// If the file cannot be opened or made, or its tables are of another version.
    pub fn write(path: &Path, tables: Arc<Tables>) -> Result<Self, OpenError> {
        if path.exists() {
            let connection = connect(path, Durability::Machine)?;
            migrate::check(&connection, path)?;
            let begun = connection.execute_batch("BEGIN IMMEDIATE");
            begun.map_err(failed(path))?;
            return Ok(Self::new(connection, tables, None, path));
        }
        let unmade = |source| OpenError::File {
            path: path.to_owned(),
            source,
        };
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(directory).map_err(unmade)?;
        let new = tempfile::Builder::new()
            .prefix(".runstate-")
            .suffix(".partial")
            .tempfile_in(directory)
            .map_err(unmade)?;
        let mut connection = Connection::open(new.path()).map_err(failed(path))?;
        // Whatever becomes of it before it has its name, it is thrown away.
        let settings = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
            PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;";
        connection.execute_batch(settings).map_err(failed(path))?;
        migrate::run(&mut connection, path)?;
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        begun.map_err(failed(path))?;
        Ok(Self::new(connection, tables, Some(new), path))
    }

    fn new(
        connection: Connection,
        tables: Arc<Tables>,
        new: Option<NamedTempFile>,
        path: &Path,
    ) -> Self {
        connection.set_prepared_statement_cache_capacity(256);
        let width = |(id, table): (TableId, &store::Table)| {
            let columns = contents::columns(table);
            let cells = columns.iter().map(|c| table.columns[*c].width()).sum();
            (id, cells)
        };
        Self {
            connection,
            widths: tables.iter().map(width).collect(),
            tables,
            new,
            path: path.to_owned(),
        }
    }

    fn finish(self) -> rusqlite::Result<Option<NamedTempFile>> {
        let Self {
            connection,
            tables,
            new,
            ..
        } = self;
        for log in contents::logs(&tables) {
            connection.execute(&format!("DELETE FROM \"{}\"", log.name), [])?;
        }
        migrate::begin_timeline(&connection)?;
        connection.execute_batch("COMMIT")?;
        connection.close().map_err(|(_, error)| error)?;
        Ok(new)
    }
}

impl store::contents::Contents for Contents {
    fn rows(
        &mut self,
        id: TableId,
        after: Option<&[Cell<'static>]>,
    ) -> Result<Vec<StoredRow>, Error> {
        let sql = store::stored_rows(self.tables.table(id), after.is_some(), DIALECT);
        let width = self.widths.get(&id).copied().unwrap_or_default();
        let prepared = self.connection.prepare_cached(&sql);
        let mut statement = prepared.map_err(|e| failure(&e))?;
        let mut cells = after.unwrap_or_default().to_vec();
        cells.push(Cell::Integer(BATCH_ROWS as i64));
        bind(&mut statement, &cells).map_err(|e| failure(&e))?;
        let mut rows = statement.raw_query();
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next().map_err(|e| failure(&e))? {
            let row = SqliteRow(row);
            let stored = (0..width).map(|at| row.cell(at).map(Cell::into_owned));
            let stored = stored.collect::<Result<StoredRow, Error>>()?;
            bytes += contents::weight(&stored);
            found.push(stored);
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        Ok(found)
    }

    fn count(&mut self, id: TableId) -> Result<u64, Error> {
        let sql = store::stored_count(self.tables.table(id));
        let count: i64 = self
            .connection
            .query_row(&sql, [], |row| row.get(0))
            .map_err(|e| failure(&e))?;
        u64::try_from(count).map_err(Error::internal)
    }
}

impl Destination for Contents {
    fn insert(&mut self, id: TableId, rows: &[StoredRow]) -> Result<(), Error> {
        let sql = store::insert_stored(self.tables.table(id), DIALECT);
        self.carry_out(&sql, rows)
    }

    fn remove(&mut self, id: TableId, keys: &[StoredRow]) -> Result<(), Error> {
        // Of tracked tables it answers what a log would say, and none is written.
        let sql = store::delete(self.tables.table(id), DIALECT);
        self.carry_out(&sql, keys)
    }

    fn commit(self: Box<Self>) -> Result<(), Error> {
        let path = self.path.clone();
        let Some(new) = self.finish().map_err(|e| failure(&e))? else {
            return Ok(());
        };
        new.as_file().sync_all().map_err(Error::internal)?;
        let named = new.persist_noclobber(&path);
        named.map_err(|e| Error::internal(format!("{}: {}", path.display(), e.error)))?;
        sync_directory(&path).map_err(Error::internal)
    }
}

impl Contents {
    fn carry_out(&mut self, sql: &str, rows: &[StoredRow]) -> Result<(), Error> {
        let prepared = self.connection.prepare_cached(sql);
        let mut statement = prepared.map_err(|e| failure(&e))?;
        for row in rows {
            bind(&mut statement, row).map_err(|e| failure(&e))?;
            let mut answer = statement.raw_query();
            while answer.next().map_err(|e| failure(&e))?.is_some() {}
        }
        Ok(())
    }
}

/// Makes a name in a directory durable, where directories can be synced.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
