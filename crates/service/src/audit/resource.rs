//! What was changed, as `auditResource` tells it: which properties from what to what. Of binary values,
//! which scripts are, of secrets and of long texts a hash is told.

use edm::{Model, StructuredId, Value};
use engine::Scope;
use engine::audit::RowChange;
use odata::{Error, json};
use store::{Column, Row, Table};

use super::canonical;
use super::columns::{Columns, complex};

/// The longest text that is told, in bytes; of a longer one its hash is.
const MOST_TEXT: usize = 4_096;

/// The name of what a changed row is: `DeviceHealthScript`.
pub(super) fn type_name(scope: &Scope<'_>, change: &RowChange) -> Result<String, Error> {
    let table = scope.tables.table(change.table);
    let audit = table.audit.as_ref();
    if let Some(name) = audit.and_then(|audit| audit.resource.as_ref()) {
        return Ok(name.clone());
    }
    let row = change.new.as_ref().or(change.old.as_ref());
    let of = row.map(|row| table.type_of(scope.model, row)).transpose()?;
    Ok(match of.flatten() {
        Some(of) => capital(scope.model.structured(of).short_name()),
        None => table.name.clone(),
    })
}

/// Graph's names of resources begin with a capital.
pub(super) fn capital(name: &str) -> String {
    let mut rest = name.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}

/// One changed row.
pub(super) fn of(columns: &Columns, scope: &Scope<'_>, change: &RowChange) -> Result<Value, Error> {
    let table = scope.tables.table(change.table);
    let kind = Value::String(type_name(scope, change)?);
    let row = change.new.as_ref().or(change.old.as_ref());
    let row = row.ok_or_else(|| Error::internal("a change of no row"))?;
    let name = table.audit.as_ref().and_then(|audit| audit.name);
    let name = name.map_or(Value::Null, |column| row[column].clone());
    let members = vec![
        ("auditResourceType", kind.clone()),
        ("type", kind),
        ("displayName", name),
        (
            "modifiedProperties",
            Value::Collection(properties(columns, scope, change)),
        ),
        ("resourceId", Value::String(id(scope.model, table, row))),
    ];
    Ok(complex(scope.model, columns.resource_type, members))
}

/// The key in public; of what has no type, the primary key.
fn id(model: &Model, table: &Table, row: &Row) -> String {
    let key = match table.of {
        Some(of) => &model.structured(of).key,
        None => &table.key,
    };
    let texts = key.iter().map(|column| match &row[*column] {
        Value::String(text) => text.clone(),
        value => text_of(model, &table.columns[*column], value),
    });
    texts.collect::<Vec<_>>().join(":")
}

/// The told columns that differ.
fn properties(columns: &Columns, scope: &Scope<'_>, change: &RowChange) -> Vec<Value> {
    let table = scope.tables.table(change.table);
    let Some(audit) = &table.audit else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for index in audit.told.iter() {
        let column = &table.columns[index];
        let side = |row: &Option<Row>| {
            let value = row.as_ref().map_or(&Value::Null, |row| &row[index]);
            shown(scope.model, column, audit.secret.contains(index), value)
        };
        let same = match (&change.old, &change.new) {
            (Some(old), Some(new)) => old[index] == new[index],
            _ => false,
        };
        let (old, new) = (side(&change.old), side(&change.new));
        if same || old.is_null() && new.is_null() {
            continue;
        }
        let name = Value::String(column_name(scope.model, table.of, index, column));
        let members = vec![("displayName", name), ("oldValue", old), ("newValue", new)];
        told.push(complex(scope.model, columns.property_type, members));
    }
    told
}

/// The property that a column is of, or the column in the spelling of properties.
fn column_name(model: &Model, of: Option<StructuredId>, index: usize, column: &Column) -> String {
    let property = of.and_then(|of| model.structured(of).properties.get(index));
    if let Some(property) = property {
        return property.name.clone();
    }
    let mut name = String::with_capacity(column.name.len());
    for (i, word) in column.name.split('_').enumerate() {
        match i {
            0 => name.push_str(word),
            _ => name.push_str(&capital(word)),
        }
    }
    name
}

/// A value as text: null for none and for an empty collection.
fn shown(model: &Model, column: &Column, secret: bool, value: &Value) -> Value {
    let text = match value {
        Value::Null => return Value::Null,
        Value::Collection(items) if items.is_empty() => return Value::Null,
        Value::Binary(bytes) => return hash(bytes),
        Value::String(text) => text.clone(),
        value => text_of(model, column, value),
    };
    if secret || text.len() > MOST_TEXT || holds_binary(value) {
        return hash(text.as_bytes());
    }
    Value::String(text)
}

fn hash(bytes: &[u8]) -> Value {
    Value::String(format!("sha256:{}", canonical::hash(bytes)))
}

/// A value that is no text, as JSON writes it, without quotes.
fn text_of(model: &Model, column: &Column, value: &Value) -> String {
    let mut written = Vec::new();
    json::write_value(
        &mut written,
        model,
        json::Style::default(),
        &column.ty,
        value,
    );
    let text = String::from_utf8_lossy(&written);
    let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    bare.unwrap_or(&text).to_owned()
}

/// Whether there is content somewhere in a value. It nests no deeper than its type and the JSON that it
/// was read from.
fn holds_binary(value: &Value) -> bool {
    match value {
        Value::Binary(_) => true,
        Value::Complex(complex) => complex.values.iter().any(holds_binary),
        Value::Collection(items) => items.iter().any(holds_binary),
        Value::Dynamic(properties) => properties.iter().any(|p| holds_binary(&p.value)),
        _ => false,
    }
}
