//! What there is to find in the audit: `getAuditCategories` and `getAuditActivityTypes`.

use std::collections::BTreeSet;

use edm::{Model, OperationKind, Value};
use engine::{Answer, Call, Core};
use odata::Error;
use store::{Audit, Table, Tables};

use super::resource::capital;

/// `getAuditCategories()`.
pub(crate) fn categories(core: &Core) -> Answer {
    answer(
        all(&core.tables)
            .map(|(_, audit)| audit.category.clone())
            .collect(),
    )
}

/// `getAuditActivityTypes(category)`: null asks for all of them.
///
/// # Errors
/// 400 for a category that there is not.
pub(crate) fn activity_types(core: &Core, call: &Call) -> Result<Answer, Error> {
    let wanted = call.value(&core.model, "category");
    let mut found = BTreeSet::new();
    let mut known = BTreeSet::new();
    for (table, audit) in all(&core.tables) {
        known.insert(audit.category.as_str());
        if wanted
            .as_str()
            .is_none_or(|wanted| wanted == audit.category)
        {
            add(&core.model, table, audit, &mut found);
        }
    }
    match wanted.as_str() {
        Some(wanted) if !known.contains(wanted) => {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("There is no category '{wanted}'. There are: {known}.");
            Err(Error::bad_request(message).with_target("category"))
        }
        _ => Ok(answer(found)),
    }
}

fn all(tables: &Tables) -> impl Iterator<Item = (&Table, &Audit)> {
    let tables = tables.iter();
    tables.filter_map(|(_, table)| Some((table, table.audit.as_ref()?)))
}

/// What is done to the rows of a table, and the actions that are bound to them.
fn add(model: &Model, table: &Table, audit: &Audit, found: &mut BTreeSet<String>) {
    let ty = table.of.map(|of| model.structured(of).short_name());
    let name = match (&audit.resource, ty) {
        (Some(resource), _) => resource.clone(),
        (None, Some(ty)) => capital(ty),
        (None, None) => table.name.clone(),
    };
    for (verb, is_told) in [
        ("Create", audit.inserts),
        ("Patch", audit.updates),
        ("Delete", audit.deletes),
    ] {
        if is_told {
            found.insert(format!("{verb} {name}"));
        }
    }
    let actions = model
        .operations()
        .map(|(_, operation)| operation)
        .filter(|operation| operation.kind == OperationKind::Action)
        .filter(|operation| operation.bound_to().map(|(of, _)| of) == table.of);
    for action in actions.filter(|_| table.of.is_some()) {
        let verb = action.name.rsplit('.').next().unwrap_or(&action.name);
        found.insert(format!("{verb} {name}"));
    }
}

fn answer(texts: BTreeSet<String>) -> Answer {
    Answer::Value(Value::Collection(
        texts.into_iter().map(Value::String).collect(),
    ))
}
