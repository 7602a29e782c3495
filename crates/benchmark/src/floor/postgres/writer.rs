//! The bare group commit on PostgreSQL: each connection takes the commands that wait and writes them
//! in one transaction of two round trips. The first locks and reads the states and draws the keys
//! of the history; the second writes the states, their history, the log of changes and the
//! counters, and commits.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::super::counters::{COLUMNS as COUNTERS, Summary};
use super::super::sql::{Outcome, now_ticks, today};
use super::super::state::{COLUMNS, State};
use super::super::writer::{Command, Reply};
use super::columns::{CHANGED, Column, KEY, TYPES, state};
use super::group::{Group, keys};
use super::parameters;
use crate::Failure;

/// The most commands in one transaction, as in the product.
const GROUP: usize = 64;
/// Slots of counters behind those that the product takes.
const FIRST_SLOT: i64 = 1_000;
const STATES: &str = "device_health_script_device_state";

type Queue = Arc<Mutex<UnboundedReceiver<Command>>>;

/// Starts so many connections that write; they end with the queue's sender.
///
/// # Errors
/// If the database cannot be reached, or is not the product's.
pub(super) async fn start(
    address: &str,
    writers: i64,
    queue: UnboundedReceiver<Command>,
) -> Result<(), Failure> {
    let queue = Arc::new(Mutex::new(queue));
    for slot in FIRST_SLOT..FIRST_SLOT + writers {
        let writer = Writer::prepare(super::connect(address).await?, slot).await?;
        tokio::spawn(writer.serve(queue.clone()));
    }
    Ok(())
}

/// A connection with its statements.
struct Writer {
    client: Client,
    slot: i64,
    form: i64,
    read: Statement,
    ids: Statement,
    update: Statement,
    insert: Statement,
    history: Statement,
    log: Statement,
    summary: Statement,
    day: Statement,
}

impl Writer {
    async fn prepare(client: Client, slot: i64) -> Result<Self, Failure> {
        let form = format!("SELECT last_state_update_date_time_form FROM {STATES} LIMIT 1");
        let form: i32 = client.query_one(&form, &[]).await?.try_get(0)?;
        let prepare = async |sql: String| client.prepare(&sql).await;
        Ok(Self {
            slot,
            form: form.into(),
            read: prepare(format!(
                "SELECT {COLUMNS} FROM {STATES} WHERE (script_id, state_key) IN \
                 (SELECT * FROM unnest($1::TEXT[], $2::TEXT[])) \
                 ORDER BY script_id, state_key FOR NO KEY UPDATE"
            ))
            .await?,
            ids: prepare(format!(
                "SELECT nextval(pg_get_serial_sequence('{STATES}_history', 'history_id')) \
                 FROM generate_series(1::BIGINT, $1::BIGINT)"
            ))
            .await?,
            update: prepare(update()).await?,
            insert: prepare(format!(
                "INSERT INTO {STATES} ({COLUMNS}) SELECT * FROM unnest({}) ON CONFLICT DO NOTHING",
                arrays(0..TYPES.len(), 0)
            ))
            .await?,
            history: prepare(format!(
                "INSERT INTO {STATES}_history ({COLUMNS}, history_id, recorded_at) \
                 SELECT n.*, $26::BIGINT FROM unnest({}, $25::BIGINT[]) AS n",
                arrays(0..TYPES.len(), 0)
            ))
            .await?,
            log: prepare(format!(
                "INSERT INTO {STATES}_change (script_id, state_key, id_form, change_day) \
                 SELECT n.*, $4::BIGINT FROM unnest($1::TEXT[], $2::TEXT[], $3::BIGINT[]) AS n"
            ))
            .await?,
            summary: prepare(summary()).await?,
            day: prepare(day()).await?,
            client,
        })
    }

    /// Groups of what waits, one after another.
    async fn serve(self, queue: Queue) {
        loop {
            let mut commands = Vec::with_capacity(GROUP);
            if queue.lock().await.recv_many(&mut commands, GROUP).await == 0 {
                return;
            }
            let mut replies = Vec::with_capacity(commands.len());
            match self.write(commands, &mut replies).await {
                Ok(()) => replies
                    .into_iter()
                    .for_each(|(reply, outcome)| reply(Ok(outcome))),
                Err(error) => {
                    let error = error.to_string();
                    let _ = writeln!(std::io::stderr(), "floor: {error}");
                    // What is open is undone; commands that were not carried out lose their reply,
                    // which their clients see.
                    let _ = self.client.batch_execute("ROLLBACK").await;
                    replies
                        .into_iter()
                        .for_each(|(reply, _)| reply(Err(error.clone())));
                }
            }
        }
    }

