//! Assignments, and `assign`, which replaces the whole set.

use std::collections::HashMap;
use std::sync::Arc;

use edm::{Model, Value};
use engine::{Answer, Call, Core, Scope, Target, insert_entity, load, locate};
use odata::json::Argument;
use odata::path::Segment;
use odata::{Error, ErrorCode};
use store::{NavigationMap, Row, TableId, Tables, Transaction};

use crate::columns::{hidden, property, table_named};
use crate::graph::{Graph, GraphError};
use crate::layout::Layout;

/// A table of assignments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assignments {
    pub(crate) table: TableId,
    pub(crate) script_id: usize,
    /// The target, or the target group's id.
    pub(crate) target: usize,
    /// Whether `target` is a group's id.
    pub(crate) by_group: bool,
    /// Whether remediations run, where that is said.
    pub(crate) runs_remediation: Option<usize>,
    /// The schedule, where there is one.
    pub(crate) schedule: Option<usize>,
}

/// The tables of assignments.
pub(crate) fn read(
    model: &Model,
    tables: &Tables,
) -> Result<HashMap<TableId, Assignments>, GraphError> {
    let names = [
        "device_health_script_assignment",
        "device_management_script_assignment",
        "device_management_script_group_assignment",
    ];
    let mut found = HashMap::new();
    for name in names {
        let id = table_named(tables, name)?;
        let table = tables.table(id);
        let of = table
            .of
            .ok_or_else(|| GraphError(format!("{name} has no type")))?;
        let ty = model.structured(of);
        let by_group = ty.property("target").is_none();
        let assignments = Assignments {
            table: id,
            script_id: hidden(table, "script_id")?,
            target: property(ty, if by_group { "targetGroupId" } else { "target" })?,
            by_group,
            runs_remediation: ty.property("runRemediationScript"),
            schedule: ty.property("runSchedule"),
        };
        found.insert(id, assignments);
    }
    Ok(found)
}

/// Completes a new assignment: its id is `{scriptId}:{groupId}`.
pub(crate) fn insert(
    graph: &Graph,
    scope: &Scope<'_>,
    assignments: &Assignments,
    row: &mut Row,
) -> Result<(), Error> {
    let script = row[assignments.script_id]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let id = group_of(graph, assignments, row)?.unwrap_or_else(|| scope.ids.new_id().to_string());
    row[graph.id] = Value::String(format!("{script}:{id}"));
    Ok(())
}

/// The group that an assignment means, if it means one.
///
/// # Errors
/// 400 for an assignment that means nobody.
pub(crate) fn group_of(
    graph: &Graph,
    assignments: &Assignments,
    row: &Row,
) -> Result<Option<String>, Error> {
    let column = assignments.target;
    let refuse = |name: &str| {
        Error::bad_request(format!(
            "Property '{name}' is required: an assignment needs a target."
        ))
        .with_target(name)
    };
    if assignments.by_group {
        return match row[column].as_str() {
            Some(group) if !group.is_empty() => Ok(Some(group.to_owned())),
            _ => Err(refuse("targetGroupId")),
        };
    }
    if row[column].is_null() {
        return Err(refuse("target"));
    }
    let whom = graph
        .targets
        .whom(&row[column])
        .ok_or_else(|| refuse("target/groupId"))?;
    Ok(whom.group_id().map(str::to_owned))
}

/// `assign`: the parameters' assignments instead of those that a script has. An answer shows the
/// new set.
pub(crate) async fn assign(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let sets = sets(graph, core, &call)?;
    let shared = core.clone();
    let layout = graph.layout.clone();
    let permit = call.permit;
    let (table, rows, of) = core
        .write(call.origin.clone(), move |transaction| {
            let (script, row) = script(&layout, &shared, transaction, &call.binding)?;
            let mut shown = Vec::new();
            for set in &sets {
                let rows = replace(&shared, transaction, &script, &row, set, permit)?;
                if set.given.is_some() || shown.is_empty() {
                    shown.push((set.map.table, rows, set.of));
                }
            }
            let answered = shown.into_iter().max_by_key(|(_, rows, _)| rows.len());
            answered.ok_or_else(|| Error::internal("assign without an assignment parameter"))
        })
        .await?;
    Ok(Answer::Shown(table, rows, of))
}

