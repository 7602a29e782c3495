//! Where navigation properties lead: to which table, by which columns, through which link.

use std::collections::BTreeMap;

use edm::{Model, StructuredId};
use serde::Deserialize;

use super::MapError;
use crate::table::{Link, NavigationMap, Table, Tables};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NavigationEntry {
    /// `Namespace.Type/navigationProperty`.
    pub(super) path: String,
    table: String,
    /// Target column = source column.
    #[serde(default)]
    on: BTreeMap<String, String>,
    /// The table of the source, where its type lies in several or in none.
    from: Option<String>,
    /// The table that holds which source leads to which target, where many lead to many.
    link: Option<LinkEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkEntry {
    table: String,
    /// Link column = source column.
    source: BTreeMap<String, String>,
    /// Link column = target column.
    target: BTreeMap<String, String>,
}

pub(super) fn build_navigation(
    model: &Model,
    tables: &Tables,
    entry: &NavigationEntry,
) -> Result<((StructuredId, usize), NavigationMap), MapError> {
    build(model, tables, entry)
        .map_err(|what| MapError(format!("navigation {}: {what}", entry.path)))
}

fn build(
    model: &Model,
    tables: &Tables,
    entry: &NavigationEntry,
) -> Result<((StructuredId, usize), NavigationMap), String> {
    let (ty, property) = entry.path.rsplit_once('/').ok_or("no type and property")?;
    let of = model
        .find_structured(ty)
        .ok_or_else(|| format!("no type {ty}"))?;
    let index = model
        .structured(of)
        .navigation_property(property)
        .ok_or_else(|| format!("no navigation property {property}"))?;
    let named = |name: &str| tables.find(name).ok_or_else(|| format!("no table {name}"));
    let table = named(&entry.table)?;
    let target = tables.table(table);
    let source = match &entry.from {
        Some(name) => Some(tables.table(named(name)?)),
        None => tables
            .iter()
            .map(|(_, t)| t)
            .find(|t| t.of == Some(of) || t.derived.contains_key(&of)),
    };
    let link = match &entry.link {
        None => None,
        Some(_) if !entry.on.is_empty() => return Err("either 'on' or 'link'".to_owned()),
        Some(link) => {
            let source = source.ok_or("a link needs a source table")?;
            let id = named(&link.table)?;
            Some(Link {
                table: id,
                source: pairs(tables.table(id), source, &link.source)?,
                target: pairs(tables.table(id), target, &link.target)?,
            })
        }
    };
    let mut on = match source {
        Some(source) => pairs(target, source, &entry.on)?,
        None if entry.on.is_empty() => Vec::new(),
        None => return Err("no source table".to_owned()),
    };
    // The columns that lead the target's key come first: they say which rows hang on the source.
    on.sort_by_key(|(column, _)| {
        target
            .key
            .iter()
            .position(|k| k == column)
            .unwrap_or(usize::MAX)
    });
    Ok(((of, index), NavigationMap { table, on, link }))
}

/// Pairs of a column of `left` and one of `right`, by their names.
fn pairs(
    left: &Table,
    right: &Table,
    names: &BTreeMap<String, String>,
) -> Result<Vec<(usize, usize)>, String> {
    let column = |table: &Table, name: &str| {
        let column = table.column(name);
        column.ok_or_else(|| format!("no column {name} in {}", table.name))
    };
    names
        .iter()
        .map(|(l, r)| Ok((column(left, l)?, column(right, r)?)))
        .collect()
}
