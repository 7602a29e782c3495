//! The least that could do what the example `load` asks of the store, on the same rows: bare
//! `tokio-postgres`, prepared and pipelined, one group of commands after another on each connection.
//!
//! A group locks and reads its states, then changes them, appends their history, logs the change and
//! moves the counters of the script, and commits: two round trips. Run `load` on the database first:
//! it makes the rows.
//!
//! `cargo run -p store-postgres --example floor -- URL [CLIENTS [CONNECTIONS [SECONDS]]]`

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

type Failure = Box<dyn Error + Send + Sync>;

const STATES: usize = 10_000;
/// As many as the store takes together.
const GROUP: usize = 64;

const READ: &str = "SELECT * FROM device_compliance_script_device_state \
    WHERE (script_id, state_key) IN (SELECT 'script', unnest($1::TEXT[])) \
    ORDER BY script_id, state_key FOR NO KEY UPDATE";
const KEYS: &str = "SELECT nextval(pg_get_serial_sequence(\
    'device_compliance_script_device_state_history', 'history_id')) \
    FROM generate_series(1::BIGINT, $1::BIGINT)";
const UPDATE: &str = "UPDATE device_compliance_script_device_state AS s \
    SET handed_count = n.handed, last_history_id = n.history \
    FROM unnest($1::TEXT[], $2::BIGINT[], $3::BIGINT[]) AS n (key, handed, history) \
    WHERE s.script_id = 'script' AND s.state_key = n.key";
const HISTORY: &str = "INSERT INTO device_compliance_script_device_state_history \
    (script_id, state_key, handed_count, last_history_id, history_id, recorded_at) \
    SELECT 'script', * FROM unnest($1::TEXT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[])";
const LOG: &str = "INSERT INTO device_compliance_script_device_state_change \
    (script_id, state_key, change_day) SELECT 'script', unnest($1::TEXT[]), 1";
const COUNT: &str = "INSERT INTO device_compliance_script_run_summary_slot AS s \
    (id, slot, issue_detected_device_count) VALUES ('script', $1, $2) ON CONFLICT (id, slot) \
    DO UPDATE SET issue_detected_device_count = \
    s.issue_detected_device_count + excluded.issue_detected_device_count";

/// What is bound to a statement.
macro_rules! parameters {
    ($($value:expr),*) => { [$($value as &(dyn ToSql + Sync)),*] };
}

/// A command: the state that a report is for, and who waits for it.
type Report = (usize, oneshot::Sender<()>);

/// A connection with its statements.
struct Writer {
    client: Client,
    statements: [Statement; 6],
    slot: i64,
}

impl Writer {
    async fn connect(url: &str, slot: i64) -> Result<Self, Failure> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let mut statements = Vec::new();
        for sql in [READ, KEYS, UPDATE, HISTORY, LOG, COUNT] {
            statements.push(client.prepare(sql).await?);
        }
        let statements = statements.try_into().map_err(|_| "six statements")?;
        Ok(Self {
            client,
            statements,
            slot,
        })
    }

    /// One transaction.
    async fn write(&self, states: &BTreeMap<String, i64>) -> Result<(), Failure> {
        let [read, next, update, history, log, count] = &self.statements;
        let client = &self.client;
        let reports: i64 = states.values().sum();
        let asked: Vec<_> = states.keys().collect();
        let (asked, wanted) = (parameters![&asked], parameters![&reports]);
        let (_, rows, ids) = tokio::try_join!(
            client.batch_execute("BEGIN"),
            client.query(read, &asked),
            client.query(next, &wanted),
        )?;
        let mut ids = ids.iter().map(|row| row.get::<_, i64>(0));
        let (mut keys, mut handed, mut latest) = (Vec::new(), Vec::new(), Vec::new());
        let (mut run_keys, mut runs, mut before, mut run_ids) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in &rows {
            let key: String = row.get("state_key");
            let mut last: Option<i64> = row.get("last_history_id");
            let mut n: i64 = row.get("handed_count");
            for id in ids.by_ref().take(usize::try_from(states[&key])?) {
                run_keys.push(key.clone());
                runs.push(n);
                before.push(last);
                run_ids.push(id);
                (n, last) = (n + 1, Some(id));
            }
            keys.push(key);
            handed.push(n);
            latest.push(last);
        }
        let recorded = vec![0_i64; run_ids.len()];
        let changed = parameters![&keys, &handed, &latest];
        let added = parameters![&run_keys, &runs, &before, &run_ids, &recorded];
        let (logged, counted) = (parameters![&keys], parameters![&self.slot, &reports]);
        tokio::try_join!(
            client.execute(update, &changed),
            client.execute(history, &added),
            client.execute(log, &logged),
            client.execute(count, &counted),
            client.batch_execute("COMMIT"),
        )?;
        Ok(())
    }

    /// Groups of what waits, one after another.
    async fn serve(self, queue: Arc<Mutex<mpsc::Receiver<Report>>>) -> Result<(), Failure> {
        loop {
            let mut group = Vec::with_capacity(GROUP);
            if queue.lock().await.recv_many(&mut group, GROUP).await == 0 {
                return Ok(());
            }
            let mut states = BTreeMap::new();
            for (state, _) in &group {
                *states.entry(state.to_string()).or_default() += 1;
            }
            self.write(&states).await?;
            for (_, reply) in group {
                // The client may have had its time.
                let _ = reply.send(());
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("name the database")?;
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |n| n.parse::<u64>());
    let (clients, connections, seconds) = (number(64)?, number(4)?, number(5)?);
    let (send, queue) = mpsc::channel::<Report>(65_536);
    let queue = Arc::new(Mutex::new(queue));
    let mut writers = tokio::task::JoinSet::new();
    for slot in 0..connections {
        let writer = Writer::connect(&url, 1_000 + i64::try_from(slot)?).await?;
        writers.spawn(writer.serve(Arc::clone(&queue)));
    }
    let (done, stop) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let begun = Instant::now();
    for client in 0..clients {
        let (send, done, stop) = (send.clone(), done.clone(), stop.clone());
        let mut n = usize::try_from(client)?;
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                n = n.wrapping_mul(25_214_903_917).wrapping_add(11);
                let (reply, answer) = oneshot::channel();
                let sent = send.send(((n >> 16) % STATES, reply)).await;
                if sent.is_err() || answer.await.is_err() {
                    return;
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    drop(send);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (done, took) = (done.load(Ordering::Relaxed), begun.elapsed());
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    let rate = done as f64 / took.as_secs_f64();
    let line =
        format!("{clients} clients, {connections} connections: {rate:.0} reports a second\n");
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes())?;
    Ok(())
}
