//! Two-person approval (Graph's Multi Admin Approval): a change of what the model marks by
//! `runstate.needsApproval` is noted as an `operationApprovalRequest` and refused; when somebody else has
//! approved it, its requestor sends the same request again, with the approval's code.

mod columns;
mod decide;
mod hold;
mod subject;

use std::collections::HashSet;

use edm::time::TICKS_PER_DAY;
use edm::{Model, OperationId, Value};
use engine::Core;
use engine::audit::Origin;
use odata::Error;
use odata::path::{PathKind, ResourcePath, Segment};
use store::{Row, TableId, Transaction};

use self::columns::{Columns, Status};
pub(crate) use self::decide::{
    approve, cancel_approval, cancel_mine, mine, mine_by_id, reject, requested,
};
pub(crate) use self::hold::Hold;
use crate::columns::term;
use crate::graph::{Graph, GraphError};
use crate::overview::each;

/// How long a request may wait for approval, and an approval for its use.
const EXPIRES_DAYS: i64 = 3;
/// How long a request is kept when nothing becomes of it any more.
const KEPT_DAYS: i64 = 90;

/// What needs approval, as the model marks it.
#[derive(Debug, Default)]
struct Guarded {
    /// Container paths.
    paths: HashSet<String>,
    actions: HashSet<OperationId>,
}

impl Guarded {
    fn of(model: &Model) -> Self {
        let term = term("needsApproval");
        let mut found = Self::default();
        let mut see = |path: String| {
            let annotations = model.target_annotations(&path);
            if annotations.is_some_and(|annotations| annotations.is_tagged(&term)) {
                found.paths.insert(path);
            }
        };
        let container = model.container_name();
        for (_, singleton) in model.singletons() {
            let path = format!("{container}/{}", singleton.name);
            for navigation in &model.structured(singleton.of).navigation {
                let path = format!("{path}/{}", navigation.name);
                for further in &model.structured(navigation.target).navigation {
                    see(format!("{path}/{}", further.name));
                }
                see(path);
            }
            see(path);
        }
        for (_, set) in model.entity_sets() {
            see(format!("{container}/{}", set.name));
        }
        let marked = model
            .operations()
            .filter(|(_, operation)| operation.annotations.is_tagged(&term));
        found.actions = marked.map(|(id, _)| id).collect();
        found
    }

    /// Whether a change at a path needs approval: the action does, or what its last collection or
    /// singleton holds.
    fn has(&self, model: &Model, path: &ResourcePath) -> bool {
        if let PathKind::Action(id) = path.kind {
            return self.actions.contains(&id);
        }
        let mut at = model.container_name();
        for segment in &path.segments {
            let name = match segment {
                Segment::Singleton(id) => &model.singleton(*id).name,
                Segment::EntitySet(id) => &model.entity_set(*id).name,
                Segment::Navigation { of, index } => &model.structured(*of).navigation[*index].name,
                _ => continue,
            };
            at.push('/');
            at.push_str(name);
        }
        self.paths.contains(&at)
    }
}

/// The table of requests.
#[derive(Debug)]
pub(crate) struct Approvals {
    columns: Columns,
    guarded: Guarded,
}

impl Approvals {
    /// The table, with the columns that say which script a request is about, and which tags one will
    /// have that it makes.
    pub(crate) fn about(&self) -> (TableId, usize, usize) {
        let columns = &self.columns;
        (columns.table, columns.script_id, columns.role_scope_tags)
    }

    pub(crate) fn of(model: &Model, tables: &store::Tables) -> Result<Self, GraphError> {
        Ok(Self {
            columns: Columns::of(model, tables)?,
            guarded: Guarded::of(model),
        })
    }
}

/// Writes a changed request.
fn save(
    core: &Core,
    transaction: &mut dyn Transaction,
    columns: &Columns,
    (old, new): (&Row, &mut Row),
) -> Result<(), Error> {
    new[columns.modified] = Value::DateTimeOffset(core.clock.now());
    let table = core.tables.table(columns.table);
    let key = table.key_of(old);
    match transaction.update(columns.table, &key, table.difference(old, new), new)? {
        true => Ok(()),
        false => Err(Error::internal(
            "a request changed under its own transaction",
        )),
    }
}

/// Says of requests that they have expired, and removes those that nobody needs any more.
pub(crate) async fn clear(graph: &Graph, core: &std::sync::Arc<Core>) -> Result<(), Error> {
    let (shared, approvals) = (core.clone(), graph.approvals.clone());
    core.write(Origin::server(core), move |transaction| {
        let columns = &approvals.columns;
        let now = shared.clock.now().ticks;
        let mut rows = Vec::new();
        each(&shared, transaction, columns.table, Vec::new(), |row| {
            if columns.expires(&row) <= now {
                rows.push(row);
            }
        })?;
        for row in rows {
            if columns.expires(&row) + KEPT_DAYS * TICKS_PER_DAY <= now {
                let key = shared.tables.table(columns.table).key_of(&row);
                transaction.delete(columns.table, &key)?;
            } else if matches!(
                columns.status(&row),
                Status::NeedsApproval | Status::Approved
            ) {
                let mut new = row.clone();
                columns.set_status(&mut new, Status::Expired);
                save(&shared, transaction, columns, (&row, &mut new))?;
            }
        }
        Ok(())
    })
    .await
}
