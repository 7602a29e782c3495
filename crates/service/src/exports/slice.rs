//! The rows of a report, some at once, behind a key: an export pins no snapshot.

use std::sync::Arc;

use edm::Value;
use engine::Core;
use odata::Error;
use store::{OrderKey, Select, cell};

use super::report::{Query, Report};

/// Rows that are read at once.
pub(super) const SLICE: u64 = 1_000;

/// The values of rows, each with its place in their order.
pub(super) type Slice = Vec<(Vec<Value>, Vec<Value>)>;

/// The values of the next rows behind a place in their order, each with its own.
pub(super) async fn slice(
    core: &Arc<Core>,
    report: &Report,
    query: &Query,
    after: Option<Vec<Value>>,
) -> Result<Slice, Error> {
    let (shared, query, table) = (core.clone(), query.clone(), report.table);
    core.read(move |reader| {
        let columns = shared.tables.table(table);
        let mut select = Select::all(table, 0);
        select.fixed.clone_from(&query.fixed);
        select.filter.extend(query.filter.as_ref());
        select.today = shared.today();
        select.order_by_key(columns);
        let ordered = select.order.iter().filter_map(|term| match term.by {
            OrderKey::Column(column) => Some(column),
            OrderKey::Expr(_) => None,
        });
        select.columns = query.columns.iter().copied().chain(ordered).collect();
        select.after.clone_from(&after);
        select.limit = Some(SLICE);
        let mut rows = Vec::new();
        reader.select(&select, &mut |cells| {
            let (mut values, mut at) = (Vec::with_capacity(select.columns.len()), 0);
            for column in &select.columns {
                let column = &columns.columns[*column];
                values.push(cell::decode(&shared.model, column, cells, at)?);
                at += column.width();
            }
            let key = values.split_off(query.columns.len());
            rows.push((values, key));
            Ok(())
        })?;
        Ok(rows)
    })
    .await
}
