//! The service: which hook judges which table, which function carries out which operation.

mod profile;
mod settings;

use std::collections::HashMap;
use std::sync::Arc;

use edm::{Model, OperationId, StructuredId, Value};
use engine::access::Reach;
use engine::audit::{Origin, RowChange};
use engine::{
    Answer, Approving, Call, Change, Core, Outcome, Scope, Service, ServiceProfile, Target,
    Withheld,
};
use odata::Error;
use odata::path::ResourcePath;
use store::visibility::Visibility;
use store::{BoxFuture, ColumnSet, Row, TableId, Tables, Transaction};

use crate::approvals::{Approvals, Hold};
use crate::assignments::Assignments;
use crate::audit::Audit;
use crate::categories::Categories;
use crate::columns::{property, table_named};
use crate::days::Days;
use crate::device_identity::{DeviceKeys, EnrollmentTokens};
use crate::devices::Devices;
use crate::dispatch::Dispatch;
use crate::due::DueScript;
use crate::exports::Exports;
use crate::filters::Filters;
use crate::global::GlobalColumns;
use crate::layout::{Family, Layout, States, Users};
use crate::limits::Limits;
use crate::policy_states::PolicyStates;
use crate::requests::Requests;
use crate::states::Cause;
use crate::targets::TargetTypes;
use crate::{
    assignments, categories, devices, ids, operations, scripts, states, summaries, users,
    visibility,
};

/// Why the model and the domain do not fit.
#[derive(Debug, thiserror::Error)]
#[error("the model does not fit the service: {0}")]
pub struct GraphError(pub(crate) String);

/// The Graph service for device scripts. A clone shares everything.
#[derive(Clone)]
pub struct Graph {
    pub(crate) layout: Arc<Layout>,
    pub(crate) tables: Arc<Tables>,
    pub(crate) devices: Devices,
    pub(crate) device_keys: DeviceKeys,
    pub(crate) enrollment_tokens: EnrollmentTokens,
    pub(crate) days: Arc<Days>,
    pub(crate) global: Arc<GlobalColumns>,
    pub(crate) requests: Requests,
    pub(crate) dispatch: Dispatch,
    pub(crate) approvals: Arc<Approvals>,
    /// If approval of changes of scripts is demanded.
    hold: Option<Hold>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) audit: Arc<Audit>,
    pub(crate) categories: Categories,
    filters: Filters,
    pub(crate) policy_states: Arc<PolicyStates>,
    /// The view of devices that are managed elsewhere, too.
    comanaged: TableId,
    pub(crate) assignments: Arc<HashMap<TableId, Assignments>>,
    pub(crate) targets: TargetTypes,
    pub(crate) due: Arc<DueScript>,
    /// The ordinal of `id`, the same in every entity type.
    pub(crate) id: usize,
    /// The user's name in a user state.
    pub(crate) user_principal_name: usize,
    profile: Arc<ServiceProfile>,
    /// For how many days runs stay in the history.
    pub(crate) history_days: u32,
}

impl Graph {
    /// Finds the domain's parts in the model.
    ///
    /// # Errors
    /// If the model or the storage map lacks one.
    pub fn new(model: &Model, tables: &Arc<Tables>) -> Result<Self, GraphError> {
        let layout = Layout::of(model, tables)?;
        let device_table = table_named(tables, "managed_device")?;
        let devices = Devices::of(model, tables.table(device_table), device_table)?;
        let named = |name: &str| {
            model
                .find_structured(&format!("microsoft.graph.{name}"))
                .ok_or_else(|| GraphError(format!("the model has no {name}")))
        };
        let entity = model.structured(named("entity")?);
        let user = model.structured(named("deviceManagementScriptUserState")?);
        let profile = profile::profile(model, &layout)?;
        Ok(Self {
            devices,
            device_keys: DeviceKeys::of(model, tables)?,
            enrollment_tokens: EnrollmentTokens::of(tables)?,
            days: Arc::new(Days::of(model, tables)?),
            requests: Requests::of(tables)?,
            dispatch: Dispatch::of(tables)?,
            approvals: Arc::new(Approvals::of(model, tables)?),
            hold: None,
            exports: Arc::new(Exports::of(model, tables)?),
            audit: Arc::new(Audit::of(model, tables)?),
            categories: Categories::of(model, tables, tables.table(device_table))?,
            filters: Filters::of(model, tables)?,
            policy_states: Arc::new(PolicyStates::of(model, tables)?),
            comanaged: table_named(tables, "comanaged_device")?,
            global: Arc::new(GlobalColumns::of(model)?),
            assignments: Arc::new(assignments::read(model, tables)?),
            targets: TargetTypes::of(model)?,
            due: Arc::new(DueScript::of(model, tables, &layout)?),
            id: property(entity, "id")?,
            user_principal_name: property(user, "userPrincipalName")?,
            layout: Arc::new(layout),
            tables: tables.clone(),
            profile: Arc::new(profile),
            history_days: Limits::default().history_days,
        })
    }