    async fn write(
        &self,
        commands: Vec<Command>,
        replies: &mut Vec<(Reply, Outcome)>,
    ) -> Result<(), Failure> {
        let asked: Vec<_> = commands.iter().flat_map(keys).collect();
        let runs = i64::try_from(asked.len())?;
        let asked: BTreeSet<_> = asked.into_iter().collect();
        let (scripts, asked): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let (wanted, count) = (parameters![&scripts, &asked], parameters![&runs]);
        let (_, rows, ids) = tokio::try_join!(
            self.client.batch_execute("BEGIN"),
            self.client.query(&self.read, &wanted),
            self.client.query(&self.ids, &count),
        )?;
        let found = rows.iter().map(state).collect::<Result<Vec<_>, _>>()?;
        let ids = ids.iter().rev().map(|row| row.try_get(0));
        let mut group = Group::new(found, ids.collect::<Result<Vec<_>, _>>()?, self.form);
        for command in commands {
            replies.push(group.carry_out(command));
        }
        self.commit(group).await
    }

    /// Writes what a group changed, and commits: all of it is sent before anything is answered.
    async fn commit(&self, mut group: Group) -> Result<(), Failure> {
        let moved = group.counters.take();
        let (changed, new) = (group.changed(), group.new_states());
        let update = columns(&changed, KEY.into_iter().chain(CHANGED));
        let insert = columns(&new, 0..TYPES.len());
        let run_states: Vec<&State> = group.runs.iter().map(|(_, state)| state).collect();
        let run_ids: Vec<i64> = group.runs.iter().map(|(id, _)| *id).collect();
        let history = columns(&run_states, 0..TYPES.len());
        let (recorded, today) = (now_ticks(), today());
        let (log_scripts, log_keys, log_forms) = group.logged();
        let logged = parameters![&log_scripts, &log_keys, &log_forms, &today];
        let (update, insert) = (bound(&update), bound(&insert));
        let mut history = bound(&history);
        history.extend(parameters![&run_ids, &recorded]);
        let (mut summaries, mut days) = (Summaries::default(), Days::default());
        for (script, summary, of_days) in &moved {
            summaries.push(script, summary);
            of_days.iter().for_each(|day| days.push(script, day));
        }
        let (summary, day) = (summaries.bound(&self.slot), days.bound(&self.slot));
        // A statement is sent when its future is first looked at: all of them stand on the wire, in
        // this order, before the first answer is waited for.
        tokio::try_join!(
            some(&self.client, &self.update, &update, !changed.is_empty()),
            some(&self.client, &self.insert, &insert, !new.is_empty()),
            some(&self.client, &self.history, &history, !run_ids.is_empty()),
            some(&self.client, &self.log, &logged, !log_keys.is_empty()),
            some(&self.client, &self.summary, &summary, !moved.is_empty()),
            some(&self.client, &self.day, &day, !days.scripts.is_empty()),
            self.client.batch_execute("COMMIT"),
        )?;
        Ok(())
    }
}

/// What summaries move by, as arrays of columns.
#[derive(Default)]
struct Summaries<'m> {
    scripts: Vec<&'m str>,
    amounts: [Vec<i64>; COUNTERS.len()],
    ticks: Vec<i64>,
    forms: Vec<i32>,
}

impl<'m> Summaries<'m> {
    fn push(&mut self, script: &'m str, summary: &Summary) {
        self.scripts.push(script);
        for (amounts, amount) in self.amounts.iter_mut().zip(summary.amounts) {
            amounts.push(amount);
        }
        let (ticks, form) = summary.latest;
        self.ticks.push(ticks);
        self.forms.push(i32::try_from(form).unwrap_or_default());
    }

    fn bound<'b>(&'b self, slot: &'b i64) -> Vec<&'b (dyn ToSql + Sync)> {
        let mut bound = parameters![slot, &self.scripts].to_vec();
        bound.extend(self.amounts.iter().map(|n| n as &(dyn ToSql + Sync)));
        bound.extend(parameters![&self.ticks, &self.forms]);
        bound
    }
}

/// What days move by, as arrays of columns.
#[derive(Default)]
struct Days<'m> {
    scripts: Vec<&'m str>,
    days: Vec<i64>,
    amounts: [Vec<i64>; 4],
}

