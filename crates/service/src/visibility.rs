//! What callers may see and change whose permissions do not reach everything, or not every property:
//! an administrator who is confined to role scope tags, a device, whoever may not read what scripts
//! consist of or printed. A table that nothing is said about is not seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use edm::{Expression, Model, OperationId};
use engine::access::Reach;
use engine::{Core, Withheld};
use odata::Error;
use store::TableId;
use store::visibility::{Above, Changes, Rule, Visibility};

use crate::columns::{hidden, term};
use crate::due;
use crate::graph::Graph;
use crate::ids;
use crate::layout::Family;
use crate::reach;

/// The tag of what has none.
pub(crate) const DEFAULT_TAG: &str = "0";

/// What a caller may see and change.
///
/// # Errors
/// What the store says.
pub(crate) async fn visibility(
    graph: &Graph,
    core: Arc<Core>,
    reach: &Reach,
    withheld: Option<&Withheld>,
) -> Result<Visibility, Error> {
    let asked = reach::text_of(reach, withheld);
    match reach {
        Reach::Everything => {
            let mut all = Visibility::default();
            for (table, _) in core.tables.iter() {
                all.set(table, Rule::All, Changes::ALL);
            }
            if withheld.is_some() {
                all.set(graph.exports.jobs, own_jobs(graph, &asked), Changes::ALL);
            }
            Ok(all)
        }
        Reach::RoleScopeTags(tags) => of_tags(graph, &core.model, tags, &asked),
        Reach::Device(id) => {
            let id = ids::guid(id).unwrap_or_else(|| id.clone());
            let (shared, of, device) = (core.clone(), graph.clone(), id.clone());
            let scripts = core.read(move |reader| due::assigned(&of, &shared, reader, &device));
            of_device(graph, &id, scripts.await?)
        }
    }
}

/// Whether a caller may call an operation: one that looks up what the caller names in the store that
/// it is given, and reads and writes beyond that only what follows from it.
///
/// The model names the callers of each (`runstate.confined`).
pub(crate) fn confines(model: &Model, operation: OperationId, reach: &Reach) -> bool {
    let callers = match reach {
        Reach::Everything => return true,
        Reach::RoleScopeTags(_) => "roleScopeTags",
        Reach::Device(_) => "devices",
    };
    let annotations = &model.operation(operation).annotations;
    let named = annotations.get(&term("confined"));
    let mut named = named.into_iter().flat_map(Expression::items);
    named.any(|named| named.as_str() == Some(callers))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}

fn only(text: &str) -> Arc<BTreeSet<String>> {
    Arc::new(BTreeSet::from([text.to_owned()]))
}

/// Scripts with one of these tags, and what lies under them; what has no tags of its own, all.
fn of_tags(
    graph: &Graph,
    model: &Model,
    tags: &BTreeSet<String>,
    asked: &str,
) -> Result<Visibility, Error> {
    let mut seen = Visibility::default();
    let texts = Arc::new(tags.clone());
    for family in &graph.layout.families {
        let rule = Rule::Holding {
            column: family.role_scope_tags,
            texts: Arc::clone(&texts),
            empty: tags.contains(DEFAULT_TAG),
        };
        seen.set(family.table, rule, Changes::ALL);
    }
    under_scripts(graph, model, &mut seen)?;
    seen.set(graph.exports.jobs, own_jobs(graph, asked), Changes::ALL);
    for name in [
        "device_management",
        "managed_device",
        "comanaged_device",
        "managed_device_user",
        "device_category",
        "assignment_filter",
        "device_management_reports",
    ] {
        seen.set(named(graph, name)?, Rule::All, Changes::ALL);
    }
    // They tell of changes of everything.
    seen.set(named(graph, "audit_event")?, Rule::Nothing, Changes::NONE);
    let (requests, script, tags_of_new) = graph.approvals.about();
    let scripts = graph.layout.families.iter().map(|family| family.table);
    let about = [
        Rule::Under {
            column: script,
            tables: scripts.collect(),
        },
        Rule::Holding {
            column: tags_of_new,
            texts,
            empty: false,
        },
    ];
    seen.set(requests, Rule::Any(about.into()), Changes::ALL);
    Ok(seen)
}

/// Exports of those who may read as much: what one holds, whoever sees it can fetch.
fn own_jobs(graph: &Graph, asked: &str) -> Rule {
    Rule::Among {
        column: graph.exports.owner(),
        texts: only(asked),
    }
}

