//! The storage map: how the model's types lie in tables. It stands beside the schema in a TOML
//! file, since storage never shows in public.

mod audit;
mod changes;
mod columns;
mod navigation;
pub(crate) mod slots;

use std::collections::BTreeMap;

use edm::{Model, StructuredId};
use serde::Deserialize;

use crate::table::{ColumnKind, ColumnSet, Index, Table, TableId, Tables};

pub(crate) use columns::shared_names;
pub use columns::snake_case;
use columns::{Columns, history_table};
use navigation::{NavigationEntry, build_navigation};

/// Why a storage map does not fit its model.
#[derive(Debug, thiserror::Error)]
#[error("storage map: {0}")]
pub struct MapError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    #[serde(default)]
    table: Vec<TableEntry>,
    #[serde(default)]
    navigation: Vec<NavigationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableEntry {
    name: String,
    /// The entity type of the rows.
    #[serde(rename = "type")]
    of: Option<String>,
    /// Columns that hold the key of what the rows hang on; they lead the primary key.
    #[serde(default)]
    parent: Vec<String>,
    /// The primary key's own columns; by default those of the type's key.
    key: Option<Vec<String>>,
    /// One integer key that the database hands out.
    #[serde(default)]
    identity: bool,
    /// Columns that no property shows.
    #[serde(default)]
    hidden: Vec<HiddenColumn>,
    /// Properties that are computed from other columns: an SQL expression by property name.
    #[serde(default, rename = "virtual")]
    computed: BTreeMap<String, String>,
    /// Each Int32 property gets `<column>_adjustment`: what a client's PATCH moved it by.
    #[serde(default)]
    adjustable: bool,
    /// The column that counts the row's versions, for ETags: an integer property, or a hidden column
    /// of this name, which then begins at a random number.
    version: Option<String>,
    /// The columns that `$search` looks in; by default those of all properties that are strings.
    search: Option<Vec<String>>,
    /// Rows are counters that many transactions add to at once: a database may keep each in slots,
    /// one for each writer, that are summed on reading.
    #[serde(default)]
    counters: bool,
    /// The table that this one's history goes to; it is made of the same columns.
    history: Option<String>,
    /// Changes of rows are logged in a table `<name>_change`, for delta queries.
    #[serde(default)]
    tracked: bool,
    /// Which changes of rows are audited.
    audit: Option<audit::AuditEntry>,
    #[serde(default)]
    index: Vec<IndexEntry>,
    /// Rows that are derived from other tables, which stand before this one: a `SELECT` that names
    /// every column, date-times with their form. Such a table is read only.
    view: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HiddenColumn {
    name: String,
    /// `Edm.String`, `Edm.Int64`, `Collection(Edm.String)`, ….
    #[serde(rename = "type")]
    ty: String,
    #[serde(default)]
    nullable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexEntry {
    columns: Vec<String>,
    #[serde(default)]
    unique: bool,
    condition: Option<String>,
}

/// Makes the tables of a model by its storage map.
///
/// # Errors
/// If the map is not TOML of this form, or names what the model does not have.
pub fn read_map(model: &Model, text: &str) -> Result<Tables, MapError> {
    let file: MapFile = toml::from_str(text).map_err(|e| MapError(e.to_string()))?;
    let mut tables = Tables::default();
    for entry in &file.table {
        let table = build_table(model, entry)?;
        let id = push(&mut tables, table)?;
        if let Some(history) = &entry.history {
            let table = history_table(tables.table(id), history);
            let history = push(&mut tables, table)?;
            tables.tables[id.0].history = Some(history);
        }
        if entry.tracked {
            changes::track(model, &mut tables, id, entry)?;
        }
    }
    for entry in &file.navigation {
        let (source, map) = build_navigation(model, &tables, entry)?;
        if tables.navigation.insert(source, map).is_some() {
            return Err(MapError(format!(
                "navigation {} is mapped twice",
                entry.path
            )));
        }
    }
    Ok(tables)
}

fn push(tables: &mut Tables, table: Table) -> Result<TableId, MapError> {
    let id = TableId(tables.tables.len());
    if tables.by_name.insert(table.name.clone(), id).is_some() {
        return Err(MapError(format!("table {} stands twice", table.name)));
    }
    tables.tables.push(table);
    Ok(id)
}

fn build_table(model: &Model, entry: &TableEntry) -> Result<Table, MapError> {
    let wrong = |what: String| MapError(format!("table {}: {what}", entry.name));
    let of = entry
        .of
        .as_deref()
        .map(|name| {
            model
                .find_structured(name)
                .ok_or_else(|| wrong(format!("no type {name}")))
        })
        .transpose()?;
    let mut made = Columns::default();
    if let Some(of) = of {
        made.add_type(model, of, &entry.computed);
    }
    for property in entry.computed.keys() {
        if of.is_none_or(|of| model.structured(of).property(property).is_none()) {
            return Err(wrong(format!("virtual {property} is no property")));
        }
    }
    made.add_hidden(entry).map_err(wrong)?;
    if made.columns.len() > ColumnSet::CAPACITY {
        return Err(wrong(format!("more than {} columns", ColumnSet::CAPACITY)));
    }
    let mut table = made.into_table(&entry.name, of);
    if let Some(name) = shared_names(&table).first() {
        return Err(wrong(format!("column {name} stands twice")));
    }
    table.identity = entry.identity;
    if let Some(view) = &entry.view {
        if entry.identity || !entry.index.is_empty() || !entry.computed.is_empty() {
            return Err(wrong("a view has columns and a key alone".to_owned()));
        }
        table.view = Some(view.trim().to_owned());
        let holds_dynamic = view.contains('*') || view.contains(columns::DYNAMIC);
        if let Some(column) = table.column(columns::DYNAMIC).filter(|_| !holds_dynamic) {
            table.columns[column].expression = Some("NULL".to_owned());
        }
        table.reads_others = true;
    }
    set_key(model, of, entry, &mut table).map_err(wrong)?;
    add_indexes(entry, &mut table).map_err(wrong)?;
    table.searchable = searchable(entry, &table).map_err(wrong)?;
    if let Some(audit) = &entry.audit {
        table.audit = Some(audit.build(entry, &table).map_err(wrong)?);
    }
    if entry.counters {
        slots::check(&table).map_err(wrong)?;
        table.counters = true;
    }
    Ok(table)
}

fn set_key(
    model: &Model,
    of: Option<StructuredId>,
    entry: &TableEntry,
    table: &mut Table,
) -> Result<(), String> {
    let find = |name: &String| {
        let column = table.column(name);
        column.ok_or_else(|| format!("no key column {name}"))
    };
    let mut key = entry
        .parent
        .iter()
        .map(find)
        .collect::<Result<Vec<_>, _>>()?;
    match (&entry.key, of) {
        (Some(own), _) => {
            for name in own {
                key.push(find(name)?);
            }
        }
        // The property of an ordinal is the column of that index.
        (None, Some(of)) => key.extend(&model.structured(of).key),
        (None, None) => {}
    }
    table.key = key;
    Ok(())
}

fn searchable(entry: &TableEntry, table: &Table) -> Result<Vec<usize>, String> {
    let is_text = |column: &usize| table.columns[*column].kind == ColumnKind::Text;
    let Some(names) = &entry.search else {
        return Ok((0..table.own).filter(is_text).collect());
    };
    let find = |name: &String| {
        let column = table.column(name).filter(is_text);
        column.ok_or_else(|| format!("no text column {name} to search"))
    };
    names.iter().map(find).collect()
}

fn add_indexes(entry: &TableEntry, table: &mut Table) -> Result<(), String> {
    for (i, index) in entry.index.iter().enumerate() {
        if let Some(name) = index.columns.iter().find(|c| table.column(c).is_none()) {
            return Err(format!("no index column {name}"));
        }
        table.indexes.push(Index {
            name: format!("{}_index_{}", entry.name, i + 1),
            columns: index.columns.clone(),
            unique: index.unique,
            condition: index.condition.clone(),
        });
    }
    Ok(())
}
