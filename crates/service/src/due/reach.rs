//! Which scripts are assigned to a device.

use std::collections::{BTreeSet, HashMap};

use edm::Value;
use engine::Core;
use odata::Error;
use store::{Reader, Row, TableId};

use crate::assignments;
use crate::assignments::Assignments;
use crate::graph::Graph;
use crate::states::text;
use crate::targets::{ALL_DEVICES, ALL_USERS, Whom};

/// How an assigned script reaches a device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// A group of the device is excluded, which outweighs all that include it.
    excluded: bool,
    /// A run was asked for on demand: it is due, remediation and all, assigned or not.
    pub(super) requested: bool,
    /// The assignments that include the device.
    rows: Vec<(TableId, Row)>,
}

impl Reach {
    /// That of a script that is not assigned, but asked for.
    pub(super) fn requested() -> Self {
        Self {
            requested: true,
            ..Self::default()
        }
    }

    /// Whether a group of the device is excluded, which outweighs everything else.
    pub(crate) fn is_excluded(&self) -> bool {
        self.excluded
    }

    /// Whether the script is for the device at all.
    pub(super) fn includes(&self) -> bool {
        !self.excluded && (self.requested || !self.rows.is_empty())
    }

    /// The schedules of the assignments that include the device, null where one has none; nothing
    /// of those whose type knows no schedules.
    pub(crate) fn schedules<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = &'a Value> {
        self.rows.iter().filter_map(|(table, row)| {
            let column = graph.assignments.get(table)?.schedule?;
            Some(&row[column])
        })
    }

    /// Whether all assignments that include the device ask to detect only. Where families have no
    /// such property, all runs.
    pub(crate) fn detects_only(&self, graph: &Graph) -> bool {
        !self.requested
            && self.rows.iter().all(|(table, row)| {
                let assignments = graph.assignments.get(table);
                let column = assignments.and_then(|assignments| assignments.runs_remediation);
                column.is_some_and(|column| row[column] == Value::Boolean(false))
            })
    }
}

/// How one script's assignments speak of a device, if they do.
pub(crate) fn reach_of(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    device: &Row,
    script: &Value,
) -> Result<Option<Reach>, Error> {
    let reaching = reaching(graph, core, reader, device)?;
    let mut reaching = reaching.into_iter();
    Ok(reaching
        .find(|(id, _)| id == script)
        .map(|(_, reach)| reach))
}

/// The ids of the scripts that are for a device: assigned to it, or asked for on it.
///
/// # Errors
/// What the store says.
pub(crate) fn assigned(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    device: &str,
) -> Result<BTreeSet<String>, Error> {
    let Some(device) = reader.get(graph.devices.table, &[Value::from(device)])? else {
        return Ok(BTreeSet::new());
    };
    let mut scripts = BTreeSet::new();
    let mut excluded = BTreeSet::new();
    for (id, reach) in reaching(graph, core, reader, &device)? {
        let Some(id) = id.as_str().map(str::to_owned) else {
            continue;
        };
        match reach.is_excluded() {
            true => excluded.insert(id),
            false => scripts.insert(id),
        };
    }
    for asked in graph.requests.of_device(core, reader, &device[graph.id])? {
        scripts.extend(asked.as_str().map(str::to_owned));
    }
    Ok(&scripts - &excluded)
}

/// The scripts whose assignments speak of a device, including it or not, by id, in a stable order.
pub(super) fn reaching(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    device: &Row,
) -> Result<Vec<(Value, Reach)>, Error> {
    let mut scripts: Vec<(Value, Reach)> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut tables: Vec<_> = graph.assignments.values().copied().collect();
    tables.sort_by_key(|assignments| assignments.table);
    for assignments in tables {
        for row in assignments::all(core, reader, assignments.table)? {
            let Some(whom) = whom(graph, &assignments, &row) else {
                continue;
            };
            if !speaks_of(graph, &whom, device) {
                continue;
            }
            let id = text(&row, assignments.script_id).to_owned();
            let at = *index.entry(id).or_insert_with(|| {
                let script = row[assignments.script_id].clone();
                scripts.push((script, Reach::default()));
                scripts.len() - 1
            });
            let reach = &mut scripts[at].1;
            match whom {
                Whom::Exclusion(_) => reach.excluded = true,
                _ => reach.rows.push((assignments.table, row)),
            }
        }
    }
    Ok(scripts)
}

fn whom(graph: &Graph, assignments: &Assignments, row: &Row) -> Option<Whom> {
    if assignments.by_group {
        return Some(Whom::Group(row[assignments.target].as_str()?.to_owned()));
    }
    let target = &row[assignments.target];
    match graph.targets.whom(target)? {
        // Which devices a filter lets through is not known here, so none is taken for one.
        Whom::Exclusion(group) => Some(Whom::Exclusion(group)),
        whom => (!graph.targets.is_filtered(target)).then_some(whom),
    }
}

/// Whether a target names a device: its group, all devices, or all users if it has one.
fn speaks_of(graph: &Graph, whom: &Whom, device: &Row) -> bool {
    let has_user = !text(device, graph.devices.user_id).is_empty();
    let in_group = |group: &str| match &device[graph.devices.group_ids] {
        Value::Collection(ids) => ids
            .iter()
            .filter_map(Value::as_str)
            .any(|id| id.eq_ignore_ascii_case(group)),
        _ => false,
    };
    match whom {
        Whom::AllDevices => true,
        Whom::AllUsers => has_user,
        Whom::Group(group) | Whom::Exclusion(group) => {
            in_group(group)
                || group.eq_ignore_ascii_case(ALL_DEVICES)
                || has_user && group.eq_ignore_ascii_case(ALL_USERS)
        }
        Whom::Nobody => false,
    }
}
