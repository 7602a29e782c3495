//! What became of a script's devices day by day, moved in the transaction of the run. Days are the
//! server's, in UTC.

use edm::{ComplexValue, Model, StructuredId, Value};
use engine::Scope;
use odata::Error;
use store::clock::utc_day;
use store::{Row, TableId, Tables, Transaction};

use crate::columns::{hidden, members, property, table_named, term};
use crate::graph::GraphError;
use crate::layout::States;

/// The type that shows a day.
const SHOWN: &str = "microsoft.graph.deviceHealthScriptRemediationHistoryData";

/// One count of a day's devices: by the state in which their latest run of the day ended.
#[derive(Clone, Debug)]
struct DayCount {
    /// The property of [`SHOWN`].
    shown: usize,
    /// The column of the days' table.
    column: usize,
    /// Columns of the run states with the values that count.
    states: Vec<(usize, i64)>,
}

/// The table of days.
#[derive(Clone, Debug)]
pub(crate) struct Days {
    pub(crate) table: TableId,
    pub(crate) script_id: usize,
    /// Devices on the latest day on which they were remediated.
    pub(crate) devices: usize,
    day: usize,
    of: StructuredId,
    date: usize,
    counts: Vec<DayCount>,
    /// The run states' columns of the day of their latest run, and of the counts that hold it.
    outcome: (usize, usize),
}

impl Days {
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "remediation_day")?;
        let table = tables.table(id);
        let states = tables.table(table_named(tables, "device_health_script_device_state")?);
        let state = states
            .of
            .ok_or_else(|| GraphError(format!("{} has no type", states.name)))?;
        let of = model
            .find_structured(SHOWN)
            .ok_or_else(|| GraphError(format!("the model has no {SHOWN}")))?;
        let ty = model.structured(of);
        let term = term("countOfDay");
        let mut counts = Vec::new();
        for (shown, property) in ty.properties.iter().enumerate() {
            let Some(paths) = property.annotations.get(&term) else {
                continue;
            };
            counts.push(DayCount {
                shown,
                column: hidden(table, &store::snake_case(&property.name))?,
                states: members(model, model.structured(state), paths.items())?,
            });
        }
        Ok(Self {
            table: id,
            script_id: hidden(table, "script_id")?,
            devices: hidden(table, "devices")?,
            day: hidden(table, "day")?,
            of,
            date: property(ty, "date")?,
            counts,
            outcome: (hidden(states, "outcome_day")?, hidden(states, "outcome")?),
        })
    }

    /// The day of a row of the table, as days since 0001-01-01.
    pub(crate) fn day_of(&self, row: &Row) -> i64 {
        row[self.day].as_i64().unwrap_or(0)
    }

    /// A day as clients see it; without a row all its counts are zero.
    pub(crate) fn show(&self, model: &Model, day: i32, row: Option<&Row>) -> Value {
        let ty = model.structured(self.of);
        let mut values: Vec<Value> = ty.properties.iter().map(|p| p.default.clone()).collect();
        values[self.date] = Value::Date(edm::time::Date { days: day });
        for count in &self.counts {
            let number = row.and_then(|row| row[count.column].as_i64()).unwrap_or(0);
            values[count.shown] = Value::Integer(number.max(0));
        }
        Value::Complex(Box::new(ComplexValue {
            of: self.of,
            values,
        }))
    }

    /// Moves the number of devices remediated on a day.
    pub(crate) fn count_remediated(
        &self,
        transaction: &mut dyn Transaction,
        script: &Value,
        day: i64,
        amount: i64,
    ) -> Result<(), Error> {
        let key = [script.clone(), Value::Integer(day)];
        transaction.add(self.table, &key, &[(self.devices, amount)])
    }

    /// A run: the device counts today by how it ended, instead of by an earlier run of today; and
    /// a device that it leaves remediated counts on today, and no longer on an earlier day.
    pub(crate) fn count_run(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        states: &States,
        new: &mut Row,
    ) -> Result<(), Error> {
        let Some((remediated, counter)) = &states.window else {
            return Ok(());
        };
        let today = i64::from(utc_day(scope.now));
        let script = new[states.script_id].clone();
        let mut amounts = Vec::with_capacity(4);
        let before = new[*remediated].as_i64();
        if counter.counts(new) && before != Some(today) {
            if let Some(day) = before {
                self.count_remediated(transaction, &script, day, -1)?;
            }
            amounts.push((self.devices, 1));
            new[*remediated] = Value::Integer(today);
        }
        let (day, outcome) = self.outcome;
        let same_day = new[day].as_i64() == Some(today);
        let counted = new[outcome].as_i64().filter(|_| same_day).unwrap_or(0);
        let counts = self.outcome_of(new);
        amounts.extend(self.difference(counted, counts));
        (new[day], new[outcome]) = (Value::Integer(today), Value::Integer(counts));
        if amounts.is_empty() {
            return Ok(());
        }
        transaction.add(self.table, &[script, Value::Integer(today)], &amounts)
    }

    /// A run state that goes takes its device out of the days that count it.
    pub(crate) fn forget(
        &self,
        transaction: &mut dyn Transaction,
        states: &States,
        old: &Row,
    ) -> Result<(), Error> {
        let Some((remediated, _)) = &states.window else {
            return Ok(());
        };
        let script = old[states.script_id].clone();
        if let Some(day) = old[*remediated].as_i64() {
            self.count_remediated(transaction, &script, day, -1)?;
        }
        let (day, outcome) = self.outcome;
        let amounts = self.difference(old[outcome].as_i64().unwrap_or(0), 0);
        match old[day].as_i64() {
            Some(day) if !amounts.is_empty() => {
                transaction.add(self.table, &[script, Value::Integer(day)], &amounts)
            }
            _ => Ok(()),
        }
    }

    /// Which counts hold a run state, a bit each.
    fn outcome_of(&self, state: &Row) -> i64 {
        let holds = |count: &DayCount| {
            let mut states = count.states.iter();
            states.any(|(column, value)| state[*column].as_i64() == Some(*value))
        };
        let counts = self.counts.iter().enumerate();
        counts.fold(0, |bits, (i, count)| bits | i64::from(holds(count)) << i)
    }

    /// How the counts move when a device counts in others.
    fn difference(&self, old: i64, new: i64) -> Vec<(usize, i64)> {
        let counts = self.counts.iter().enumerate();
        counts
            .map(|(i, count)| (count.column, (new >> i & 1) - (old >> i & 1)))
            .filter(|(_, amount)| *amount != 0)
            .collect()
    }
}
