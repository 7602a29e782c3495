//! A device's view of its remediations' run states: the same rows, keyed by device, state and
//! script. A change here is a change of the run state.

use edm::{Model, Value};
use engine::{Change, Outcome, Scope};
use odata::{Error, ErrorCode};
use store::{ColumnSet, Row, TableId, Tables, Transaction};

use crate::columns::{property, table_named};
use crate::graph::{Graph, GraphError};
use crate::ids;
use crate::layout::States;
use crate::states::{self, Cause, text};

/// The view, and how its columns are those of the run states.
#[derive(Clone, Debug)]
pub(crate) struct PolicyStates {
    pub(crate) table: TableId,
    states: TableId,
    /// The scripts whose run states it shows.
    pub(crate) scripts: TableId,
    id: usize,
    device_id: usize,
    pub(crate) policy_id: usize,
    /// Pairs of a property here and the run state's of the same name.
    shared: Vec<(usize, usize)>,
}

impl PolicyStates {
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let table = table_named(tables, "device_health_script_policy_state")?;
        let states = table_named(tables, "device_health_script_device_state")?;
        let type_of = |table: TableId| {
            let of = tables.table(table).of;
            of.map(|of| model.structured(of))
                .ok_or_else(|| GraphError("run states have no type".to_owned()))
        };
        let (ty, state) = (type_of(table)?, type_of(states)?);
        let id = property(ty, "id")?;
        let shared = ty.properties.iter().enumerate();
        let shared = shared.filter(|(ordinal, _)| *ordinal != id);
        Ok(Self {
            table,
            states,
            scripts: table_named(tables, "device_health_script")?,
            id,
            device_id: property(ty, "deviceId")?,
            policy_id: property(ty, "policyId")?,
            shared: shared
                .filter_map(|(ordinal, p)| Some((ordinal, state.property(&p.name)?)))
                .collect(),
        })
    }

    /// The primary key that a URL's three keys give on a device's path, in the order of the type.
    pub(crate) fn key(&self, parents: &[Value], own: &[Value]) -> Option<Vec<Value>> {
        let ([device], [own_device, id, policy]) = (parents, own) else {
            return None;
        };
        let same = device.as_str()?.eq_ignore_ascii_case(own_device.as_str()?);
        let policy = Value::String(ids::guid(policy.as_str()?)?);
        same.then(|| vec![device.clone(), id.clone(), policy])
    }

    /// Carries a change of a row of the view out on the run state behind it.
    pub(crate) fn judge(
        &self,
        graph: &Graph,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        change: Change<'_>,
    ) -> Result<Outcome, Error> {
        let states = graph.states(self.states)?;
        match change {
            Change::Insert { row, given, .. } => {
                self.insert(graph, transaction, scope, states, row, given)?;
            }
            Change::Update { old, new, .. } => {
                let before = self.state_of(transaction, old)?;
                let transaction = transaction.unconfined();
                let mut after = before.clone();
                self.copy(new, &mut after);
                states::update(
                    graph,
                    transaction,
                    scope,
                    states,
                    &before,
                    &mut after,
                    Cause::Report,
                )?;
                let table = scope.tables.table(states.table);
                let columns = table.difference(&before, &after);
                transaction.update(states.table, &table.key_of(&before), columns, &after)?;
            }
            Change::Delete { old } => {
                let state = self.state_of(transaction, old)?;
                let transaction = transaction.unconfined();
                states::delete(graph, transaction, states, &state)?;
                let key = scope.tables.table(states.table).key_of(&state);
                transaction.delete(states.table, &key)?;
            }
        }
        Ok(Outcome::Done)
    }

    fn insert(
        &self,
        graph: &Graph,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        states: &States,
        row: &mut Row,
        given: ColumnSet,
    ) -> Result<(), Error> {
        let policy = text(row, self.policy_id);
        let script = ids::guid(policy).map(Value::String);
        let known = match &script {
            Some(key) => transaction.exists(self.scripts, std::slice::from_ref(key))?,
            None => false,
        };
        let Some(script) = script.filter(|_| known) else {
            let message = format!("'policyId': there is no deviceHealthScript '{policy}'.");
            return Err(Error::bad_request(message).with_target("policyId"));
        };
        let (script, device) = (text(&vec![script], 0).to_owned(), text(row, self.device_id));
        let mut state = states::of_device(graph, states, &script, device);
        let mut named = ColumnSet::default();
        // The run state's id is the device's in this script, unless the client says otherwise.
        if given.contains(self.id) && !text(row, self.id).is_empty() {
            state[graph.id] = row[self.id].clone();
        }
        named.insert(graph.id);
        self.copy(row, &mut state);
        let transaction = transaction.unconfined();
        states::insert(graph, transaction, scope, states, &mut state, named)?;
        if !transaction.insert(states.table, &state)? {
            let id = text(&state, graph.id);
            let message = format!("There is a deviceHealthScriptPolicyState '{id}' already.");
            return Err(Error::new(ErrorCode::Conflict, message).with_target("id"));
        }
        let key = [
            row[self.device_id].clone(),
            state[graph.id].clone(),
            state[states.script_id].clone(),
        ];
        let shown = transaction.get(self.table, &key)?;
        *row = shown.ok_or_else(|| Error::internal("a run state that its device does not show"))?;
        Ok(())
    }

    /// The run state behind a row.
    fn state_of(&self, transaction: &mut dyn Transaction, row: &Row) -> Result<Row, Error> {
        let lost = || Error::internal("a view shows a run state that is not there");
        let script = row[self.policy_id].clone();
        let id = ids::parse(text(row, self.policy_id), text(row, self.id)).ok_or_else(lost)?;
        let key = [script, Value::String(id.key)];
        transaction.get(self.states, &key)?.ok_or_else(lost)
    }

    fn copy(&self, row: &Row, state: &mut Row) {
        for (from, to) in &self.shared {
            state[*to] = row[*from].clone();
        }
    }
}
