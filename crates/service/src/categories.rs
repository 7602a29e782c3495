//! Categories of devices. A device holds its category's id, and its name beside it, so that lists
//! of devices are filtered and sorted by it.

use edm::{Model, Value};
use engine::Scope;
use odata::Error;
use store::{Row, Select, Table, TableId, Tables, Transaction, cell};

use crate::columns::{hidden, property, table_named};
use crate::graph::{Graph, GraphError};

/// The table of categories, and the columns of devices that speak of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Categories {
    pub(crate) table: TableId,
    name: usize,
    device_category_id: usize,
    device_category_name: usize,
}

impl Categories {
    pub(crate) fn of(model: &Model, tables: &Tables, devices: &Table) -> Result<Self, GraphError> {
        let table = table_named(tables, "device_category")?;
        let missing = || GraphError("categories have no type".to_owned());
        let of = tables.table(table).of.ok_or_else(missing)?;
        let device = devices.of.ok_or_else(missing)?;
        Ok(Self {
            table,
            name: property(model.structured(of), "displayName")?,
            device_category_id: hidden(devices, "device_category_id")?,
            device_category_name: property(model.structured(device), "deviceCategoryDisplayName")?,
        })
    }

    /// A device that gets another category shows its name.
    pub(crate) fn follow_device(
        &self,
        transaction: &mut dyn Transaction,
        old: &Row,
        new: &mut Row,
    ) -> Result<(), Error> {
        let id = &new[self.device_category_id];
        if *id == old[self.device_category_id] {
            return Ok(());
        }
        let category = transaction.get(self.table, std::slice::from_ref(id))?;
        new[self.device_category_name] =
            category.map_or(Value::Null, |category| category[self.name].clone());
        Ok(())
    }

    /// The devices of a category that is renamed show the new name; those of one that goes have
    /// none.
    pub(crate) fn follow_category(
        &self,
        graph: &Graph,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        old: &Row,
        new: Option<&Row>,
    ) -> Result<(), Error> {
        if new.is_some_and(|new| new[self.name] == old[self.name]) {
            return Ok(());
        }
        let devices = graph.devices.table;
        let table = scope.tables.table(devices);
        let mut select = Select::all(devices, table.columns.len());
        select.fixed = vec![(self.device_category_id, old[graph.id].clone())];
        let mut rows = Vec::new();
        transaction.select(&select, &mut |cells| {
            rows.push(cell::decode_row(scope.model, table, cells)?);
            Ok(())
        })?;
        for before in rows {
            let mut after = before.clone();
            match new {
                Some(new) => after[self.device_category_name] = new[self.name].clone(),
                None => {
                    after[self.device_category_name] = Value::Null;
                    after[self.device_category_id] = Value::from("");
                }
            }
            let columns = table.difference(&before, &after);
            transaction.update(devices, &table.key_of(&before), columns, &after)?;
        }
        Ok(())
    }
}

/// Completes a new category.
pub(crate) fn insert(graph: &Graph, scope: &Scope<'_>, row: &mut Row) {
    row[graph.id] = Value::String(scope.ids.new_id().to_string());
}
