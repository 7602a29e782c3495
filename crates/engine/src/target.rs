//! Where a path leads in the tables. Everything on the way must exist.

mod member;
mod way;

use edm::{StructuredId, Value};
use odata::expr::Expr;
use odata::path::Segment;
use odata::{Error, ErrorCode, json};
use store::{Linked, NavigationMap, Reader, Row, Select, TableId};

use crate::core::Core;
use way::leaves;

pub(crate) use way::Way;

/// The rows that a path addresses: one by its key, or those with these column values.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The table.
    pub table: TableId,
    /// The entity type.
    pub of: StructuredId,
    /// Columns that the rows' parents decide.
    pub fixed: Vec<(usize, Value)>,
    /// The primary key, if the path addresses one entity.
    pub key: Option<Vec<Value>>,
    /// The entity type that the path comes from, if any: the family of a shared table.
    pub parent: Option<StructuredId>,
    /// What to call the entity in an error: its key as the client gave it.
    pub name: String,
    /// The links that lead to the rows, where many lead to many.
    pub linked: Option<Linked>,
    /// Whether the path reached it without containing it: it may be read here, not changed.
    pub borrowed: bool,
    /// The conditions of the path: `/$filter(…)` segments behind which no key stands.
    pub filters: Vec<Expr>,
}

impl Target {
    /// All rows of a table that are of a type.
    pub(crate) fn root(table: TableId, of: StructuredId, parent: Option<StructuredId>) -> Self {
        Self {
            table,
            of,
            parent,
            fixed: Vec::new(),
            key: None,
            name: String::new(),
            linked: None,
            borrowed: false,
            filters: Vec::new(),
        }
    }

    /// The error that there is no such entity.
    #[must_use]
    pub fn missing(&self, core: &Core) -> Error {
        let ty = core.model.structured(self.of).short_name();
        let name = &self.name;
        if name.is_empty() {
            return Error::not_found(format!("There is no {ty} here."));
        }
        Error::not_found(format!("There is no {ty} '{name}' here."))
    }

