//! The service: what it leaves open of the standard, and which of its parts does what.

use std::sync::Arc;

use edm::{Model, StructuredId, Value};
use engine::failure::Form;
use engine::{
    Answer, BatchProfile, Call, Change, Core, Outcome, Scope, Service, ServiceProfile, ShownTypes,
    Target,
};
use odata::Error;
use store::{BoxFuture, ColumnSet, Row, TableId, Tables, Transaction};

use crate::Failure;
use crate::rows::Rows;
use crate::seed::Seed;
use crate::{actions, functions, hooks};

/// How errors are shown: as the standard has it.
pub(crate) const ERRORS: Form = Form {
    newest_version: "4.01",
    inner: "innererror",
};

/// As many rows as a page can have: without `odata.maxpagesize`, everything is one page.
const EVERYTHING: u64 = i64::MAX as u64 - 1;

/// The shop. A clone shares everything.
#[derive(Clone)]
pub(crate) struct Storefront {
    pub(crate) rows: Arc<Rows>,
    pub(crate) model: Arc<Model>,
    pub(crate) tables: Arc<Tables>,
    pub(crate) seed: Arc<Seed>,
    profile: Arc<ServiceProfile>,
}

impl Storefront {
    /// Finds the shop's parts in the model.
    ///
    /// # Errors
    /// If one is missing.
    pub(crate) fn new(
        model: &Arc<Model>,
        tables: &Arc<Tables>,
        seed: Arc<Seed>,
    ) -> Result<Self, Failure> {
        let profile = ServiceProfile {
            newest_version: ERRORS.newest_version,
            inner_error: ERRORS.inner,
            page_size: EVERYTHING,
            max_page_size: EVERYTHING,
            shows_type: ShownTypes::NeededOnly,
            top_is_page_size: false,
            patches_members: false,
            updates_answer_nothing: true,
            upserts: false,
            shows_id: true,
            names_all_parameters: false,
            base64url: true,
            zero_days: true,
            sets_computed: Vec::new(),
            bare_removed: false,
            batch: BatchProfile::default(),
            restricting_term: None,
        };
        Ok(Self {
            rows: Arc::new(Rows::of(model, tables)?),
            model: Arc::clone(model),
            tables: Arc::clone(tables),
            seed,
            profile: Arc::new(profile),
        })
    }

    /// Writes what differs of a row, and counts its version on.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn write(
        &self,
        transaction: &mut dyn Transaction,
        id: TableId,
        old: &Row,
        new: &mut Row,
    ) -> Result<(), Error> {
        let table = self.tables.table(id);
        let columns = table.difference(old, new);
        if columns.is_empty() {
            return Ok(());
        }
        if !transaction.update(id, &table.key_of(old), columns, new)? {
            return Err(Error::internal("a row went while it was changed"));
        }
        table.count_version(new);
        Ok(())
    }
}

impl Service for Storefront {
    fn profile(&self) -> &ServiceProfile {
        &self.profile
    }

    fn key(&self, table: TableId, parents: &[Value], own: &[Value]) -> Option<Vec<Value>> {
        // A key that is given whole says its parents itself; the path has them, too, and what it
        // leads to is compared with them.
        let length = self.tables.table(table).key.len();
        let parents = &parents[..length.checked_sub(own.len())?.min(parents.len())];
        let key: Vec<Value> = parents.iter().chain(own).cloned().collect();
        (key.len() == length).then_some(key)
    }

    fn left_out_of_lists(&self, _of: StructuredId) -> ColumnSet {
        ColumnSet::default()
    }

    fn judge(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        target: &Target,
        change: Change<'_>,
    ) -> Result<Outcome, Error> {
        match change {
            Change::Insert { row, given, .. } => {
                hooks::insert(self, transaction, scope, target, row, given)?;
            }
            Change::Update { old, new, .. } => {
                hooks::update(self, transaction, scope, target, old, new)?;
            }
            Change::Delete { old } => hooks::delete(self, transaction, target, old)?,
        }
        Ok(Outcome::Write)
    }

    fn name_media(&self, target: &Target, row: &mut Row, slug: Option<&str>) {
        let media = &self.rows.media;
        if let Some(name) = slug.filter(|_| target.table == media.table) {
            // As much of it as a name may have.
            let name = name.chars().take(hooks::MEDIA_NAME).collect();
            row[media.name] = Value::String(name);
        }
    }

    fn invoke(&self, core: Arc<Core>, call: Call) -> BoxFuture<'_, Result<Answer, Error>> {
        Box::pin(async move {
            let operation = core.model.operation(call.operation);
            match operation.kind {
                edm::OperationKind::Function => functions::invoke(self, core, call).await,
                edm::OperationKind::Action => actions::invoke(self, core, call).await,
            }
        })
    }
}
