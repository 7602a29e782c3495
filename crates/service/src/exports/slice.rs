//! The rows of a report, some at once, behind a key: an export pins no snapshot.

use std::sync::Arc;

use edm::Value;
use engine::Core;
use odata::Error;
use store::{Order, Select, cell, read};

use super::report::{Query, Report};

/// Rows that are read at once.
pub(super) const SLICE: u64 = 1_000;

/// The values of rows, each with its key.
pub(super) type Slice = Vec<(Vec<Value>, Vec<Value>)>;

/// The values of the next rows behind a key, each with its key.
pub(super) async fn slice(
    core: &Arc<Core>,
    report: &Report,
    query: &Query,
    after: Option<Vec<Value>>,
) -> Result<Slice, Error> {
    let (shared, query, table) = (core.clone(), query.clone(), report.table);
    read(core.store.as_ref(), move |reader| {
        let columns = shared.tables.table(table);
        let mut select = Select::all(table, 0);
        select.columns = query.columns.iter().chain(&columns.key).copied().collect();
        select.fixed.clone_from(&query.fixed);
        select.filter.extend(query.filter.as_ref());
        select.today = shared.today();
        let order = |column: &usize| Order::column(*column, false);
        select.order = columns.key.iter().map(order).collect();
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
