//! The counters of run summaries, held back to the end of a group as the product holds them back.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, Result, params};

use super::state::State;

/// How many counters a summary has.
const COUNTERS: usize = 9;

/// The summary's columns: five that detection decides, then four of remediation.
pub(super) const COLUMNS: [&str; COUNTERS] = [
    "no_issue_detected_device_count",
    "issue_detected_device_count",
    "detection_script_error_device_count",
    "detection_script_pending_device_count",
    "detection_script_not_applicable_device_count",
    "remediation_skipped_device_count",
    "issue_remediated_device_count",
    "issue_reoccurred_device_count",
    "remediation_script_error_device_count",
];

/// What a summary moves by, not yet written.
#[derive(Default)]
struct Held {
    amounts: [i64; COUNTERS],
    latest: Option<(i64, i64)>,
    days: HashMap<i64, Day>,
}

/// What a day's counts move by.
#[derive(Clone, Copy, Default)]
struct Day {
    /// Devices on the latest day on which they were remediated.
    devices: i64,
    /// Devices by how their latest run of the day ended: detection failed, no issue, remediated.
    outcomes: [i64; OUTCOMES],
}

/// How many counts of outcomes a day has.
const OUTCOMES: usize = 3;

/// Which counts of a day hold a run, a bit each.
fn outcomes(detection: i64, remediation: i64) -> i64 {
    i64::from(detection == 2) | i64::from(detection == 1) << 1 | i64::from(remediation == 2) << 2
}

/// What the summaries move by, by script.
#[derive(Default)]
pub(super) struct Counters {
    held: HashMap<String, Held>,
}

/// What the summary of a script moves by.
pub(super) struct Summary {
    /// In the order of [`COLUMNS`].
    pub(super) amounts: [i64; COUNTERS],
    /// The latest run, as a pair of columns.
    pub(super) latest: (i64, i64),
}

/// What the days of a script move by: devices remediated, then by outcome.
type Days = Vec<(i64, [i64; OUTCOMES + 1])>;

impl Counters {
    /// Takes what is held back, by script; without a run nothing of a script is.
    pub(super) fn take(&mut self) -> Vec<(String, Summary, Days)> {
        let taken = self.held.drain().filter_map(|(script, held)| {
            let summary = Summary {
                amounts: held.amounts,
                latest: held.latest?,
            };
            let days = held.days.into_iter().map(|(day, moved)| {
                let [failed, fine, remediated] = moved.outcomes;
                (day, [moved.devices, failed, fine, remediated])
            });
            Some((script, summary, days.collect()))
        });
        taken.collect()
    }
}

impl Held {
    /// Counts the device of a run on its day, and no longer where an earlier run of it counted.
    fn day(&mut self, new: &mut State, today: i64) {
        let remediated = new.remediation == 2;
        if remediated && new.counted_day != Some(today) {
            if let Some(day) = new.counted_day {
                self.days.entry(day).or_default().devices -= 1;
            }
            self.days.entry(today).or_default().devices += 1;
            new.counted_day = Some(today);
        }
        let (day, bits) = new.outcome;
        let before = if day == Some(today) { bits } else { 0 };
        let now = outcomes(new.detection, new.remediation);
        new.outcome = (Some(today), now);
        if before != now {
            let moved = &mut self.days.entry(today).or_default().outcomes;
            for (i, amount) in moved.iter_mut().enumerate() {
                *amount += (now >> i & 1) - (before >> i & 1);
            }
        }
    }
}

fn counted(detection: i64, remediation: i64) -> [Option<usize>; 2] {
    let index = |number: i64, of: std::ops::RangeInclusive<i64>, base: usize| {
        of.contains(&number)
            .then(|| usize::try_from(number).ok().map(|n| n - 1 + base))
            .flatten()
    };
    [index(detection, 1..=5, 0), index(remediation, 1..=4, 5)]
}

