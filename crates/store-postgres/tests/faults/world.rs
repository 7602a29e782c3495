//! A store under load, and what must be true of its database afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use edm::{Model, Value};
use odata::Error;
use postgres::{Client, NoTls};
use store::clock::SystemClock;
use store::{Select, TableId, Tables};
use store_postgres::{Options, Postgres, Target};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Rows that commands change by what they read.
const HOT: usize = 5;
/// Commands that are on their way at once.
const AT_ONCE: usize = 100;
/// The table that each command adds a row to, and whose `handed_count` hot rows count in.
const STATES: &str = "device_compliance_script_device_state";

pub(crate) struct World {
    pub(crate) store: Arc<Postgres>,
    pub(crate) runtime: Runtime,
    tables: Arc<Tables>,
    written: Arc<AtomicUsize>,
}

pub(crate) fn options() -> Options {
    Options {
        readers: 2,
        patience: Duration::from_secs(60),
        ..Options::default()
    }
}

impl World {
    /// A store on an empty database, with the hot rows.
    pub(crate) fn new(url: &str, options: Options) -> Self {
        let model: Arc<Model> = service::model().unwrap();
        let tables = service::tables(&model).unwrap();
        let target = Target::parse(url).unwrap();
        let clock = Arc::new(SystemClock);
        let store = Postgres::open(&target, options, model, tables.clone(), clock).unwrap();
        let world = Self {
            store: Arc::new(store),
            runtime: Runtime::new().unwrap(),
            tables,
            written: Arc::default(),
        };
        for n in 0..HOT {
            let (states, row) = world.state(&format!("hot-{n}"));
            let made = world
                .runtime
                .block_on(store::write(world.store.as_ref(), move |transaction| {
                    transaction.insert(states, &row)
                }));
            assert!(made.unwrap());
        }
        world
    }

    fn table(&self, name: &str) -> TableId {
        self.tables.find(name).unwrap()
    }

    fn state(&self, key: &str) -> (TableId, Vec<Value>) {
        let id = self.table(STATES);
        let table = self.tables.table(id);
        let mut row = table.blank();
        row[table.column("script_id").unwrap()] = "script".into();
        row[table.column("state_key").unwrap()] = key.into();
        (id, row)
    }

    /// Command `n`: a row under a key, one under a key that the database hands out, a counter, and a
    /// row that is changed by what is read of it.
    pub(crate) fn command(
        &self,
        n: usize,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static {
        let (states, row) = self.state(&format!("new-{n}"));
        let (days, log) = (
            self.table("remediation_day"),
            self.table("pending_deletion"),
        );
        let (day, log_table) = (self.tables.table(days), self.tables.table(log));
        let devices = day.column("devices").unwrap();
        let mut logged = log_table.blank();
        logged[log_table.column("value").unwrap()] = n.to_string().into();
        let count = self.tables.table(states).column("handed_count").unwrap();
        let hot = [
            Value::from("script"),
            Value::from(format!("hot-{}", n % HOT)),
        ];
        let (store, written) = (self.store.clone(), self.written.clone());
        async move {
            let outcome = store::write(store.as_ref(), move |transaction| {
                let mut old = transaction
                    .get(states, &hot)?
                    .ok_or_else(|| Error::internal("a hot row is not there"))?;
                old[count] = Value::Integer(old[count].as_i64().unwrap_or(0) + 1);
                transaction.update(states, &hot, [count].into_iter().collect(), &old)?;
                if !transaction.insert(states, &row)? {
                    return Err(Error::internal("a row was written twice"));
                }
                transaction.append(log, &logged)?;
                let key = [Value::from("script"), Value::Integer(1)];
                transaction.add(days, &key, &[(devices, 1)])
            });
            outcome.await?;
            written.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    pub(crate) fn write(&self, n: usize) -> Result<(), Error> {
        self.runtime.block_on(self.command(n))
    }

    /// How many states a snapshot shows.
    pub(crate) fn read(&self) -> impl Future<Output = Result<u64, Error>> + Send + 'static {
        let (states, _) = self.state("");
        let store = self.store.clone();
        async move {
            let read = store::read(store.as_ref(), move |reader| {
                let mut select = Select::all(states, 0);
                select.fixed = Vec::new();
                reader.count(&select)
            });
            read.await
        }
    }

    /// Commands, many at a time, and reads beside them, from number `from` on, for as long as
    /// `meanwhile` takes and then a little longer: each must succeed. Says how many there were.
    pub(crate) fn under_load(&self, from: usize, meanwhile: impl FnOnce()) -> usize {
        let stop = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicUsize::new(from));
        let mut tasks = JoinSet::new();
        std::thread::scope(|scope| {
            let world = self;
            let (told, numbers) = (stop.clone(), next.clone());
            let load = scope.spawn(move || {
                world.runtime.block_on(async move {
                    while !told.load(Ordering::SeqCst) || !tasks.is_empty() {
                        while tasks.len() < AT_ONCE && !told.load(Ordering::SeqCst) {
                            let n = numbers.fetch_add(1, Ordering::SeqCst);
                            tasks.spawn_on(world.command(n), world.runtime.handle());
                            if n % 16 == 0 {
                                let (read, written) = (world.read(), world.written.clone());
                                tasks.spawn_on(
                                    async move {
                                        // Whatever was acknowledged before it began, it shows.
                                        let least = written.load(Ordering::SeqCst);
                                        let shown = read.await?;
                                        assert!(shown >= (HOT + least) as u64);
                                        Ok(())
                                    },
                                    world.runtime.handle(),
                                );
                            }
                        }
                        if let Some(ended) = tasks.join_next().await {
                            ended.unwrap().unwrap();
                        }
                    }
                });
            });
            self.wait_for_writes(20);
            meanwhile();
            self.wait_for_writes(20);
            stop.store(true, Ordering::SeqCst);
            load.join().unwrap();
        });
        next.load(Ordering::SeqCst) - from
    }

    /// Waits until so many more commands were acknowledged.
    pub(crate) fn wait_for_writes(&self, more: usize) {
        let goal = self.written.load(Ordering::SeqCst) + more;
        let deadline = Instant::now() + Duration::from_secs(90);
        while self.written.load(Ordering::SeqCst) < goal {
            assert!(Instant::now() < deadline, "nothing is written any more");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The database holds each of `commands` commands once, in each of the places that it wrote to.
pub(crate) fn check(url: &str, commands: usize) {
    let mut client = Client::connect(url, NoTls).unwrap();
    let mut number = |sql: &str| -> i64 { client.query_one(sql, &[]).unwrap().get(0) };
    let commands = i64::try_from(commands).unwrap();
    for (what, sql) in [
        (
            "rows",
            format!("SELECT count(*) FROM {STATES} WHERE state_key LIKE 'new-%'"),
        ),
        (
            "changes",
            format!("SELECT sum(handed_count)::bigint FROM {STATES} WHERE state_key LIKE 'hot-%'"),
        ),
        (
            "appended",
            "SELECT count(*) FROM pending_deletion".to_owned(),
        ),
        (
            "counted",
            "SELECT sum(devices)::bigint FROM remediation_day".to_owned(),
        ),
    ] {
        assert_eq!(number(&sql), commands, "{what}");
    }
    let twice = "SELECT count(*) - count(DISTINCT value) FROM pending_deletion";
    assert_eq!(number(twice), 0);
}