/// What hangs on scripts is seen with them.
fn under_scripts(graph: &Graph, model: &Model, seen: &mut Visibility) -> Result<(), Error> {
    let layout = &graph.layout;
    let tables_of = |has: &dyn Fn(&Family) -> bool| -> Vec<TableId> {
        let families = layout.families.iter().filter(|family| has(family));
        families.map(|family| family.table).collect()
    };
    let under = |column: usize, tables: Vec<TableId>| Rule::Under { column, tables };
    for states in layout.states.values() {
        let scripts = tables_of(&|family| family.states == states.table);
        let rule = under(states.script_id, scripts.clone());
        seen.set(states.table, rule.clone(), Changes::ALL);
        seen.set(states.history, rule, Changes::NONE);
        let summary = under(graph.id, scripts);
        seen.set(states.summary, summary, Changes::ALL);
    }
    for users in layout.users.values() {
        let scripts = tables_of(&|family| family.users == Some(users.table));
        seen.set(users.table, under(users.script_id, scripts), Changes::ALL);
    }
    for assignments in graph.assignments.values() {
        let scripts = tables_of(&|family| assigns(graph, model, family, assignments.table));
        let rule = under(assignments.script_id, scripts);
        seen.set(assignments.table, rule, Changes::ALL);
    }
    let remediations = graph.policy_states.scripts;
    let days = under(graph.days.script_id, vec![remediations]);
    seen.set(graph.days.table, days, Changes::NONE);
    let policies = under(graph.policy_states.policy_id, vec![remediations]);
    seen.set(graph.policy_states.table, policies, Changes::ALL);
    let all = tables_of(&|_| true);
    for report in graph.exports.tables() {
        let column = hidden(graph.tables.table(report), "policy_id").map_err(internal)?;
        seen.set(report, under(column, all.clone()), Changes::NONE);
    }
    Ok(())
}

/// Whether a navigation property of a family's scripts leads to a table.
fn assigns(graph: &Graph, model: &Model, family: &Family, table: TableId) -> bool {
    let navigation = 0..model.structured(family.of).navigation.len();
    navigation
        .filter_map(|index| graph.tables.navigation(model, family.of, index))
        .any(|map| map.table == table)
}

/// The device itself, the scripts that are assigned to it, and the run states that it reports.
fn of_device(graph: &Graph, device: &str, scripts: BTreeSet<String>) -> Result<Visibility, Error> {
    let mut seen = Visibility::default();
    let is_device = |column: usize| Rule::Among {
        column,
        texts: only(device),
    };
    let scripts = Arc::new(scripts);
    for family in &graph.layout.families {
        let rule = Rule::Among {
            column: graph.id,
            texts: Arc::clone(&scripts),
        };
        seen.set(family.table, rule, Changes::NONE);
        // A run that was given to it is reported, whatever became of the assignment since.
        let above = Above {
            table: family.states,
            text: device.to_owned(),
        };
        seen.let_pass(family.table, above);
    }
    for states in graph.layout.states.values() {
        let own = Rule::Every(vec![
            is_device(states.state_key),
            is_device(states.device_id),
        ]);
        let reports = Changes {
            delete: false,
            ..Changes::ALL
        };
        seen.set(states.table, own.clone(), reports);
        seen.set(states.history, own, Changes::NONE);
    }
    for (name, column) in [
        ("managed_device", "id"),
        ("comanaged_device", "id"),
        ("managed_device_user", "device_id"),
        ("device_health_script_policy_state", "device_id"),
    ] {
        let table = named(graph, name)?;
        let column = hidden(graph.tables.table(table), column).map_err(internal)?;
        seen.set(table, is_device(column), Changes::NONE);
    }
    Ok(seen)
}

fn named(graph: &Graph, name: &str) -> Result<TableId, Error> {
    crate::columns::table_named(&graph.tables, name).map_err(internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a device sees something of beside scripts, run states and their histories.
    const OF_DEVICES: [&str; 4] = [
        "comanaged_device",
        "device_health_script_policy_state",
        "managed_device",
        "managed_device_user",
    ];

    #[test]
    fn every_table_is_decided_about() {
        let model = crate::model().expect("the model");
        let tables = crate::tables(&model).expect("the map");
        let graph = Graph::new(&model, &tables).expect("the domain");
        let of_tags = of_tags(&graph, &model, &BTreeSet::new(), "[]").expect("a visibility");
        let of_device = of_device(&graph, "d", BTreeSet::new()).expect("a visibility");
        for (id, table) in tables.iter() {
            let name = table.name.as_str();
            // What has no type has no URL.
            if table.of.is_some() {
                assert!(of_tags.names(id), "who sees {name}?");
            }
            let states = graph.layout.states.values();
            let mut tables = states.flat_map(|states| [states.table, states.history]);
            let seen = OF_DEVICES.contains(&name)
                || graph.layout.family(id).is_some()
                || tables.any(|table| table == id);
            assert_eq!(of_device.names(id), seen, "{name}");
        }
    }
}