impl Counters {
    /// Notes a run: the states before it, if there was a row, and the row as it will be.
    pub(super) fn run(&mut self, before: Option<(i64, i64)>, new: &mut State, today: i64) {
        if !self.held.contains_key(&new.script) {
            self.held.insert(new.script.clone(), Held::default());
        }
        let Some(held) = self.held.get_mut(&new.script) else {
            return;
        };
        if let Some((detection, remediation)) = before {
            for counter in counted(detection, remediation).into_iter().flatten() {
                held.amounts[counter] -= 1;
            }
        }
        for counter in counted(new.detection, new.remediation)
            .into_iter()
            .flatten()
        {
            held.amounts[counter] += 1;
        }
        if held
            .latest
            .is_none_or(|(ticks, _)| ticks < new.last_update.0)
        {
            held.latest = Some(new.last_update);
        }
        held.day(new, today);
    }

    /// Forgets everything: the group failed.
    pub(super) fn clear(&mut self) {
        self.held.clear();
    }
}

/// The statements that write counters.
pub(super) struct Statements<'c> {
    summary: CachedStatement<'c>,
    day: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Result<Self> {
        let sets: Vec<String> = COLUMNS
            .iter()
            .enumerate()
            .map(|(i, name)| format!("{name} = {name} + ?{}", i + 2))
            .collect();
        // Without a run there is no latest one: the amounts are never written alone.
        let summary = format!(
            "UPDATE device_health_script_run_summary SET {}, \
             last_script_run_date_time_form = \
               iif(ifnull(last_script_run_date_time, 0) < ?11, ?12, last_script_run_date_time_form), \
             last_script_run_date_time = max(ifnull(last_script_run_date_time, 0), ?11) \
             WHERE id = ?1",
            sets.join(", ")
        );
        let day = "INSERT INTO remediation_day (script_id, day, devices, \
                   detect_failed_device_count, no_issue_device_count, remediated_device_count) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                   ON CONFLICT DO UPDATE SET devices = devices + excluded.devices, \
                   detect_failed_device_count = detect_failed_device_count \
                     + excluded.detect_failed_device_count, \
                   no_issue_device_count = no_issue_device_count \
                     + excluded.no_issue_device_count, \
                   remediated_device_count = remediated_device_count \
                     + excluded.remediated_device_count";
        Ok(Self {
            summary: connection.prepare_cached(&summary)?,
            day: connection.prepare_cached(day)?,
        })
    }

    /// Writes what is held back.
    pub(super) fn flush(&mut self, counters: &mut Counters) -> Result<()> {
        for (script, summary, days) in counters.take() {
            let [a, b, c, d, e, f, g, h, i] = summary.amounts;
            let (ticks, form) = summary.latest;
            self.summary
                .execute(params![script, a, b, c, d, e, f, g, h, i, ticks, form])?;
            for (day, [devices, failed, fine, remediated]) in days {
                self.day
                    .execute(params![script, day, devices, failed, fine, remediated])?;
            }
        }
        Ok(())
    }
}

/// Whether every script with states has a summary, and every summary's counters are what its rows
/// say.
#[cfg(test)]
pub(super) fn agree(connection: &Connection) -> Result<bool> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let [wrong, without] = disagreements();
    Ok(count(&wrong)? == 0 && count(&without)? == 0)
}

/// How many summaries have a counter that is not what the rows say, and how many scripts with states
/// have no summary: statements of both databases.
pub(crate) fn disagreements() -> [String; 2] {
    let state = |column: &str, number: usize| {
        format!(
            "(SELECT count(*) FROM device_health_script_device_state \
             WHERE script_id = id AND {column} = {number})"
        )
    };
    let wrong: Vec<String> = COLUMNS
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let of = if i < 5 {
                state("detection_state", i + 1)
            } else {
                state("remediation_state", i - 4)
            };
            format!("{name} <> {of}")
        })
        .collect();
    let sql = format!(
        "SELECT count(*) FROM device_health_script_run_summary WHERE {}",
        wrong.join(" OR ")
    );
    let without = "SELECT count(*) FROM (SELECT DISTINCT script_id \
                   FROM device_health_script_device_state) AS s \
                   WHERE script_id NOT IN (SELECT id FROM device_health_script_run_summary)";
    [sql, without.to_owned()]
}
