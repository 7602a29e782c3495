//! User states: one row for each user of a script's run states, moved with them.

use edm::Value;
use engine::Scope;
use odata::Error;
use store::{ColumnSet, Row, Transaction};

use crate::counters::{adjust, moves};
use crate::graph::Graph;
use crate::ids::{self, StateId};
use crate::layout::{States, Users};
use crate::states::text;

/// Completes a new user state that a client makes: its counters are what the client says, kept
/// as an adjustment, and run states move them on from there.
pub(crate) fn insert(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    users: &Users,
    row: &mut Row,
    given: ColumnSet,
) -> Result<(), Error> {
    let script = text(row, users.script_id).to_owned();
    let id = match row[graph.id].as_str() {
        Some(id) if given.contains(graph.id) && !id.is_empty() => ids::parse_new(&script, id)?,
        _ => StateId {
            key: scope.ids.new_id().to_string(),
            composite: false,
        },
    };
    identify(graph, users, row, &script, &id);
    let blank = scope.tables.table(users.table).blank();
    adjust(
        &graph.layout.users_adjustable(scope.tables, users),
        &blank,
        row,
    );
    let key = scope.tables.table(users.table).key_of(row);
    if transaction.exists(users.table, &key)? {
        return Ok(());
    }
    count_user(transaction, users, None, Some(row))
}

fn identify(graph: &Graph, users: &Users, row: &mut Row, script: &str, id: &StateId) {
    row[graph.id] = Value::String(id.text(script));
    row[users.script_id] = Value::from(script);
    row[users.user_key] = Value::String(id.key.clone());
    row[users.id_form] = Value::Integer(id.form());
}

/// A client changes a user state: its counters by an adjustment.
pub(crate) fn update(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    users: &Users,
    old: &Row,
    new: &mut Row,
) -> Result<(), Error> {
    adjust(
        &graph.layout.users_adjustable(scope.tables, users),
        old,
        new,
    );
    count_user(transaction, users, Some(old), Some(new))
}

/// A user state goes: its run states stay under their script, without a user.
pub(crate) fn delete(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    users: &Users,
    old: &Row,
) -> Result<(), Error> {
    let states = graph.states(users.states)?;
    let Some(column) = states.user_id else {
        return Ok(());
    };
    let table = scope.tables.table(states.table);
    let mut select = store::Select::all(states.table, 0);
    select.columns = table.key.clone();
    let user = old[users.user_key].clone();
    select.fixed = vec![
        (states.script_id, old[users.script_id].clone()),
        (column, user),
    ];
    let mut keys: Vec<Vec<Value>> = Vec::new();
    transaction.select(&select, &mut |cells| {
        let value =
            |i: usize| store::cell::decode(scope.model, &table.columns[table.key[i]], cells, i);
        keys.push((0..table.key.len()).map(value).collect::<Result<_, _>>()?);
        Ok(())
    })?;
    let blank = table.blank();
    for key in keys {
        transaction.update(states.table, &key, [column].into_iter().collect(), &blank)?;
    }
    count_user(transaction, users, Some(old), None)
}

/// Moves the user states that a changed run state counts in.
pub(crate) fn follow(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    states: &States,
    old: Option<&Row>,
    new: Option<&Row>,
) -> Result<(), Error> {
    let (Some(column), Some(users)) = (states.user_id, states.users) else {
        return Ok(());
    };
    let users = graph.users(users)?;
    let user = |row: Option<&Row>| row.map_or("", |row| text(row, column)).to_owned();
    let (before, after) = (user(old), user(new));
    let script = old
        .or(new)
        .map(|row| row[states.script_id].clone())
        .unwrap_or_default();
    if before == after {
        return move_user(graph, transaction, users, &script, &after, states, old, new);
    }
    move_user(
        graph,
        transaction,
        users,
        &script,
        &before,
        states,
        old,
        None,
    )?;
    move_user(
        graph,
        transaction,
        users,
        &script,
        &after,
        states,
        None,
        new,
    )
}

#[expect(
    clippy::too_many_arguments,
    reason = "a user's row moves by both sides of a change"
)]
fn move_user(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    users: &Users,
    script: &Value,
    user: &str,
    states: &States,
    old: Option<&Row>,
    new: Option<&Row>,
) -> Result<(), Error> {
    let amounts = moves(&users.counters, old, new);
    if user.is_empty() || amounts.is_empty() && old.is_some() {
        return Ok(());
    }
    let key = [script.clone(), Value::from(user)];
    let before = transaction.get(users.table, &key)?;
    let mut after = match &before {
        Some(row) => row.clone(),
        None => graph.new_user(transaction, users, script, user, states, new)?,
    };
    for (column, amount) in &amounts {
        let sum = after[*column].as_i64().unwrap_or(0).saturating_add(*amount);
        after[*column] = Value::Integer(sum);
    }
    if before.is_some() {
        let columns = amounts.iter().map(|(column, _)| *column).collect();
        transaction.update(users.table, &key, columns, &after)?;
    } else {
        transaction.insert(users.table, &after)?;
    }
    count_user(transaction, users, before.as_ref(), Some(&after))
}

impl Graph {
    /// The row of a user that a run state tells of for the first time.
    fn new_user(
        &self,
        transaction: &mut dyn Transaction,
        users: &Users,
        script: &Value,
        user: &str,
        states: &States,
        state: Option<&Row>,
    ) -> Result<Row, Error> {
        let mut row = self.blank(users.table);
        let id = StateId {
            key: user.to_owned(),
            composite: true,
        };
        identify(
            self,
            users,
            &mut row,
            script.as_str().unwrap_or_default(),
            &id,
        );
        let device = state.map_or("", |state| text(state, states.device_id));
        let device = transaction.get(self.devices.table, &[Value::from(device)])?;
        if let Some(device) = device.filter(|d| text(d, self.devices.user_id) == user) {
            row[self.user_principal_name] = device[self.devices.user_principal_name].clone();
        }
        Ok(row)
    }
}

/// The summary's counter that a user counts in: the first whose own counter is above zero.
pub(crate) fn class_of(users: &Users, row: &Row) -> Option<usize> {
    users
        .classes
        .iter()
        .find(|(_, counter)| row[*counter].as_i64().is_some_and(|n| n > 0))
        .map(|(column, _)| *column)
}

fn count_user(
    transaction: &mut dyn Transaction,
    users: &Users,
    old: Option<&Row>,
    new: Option<&Row>,
) -> Result<(), Error> {
    let row = old.or(new);
    let class = |row: Option<&Row>| row.and_then(|row| class_of(users, row));
    let (before, after) = (class(old), class(new));
    let (Some(row), true) = (row, before != after) else {
        return Ok(());
    };
    let mut amounts = Vec::with_capacity(2);
    amounts.extend(before.map(|column| (column, -1)));
    amounts.extend(after.map(|column| (column, 1)));
    transaction.add(users.summary, &[row[users.script_id].clone()], &amounts)
}
