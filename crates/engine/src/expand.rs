//! `$expand`: what navigation properties lead to, written inside the entities they start from.

use std::collections::{BTreeSet, HashMap};

use edm::Value;
use odata::Error;
use odata::query::{ExpandItem, QueryOptions};
use store::{NavigationMap, Reader, Row, Select};

use crate::access::Permit;
use crate::core::Core;
use crate::links::Place;
use crate::page::{Behind, Page};
use crate::read::{conditions, query_of};
use crate::represent::Representation;
use crate::target::Target;

/// The values that the columns of a navigation's targets must have.
pub(crate) type Sources = Vec<(usize, Value)>;

/// One expanded navigation property for all entities of a page: the bytes behind each, beginning
/// with a comma.
pub(crate) struct Expanded(Vec<Vec<u8>>);

/// Where a navigation property leads.
///
/// # Errors
/// 400 if it is not served.
pub(crate) fn map_of<'c>(core: &'c Core, item: &ExpandItem) -> Result<&'c NavigationMap, Error> {
    core.tables
        .navigation(&core.model, item.of, item.index)
        .ok_or_else(|| {
            let name = &core.model.structured(item.of).navigation[item.index].name;
            Error::bad_request(format!("$expand: '{name}' is not served.")).with_target("$expand")
        })
}

/// The values that the columns of an expansion's targets must have, from a whole row.
pub(crate) fn sources_of_row(core: &Core, item: &ExpandItem, row: &Row) -> Result<Sources, Error> {
    let map = map_of(core, item)?;
    Ok(map
        .on
        .iter()
        .map(|(target, source)| (*target, row[*source].clone()))
        .collect())
}