impl<'m> Days<'m> {
    fn push(&mut self, script: &'m str, (day, amounts): &(i64, [i64; 4])) {
        self.scripts.push(script);
        self.days.push(*day);
        for (all, amount) in self.amounts.iter_mut().zip(amounts) {
            all.push(*amount);
        }
    }

    fn bound<'b>(&'b self, slot: &'b i64) -> Vec<&'b (dyn ToSql + Sync)> {
        let mut bound = parameters![slot, &self.scripts, &self.days].to_vec();
        bound.extend(self.amounts.iter().map(|n| n as &(dyn ToSql + Sync)));
        bound
    }
}

/// Executes a statement if there is anything for it.
async fn some(
    client: &Client,
    statement: &Statement,
    bound: &[&(dyn ToSql + Sync)],
    wanted: bool,
) -> Result<(), tokio_postgres::Error> {
    if wanted {
        client.execute(statement, bound).await?;
    }
    Ok(())
}

fn columns<'s>(states: &[&'s State], ordinals: impl IntoIterator<Item = usize>) -> Vec<Column<'s>> {
    let column = |ordinal| Column::of(states.iter().copied(), ordinal);
    ordinals.into_iter().map(column).collect()
}

fn bound<'c>(columns: &'c [Column<'_>]) -> Vec<&'c (dyn ToSql + Sync)> {
    columns.iter().map(Column::parameter).collect()
}

/// Parameters for the arrays of columns, behind so many others.
fn arrays(ordinals: impl IntoIterator<Item = usize>, behind: usize) -> String {
    let numbered = ordinals.into_iter().enumerate();
    let marks = numbered.map(|(i, at)| format!("${}::{}", behind + i + 1, TYPES[at].array()));
    marks.collect::<Vec<_>>().join(", ")
}

fn update() -> String {
    let names: Vec<&str> = COLUMNS.split(',').map(str::trim).collect();
    let all: Vec<&str> = KEY.into_iter().chain(CHANGED).map(|at| names[at]).collect();
    let sets: Vec<String> = CHANGED
        .iter()
        .map(|at| format!("{0} = n.{0}", names[*at]))
        .collect();
    format!(
        "UPDATE {STATES} AS s SET {} FROM unnest({}) AS n ({}) \
         WHERE s.script_id = n.script_id AND s.state_key = n.state_key",
        sets.join(", "),
        arrays(KEY.into_iter().chain(CHANGED), 0),
        all.join(", ")
    )
}

fn summary() -> String {
    const TABLE: &str = "device_health_script_run_summary_slot";
    let sets: Vec<String> = COUNTERS
        .iter()
        .map(|name| format!("{name} = s.{name} + excluded.{name}"))
        .collect();
    let amounts: Vec<String> = (3..COUNTERS.len() + 3)
        .map(|n| format!("${n}::BIGINT[]"))
        .collect();
    format!(
        "INSERT INTO {TABLE} AS s (slot, id, {}, last_script_run_date_time, \
         last_script_run_date_time_form) SELECT $1::BIGINT, n.* \
         FROM unnest($2::TEXT[], {}, $12::BIGINT[], $13::INTEGER[]) AS n \
         ON CONFLICT (id, slot) DO UPDATE SET {}, \
         last_script_run_date_time_form = CASE \
           WHEN coalesce(s.last_script_run_date_time, 0) < excluded.last_script_run_date_time \
           THEN excluded.last_script_run_date_time_form ELSE s.last_script_run_date_time_form END, \
         last_script_run_date_time = greatest(s.last_script_run_date_time, \
           excluded.last_script_run_date_time)",
        COUNTERS.join(", "),
        amounts.join(", "),
        sets.join(", ")
    )
}

fn day() -> String {
    const COUNTS: [&str; 4] = [
        "devices",
        "detect_failed_device_count",
        "no_issue_device_count",
        "remediated_device_count",
    ];
    let sets = COUNTS.map(|name| format!("{name} = s.{name} + excluded.{name}"));
    format!(
        "INSERT INTO remediation_day_slot AS s (slot, script_id, day, {}) \
         SELECT $1::BIGINT, n.* FROM unnest($2::TEXT[], $3::BIGINT[], $4::BIGINT[], \
           $5::BIGINT[], $6::BIGINT[], $7::BIGINT[]) AS n \
         ON CONFLICT (script_id, day, slot) DO UPDATE SET {}",
        COUNTS.join(", "),
        sets.join(", ")
    )
}
