//! Scripts: ids, times and versions, and what goes with them.

use edm::Value;
use engine::Scope;
use odata::{Error, ErrorCode};
use store::{Row, Transaction};

use crate::graph::Graph;
use crate::layout::Family;
use crate::reach;

/// Completes a new script and gives it an empty summary.
pub(crate) fn insert(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    family: &Family,
    row: &mut Row,
) -> Result<(), Error> {
    reach::insert_script(scope, family, row)?;
    let id = Value::String(scope.ids.new_id().to_string());
    row[graph.id] = id.clone();
    row[family.created] = Value::DateTimeOffset(scope.now);
    row[family.modified] = Value::DateTimeOffset(scope.now);
    set_version(graph, scope, family, row, 1);
    let mut summary = graph.blank(family.summary);
    summary[graph.id] = id;
    transaction.insert(family.summary, &summary)?;
    Ok(())
}

/// A change of the content makes a new version. It touches no run state.
pub(crate) fn update(
    graph: &Graph,
    scope: &Scope<'_>,
    family: &Family,
    old: &Row,
    new: &mut Row,
) -> Result<(), Error> {
    writable(graph, family, old)?;
    reach::update_script(scope, family, old, new)?;
    new[family.modified] = Value::DateTimeOffset(scope.now);
    if family
        .content
        .iter()
        .any(|column| old[column] != new[column])
    {
        let version = old[family.content_version]
            .as_i64()
            .unwrap_or(0)
            .saturating_add(1);
        set_version(graph, scope, family, new, version);
    }
    Ok(())
}

/// A script goes with its days of remediation; the engine removes what its navigation leads to.
pub(crate) fn delete(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    family: &Family,
    old: &Row,
) -> Result<(), Error> {
    writable(graph, family, old)?;
    let script = old[graph.id].clone();
    graph.requests.forget_script(transaction, &script)?;
    // A script has a row for each day of remediation: far fewer than one slice holds.
    transaction.delete_where(
        graph.days.table,
        &[(graph.days.script_id, script)],
        u32::MAX,
    )?;
    Ok(())
}

/// The version as a number, and in the property that shows it.
pub(crate) fn set_version(
    graph: &Graph,
    scope: &Scope<'_>,
    family: &Family,
    row: &mut Row,
    version: i64,
) {
    row[family.content_version] = Value::Integer(version);
    if let Some(column) = graph.shown_version(scope.model, family) {
        row[column] = Value::String(version.to_string());
    }
}

/// Global scripts are the service's own.
fn writable(graph: &Graph, family: &Family, row: &Row) -> Result<(), Error> {
    if graph.is_global(family, row) {
        return Err(Error::new(
            ErrorCode::Forbidden,
            "A global script is read-only.",
        ));
    }
    Ok(())
}
