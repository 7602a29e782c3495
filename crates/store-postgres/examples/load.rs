//! How many reports a second the store takes: each changes a run state, moves the counters of the
//! one script that all are for, and appends to its history.
//!
//! `cargo run -p store-postgres --example load -- URL [CLIENTS [SERVERS [SECONDS]]]`

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use edm::Value;
use edm::time::DateTimeOffset;
use store::Transaction;
use store::clock::{Clock, SystemClock};
use store_postgres::{Options, Postgres, Target};

const FAMILY: &str = "device_compliance_script";
const STATES: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("name the database")?;
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |n| n.parse::<u64>());
    let (clients, servers, seconds) = (number(64)?, number(1)?, number(5)?);
    let model = service::model()?;
    let tables = service::tables(&model)?;
    let target = Target::parse(&url)?;
    let open = || {
        let clock = Arc::new(SystemClock);
        let (model, tables) = (model.clone(), tables.clone());
        Postgres::open(&target, Options::default(), model, tables, clock).map(Arc::new)
    };
    let stores = (0..servers)
        .map(|_| open())
        .collect::<Result<Vec<_>, _>>()?;
    let report = Arc::new(Report::new(&tables)?);
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(report.clone().fill(stores[0].clone()))?;
    let (count, slowest) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let stop = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let store = stores[usize::try_from(client % servers)?].clone();
        let (report, stop) = (report.clone(), stop.clone());
        let (count, slowest) = (count.clone(), slowest.clone());
        tasks.spawn_on(
            async move {
                let mut n = usize::try_from(client).unwrap_or_default();
                while !stop.load(Ordering::Relaxed) {
                    n = n.wrapping_mul(25_214_903_917).wrapping_add(11);
                    let sent = Instant::now();
                    report
                        .clone()
                        .send(store.as_ref(), (n >> 16) % STATES)
                        .await?;
                    count.fetch_add(1, Ordering::Relaxed);
                    let took = u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX);
                    slowest.fetch_max(took, Ordering::Relaxed);
                }
                Ok::<_, odata::Error>(())
            },
            runtime.handle(),
        );
    }
    std::thread::sleep(Duration::from_secs(seconds));
    let (count, took) = (count.load(Ordering::Relaxed), begun.elapsed());
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    let mut out = std::io::stdout();
    std::io::Write::write_fmt(
        &mut out,
        format_args!(
            "{clients} clients, {servers} servers: {:.0} reports a second, the slowest {} ms\n",
            count as f64 / took.as_secs_f64(),
            slowest.load(Ordering::Relaxed) / 1_000
        ),
    )?;
    Ok(())
}

/// What a report touches.
struct Report {
    tables: Arc<store::Tables>,
    scripts: store::TableId,
    states: store::TableId,
    history: store::TableId,
    summary: store::TableId,
}

impl Report {
    fn new(tables: &Arc<store::Tables>) -> Result<Self, Box<dyn Error>> {
        let find = |name: &str| tables.find(name).ok_or("the model has changed");
        let states = find(&format!("{FAMILY}_device_state"))?;
        Ok(Self {
            tables: tables.clone(),
            scripts: find(FAMILY)?,
            states,
            history: tables.table(states).history.ok_or("no history")?,
            summary: find(&format!("{FAMILY}_run_summary"))?,
        })
    }

    fn column(&self, table: store::TableId, name: &str) -> Result<usize, odata::Error> {
        let column = self.tables.table(table).column(name);
        column.ok_or_else(|| odata::Error::internal(format!("no column {name}")))
    }

    /// Makes the script, its summary and its states, where they are missing.
    async fn fill(self: Arc<Self>, store: Arc<Postgres>) -> Result<(), odata::Error> {
        let columns = (
            self.column(self.states, "script_id")?,
            self.column(self.states, "state_key")?,
            self.column(self.scripts, "id")?,
            self.column(self.summary, "id")?,
        );
        for slice in 0..10 {
            let report = self.clone();
            let fill = move |transaction: &mut dyn Transaction| {
                let mut row = report.tables.table(report.scripts).blank();
                row[columns.2] = "script".into();
                transaction.insert(report.scripts, &row)?;
                let mut row = report.tables.table(report.summary).blank();
                row[columns.3] = "script".into();
                transaction.insert(report.summary, &row)?;
                for n in (0..STATES).skip(slice).step_by(10) {
                    let mut row = report.tables.table(report.states).blank();
                    row[columns.0] = "script".into();
                    row[columns.1] = n.to_string().into();
                    transaction.insert(report.states, &row)?;
                }
                Ok(())
            };
            store::write(store.as_ref(), fill).await?;
        }
        Ok(())
    }

    /// Reports on one state.
    async fn send(self: Arc<Self>, store: &Postgres, state: usize) -> Result<(), odata::Error> {
        let handed = self.column(self.states, "handed_count")?;
        let last = self.column(self.states, "last_history_id")?;
        let counter = self.column(self.summary, "issue_detected_device_count")?;
        let latest = self.column(self.summary, "last_script_run_date_time");
        let key = [Value::from("script"), Value::from(state.to_string())];
        let run = move |transaction: &mut dyn Transaction| {
            let script = [Value::from("script")];
            if !transaction.exists(self.scripts, &script)? {
                return Err(odata::Error::not_found("no script"));
            }
            let row = transaction.get(self.states, &key)?;
            let mut row = row.ok_or_else(|| odata::Error::not_found("no state"))?;
            transaction.add(self.summary, &script, &[(counter, 1)])?;
            if let Ok(column) = latest {
                let now: DateTimeOffset = SystemClock.now();
                transaction.raise(self.summary, &script, column, now)?;
            }
            let mut run = row.clone();
            run.extend([Value::Integer(0), Value::Integer(SystemClock.now().ticks)]);
            let id = transaction.append(self.history, &run)?;
            row[last] = Value::Integer(id);
            row[handed] = Value::Integer(row[handed].as_i64().unwrap_or(0) + 1);
            let columns = [last, handed].into_iter().collect();
            transaction
                .update(self.states, &key, columns, &row)
                .map(|_| ())
        };
        store::write(store, run).await
    }
}
