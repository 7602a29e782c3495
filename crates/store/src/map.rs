//! The storage map: how the model's types lie in tables. It stands beside the schema in a TOML
//! file, since storage never shows in public.

use std::collections::{BTreeMap, HashMap};

use edm::{ItemType, Model, Primitive, StructuredId, TypeRef, Value};
use serde::Deserialize;

use crate::table::{
    Column, ColumnKind, ColumnSet, Index, NavigationMap, Table, TableId, Tables, kind_of,
};

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
    /// The table that this one's history goes to; it is made of the same columns.
    history: Option<String>,
    #[serde(default)]
    index: Vec<IndexEntry>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NavigationEntry {
    /// `Namespace.Type/navigationProperty`.
    path: String,
    table: String,
    /// Target column = source column.
    #[serde(default)]
    on: BTreeMap<String, String>,
    /// The table of the source, where its type lies in several or in none.
    from: Option<String>,
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
    let mut columns = of.map_or_else(Vec::new, |of| property_columns(model, of, entry));
    for property in entry.computed.keys() {
        if of.is_none_or(|of| model.structured(of).property(property).is_none()) {
            return Err(wrong(format!("virtual {property} is no property")));
        }
    }
    columns.extend(entry.parent.iter().map(|name| text_column(name)));
    for hidden in &entry.hidden {
        columns.push(hidden_column(hidden).ok_or_else(|| wrong(format!("type {}", hidden.ty)))?);
    }
    if entry.adjustable {
        let adjustments: Vec<_> = columns
            .iter()
            .filter(|c| c.ty.item == ItemType::Primitive(Primitive::Int32))
            .map(|c| integer_column(&format!("{}_adjustment", c.name)))
            .collect();
        columns.extend(adjustments);
    }
    if columns.len() > ColumnSet::CAPACITY {
        return Err(wrong(format!("more than {} columns", ColumnSet::CAPACITY)));
    }
    let mut table = Table::new(entry.name.clone(), of, columns, Vec::new());
    table.identity = entry.identity;
    let own_key = entry.key.clone().unwrap_or_else(|| {
        of.map_or_else(Vec::new, |of| {
            let ty = model.structured(of);
            ty.key
                .iter()
                .map(|ordinal| snake_case(&ty.properties[*ordinal].name))
                .collect()
        })
    });
    for name in entry.parent.iter().chain(&own_key) {
        let column = table
            .column(name)
            .ok_or_else(|| wrong(format!("no key column {name}")))?;
        table.key.push(column);
    }
    for (i, index) in entry.index.iter().enumerate() {
        if let Some(name) = index.columns.iter().find(|c| table.column(c).is_none()) {
            return Err(wrong(format!("no index column {name}")));
        }
        table.indexes.push(Index {
            name: format!("{}_index_{}", entry.name, i + 1),
            columns: index.columns.clone(),
            unique: index.unique,
            condition: index.condition.clone(),
        });
    }
    Ok(table)
}

fn property_columns(model: &Model, of: StructuredId, entry: &TableEntry) -> Vec<Column> {
    model
        .structured(of)
        .properties
        .iter()
        .map(|property| Column {
            name: snake_case(&property.name),
            kind: kind_of(&property.ty),
            nullable: property.ty.nullable,
            ty: property.ty.clone(),
            expression: entry.computed.get(&property.name).cloned(),
            default: property.default.clone(),
        })
        .collect()
}

/// The table of a table's history: the same columns, an integer key handed out in order, and when
/// the row was recorded (100 ns ticks in UTC since 0001-01-01).
fn history_table(table: &Table, name: &str) -> Table {
    let mut columns = table.columns.clone();
    columns.push(integer_column("history_id"));
    columns.push(integer_column("recorded_at"));
    let key = vec![columns.len() - 2];
    let mut history = Table::new(name.to_owned(), table.of, columns, key);
    history.identity = true;
    history
}

fn text_column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        kind: ColumnKind::Text,
        nullable: false,
        ty: TypeRef::primitive(Primitive::String),
        expression: None,
        default: Value::String(String::new()),
    }
}

