//! A database as its stored rows: read in one snapshot, beside the servers, or written as one
//! transaction. It blocks, so it has no place on a thread of an asynchronous runtime.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use odata::Error;
use store::cell::Cell;
use store::contents::{self, BATCH_BYTES, BATCH_ROWS, Destination, StoredRow};
use store::{Cells as _, Dialect, Table, TableId, Tables};
use tokio_postgres::Statement;

use crate::client::{Bound, Client, ClientError};
use crate::connect::{Target, Timeouts};
use crate::failure::describe;
use crate::values::{Parameter, PostgresRow};
use crate::{OpenError, migrate};

const DIALECT: Dialect = Dialect::Postgres;

/// How long a statement may take: one that counts or removes the rows of a large table has its time.
const TIMEOUTS: Timeouts = Timeouts {
    statement: Duration::from_secs(4 * 3_600),
    lock: Duration::from_secs(60),
};

/// A database, for a copy.
pub struct Contents {
    client: Client,
    tables: Arc<Tables>,
    statements: HashMap<String, Statement>,
}

impl Contents {
    /// A snapshot of a database. Writers go on.
    ///
    /// # Errors
    /// If it cannot be reached, or its tables are of another version.
    pub fn read(target: &Target, tables: Arc<Tables>) -> Result<Self, OpenError> {
        let mut client = target.connect(TIMEOUTS)?;
        begin(&mut client, "ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        // The snapshot is that of the first read.
        migrate::check(&mut client)?;
        Ok(Self::new(client, tables))
    }

    /// A database that becomes a copy. An empty one gets its tables first.
    ///
    /// # Errors
    /// If it cannot be reached, or its tables are of another version.
    pub fn write(target: &Target, tables: Arc<Tables>) -> Result<Self, OpenError> {
        migrate::run(&mut target.connect(Timeouts::default())?)?;
        let mut client = target.connect(TIMEOUTS)?;
        migrate::check(&mut client)?;
        begin(&mut client, "")?;
        Ok(Self::new(client, tables))
    }

    fn new(client: Client, tables: Arc<Tables>) -> Self {
        Self {
            client,
            tables,
            statements: HashMap::new(),
        }
    }

    /// The table that rows are written to: counters are kept in slots.
    fn written(&self, id: TableId) -> (Table, bool) {
        let table = self.tables.table(id);
        match table.slots() {
            Some(slots) => (slots, true),
            None => (table.clone(), false),
        }
    }

    fn statement(&mut self, sql: String) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(&sql) {
            return Ok(statement.clone());
        }
        let prepared = self.client.prepare(&sql, &[]);
        let statement = prepared.map_err(|e| told(&e))?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    /// Carries a statement out over rows whose values are bound as one array for each column.
    fn carry_out(&mut self, sql: String, rows: &[StoredRow]) -> Result<(), Error> {
        let width = rows.first().map_or(0, Vec::len);
        let arrays: Vec<_> = (0..width)
            .map(|at| Bound::Many(rows.iter().filter_map(|row| row.get(at).cloned()).collect()))
            .collect();
        let statement = self.statement(sql)?;
        let done = self.client.query("", &statement, arrays.iter(), |_| true);
        done.map(|_| ()).map_err(|e| told(&e))
    }

    /// What the database does when all rows are there.
    fn finish(&mut self) -> Result<(), ClientError> {
        let tables = Arc::clone(&self.tables);
        let mut sql = String::new();
        for log in contents::logs(&tables) {
            sql += &format!("DELETE FROM \"{}\";\n", log.name);
        }
        let identities = contents::carried(&tables).filter(|(_, table)| table.identity);
        for (_, table) in identities {
            let column = table.key.first().map_or("", |c| &table.columns[*c].name);
            sql += &format!(
                "SELECT setval(pg_get_serial_sequence('\"{0}\"', '{column}'), \
                 (SELECT COALESCE(MAX(\"{column}\"), 0) + 1 FROM \"{0}\"), false);\n",
                table.name
            );
        }
        let timeline = contents::new_timeline();
        sql += &format!("UPDATE schema_version SET timeline = {timeline};\nCOMMIT");
        self.client.batch_execute(&sql)?;
        self.client.batch_execute("ANALYZE")
    }
}

/// What the database says, for who works on the host.
fn told(error: &ClientError) -> Error {
    Error::internal(describe(error))
}

/// Begins a transaction that may pause for as long as the other database takes.
fn begin(client: &mut Client, how: &str) -> Result<(), OpenError> {
    let sql = format!("SET idle_in_transaction_session_timeout = 0; BEGIN {how}");
    Ok(client.batch_execute(&sql)?)
}

impl store::contents::Contents for Contents {
    fn rows(
        &mut self,
        id: TableId,
        after: Option<&[Cell<'static>]>,
    ) -> Result<Vec<StoredRow>, Error> {
        let sql = store::stored_rows(self.tables.table(id), after.is_some(), DIALECT);
        let statement = self.statement(sql)?;
        let mut cells = after.unwrap_or_default().to_vec();
        cells.push(Cell::Integer(BATCH_ROWS as i64));
        let (mut found, mut bytes, mut failed) = (Vec::new(), 0, None);
        let asked = self
            .client
            .query("", &statement, cells.iter().map(Parameter), |row| {
                let cells =
                    (0..row.len()).map(|at| PostgresRow(&row).cell(at).map(Cell::into_owned));
                match cells.collect::<Result<StoredRow, Error>>() {
                    Ok(stored) => {
                        bytes += contents::weight(&stored);
                        found.push(stored);
                    }
                    Err(error) => failed = Some(error),
                }
                bytes < BATCH_BYTES && failed.is_none()
            });
        asked.map_err(|e| told(&e))?;
        failed.map_or(Ok(found), Err)
    }

    fn count(&mut self, id: TableId) -> Result<u64, Error> {
        let sql = store::stored_count(self.tables.table(id));
        let count: i64 = migrate::value(&mut self.client, &sql).map_err(|e| told(&e))?;
        u64::try_from(count).map_err(Error::internal)
    }
}

impl Destination for Contents {
    fn insert(&mut self, id: TableId, rows: &[StoredRow]) -> Result<(), Error> {
        let (table, in_slots) = self.written(id);
        let sql = store::insert_many(&table, &contents::columns(&table));
        if !in_slots {
            return self.carry_out(sql, rows);
        }
        // All in the first slot; it is the last column.
        let first = |row: &StoredRow| row.iter().cloned().chain([Cell::Integer(0)]).collect();
        let rows: Vec<StoredRow> = rows.iter().map(first).collect();
        self.carry_out(sql, &rows)
    }

    fn remove(&mut self, id: TableId, keys: &[StoredRow]) -> Result<(), Error> {
        let (table, _) = self.written(id);
        let key = &self.tables.table(id).key;
        let sql = store::delete_many(&table, key);
        self.carry_out(sql, keys)
    }

    fn commit(mut self: Box<Self>) -> Result<(), Error> {
        self.finish().map_err(|e| told(&e))
    }
}