    pub(crate) fn blank(&self, table: TableId) -> Row {
        self.tables.table(table).blank()
    }

    pub(crate) fn states(&self, table: TableId) -> Result<&States, Error> {
        self.layout
            .states
            .get(&table)
            .ok_or_else(|| Error::internal("no table of run states"))
    }

    pub(crate) fn users(&self, table: TableId) -> Result<&Users, Error> {
        self.layout
            .users
            .get(&table)
            .ok_or_else(|| Error::internal("no table of user states"))
    }

    /// The property that shows a script's version, where it has one.
    pub(crate) fn shown_version(&self, model: &Model, family: &Family) -> Option<usize> {
        model.structured(family.of).property("version")
    }

    fn judge_insert(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        table: TableId,
        row: &mut Row,
        given: ColumnSet,
    ) -> Result<(), Error> {
        if let Some(states) = self.layout.states.get(&table) {
            return states::insert(self, transaction, scope, states, row, given);
        }
        if let Some(users) = self.layout.users.get(&table) {
            return users::insert(self, transaction, scope, users, row, given);
        }
        if let Some(family) = self.layout.family(table) {
            return scripts::insert(self, transaction, scope, family, row);
        }
        if let Some(assignments) = self.assignments.get(&table) {
            return assignments::insert(self, scope, assignments, row);
        }
        if table == self.devices.table {
            devices::insert(self, scope, row);
            return Ok(());
        }
        if table == self.categories.table {
            categories::insert(self, scope, row);
            return Ok(());
        }
        if table == self.filters.table {
            self.filters.insert(self, scope, row);
            return Ok(());
        }
        Err(Error::method_not_allowed(
            "GET, HEAD",
            "Nothing can be created here.",
        ))
    }

    fn judge_update(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        table: TableId,
        old: &Row,
        new: &mut Row,
    ) -> Result<Outcome, Error> {
        if let Some(states) = self.layout.states.get(&table) {
            states::update(self, transaction, scope, states, old, new, Cause::Report)?;
        } else if let Some(users) = self.layout.users.get(&table) {
            users::update(self, transaction, scope, users, old, new)?;
        } else if let Some(family) = self.layout.family(table) {
            scripts::update(self, scope, family, old, new)?;
        } else if let Some(assignments) = self.assignments.get(&table) {
            assignments::group_of(self, assignments, new)?;
        } else if table == self.devices.table {
            self.categories.follow_device(transaction, old, new)?;
        } else if table == self.categories.table {
            self.categories
                .follow_category(self, transaction, scope, old, Some(new))?;
        } else if table == self.filters.table {
            self.filters.update(scope, new);
        } else if let Some(adjustable) = self.layout.summaries.get(&table) {
            return Ok(summaries::update(adjustable, old, new));
        }
        Ok(Outcome::Write)
    }

    fn judge_delete(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        table: TableId,
        old: &Row,
    ) -> Result<Outcome, Error> {
        if let Some(states) = self.layout.states.get(&table) {
            states::delete(self, transaction, states, old)?;
        } else if let Some(users) = self.layout.users.get(&table) {
            users::delete(self, transaction, scope, users, old)?;
        } else if let Some(family) = self.layout.family(table) {
            scripts::delete(self, transaction, family, old)?;
        } else if let Some(adjustable) = self.layout.summaries.get(&table) {
            let key = scope.tables.table(table).key_of(old);
            return summaries::delete(transaction, scope.tables, table, &key, adjustable, old);
        } else if table == self.devices.table {
            devices::delete(self, transaction, scope, old)?;
        } else if table == self.categories.table {
            self.categories
                .follow_category(self, transaction, scope, old, None)?;
        } else if table == self.exports.jobs {
            self.exports.delete(transaction, &old[self.id])?;
        } else if table != self.filters.table && !self.assignments.contains_key(&table) {
            return Err(Error::method_not_allowed(
                "GET, HEAD, PATCH",
                "This cannot be deleted.",
            ));
        }
        Ok(Outcome::Write)
    }
}