impl Expanded {
    /// Reads what a navigation property leads to from each entity: the column values of its
    /// targets, and the entity's URL.
    pub(crate) fn read(
        core: &Core,
        reader: &mut dyn Reader,
        item: &ExpandItem,
        from: &[(Sources, Place<'_>)],
        permit: Permit,
    ) -> Result<Self, Error> {
        let navigation = &core.model.structured(item.of).navigation[item.index];
        if navigation.collection {
            many(core, reader, item, from, permit)
        } else {
            one(core, reader, item, from, permit)
        }
    }

    /// Writes what stands behind the members of the entity at this place of the page.
    pub(crate) fn write(&self, index: usize, out: &mut Vec<u8>) {
        if let Some(bytes) = self.0.get(index) {
            out.extend_from_slice(bytes);
        }
    }
}

/// Single-valued: one select for all entities of the page.
fn one(
    core: &Core,
    reader: &mut dyn Reader,
    item: &ExpandItem,
    from: &[(Sources, Place<'_>)],
    permit: Permit,
) -> Result<Expanded, Error> {
    let navigation = &core.model.structured(item.of).navigation[item.index];
    let shape = core
        .shape(item.of)
        .ok_or_else(|| Error::internal("a type without a shape"))?;
    let found = entities(core, reader, item, from)?;
    let mut expanded = Vec::with_capacity(from.len());
    for (sources, place) in from {
        let mut out = vec![b','];
        out.extend_from_slice(shape.navigation(item.index));
        match found.get(key_of(sources)) {
            None => out.extend_from_slice(b"null"),
            Some(entity) => {
                out.push(b'{');
                out.extend_from_slice(&entity.members);
                let place = place.step(&navigation.name);
                for (nested, sources) in item.options.expand.iter().zip(&entity.sources) {
                    let from = [(sources.clone(), place.clone())];
                    Expanded::read(core, reader, nested, &from, permit)?.write(0, &mut out);
                }
                out.push(b'}');
            }
        }
        expanded.push(out);
    }
    Ok(Expanded(expanded))
}

/// The value that names what a single-valued navigation leads to; empty if it leads nowhere.
fn key_of(sources: &Sources) -> &str {
    sources
        .first()
        .and_then(|(_, value)| value.as_str())
        .unwrap_or_default()
}

/// An entity that a single-valued navigation leads to: its members, and where its own expansions
/// lead.
struct Entity {
    members: Vec<u8>,
    sources: Vec<Sources>,
}

/// The entities that a single-valued navigation leads to from a page, by what names them.
fn entities(
    core: &Core,
    reader: &mut dyn Reader,
    item: &ExpandItem,
    from: &[(Sources, Place<'_>)],
) -> Result<HashMap<String, Entity>, Error> {
    let map = map_of(core, item)?;
    let navigation = &core.model.structured(item.of).navigation[item.index];
    let [(column, _)] = map.on.as_slice() else {
        let name = &navigation.name;
        return Err(Error::internal(format!(
            "{name} is mapped by several columns"
        )));
    };
    let names: BTreeSet<&str> = from.iter().map(|(sources, _)| key_of(sources)).collect();
    let wanted: Vec<Value> = names
        .into_iter()
        .filter(|n| !n.is_empty())
        .map(Value::from)
        .collect();
    let mut found = HashMap::with_capacity(wanted.len());
    if wanted.is_empty() {
        return Ok(found);
    }
    let (table, options) = (core.tables.table(map.table), &item.options);
    let representation = Representation::new(core, map.table, navigation.target, options, false);
    let mut select = Select::all(map.table, 0);
    select.among = Some((*column, wanted));
    select.filter = options.filter.as_ref();
    select.today = core.today();
    select.columns = representation.columns().to_vec();
    select.columns.push(*column);
    let behind = Behind::new(core, map.table, &mut select, options, &[])?;
    let at = representation.width();
    reader.select(&select, &mut |cells| {
        let name = store::cell::decode(&core.model, &table.columns[*column], cells, at)?;
        let mut members = Vec::with_capacity(512);
        representation.members(&mut members, cells)?;
        let sources = behind.read(core, table, cells, at + 1)?.sources;
        let name = name.as_str().unwrap_or_default().to_owned();
        found.insert(name, Entity { members, sources });
        Ok(())
    })?;
    Ok(found)
}

/// Collection-valued: a page for each entity.
fn many(
    core: &Core,
    reader: &mut dyn Reader,
    item: &ExpandItem,
    from: &[(Sources, Place<'_>)],
    permit: Permit,
) -> Result<Expanded, Error> {
    let map = map_of(core, item)?;
    let navigation = &core.model.structured(item.of).navigation[item.index];
    let mut expanded = Vec::with_capacity(from.len());
    for (sources, place) in from {
        let target = Target {
            table: map.table,
            of: navigation.target,
            fixed: sources.clone(),
            key: None,
            parent: Some(item.of),
            name: String::new(),
            borrowed: false,
        };
        expanded.push(page_of(core, reader, item, &target, place, permit)?);
    }
    Ok(Expanded(expanded))
}

fn page_of(
    core: &Core,
    reader: &mut dyn Reader,
    item: &ExpandItem,
    target: &Target,
    place: &Place<'_>,
    permit: Permit,
) -> Result<Vec<u8>, Error> {
    let name = &core.model.structured(item.of).navigation[item.index].name;
    let options = &item.options;
    let here = place.step(name);
    let mut out = Vec::with_capacity(256);
    member(&mut out, &format!("{name}@odata.context"), &here.context());
    if options.count {
        let total = reader.count(&conditions(core, target, options))?;
        out.extend_from_slice(format!(",\"{name}@odata.count\":{total}").as_bytes());
    }
    let largest = core.service.profile().max_page_size;
    let size = options.top.unwrap_or(largest).min(largest);
    let page = Page {
        target,
        options,
        size,
        query: query_of(&here.path, options),
    };
    out.push(b',');
    odata::json::write_string(&mut out, name);
    let token = page.write(core, reader, &here, permit, &mut out)?;
    if let Some(token) = token.filter(|_| options.top.is_none_or(|top| top > largest)) {
        // The link repeats no options: a page that had some could not be continued by it.
        let plain = QueryOptions {
            count: options.count,
            ..QueryOptions::default()
        };
        if *options != plain {
            return Err(Error::bad_request(format!(
                "$expand: '{name}' has more than {largest} entities here; read them from {}.",
                here.url()
            ))
            .with_target("$expand"));
        }
        let link = format!("{}?$skiptoken={token}", here.url());
        member(&mut out, &format!("{name}@odata.nextLink"), &link);
    }
    Ok(out)
}

fn member(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b',');
    odata::json::write_string(out, name);
    out.push(b':');
    odata::json::write_string(out, text);
}