    /// The parents' part of the primary key, as the path decides it.
    pub(crate) fn parents(&self, core: &Core) -> Vec<Value> {
        let table = core.tables.table(self.table);
        let fixed = |column: &usize| self.fixed.iter().find(|(c, _)| c == column);
        table
            .key
            .iter()
            .filter_map(fixed)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// The entity of a key in the collection that this target addresses.
    ///
    /// # Errors
    /// 404 for a key that no entity here can have.
    pub(crate) fn member(&self, core: &Core, own: &[Value]) -> Result<Target, Error> {
        let member = Target {
            name: key_text(core, own),
            ..self.clone()
        };
        match core.service.key(self.table, &self.parents(core), own) {
            Some(key) => Ok(Target {
                key: Some(key),
                ..member
            }),
            None => Err(member.missing(core)),
        }
    }

    /// The row of this target's key, if it hangs on what the path names.
    ///
    /// # Errors
    /// 404 for a row that the path does not lead to.
    pub(crate) fn admit(&self, core: &Core, row: Row) -> Result<Row, Error> {
        let table = core.tables.table(self.table);
        let mut fixed = self.fixed.iter();
        let is_meant = fixed.all(|(column, value)| row[*column] == *value)
            && match table.type_of(&core.model, &row)? {
                Some(of) => table.of == Some(self.of) || core.model.is_a(of, self.of),
                None => true,
            };
        if is_meant {
            return Ok(row);
        }
        Err(self.missing(core))
    }
}

/// Finds what a path's segments address. The segments end with an entity or a collection: what
/// comes behind (`$count`, a property, an operation) is the caller's.
///
/// # Errors
/// 404 if something on the way does not exist; the last entity itself is not looked at. 501 for a
/// collection behind `/$filter(…)`: who reads that asks for the [`locate_filtered`] one.
pub fn locate(core: &Core, reader: &mut dyn Reader, segments: &[Segment]) -> Result<Target, Error> {
    let target = locate_filtered(core, reader, segments)?;
    if target.filters.is_empty() {
        return Ok(target);
    }
    let message = "The path segment '$filter(…)' is not served in front of this.";
    Err(Error::new(ErrorCode::NotImplemented, message).with_target("$filter"))
}

/// As [`locate`], for those who heed the [`Target::filters`] of a collection.
///
/// # Errors
/// As [`locate`], without the last.
pub fn locate_filtered(
    core: &Core,
    reader: &mut dyn Reader,
    segments: &[Segment],
) -> Result<Target, Error> {
    let mut at: Option<Target> = None;
    for segment in segments {
        at = Some(match (segment, at) {
            (Segment::Singleton(id), None) => {
                let of = core.model.singleton(*id).of;
                root(core, of, &core.model.singleton(*id).name)?
            }
            (Segment::EntitySet(id), None) => {
                let of = core.model.entity_set(*id).of;
                root(core, of, &core.model.entity_set(*id).name)?
            }
            (Segment::Navigation { of, index }, Some(from)) => {
                navigate(core, reader, &from, *of, *index)?
            }
            (Segment::Key(values), Some(from)) => member::by_key(core, reader, from, values)?,
            (Segment::AlternateKey(values), Some(from)) => {
                member::by_alternate(core, reader, from, values)?
            }
            (Segment::Filter(condition), Some(mut from)) => {
                from.filters.push((**condition).clone());
                from
            }
            (Segment::Cast(of), Some(from)) => Target { of: *of, ..from },
            (segment, _) => return Err(unserved(&format!("{segment:?}"))),
        });
    }
    at.ok_or_else(|| unserved("an empty path"))
}

fn unserved(what: &str) -> Error {
    let what = what
        .split(['(', ' ', '{'])
        .next()
        .unwrap_or(what)
        .to_lowercase();
    let message = format!("This path is not served: {what} segments cannot stand here.");
    Error::new(ErrorCode::NotImplemented, message)
}

fn root(core: &Core, of: StructuredId, name: &str) -> Result<Target, Error> {
    let keys = core.model.structured(of).key.len();
    let (table, _) = core
        .tables
        .iter()
        .find(|(_, table)| table.of == Some(of) && table.key.len() == keys)
        .ok_or_else(|| Error::bad_request(format!("'{name}' is not served.")))?;
    Ok(Target::root(table, of, None))
}

/// The type whose rows alone are read of a table that holds others, too.
pub(crate) fn cast_filter(core: &Core, table: TableId, of: StructuredId) -> Option<StructuredId> {
    (core.tables.table(table).of != Some(of)).then_some(of)
}

/// The links from a source, whose columns' values `value` tells.
pub(crate) fn linked(map: &NavigationMap, value: impl Fn(usize) -> Value) -> Option<Linked> {
    let link = map.link.as_ref()?;
    Some(Linked {
        link: link.clone(),
        source: link
            .source
            .iter()
            .map(|(_, column)| value(*column))
            .collect(),
    })
}

pub(crate) fn key_text(core: &Core, values: &[Value]) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::String(text) => text.clone(),
            Value::Guid(id) => id.to_string(),
            other => {
                let mut out = Vec::new();
                let ty = edm::TypeRef::primitive(edm::Primitive::Any);
                json::write_value(&mut out, &core.model, json::Style::default(), &ty, other);
                String::from_utf8_lossy(&out).trim_matches('"').to_owned()
            }
        })
        .collect();
    texts.join(",")
}

