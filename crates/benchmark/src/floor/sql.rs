//! The statements of the group commit, prepared once.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::types::Null;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Result, params};

use super::counters::{self, Counters};
use super::record::Change;
use super::state::{COLUMNS, State};
use crate::workload::instant::{Instant, TICKS_A_SECOND};

/// What a command found and wrote.
pub(super) enum Outcome {
    /// The state as it is now.
    Written(Box<State>),
    /// All the states of a bulk.
    Many,
    /// The states of a batch as they are now.
    Each(Vec<State>),
    /// There is no such state, or there is one already; nothing was written.
    Refused,
}

/// How much is written with a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The state's row alone.
    Bare,
    /// The row, its history, the log of changes and the counters.
    Full,
}

/// The statements that write states.
pub(super) struct Statements<'c> {
    connection: &'c Connection,
    get: CachedStatement<'c>,
    update: CachedStatement<'c>,
    insert: CachedStatement<'c>,
    append: CachedStatement<'c>,
    log: CachedStatement<'c>,
    counters: counters::Statements<'c>,
    held: Counters,
    /// How the database says seven digits and `Z`.
    form: i64,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        const TABLE: &str = "device_health_script_device_state";
        let marks = |count: usize| vec!["?"; count].join(", ");
        let columns = COLUMNS.split(',').count();
        let form = connection.query_row(
            &format!("SELECT last_state_update_date_time_form FROM {TABLE} LIMIT 1"),
            [],
            |row| row.get(0),
        )?;
        let prepare = |sql: &str| connection.prepare_cached(sql);
        Ok(Self {
            connection,
            get: prepare(&format!(
                "SELECT {COLUMNS} FROM {TABLE} WHERE script_id = ? AND state_key = ?"
            ))?,
            update: prepare(&format!(
                "UPDATE {TABLE} SET detection_state = ?, \
                 last_state_update_date_time = ?, last_state_update_date_time_form = ?, \
                 last_sync_date_time = ?, last_sync_date_time_form = ?, \
                 pre_remediation_detection_script_output = ?, \
                 pre_remediation_detection_script_error = ?, remediation_script_error = ?, \
                 post_remediation_detection_script_output = ?, \
                 post_remediation_detection_script_error = ?, remediation_state = ?, \
                 counted_day = ?, outcome_day = ?, outcome = ?, last_history_id = ? \
                 WHERE script_id = ? AND state_key = ?"
            ))?,
            insert: prepare(&format!(
                "INSERT INTO {TABLE} ({COLUMNS}) VALUES ({}) ON CONFLICT DO NOTHING",
                marks(columns)
            ))?,
            append: prepare(&format!(
                "INSERT INTO {TABLE}_history ({COLUMNS}, recorded_at) VALUES ({})",
                marks(columns + 1)
            ))?,
            log: prepare(&format!(
                "INSERT INTO {TABLE}_change (script_id, state_key, id_form, change_day) \
                 VALUES (?, ?, ?, ?)"
            ))?,
            counters: counters::Statements::prepare(connection)?,
            held: Counters::default(),
            form,
        })
    }

    /// Updates a state.
    pub(super) fn report(
        &mut self,
        script: &str,
        change: Change,
        extent: Extent,
    ) -> Result<Outcome> {
        let found = self.get.query_row(params![script, change.key], State::read);
        let Some(mut state) = found.optional()? else {
            return Ok(Outcome::Refused);
        };
        let before = (state.detection, state.remediation);
        state.set(change.record, self.form);
        if extent == Extent::Full {
            self.run(Some(before), &mut state)?;
        }
        let [a, b, c, d, e] = &state.outputs;
        self.update.execute(params![
            state.detection,
            state.last_update.0,
            state.last_update.1,
            state.last_sync.0,
            state.last_sync.1,
            a,
            b,
            c,
            d,
            e,
            state.remediation,
            state.counted_day,
            state.outcome.0,
            state.outcome.1,
            state.last_history,
            state.script,
            state.key
        ])?;
        if extent == Extent::Full {
            // Of a row that is there its key says enough.
            let key = params![state.script, state.key, Null, today()];
            self.log.execute(key)?;
        }
        Ok(Outcome::Written(Box::new(state)))
    }

    /// Makes a state. A state that is there already is found before anything is written.
    pub(super) fn insert(&mut self, script: &str, change: Change) -> Result<Outcome> {
        if self.get.exists(params![script, change.key])? {
            return Ok(Outcome::Refused);
        }
        let mut state = State::new(script, change, self.form);
        self.run(None, &mut state)?;
        write(&mut self.insert, &state, None)?;
        let key = params![state.script, state.key, state.id_form, today()];
        self.log.execute(key)?;
        Ok(Outcome::Written(Box::new(state)))
    }

    /// Updates many states.
    pub(super) fn bulk(&mut self, script: &str, changes: Vec<Change>) -> Result<Outcome> {
        for change in changes {
            if matches!(self.report(script, change, Extent::Full)?, Outcome::Refused) {
                // The workload names states that exist: a group that does not is no measurement.
                return Err(rusqlite::Error::QueryReturnedNoRows);
            }
        }
        Ok(Outcome::Many)
    }

    /// Updates the states of a batch; one that is not there leaves no mark.
    pub(super) fn each(&mut self, script: &str, changes: Vec<Change>) -> Result<Outcome> {
        let mut states = Vec::with_capacity(changes.len());
        for change in changes {
            if let Outcome::Written(state) = self.report(script, change, Extent::Full)? {
                states.push(*state);
            }
        }
        Ok(Outcome::Each(states))
    }

    /// The history's row and the counters of a run.
    fn run(&mut self, before: Option<(i64, i64)>, state: &mut State) -> Result<()> {
        self.held.run(before, state, today());
        let recorded = now_ticks();
        write(&mut self.append, state, Some(recorded))?;
        state.last_history = Some(self.connection.last_insert_rowid());
        Ok(())
    }

    /// Begins a transaction.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])
            .map(drop)
    }

    /// Writes the counters and commits.
    pub(super) fn commit(&mut self) -> Result<()> {
        self.counters.flush(&mut self.held)?;
        self.connection
            .prepare_cached("COMMIT")?
            .execute([])
            .map(drop)
    }

    /// Undoes the group.
    pub(super) fn roll_back(&mut self) {
        self.held.clear();
        // A failed commit may have ended the transaction by itself.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

fn write(statement: &mut CachedStatement<'_>, state: &State, recorded: Option<i64>) -> Result<()> {
    let [a, b, c, d, e] = &state.outputs;
    let columns: [&dyn rusqlite::ToSql; 24] = [
        &state.detection,
        &state.last_update.0,
        &state.last_update.1,
        &state.expected.0,
        &state.expected.1,
        &state.last_sync.0,
        &state.last_sync.1,
        a,
        b,
        c,
        d,
        e,
        &state.remediation,
        &state.filters,
        &state.script,
        &state.key,
        &state.id_form,
        &state.device,
        &state.counted_day,
        &state.outcome.0,
        &state.outcome.1,
        &state.handed_version,
        &state.handed_count,
        &state.last_history,
    ];
    for (i, column) in columns.into_iter().enumerate() {
        statement.raw_bind_parameter(i + 1, column)?;
    }
    if let Some(recorded) = recorded {
        statement.raw_bind_parameter(columns.len() + 1, recorded)?;
    }
    statement.raw_execute().map(drop)
}

/// Today in UTC, as days since 0001-01-01.
pub(super) fn today() -> i64 {
    let days = now().ticks() / (86_400 * TICKS_A_SECOND);
    i64::try_from(days).unwrap_or(i64::MAX)
}

/// Now, in ticks.
pub(super) fn now_ticks() -> i64 {
    i64::try_from(now().ticks()).unwrap_or(i64::MAX)
}

fn now() -> Instant {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let ticks = u64::from(since.subsec_nanos() / 100);
    Instant::from_unix_seconds(since.as_secs()).plus(ticks)
}