fn integer_column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        kind: ColumnKind::Integer,
        nullable: false,
        ty: TypeRef::primitive(Primitive::Int64),
        expression: None,
        default: Value::Integer(0),
    }
}

fn hidden_column(hidden: &HiddenColumn) -> Option<Column> {
    let (item, collection) = match hidden.ty.strip_prefix("Collection(") {
        Some(rest) => (rest.strip_suffix(')')?, true),
        None => (hidden.ty.as_str(), false),
    };
    let primitive = Primitive::from_name(item)?;
    let mut ty = TypeRef::primitive(primitive);
    ty.collection = collection;
    ty.nullable = hidden.nullable;
    let kind = kind_of(&ty);
    let default = match (hidden.nullable, kind) {
        (true, _) => Value::Null,
        (false, ColumnKind::Json) => Value::Collection(Vec::new()),
        (false, ColumnKind::Boolean) => Value::Boolean(false),
        (false, ColumnKind::Integer) => Value::Integer(0),
        (false, ColumnKind::Text) => Value::String(String::new()),
        _ => return None,
    };
    let nullable = hidden.nullable;
    Some(Column {
        name: hidden.name.clone(),
        kind,
        nullable,
        ty,
        expression: None,
        default,
    })
}

fn build_navigation(
    model: &Model,
    tables: &Tables,
    entry: &NavigationEntry,
) -> Result<((StructuredId, usize), NavigationMap), MapError> {
    let wrong = |what: String| MapError(format!("navigation {}: {what}", entry.path));
    let (ty, property) = entry
        .path
        .rsplit_once('/')
        .ok_or_else(|| wrong("no type and property".into()))?;
    let of = model
        .find_structured(ty)
        .ok_or_else(|| wrong(format!("no type {ty}")))?;
    let index = model
        .structured(of)
        .navigation_property(property)
        .ok_or_else(|| wrong(format!("no navigation property {property}")))?;
    let table = tables
        .find(&entry.table)
        .ok_or_else(|| wrong(format!("no table {}", entry.table)))?;
    let source = match &entry.from {
        Some(name) => Some(
            tables
                .find(name)
                .ok_or_else(|| wrong(format!("no table {name}")))?,
        ),
        None => tables
            .iter()
            .find(|(_, t)| t.of == Some(of))
            .map(|(id, _)| id),
    };
    let mut on = Vec::new();
    for (target, from) in &entry.on {
        let target = tables
            .table(table)
            .column(target)
            .ok_or_else(|| wrong(format!("no column {target} in {}", entry.table)))?;
        let from = source
            .and_then(|source| tables.table(source).column(from))
            .ok_or_else(|| wrong(format!("no source column {from}")))?;
        on.push((target, from));
    }
    // The columns that lead the target's key come first: they say which rows hang on the source.
    let key = &tables.table(table).key;
    on.sort_by_key(|(column, _)| key.iter().position(|k| k == column).unwrap_or(usize::MAX));
    Ok(((of, index), NavigationMap { table, on }))
}

/// `lastStateUpdateDateTime` as `last_state_update_date_time`, `azureADDeviceId` as
/// `azure_ad_device_id`.
fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 8);
    for (i, c) in chars.iter().enumerate() {
        let after_lower = i > 0 && !chars[i - 1].is_uppercase();
        let before_lower = i > 0 && chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (after_lower || before_lower) && !out.ends_with('_') {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Column names that two properties would share.
#[must_use]
pub(crate) fn shared_names(table: &Table) -> Vec<String> {
    let mut seen = HashMap::new();
    for column in &table.columns {
        *seen.entry(column.name.clone()).or_insert(0) += 1;
    }
    seen.into_iter()
        .filter(|(_, n)| *n > 1)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn property_names_become_column_names() {
        for (property, column) in [
            ("id", "id"),
            ("lastStateUpdateDateTime", "last_state_update_date_time"),
            ("azureADDeviceId", "azure_ad_device_id"),
            ("runAs32Bit", "run_as32_bit"),
            ("easDeviceId", "eas_device_id"),
            ("ID", "id"),
            ("CategoryID", "category_id"),
        ] {
            assert_eq!(snake_case(property), column);
        }
    }
}
