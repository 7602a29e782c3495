//! The audit: each change of an audited table is an event in the transaction that carries it out, and
//! each event holds the hash of the one before it in its server's chain (`docs/audit.md`).

mod actor;
mod canonical;
mod catalog;
mod chain;
mod columns;
mod export;
mod prune;
mod resource;
mod verify;

use edm::{Model, Value};
use engine::Scope;
use engine::audit::{Origin, RowChange};
use odata::Error;
use store::{Row, TableId, Tables, Transaction};

use crate::graph::GraphError;
use columns::Columns;

pub(crate) use catalog::{activity_types, categories};
pub use export::{ExportFormat, export};
pub(crate) use prune::prune;
pub use verify::{Expected, Fault, Head, Verified, verify};

/// The most rows that one event tells of: who changes more leaves several events.
const MOST_RESOURCES: usize = 100;

/// Where events are written, and in whose chain.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    /// The server: its chain is its own.
    pub(crate) server: String,
    pub(crate) columns: Columns,
}

impl Audit {
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        Ok(Self {
            server: "local".to_owned(),
            columns: Columns::of(model, tables)?,
        })
    }

    /// Whether a table is the audit's own: nobody changes it but the audit.
    pub(crate) fn owns(&self, table: TableId) -> bool {
        table == self.columns.events || table == self.columns.chains
    }

    /// The primary key of the event of an id: `{server}:{sequence}`.
    pub(crate) fn key(own: &[Value]) -> Option<Vec<Value>> {
        let [id] = own else { return None };
        let (server, sequence) = id.as_str()?.rsplit_once(':')?;
        let number = sequence.parse::<i64>().ok()?;
        // One event has one id: no sign, no zeros before it.
        (number.to_string() == sequence).then(|| vec![Value::from(server), Value::Integer(number)])
    }

    /// Tells what a command changed.
    pub(crate) fn record(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        origin: &Origin,
        changes: &[RowChange],
    ) -> Result<(), Error> {
        for part in changes.chunks(MOST_RESOURCES) {
            let row = self.event(scope, origin, part)?;
            chain::append(self, transaction, scope, row)?;
        }
        Ok(())
    }

    /// Tells that an action was called on rows of which it changed nothing that is told otherwise.
    pub(crate) fn note(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        origin: &Origin,
        (table, rows): (TableId, &[Row]),
    ) -> Result<(), Error> {
        let same = |row: &Row| RowChange {
            table,
            old: Some(row.clone()),
            new: Some(row.clone()),
        };
        let changes: Vec<_> = rows.iter().map(same).collect();
        self.record(transaction, scope, origin, &changes)
    }

    /// The event of some changes, without its place in the chain.
    fn event(
        &self,
        scope: &Scope<'_>,
        origin: &Origin,
        changes: &[RowChange],
    ) -> Result<Row, Error> {
        let first = changes
            .first()
            .ok_or_else(|| Error::internal("an audit event of nothing"))?;
        let table = scope.tables.table(first.table);
        let audit = table.audit.as_ref();
        let category = audit.map_or("Other", |audit| audit.category.as_str());
        let of = resource::type_name(scope, first)?;
        let operation = match (&origin.action, &first.old, &first.new) {
            (Some(_), _, _) => "Action",
            (None, None, _) => "Create",
            (None, Some(_), None) => "Delete",
            (None, Some(_), Some(_)) => "Patch",
        };
        let verb = origin.action.as_deref().unwrap_or(operation);
        let activity = format!("{verb} {of}");
        let told: Result<Vec<_>, _> = changes
            .iter()
            .map(|change| resource::of(&self.columns, scope, change))
            .collect();
        let columns = &self.columns;
        let mut row = scope.tables.table(columns.events).blank();
        row[columns.activity] = Value::from(activity.as_str());
        row[columns.activity_type] = Value::from(activity.as_str());
        row[columns.display_name] = Value::String(activity);
        row[columns.time] = Value::DateTimeOffset(scope.now);
        row[columns.operation] = Value::from(operation);
        row[columns.result] = Value::from("Success");
        row[columns.actor] = actor::of(columns, scope.model, origin);
        row[columns.category] = Value::from(category);
        row[columns.component] = Value::from(category);
        row[columns.correlation] = Value::Guid(origin.correlation);
        row[columns.resources] = Value::Collection(told?);
        Ok(row)
    }
}
