//! Global remediations: the service's own scripts, read-only, assigned like any other.

mod catalog;

use std::sync::Arc;

use edm::{Model, Value};
use engine::{Answer, Call, Core, Scope, load, locate};
use odata::Error;
use store::{Reader, Row, Select, Transaction};

use self::catalog::{CATALOG, GlobalScript};
use crate::columns::property;
use crate::graph::{Graph, GraphError};
use crate::layout::Family;

impl Graph {
    /// Whether a script is one of the service's own.
    pub(crate) fn is_global(&self, family: &Family, row: &Row) -> bool {
        let column = self.tables.table(family.table).column("is_global_script");
        column.is_some_and(|column| row[column] == Value::Boolean(true))
    }
}

/// The type of the scripts that may be global.
const SCRIPT: &str = "microsoft.graph.deviceHealthScript";

/// The columns of a script that a global one has set.
#[derive(Clone, Debug)]
pub(crate) struct GlobalColumns {
    is_global: usize,
    highest_version: usize,
    display_name: usize,
    description: usize,
    publisher: usize,
    detection: usize,
    remediation: usize,
    /// `areGlobalScriptsAvailable`: before and after they were enabled.
    not_configured: i64,
    enabled: i64,
}

impl GlobalColumns {
    pub(crate) fn of(model: &Model) -> Result<Self, GraphError> {
        let missing = |name: &str| GraphError(format!("the model has no {name}"));
        let of = model
            .find_structured(SCRIPT)
            .ok_or_else(|| missing(SCRIPT))?;
        let ty = model.structured(of);
        let state = model
            .find_enum("microsoft.graph.globalDeviceHealthScriptState")
            .ok_or_else(|| missing("globalDeviceHealthScriptState"))?;
        let member = |name: &str| {
            let member = model.enum_type(state).member(name);
            member
                .map(|member| member.value)
                .ok_or_else(|| missing(name))
        };
        Ok(Self {
            is_global: property(ty, "isGlobalScript")?,
            highest_version: property(ty, "highestAvailableVersion")?,
            display_name: property(ty, "displayName")?,
            description: property(ty, "description")?,
            publisher: property(ty, "publisher")?,
            detection: property(ty, "detectionScriptContent")?,
            remediation: property(ty, "remediationScriptContent")?,
            not_configured: member("notConfigured")?,
            enabled: member("enabled")?,
        })
    }
}

/// `areGlobalScriptsAvailable()`: `enabled` once they are, `notConfigured` before.
pub(crate) async fn are_available(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    let state = core
        .read(move |reader| {
            let family = family(&graph, &shared, reader, &call)?;
            let columns = &graph.global;
            let mut select = Select::all(family.table, 0);
            select.fixed = vec![(columns.is_global, Value::Boolean(true))];
            Ok(match reader.count(&select)? {
                0 => columns.not_configured,
                _ => columns.enabled,
            })
        })
        .await?;
    Ok(Answer::Value(Value::Enum(state)))
}

fn family<'g>(
    graph: &'g Graph,
    core: &Core,
    reader: &mut dyn Reader,
    call: &Call,
) -> Result<&'g Family, Error> {
    let target = locate(core, reader, &call.binding)?;
    graph
        .layout
        .family(target.table)
        .ok_or_else(|| Error::internal("global scripts of no family"))
}

/// `enableGlobalScripts`: adds those of this release that are not there yet.
pub(crate) async fn enable(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    core.write(call.origin.clone(), move |transaction| {
        let family = family(&graph, &shared, transaction, &call)?;
        let scope = shared.scope();
        for script in CATALOG {
            add(&graph, transaction, &scope, family, script)?;
        }
        Ok(())
    })
    .await?;
    Ok(Answer::None)
}

fn add(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    family: &Family,
    script: &GlobalScript,
) -> Result<(), Error> {
    let id = Value::from(script.id);
    if transaction.exists(family.table, std::slice::from_ref(&id))? {
        return Ok(());
    }
    let columns = &graph.global;
    let mut row = graph.blank(family.table);
    row[graph.id] = id.clone();
    row[family.created] = Value::DateTimeOffset(scope.now);
    row[columns.is_global] = Value::Boolean(true);
    row[columns.publisher] = Value::from("Runstate");
    put(graph, scope, family, script, &mut row);
    transaction.insert(family.table, &row)?;
    let mut summary = graph.blank(family.summary);
    summary[graph.id] = id;
    transaction.insert(family.summary, &summary)?;
    Ok(())
}

