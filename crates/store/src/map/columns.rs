//! The columns of a table: those of the type's properties, those of derived types, and what the
//! storage map adds.

use std::collections::{BTreeMap, HashMap};

use edm::{ItemType, Model, Primitive, Property, StructuredId, TypeRef, Value};

use super::{HiddenColumn, TableEntry};
use crate::table::{Column, ColumnKind, Media, Table, kind_of};

/// The name of the column that says of which derived type a row is.
const ENTITY_TYPE: &str = "entity_type";

/// The name of the column that holds the dynamic properties of an open type.
pub(super) const DYNAMIC: &str = "dynamic_properties";

/// A table's columns while they are made.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    own: usize,
    derived: HashMap<StructuredId, Vec<usize>>,
    entity_type: Option<usize>,
    streams: Vec<(usize, usize)>,
    media: Option<Media>,
    version: Option<usize>,
}

impl Columns {
    /// The properties of the type by ordinal, then those that derived types add, then the column
    /// that tells the types apart, then what streams need.
    pub(super) fn add_type(
        &mut self,
        model: &Model,
        of: StructuredId,
        computed: &BTreeMap<String, String>,
    ) {
        let ty = model.structured(of);
        self.own = ty.properties.len();
        for property in &ty.properties {
            self.columns
                .push(property_column(property, computed.get(&property.name)));
        }
        let mut has_stream = ty.has_stream;
        let mut open: Vec<(StructuredId, Vec<usize>)> = vec![(of, (0..self.own).collect())];
        while let Some((base, inherited)) = open.pop() {
            for id in model.structured(base).derived.iter().rev() {
                has_stream |= model.structured(*id).has_stream;
                let columns = self.add_derived(model, *id, inherited.clone());
                self.derived.insert(*id, columns.clone());
                open.push((*id, columns));
            }
        }
        if !self.derived.is_empty() {
            self.entity_type = Some(self.columns.len());
            self.columns.push(text_column(ENTITY_TYPE));
        }
        self.add_streams(has_stream);
    }

    /// The columns of a derived type by ordinal: what it declares itself may be null, since rows
    /// of other types have none.
    fn add_derived(
        &mut self,
        model: &Model,
        id: StructuredId,
        mut columns: Vec<usize>,
    ) -> Vec<usize> {
        let ty = model.structured(id);
        for property in ty.properties.iter().skip(ty.inherited_properties) {
            let mut column = property_column(property, None);
            if self.columns.iter().any(|known| known.name == column.name) {
                column.name = format!("{}_{}", snake_case(ty.short_name()), column.name);
            }
            column.nullable = true;
            column.default = Value::Null;
            columns.push(self.columns.len());
            self.columns.push(column);
        }
        columns
    }

    /// The media type beside each stream property, and content and media type of media entities.
    fn add_streams(&mut self, has_stream: bool) {
        let streams = (0..self.columns.len()).filter(|c| {
            self.columns[*c].ty.item == ItemType::Primitive(Primitive::Stream)
                && !self.columns[*c].ty.collection
        });
        for stream in streams.collect::<Vec<_>>() {
            let name = format!("{}_media_type", self.columns[stream].name);
            self.streams.push((stream, self.columns.len()));
            self.columns.push(nullable_column(&name, Primitive::String));
        }
        if has_stream {
            let content = self.columns.len();
            self.media = Some(Media {
                content,
                media_type: content + 1,
            });
            self.columns
                .push(nullable_column("media_content", Primitive::Binary));
            self.columns
                .push(nullable_column("media_type", Primitive::String));
        }
    }