/// The script that an `assign` is bound to. Where families share their run states, and so their
/// permissions, its id is enough: the live service finds a shell script among the platform scripts,
/// and tools rely on it.
///
/// # Errors
/// 404 if there is none.
fn script(
    layout: &Layout,
    core: &Core,
    transaction: &mut dyn Transaction,
    binding: &[Segment],
) -> Result<(Target, Row), Error> {
    let named = locate(core, transaction, binding)?;
    let missing = match load(core, transaction, &named) {
        Ok(row) => return Ok((named, row)),
        Err(error) if error.code == ErrorCode::ResourceNotFound => error,
        Err(error) => return Err(error),
    };
    let states = layout.family(named.table).map(|family| family.states);
    let kin = layout
        .families
        .iter()
        .filter(|family| Some(family.states) == states && family.table != named.table);
    for family in kin {
        let target = Target {
            table: family.table,
            of: family.of,
            ..named.clone()
        };
        match load(core, transaction, &target) {
            Ok(row) => return Ok((target, row)),
            Err(error) if error.code == ErrorCode::ResourceNotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(missing)
}

/// One parameter of `assign`: where its assignments live, and what was given.
#[derive(Clone)]
struct Set {
    map: NavigationMap,
    of: edm::StructuredId,
    name: String,
    given: Option<Vec<odata::json::EntityPayload>>,
}

/// The parameters of the overload with the navigation property of the script that holds entities
/// of the parameter's type.
fn sets(graph: &Graph, core: &Core, call: &Call) -> Result<Vec<Set>, Error> {
    let operation = core.model.operation(call.operation);
    let script = operation
        .bound_to()
        .map(|(of, _)| of)
        .ok_or_else(|| Error::internal("assign is bound to a script"))?;
    let mut sets = Vec::new();
    for parameter in operation.own_parameters() {
        let Some(of) = parameter.ty.item.structured() else {
            continue;
        };
        let navigation = &core.model.structured(script).navigation;
        let map = navigation
            .iter()
            .position(|navigation| navigation.target == of && navigation.collection)
            .and_then(|index| core.tables.navigation(&core.model, script, index))
            .filter(|map| graph.assignments.contains_key(&map.table))
            .ok_or_else(|| Error::internal(format!("{} is assigned nowhere", parameter.name)))?;
        let given = match call.argument(&core.model, &parameter.name) {
            Some(Argument::Entities(entities)) => Some(entities.clone()),
            Some(Argument::Null) | None => None,
            Some(_) => return Err(Error::internal("an assignment that is no entity")),
        };
        sets.push(Set {
            map: map.clone(),
            of,
            name: parameter.name.clone(),
            given,
        });
    }
    if sets.iter().all(|set| set.given.is_none()) {
        let names: Vec<_> = sets.iter().map(|set| format!("'{}'", set.name)).collect();
        return Err(Error::bad_request(format!(
            "The action 'assign' needs {}.",
            names.join(" or ")
        ))
        .with_target(sets.first().map_or("assign", |set| set.name.as_str())));
    }
    Ok(sets)
}

fn replace(
    core: &Core,
    transaction: &mut dyn Transaction,
    script: &Target,
    row: &Row,
    set: &Set,
    permit: engine::access::Permit,
) -> Result<Vec<Row>, Error> {
    let fixed: Vec<(usize, Value)> = set
        .map
        .on
        .iter()
        .map(|(to, from)| (*to, row[*from].clone()))
        .collect();
    transaction.delete_where(set.map.table, &fixed, u32::MAX)?;
    let target = Target {
        table: set.map.table,
        of: set.of,
        fixed,
        key: None,
        parent: Some(script.of),
        name: String::new(),
        linked: None,
        borrowed: false,
        filters: Vec::new(),
    };
    let mut rows = Vec::new();
    for (i, payload) in set.given.iter().flatten().enumerate() {
        let made = insert_entity(core, transaction, &target, "", payload, permit);
        rows.push(made.map_err(|error| at(&set.name, i, error))?);
    }
    Ok(rows)
}

fn at(name: &str, index: usize, error: Error) -> Error {
    let target = error.target.as_deref().unwrap_or("");
    let place = format!("{name}/{index}/{target}");
    let message = format!("{name}/{index}: {}", error.message);
    // Two assignments of one call for the same group are a fault of the call.
    let code = match error.code {
        odata::ErrorCode::Conflict => odata::ErrorCode::BadRequest,
        code => code,
    };
    Error {
        code,
        message,
        ..error
    }
    .with_target(place.trim_end_matches('/'))
}

/// Every row of a table of assignments.
pub(crate) fn all(
    core: &Core,
    reader: &mut dyn store::Reader,
    table: TableId,
) -> Result<Vec<Row>, Error> {
    let columns = core.tables.table(table);
    let select = store::Select::all(table, columns.columns.len());
    let mut rows = Vec::new();
    reader.select(&select, &mut |cells| {
        rows.push(store::cell::decode_row(&core.model, columns, cells)?);
        Ok(())
    })?;
    Ok(rows)
}