fn navigate(
    core: &Core,
    reader: &mut dyn Reader,
    from: &Target,
    of: StructuredId,
    index: usize,
) -> Result<Target, Error> {
    let navigation = &core.model.structured(of).navigation[index];
    let map = core
        .tables
        .navigation(&core.model, of, index)
        .ok_or_else(|| Error::bad_request(format!("'{}' is not served.", navigation.name)))?;
    let values = sources(core, reader, from, map)?;
    let value = |column: usize| {
        let found = values.iter().find(|(known, _)| *known == column);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let target = Target {
        fixed: map
            .on
            .iter()
            .map(|(to, column)| (*to, value(*column)))
            .collect(),
        linked: linked(map, value),
        name: if navigation.collection {
            String::new()
        } else {
            navigation.name.clone()
        },
        borrowed: from.borrowed || leaves(core, from.table, navigation, map),
        ..Target::root(map.table, navigation.target, Some(from.of))
    };
    // Without columns that lead there, it is the one row of its table.
    if navigation.collection || map.on.is_empty() && map.link.is_none() {
        return Ok(target);
    }
    let key = &core.tables.table(map.table).key;
    let values = key
        .iter()
        .map(|column| {
            target
                .fixed
                .iter()
                .find(|(c, _)| c == column)
                .map(|(_, v)| v.clone())
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Error::internal(format!("{} is not mapped to a key", navigation.name)))?;
    if values
        .iter()
        .any(|value| value.is_null() || value.as_str() == Some(""))
    {
        return Err(target.missing(core));
    }
    Ok(Target {
        key: Some(values),
        ..target
    })
}

/// The values of the source's columns that a navigation begins with. Reads the source only where
/// its key does not say them, and makes sure that it exists.
fn sources(
    core: &Core,
    reader: &mut dyn Reader,
    from: &Target,
    map: &NavigationMap,
) -> Result<Vec<(usize, Value)>, Error> {
    let pairs = map.link.as_ref().map_or(&map.on, |link| &link.source);
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let table = core.tables.table(from.table);
    let plain = from.linked.is_none()
        && table.entity_type.is_none()
        && from
            .fixed
            .iter()
            .all(|(column, _)| table.key.contains(column));
    let by_key: Option<Vec<_>> = pairs
        .iter()
        .map(|(_, source)| {
            let at = table.key.iter().position(|column| column == source)?;
            Some((*source, from.key.as_ref()?.get(at)?.clone()))
        })
        .collect();
    if let (Some(values), Some(key), true) = (by_key, &from.key, plain) {
        return if reader.exists(from.table, key)? {
            Ok(values)
        } else {
            Err(from.missing(core))
        };
    }
    let row = load(core, reader, from)?;
    Ok(pairs
        .iter()
        .map(|(_, source)| (*source, row[*source].clone()))
        .collect())
}

/// The row of a target that addresses one entity.
///
/// # Errors
/// 404 if there is none.
pub fn load(core: &Core, reader: &mut dyn Reader, target: &Target) -> Result<Row, Error> {
    let row = match &target.key {
        Some(key) => reader.get(target.table, key)?,
        None => sole_row(core, reader, target)?,
    };
    let row = target.admit(core, row.ok_or_else(|| target.missing(core))?)?;
    if let Some(linked) = &target.linked {
        let link = link_key(core, linked, &row);
        if !reader.exists(linked.link.table, &link)? {
            return Err(target.missing(core));
        }
    }
    Ok(row)
}

/// The key of the row that links a source to a target.
pub(crate) fn link_key(core: &Core, linked: &Linked, target: &Row) -> Vec<Value> {
    let link = &linked.link;
    let value = |column: &usize| {
        let source = link.source.iter().position(|(known, _)| known == column);
        let other = link.target.iter().find(|(known, _)| known == column);
        match (source.and_then(|at| linked.source.get(at)), other) {
            (Some(value), _) => value.clone(),
            (None, Some((_, from))) => target[*from].clone(),
            (None, None) => Value::Null,
        }
    };
    core.tables
        .table(link.table)
        .key
        .iter()
        .map(value)
        .collect()
}

/// The row of a singleton's table.
fn sole_row(core: &Core, reader: &mut dyn Reader, target: &Target) -> Result<Option<Row>, Error> {
    let table = core.tables.table(target.table);
    let mut select = Select::all(target.table, table.columns.len());
    select.limit = Some(1);
    let mut found = None;
    reader.select(&select, &mut |cells| {
        found = Some(store::cell::decode_row(&core.model, table, cells)?);
        Ok(())
    })?;
    Ok(found)
}
