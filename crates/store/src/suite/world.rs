//! The suite's model and tables, and a database of them to ask.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;

use edm::time::{DateTimeOffset, TICKS_PER_DAY};
use edm::{Model, Value};
use odata::Error;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use super::Opener;
use crate::cell::decode_row;
use crate::clock::Clock;
use crate::{Reader, Row, Select, Store, Table, TableId, Tables, Transaction};

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
    Model::from_csdl(include_str!("schema.csdl.xml"))
        .map(Arc::new)
        .expect("the suite's schema is a model")
});

static TABLES: LazyLock<Arc<Tables>> = LazyLock::new(|| {
    crate::read_map(&MODEL, include_str!("storage.toml"))
        .map(Arc::new)
        .expect("the suite's map fits its model")
});

/// The suite's model.
pub(super) fn model() -> &'static Model {
    &MODEL
}

/// The suite's tables.
pub(super) fn tables() -> &'static Tables {
    &TABLES
}

/// The suite's tables, as a database shares them.
pub(super) fn shared_tables() -> &'static Arc<Tables> {
    &TABLES
}

/// A table of the suite by the name behind `suite_`.
pub(super) fn table(name: &str) -> (TableId, &'static Table) {
    let id = TABLES
        .find(&format!("suite_{name}"))
        .expect("the suite's map has the table");
    (id, TABLES.table(id))
}

/// The index of a column.
pub(super) fn column(table: &Table, name: &str) -> usize {
    table.column(name).expect("the table has the column")
}

/// A row of defaults with these values in these columns.
pub(super) fn row(table: &Table, values: &[(&str, Value)]) -> Row {
    let mut row = table.blank();
    for (name, value) in values {
        row[column(table, name)] = value.clone();
    }
    row
}

/// A clock that stands until it is set.
pub(super) struct SetClock(Mutex<DateTimeOffset>);

impl SetClock {
    /// Sets the day, as days since 0001-01-01.
    pub(super) fn set_day(&self, day: i64) {
        self.0.lock().expect("no test panics while it holds").ticks = day * TICKS_PER_DAY;
    }
}

impl Clock for SetClock {
    fn now(&self) -> DateTimeOffset {
        *self.0.lock().expect("no test panics while it holds")
    }
}

/// A database to ask.
pub(super) struct World {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<SetClock>,
    runtime: Runtime,
    owners: AtomicU32,
}

impl World {
    /// A new database.
    pub(super) fn new(open: Opener) -> Self {
        let clock = Arc::new(SetClock(Mutex::new(DateTimeOffset::MIN)));
        clock.set_day(700_000);
        Self {
            store: open(MODEL.clone(), TABLES.clone(), clock.clone()).into(),
            clock,
            runtime: new_runtime(),
            owners: AtomicU32::new(0),
        }
    }

    /// An owner that no row has yet.
    pub(super) fn new_owner(&self) -> Value {
        let number = self.owners.fetch_add(1, Ordering::Relaxed);
        Value::String(format!("owner-{number}"))
    }

    /// Carries out one command.
    pub(super) fn write<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Transaction) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.runtime
            .block_on(crate::write(self.store.as_ref(), run))
    }

    /// Carries out one command on a thread of a test that has others.
    pub(super) fn write_beside<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Transaction) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        new_runtime().block_on(crate::write(self.store.as_ref(), run))
    }

    /// Waits for what the store does.
    pub(super) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Carries out one command that must succeed.
    pub(super) fn written<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Transaction) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.write(run).expect("the command succeeds")
    }

    /// Reads in a snapshot.
    pub(super) fn try_read<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.runtime.block_on(crate::read(self.store.as_ref(), run))
    }

    /// Reads in a snapshot, beside the test.
    pub(super) fn reading<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Reader) -> Result<T, Error> + Send + 'static,
    ) -> JoinHandle<Result<T, Error>> {
        let store = Arc::clone(&self.store);
        std::thread::spawn(move || new_runtime().block_on(crate::read(store.as_ref(), run)))
    }

    /// Reads in a snapshot what must be readable.
    pub(super) fn read<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Reader) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.try_read(run).expect("the read succeeds")
    }

    /// Writes rows into a table, none of whose keys is taken.
    pub(super) fn fill(&self, table: TableId, rows: &[Row]) {
        let rows = rows.to_vec();
        self.written(move |transaction| {
            for row in &rows {
                assert!(transaction.insert(table, row)?);
            }
            Ok(())
        });
    }

    /// The rows of a select of all columns, outside of any command.
    pub(super) fn rows(&self, select: Select<'static>) -> Vec<Row> {
        self.read(move |reader| rows(reader, &select))
    }
}

fn new_runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O can be built")
}

/// The rows of a select of all columns.
pub(super) fn rows(reader: &mut dyn Reader, select: &Select<'_>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    reader.select(select, &mut |cells| {
        rows.push(decode_row(model(), TABLES.table(select.table), cells)?);
        Ok(())
    })?;
    Ok(rows)
}

/// A select of all columns of an owner's rows, in no order.
pub(super) fn of_owner(name: &str, owner: &Value) -> Select<'static> {
    let (id, table) = table(name);
    let mut select = Select::all(id, table.columns.len());
    select.fixed = vec![(column(table, "owner"), owner.clone())];
    select
}

/// Runs property tests: `cases` of them unless `PROPTEST_CASES` says otherwise. Nothing is
/// written where the suite lies, which may be read-only to the crate that runs it.
pub(super) fn property_runner(cases: u32) -> TestRunner {
    let given = std::env::var("PROPTEST_CASES").is_ok();
    let default = Config::default();
    TestRunner::new(Config {
        cases: if given { default.cases } else { cases },
        failure_persistence: None,
        max_shrink_iters: 4_096,
        ..default
    })
}