    /// What the storage map adds.
    ///
    /// # Errors
    /// If it names types that a hidden column cannot have, or a version that is no integer.
    pub(super) fn add_hidden(&mut self, entry: &TableEntry) -> Result<(), String> {
        self.columns
            .extend(entry.parent.iter().map(|name| text_column(name)));
        for hidden in &entry.hidden {
            let column = hidden_column(hidden);
            self.columns
                .push(column.ok_or_else(|| format!("type {}", hidden.ty))?);
        }
        if entry.adjustable {
            let adjustments: Vec<_> = self
                .columns
                .iter()
                .filter(|c| c.ty.item == ItemType::Primitive(Primitive::Int32))
                .map(|c| integer_column(&format!("{}_adjustment", c.name)))
                .collect();
            self.columns.extend(adjustments);
        }
        if let Some(name) = &entry.version {
            self.version = Some(self.version_column(name)?);
        }
        Ok(())
    }

    fn version_column(&mut self, name: &str) -> Result<usize, String> {
        let Some(known) = self.columns.iter().position(|c| c.name == name) else {
            self.columns.push(integer_column(name));
            return Ok(self.columns.len() - 1);
        };
        let column = &self.columns[known];
        let integer = [Primitive::Int32, Primitive::Int64].map(ItemType::Primitive);
        let counts = integer.contains(&column.ty.item)
            && column.kind == ColumnKind::Integer
            && !column.nullable
            && column.expression.is_none();
        if counts {
            Ok(known)
        } else {
            Err(format!(
                "version {name} is not a stored Edm.Int32 or Edm.Int64 that is never null"
            ))
        }
    }

    pub(super) fn into_table(self, name: &str, of: Option<StructuredId>) -> Table {
        let mut table = Table::new(name.to_owned(), of, self.columns, Vec::new());
        table.own = self.own;
        table.derived = self.derived;
        table.entity_type = self.entity_type;
        table.streams = self.streams;
        table.media = self.media;
        table.version = self.version;
        table
    }
}

fn property_column(property: &Property, expression: Option<&String>) -> Column {
    let kind = kind_of(&property.ty);
    // A stream that was never written holds nothing.
    let is_stream = property.ty.item == ItemType::Primitive(Primitive::Stream);
    Column {
        name: match property.is_dynamic() {
            true => DYNAMIC.to_owned(),
            false => snake_case(&property.name),
        },
        kind,
        nullable: property.ty.nullable || is_stream,
        ty: property.ty.clone(),
        expression: expression.cloned(),
        default: if is_stream {
            Value::Null
        } else {
            property.default.clone()
        },
    }
}

fn nullable_column(name: &str, primitive: Primitive) -> Column {
    let ty = TypeRef::primitive(primitive);
    Column {
        name: name.to_owned(),
        kind: kind_of(&ty),
        nullable: true,
        ty,
        expression: None,
        default: Value::Null,
    }
}

/// The table of a table's history: the same columns, an integer key handed out in order, and when
/// the row was recorded (100 ns ticks in UTC since 0001-01-01).
pub(super) fn history_table(table: &Table, name: &str) -> Table {
    let mut columns = table.columns.clone();
    columns.push(integer_column("history_id"));
    columns.push(integer_column("recorded_at"));
    let key = vec![columns.len() - 2];
    let mut history = table.with_columns(name, columns);
    history.key = key;
    history.identity = true;
    // Its rows are never changed.
    history.version = None;
    history
}

fn required(primitive: Primitive) -> TypeRef {
    TypeRef {
        nullable: false,
        ..TypeRef::primitive(primitive)
    }
}

fn text_column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        kind: ColumnKind::Text,
        nullable: false,
        ty: required(Primitive::String),
        expression: None,
        default: Value::String(String::new()),
    }
}

pub(super) fn integer_column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        kind: ColumnKind::Integer,
        nullable: false,
        ty: required(Primitive::Int64),
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
        (false, ColumnKind::Guid) => Value::Guid(uuid::Uuid::nil()),
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

/// `lastStateUpdateDateTime` as `last_state_update_date_time`, `azureADDeviceId` as
/// `azure_ad_device_id`.
#[must_use]
pub fn snake_case(name: &str) -> String {
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