impl Service for Graph {
    fn profile(&self) -> &ServiceProfile {
        &self.profile
    }

    fn key(&self, table: TableId, parents: &[Value], own: &[Value]) -> Option<Vec<Value>> {
        if states::is_keyed_so(self, table) {
            return states::key(parents, own);
        }
        if table == self.policy_states.table {
            return self.policy_states.key(parents, own);
        }
        if table == self.audit.columns.events {
            return Audit::key(own);
        }
        if self.exports.is_report(table) {
            // Its rows are read as a whole: none has a URL.
            return None;
        }
        let devices = [self.devices.table, self.comanaged];
        if self.layout.family(table).is_some() || devices.contains(&table) {
            let [id] = own else { return None };
            return Some(vec![Value::String(ids::guid(id.as_str()?)?)]);
        }
        Some(parents.iter().chain(own).cloned().collect())
    }

    fn visibility<'s>(
        &'s self,
        core: Arc<Core>,
        reach: &'s Reach,
        withheld: Option<&'s Withheld>,
    ) -> BoxFuture<'s, Result<Visibility, Error>> {
        Box::pin(visibility::visibility(self, core, reach, withheld))
    }

    fn confines(&self, model: &Model, operation: OperationId, reach: &Reach) -> bool {
        visibility::confines(model, operation, reach)
    }

    fn left_out_of_lists(&self, of: StructuredId) -> ColumnSet {
        self.layout
            .family_of(of)
            .map_or_else(ColumnSet::default, |family| family.content)
    }

    fn judge(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        target: &Target,
        change: Change<'_>,
    ) -> Result<Outcome, Error> {
        if target.table == self.policy_states.table {
            return self.policy_states.judge(self, transaction, scope, change);
        }
        if self.audit.owns(target.table) {
            let message = "Audit events are written by the service alone.";
            return Err(Error::method_not_allowed("GET, HEAD", message));
        }
        if scope.tables.table(target.table).view.is_some() {
            return Err(Error::method_not_allowed(
                "GET, HEAD",
                "This collection is a view; change its members where they live.",
            ));
        }
        match change {
            Change::Insert {
                row, service_root, ..
            } if target.table == self.exports.jobs => self
                .exports
                .insert(self, scope, service_root, row)
                .map(|()| Outcome::Write),
            Change::Insert { row, given, .. } => self
                .judge_insert(transaction.unconfined(), scope, target.table, row, given)
                .map(|()| Outcome::Write),
            Change::Update { old, new, .. } => {
                self.judge_update(transaction.unconfined(), scope, target.table, old, new)
            }
            Change::Delete { .. } if target.table == self.exports.container => {
                // It is always there; what it contains goes, as far as the caller sees it.
                self.exports.delete_all(transaction, scope)?;
                Ok(Outcome::Done)
            }
            Change::Delete { old } => {
                self.judge_delete(transaction.unconfined(), scope, target.table, old)
            }
        }
    }

    fn approval(&self, model: &Model, path: &ResourcePath) -> Option<&dyn Approving> {
        let hold = self.hold.as_ref().filter(|hold| hold.is_for(model, path))?;
        Some(hold)
    }

    fn audit(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        origin: &Origin,
        changes: &[RowChange],
    ) -> Result<(), Error> {
        self.audit.record(transaction, scope, origin, changes)
    }

    fn shown(&self, model: &Model, operation: OperationId) -> Vec<StructuredId> {
        let operation = model.operation(operation);
        if operation.name != "microsoft.graph.assign" {
            return Vec::new();
        }
        let parameters = operation.own_parameters().iter();
        parameters.filter_map(|p| p.ty.item.structured()).collect()
    }

    fn invoke(&self, core: Arc<Core>, call: Call) -> BoxFuture<'_, Result<Answer, Error>> {
        Box::pin(operations::invoke(self, core, call))
    }
}

impl Layout {
    /// The pairs of counter and adjustment of a table of user states.
    pub(crate) fn users_adjustable(&self, tables: &Tables, users: &Users) -> Vec<(usize, usize)> {
        crate::counters::adjustable(tables.table(users.table))
    }
}
