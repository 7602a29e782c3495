//! `runstate.recount`: the counters of a script, counted anew from its rows. It corrects the
//! derived part; what clients adjusted stays. On a sound database it changes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use edm::Value;
use engine::{Answer, Call, Core, load, locate};
use odata::Error;
use store::{Row, Select, TableId, Transaction};

use crate::graph::Graph;
use crate::layout::{Family, States, Users};
use crate::states::text;
use crate::users::class_of;

/// Counts anew, and answers how many counters were wrong.
pub(crate) async fn recount(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (graph, shared) = (graph.clone(), core.clone());
    let corrected = core
        .write(call.origin.clone(), move |transaction| {
            let target = locate(&shared, transaction, &call.binding)?;
            let row = load(&shared, transaction, &target)?;
            let script = row[graph.id].clone();
            let counted = (target.table, std::slice::from_ref(&row));
            graph.audit.note(
                transaction.unconfined(),
                &shared.scope(),
                &call.origin,
                counted,
            )?;
            let family = graph
                .layout
                .family(target.table)
                .ok_or_else(|| Error::internal("recount of what is no script"))?;
            Recount {
                graph: &graph,
                core: &shared,
                script,
            }
            .run(transaction, family)
        })
        .await?;
    Ok(Answer::Value(Value::Integer(corrected)))
}

struct Recount<'a> {
    graph: &'a Graph,
    core: &'a Core,
    script: Value,
}

/// What the rows of a script add up to.
#[derive(Default)]
struct Totals {
    summary: HashMap<usize, i64>,
    users: HashMap<String, HashMap<usize, i64>>,
    days: HashMap<i64, i64>,
}

impl Recount<'_> {
    fn run(&self, transaction: &mut dyn Transaction, family: &Family) -> Result<i64, Error> {
        let states = self.graph.states(family.states)?;
        let users = family
            .users
            .map(|users| self.graph.users(users))
            .transpose()?;
        let mut totals = self.totals(transaction, states, users)?;
        let mut corrected = 0;
        if let Some(users) = users {
            corrected += self.correct_users(transaction, users, &mut totals)?;
        }
        if states.window.is_some() {
            corrected += self.correct_days(transaction, &totals)?;
        }
        Ok(corrected + self.correct_summary(transaction, states, users, &totals)?)
    }

    fn each(
        &self,
        transaction: &mut dyn Transaction,
        table: TableId,
        column: usize,
        mut sink: impl FnMut(Row),
    ) -> Result<(), Error> {
        let columns = self.core.tables.table(table);
        let mut select = Select::all(table, columns.columns.len());
        select.fixed = vec![(column, self.script.clone())];
        select.today = self.core.today();
        transaction.select(&select, &mut |cells| {
            sink(store::cell::decode_row(&self.core.model, columns, cells)?);
            Ok(())
        })
    }

    fn totals(
        &self,
        transaction: &mut dyn Transaction,
        states: &States,
        users: Option<&Users>,
    ) -> Result<Totals, Error> {
        let mut totals = Totals::default();
        self.each(transaction, states.table, states.script_id, |row| {
            for counter in states
                .counters
                .iter()
                .filter(|counter| counter.counts(&row))
            {
                *totals.summary.entry(counter.column).or_default() += 1;
            }
            if let (Some(users), Some(column)) = (users, states.user_id)
                && !text(&row, column).is_empty()
            {
                let user = totals
                    .users
                    .entry(text(&row, column).to_owned())
                    .or_default();
                for counter in users.counters.iter().filter(|counter| counter.counts(&row)) {
                    *user.entry(counter.column).or_default() += 1;
                }
            }
            if let Some(day) = states
                .window
                .as_ref()
                .and_then(|(day, _)| row[*day].as_i64())
            {
                *totals.days.entry(day).or_default() += 1;
            }
        })?;
        Ok(totals)
    }

    fn correct_users(
        &self,
        transaction: &mut dyn Transaction,
        users: &Users,
        totals: &mut Totals,
    ) -> Result<i64, Error> {
        let mut rows = Vec::new();
        self.each(transaction, users.table, users.script_id, |row| {
            rows.push(row);
        })?;
        let mut corrected = 0;
        for mut row in rows {
            let key = [self.script.clone(), row[users.user_key].clone()];
            let counted = totals.users.get(text(&row, users.user_key));
            let mut amounts = Vec::new();
            for counter in &users.counters {
                let derived = counted
                    .and_then(|c| c.get(&counter.column))
                    .copied()
                    .unwrap_or(0);
                let wanted = derived + row[counter.adjustment].as_i64().unwrap_or(0);
                let is = row[counter.column].as_i64().unwrap_or(0);
                if wanted != is {
                    amounts.push((counter.column, wanted - is));
                    row[counter.column] = Value::Integer(wanted);
                }
            }
            corrected += count(&amounts);
            transaction.add(users.table, &key, &amounts)?;
            if let Some(class) = class_of(users, &row) {
                *totals.summary.entry(class).or_default() += 1;
            }
        }
        Ok(corrected)
    }

    fn correct_days(
        &self,
        transaction: &mut dyn Transaction,
        totals: &Totals,
    ) -> Result<i64, Error> {
        let days = &self.graph.days;
        let table = self.core.tables.table(days.table);
        let day_column = *table
            .key
            .last()
            .ok_or_else(|| Error::internal("days have no key"))?;
        let mut wrong = totals.days.clone();
        self.each(transaction, days.table, days.script_id, |row| {
            let (Some(day), Some(devices)) = (row[day_column].as_i64(), row[days.devices].as_i64())
            else {
                return;
            };
            *wrong.entry(day).or_default() -= devices;
        })?;
        let mut corrected = 0;
        for (day, amount) in wrong.into_iter().filter(|(_, amount)| *amount != 0) {
            self.graph
                .days
                .count_remediated(transaction, &self.script, day, amount)?;
            corrected += 1;
        }
        Ok(corrected)
    }

    fn correct_summary(
        &self,
        transaction: &mut dyn Transaction,
        states: &States,
        users: Option<&Users>,
        totals: &Totals,
    ) -> Result<i64, Error> {
        let key = [self.script.clone()];
        let row = transaction
            .get(states.summary, &key)?
            .ok_or_else(|| Error::internal("a script without a summary"))?;
        let table = self.core.tables.table(states.summary);
        let classes = users
            .into_iter()
            .flat_map(|users| users.classes.iter().map(|(c, _)| *c));
        let columns = states
            .counters
            .iter()
            .map(|counter| counter.column)
            .chain(classes);
        let mut amounts = Vec::new();
        for column in columns {
            let name = format!("{}_adjustment", table.columns[column].name);
            let adjustment = table
                .column(&name)
                .and_then(|c| row[c].as_i64())
                .unwrap_or(0);
            let wanted = totals.summary.get(&column).copied().unwrap_or(0) + adjustment;
            let is = row[column].as_i64().unwrap_or(0);
            if wanted != is {
                amounts.push((column, wanted - is));
            }
        }
        transaction.add(states.summary, &key, &amounts)?;
        Ok(count(&amounts))
    }
}

fn count(amounts: &[(usize, i64)]) -> i64 {
    i64::try_from(amounts.len()).unwrap_or(i64::MAX)
}
