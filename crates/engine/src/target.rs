//! Where a path leads in the tables. Everything on the way must exist.

use edm::{StructuredId, Value};
use odata::path::Segment;
use odata::{Error, json};
use store::{NavigationMap, Reader, Row, Select, TableId};

use crate::core::Core;

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
    /// Whether the path reached it without containing it: it may be read here, not changed.
    pub borrowed: bool,
}

impl Target {
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
        let mut fixed = self.fixed.iter();
        if fixed.all(|(column, value)| row[*column] == *value) {
            return Ok(row);
        }
        Err(self.missing(core))
    }
}

/// Finds what a path's segments address. The segments end with an entity or a collection: what
/// comes behind (`$count`, a property, an operation) is the caller's.
///
/// # Errors
/// 404 if something on the way does not exist; the last entity itself is not looked at.
pub fn locate(core: &Core, reader: &mut dyn Reader, segments: &[Segment]) -> Result<Target, Error> {
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
            (Segment::Key(values), Some(from)) => from.member(core, values)?,
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
    Error::bad_request(format!(
        "This path is not served: {what} segments cannot stand here."
    ))
}

fn root(core: &Core, of: StructuredId, name: &str) -> Result<Target, Error> {
    let (table, _) = core
        .tables
        .iter()
        .find(|(_, table)| table.of == Some(of) && table.key.len() == 1)
        .ok_or_else(|| Error::bad_request(format!("'{name}' is not served.")))?;
    let (fixed, key, parent) = (Vec::new(), None, None);
    Ok(Target {
        table,
        of,
        fixed,
        key,
        parent,
        name: String::new(),
        borrowed: false,
    })
}

fn key_text(core: &Core, values: &[Value]) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::String(text) => text.clone(),
            other => {
                let mut out = Vec::new();
                let ty = edm::TypeRef::primitive(edm::Primitive::Any);
                json::write_value(&mut out, &core.model, &ty, other);
                String::from_utf8_lossy(&out).into_owned()
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
    let fixed = sources(core, reader, from, map)?;
    let target = Target {
        table: map.table,
        of: navigation.target,
        fixed,
        key: None,
        parent: Some(from.of),
        name: if navigation.collection {
            String::new()
        } else {
            navigation.name.clone()
        },
        borrowed: from.borrowed
            || !navigation.contains_target && is_home_elsewhere(core, from, map),
    };
    if navigation.collection {
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

/// A navigation property that does not contain its target, and whose target is not keyed by the
/// source either (as a summary is by its script), leads to an entity that lives elsewhere.
fn is_home_elsewhere(core: &Core, from: &Target, map: &NavigationMap) -> bool {
    let source = core.tables.table(from.table);
    !map.on.iter().all(|(_, column)| source.key.contains(column))
}

/// The values that the columns of a navigation's targets must have. Reads the source only where
/// its key does not say them, and makes sure that it exists.
fn sources(
    core: &Core,
    reader: &mut dyn Reader,
    from: &Target,
    map: &NavigationMap,
) -> Result<Vec<(usize, Value)>, Error> {
    if map.on.is_empty() {
        return Ok(Vec::new());
    }
    let table = core.tables.table(from.table);
    let key = from.key.as_ref().ok_or_else(|| unserved("navigation"))?;
    let by_key: Option<Vec<_>> = map
        .on
        .iter()
        .map(|(target, source)| {
            let at = table.key.iter().position(|column| column == source)?;
            Some((*target, key[at].clone()))
        })
        .collect();
    let plain = from
        .fixed
        .iter()
        .all(|(column, _)| table.key.contains(column));
    if let (Some(values), true) = (by_key, plain) {
        return if reader.exists(from.table, key)? {
            Ok(values)
        } else {
            Err(from.missing(core))
        };
    }
    let row = load(core, reader, from)?;
    Ok(map
        .on
        .iter()
        .map(|(target, source)| (*target, row[*source].clone()))
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
    target.admit(core, row.ok_or_else(|| target.missing(core))?)
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