/// Puts the version of this release onto a script's row.
fn put(graph: &Graph, scope: &Scope<'_>, family: &Family, script: &GlobalScript, row: &mut Row) {
    let columns = &graph.global;
    let binary = |text: &str| Value::Binary(text.as_bytes().to_vec());
    row[columns.display_name] = Value::from(script.name);
    row[columns.description] = Value::from(script.description);
    row[columns.detection] = binary(script.detection);
    row[columns.remediation] = binary(script.remediation);
    row[columns.highest_version] = Value::String(script.version.to_string());
    row[family.modified] = Value::DateTimeOffset(scope.now);
    crate::scripts::set_version(graph, scope, family, row, script.version);
}

/// `getGlobalScriptHighestAvailableVersion`: that of this release. A script that is not global has
/// no other version than its own.
pub(crate) async fn highest_version(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    let version = core
        .read(move |reader| {
            let (family, row) = script(&graph, &shared, reader, &call)?;
            Ok(highest_of(&graph, family, &row))
        })
        .await?;
    Ok(Answer::Value(Value::String(version.to_string())))
}

/// `updateGlobalScript`: brings a global script to a version, the highest if none is given, and
/// answers it. A release brings one version of a script along, so an older one can be kept, but
/// not come back.
pub(crate) async fn update(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    let version = core
        .write(call.origin.clone(), move |transaction| {
            let (family, old) = script(&graph, &shared, transaction, &call)?;
            let highest = highest_of(&graph, family, &old);
            let version = match call.value(&shared.model, "version") {
                Value::String(text) => text,
                _ => highest.to_string(),
            };
            let present = old[family.content_version].as_i64().unwrap_or(0);
            if version == present.to_string() {
                return Ok(version);
            }
            let known = in_catalog(&graph, &old).filter(|_| version == highest.to_string());
            let Some(known) = known else {
                return Err(Error::bad_request(format!(
                    "There is no version '{version}' of this script; there are: {}.",
                    choices(present, highest)
                ))
                .with_target("version"));
            };
            let mut new = old.clone();
            put(&graph, &shared.scope(), family, known, &mut new);
            let table = shared.tables.table(family.table);
            let columns = table.difference(&old, &new);
            transaction.update(family.table, &table.key_of(&old), columns, &new)?;
            Ok(version)
        })
        .await?;
    Ok(Answer::Value(Value::String(version)))
}

fn choices(present: i64, highest: i64) -> String {
    if present == highest {
        present.to_string()
    } else {
        format!("{present}, {highest}")
    }
}

fn script<'g>(
    graph: &'g Graph,
    core: &Core,
    reader: &mut dyn Reader,
    call: &Call,
) -> Result<(&'g Family, Row), Error> {
    let target = locate(core, reader, &call.binding)?;
    let row = load(core, reader, &target)?;
    let family = graph.layout.family(target.table);
    family
        .map(|family| (family, row))
        .ok_or_else(|| Error::internal("a global script of no family"))
}

fn in_catalog(graph: &Graph, row: &Row) -> Option<&'static GlobalScript> {
    let id = row[graph.id].as_str()?;
    let global = row[graph.global.is_global] == Value::Boolean(true);
    CATALOG.iter().find(|script| global && script.id == id)
}

fn highest_of(graph: &Graph, family: &Family, row: &Row) -> i64 {
    let present = row[family.content_version].as_i64().unwrap_or(0);
    // A server that was set back to an earlier release keeps the later content.
    in_catalog(graph, row).map_or(present, |script| script.version.max(present))
}

/// Says in the scripts that an earlier release enabled which version this one has of them.
///
/// # Errors
/// What the store says.
pub(crate) fn refresh(core: &Core, transaction: &mut dyn Transaction) -> Result<(), Error> {
    let columns = GlobalColumns::of(&core.model).map_err(Error::internal)?;
    let of = core.model.find_structured(SCRIPT);
    let Some((id, table)) = core
        .tables
        .iter()
        .find(|(_, table)| of.is_some() && table.of == of)
    else {
        return Err(Error::internal("scripts lie in no table"));
    };
    for script in CATALOG {
        let key = [Value::from(script.id)];
        let Some(old) = transaction.get(id, &key)? else {
            continue;
        };
        let version = Value::String(script.version.to_string());
        if old[columns.highest_version] == version {
            continue;
        }
        let mut new = old.clone();
        new[columns.highest_version] = version;
        transaction.update(id, &key, table.difference(&old, &new), &new)?;
    }
    Ok(())
}
