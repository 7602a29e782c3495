//! The chain of a server: each event takes the place behind the last one and holds its hash.

use edm::Value;
use engine::Scope;
use odata::Error;
use store::{Row, Select, Transaction};

use super::Audit;
use super::canonical::{self, NOTHING};

/// Writes an event at the end of the server's chain. Whoever does holds the chain's row to the end of
/// the transaction, so that no place is taken twice; nobody else waits for it.
pub(super) fn append(
    audit: &Audit,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    mut row: Row,
) -> Result<(), Error> {
    let columns = &audit.columns;
    let chain = columns.chain;
    let table = scope.tables.table(columns.chains);
    let key = [Value::from(audit.server.as_str())];
    let mut end = match transaction.get(columns.chains, &key)? {
        Some(end) => end,
        None => {
            let mut first = table.blank();
            first[chain.server] = Value::from(audit.server.as_str());
            first[chain.hash] = Value::from(NOTHING);
            first[chain.anchor_hash] = Value::from(NOTHING);
            // No lock holds a row that is not there. Whoever reads more than rows by their keys runs
            // apart from others who look at the same, so that one of them alone begins the chain.
            let mut select = Select::all(columns.chains, 0);
            select.fixed = vec![(chain.server, Value::from(audit.server.as_str()))];
            transaction.count(&select)?;
            transaction.insert(columns.chains, &first)?;
            first
        }
    };
    let sequence = end[chain.sequence].as_i64().unwrap_or(0) + 1;
    row[columns.server] = Value::from(audit.server.as_str());
    row[columns.sequence] = Value::Integer(sequence);
    row[columns.previous_hash] = end[chain.hash].clone();
    row[columns.id] = Value::String(format!("{}:{sequence}", audit.server));
    let object = canonical::object(scope.model, scope.tables, columns, &row)?;
    let hash = Value::String(canonical::hash(canonical::text(&object).as_bytes()));
    row[columns.hash] = hash.clone();
    end[chain.sequence] = Value::Integer(sequence);
    end[chain.hash] = hash;
    let changed = [chain.sequence, chain.hash].into_iter().collect();
    let taken = transaction.update(columns.chains, &key, changed, &end)?;
    match taken && transaction.insert(columns.events, &row)? {
        true => Ok(()),
        false => Err(Error::internal(
            "the end of the audit's chain moved under its own transaction",
        )),
    }
}
