//! What a domain adds to the engine: hooks that judge changes, and operations.

use std::sync::Arc;

use edm::time::DateTimeOffset;
use edm::{Model, OperationId, StructuredId, Value};
use odata::Error;
use odata::json::Argument;
use odata::path::ResourcePath;
use odata::query::QueryOptions;
use store::visibility::Visibility;
use store::{BoxFuture, ColumnSet, Row, TableId, Tables, Transaction};

use crate::access::{Caller, Permit, Reach};
use crate::audit::{Origin, RowChange};
use crate::core::{Core, Ids};
use crate::exchange::Request;
use crate::failure::Form;
use crate::permissions::properties::{Needed, Restricted, Withheld};
use crate::target::Target;

/// What the standard leaves to the service.
#[derive(Clone, Debug)]
pub struct ServiceProfile {
    /// The `OData-Version` of answers to clients that do not say `OData-MaxVersion`: `4.01`, the
    /// newest, as the standard has it (OData 4.01 Protocol, section 8.2.7), or `4.0`, as on Graph.
    pub newest_version: &'static str,
    /// The member of an error object for what is the service's own: `innererror`, or `innerError`
    /// as on Graph.
    pub inner_error: &'static str,
    /// Rows on a page when nobody asks for a number.
    pub page_size: u64,
    /// The most rows on a page, whatever is asked for.
    pub max_page_size: u64,
    /// Which entities always carry `@odata.type`.
    pub shows_type: ShownTypes,
    /// `$top` is a page size with a next link behind it, as on Graph, not a cut.
    pub top_is_page_size: bool,
    /// PATCH on a collection with one entity in the body updates the member that its key names.
    pub patches_members: bool,
    /// PATCH and PUT answer 204 unless the client prefers the entity.
    pub updates_answer_nothing: bool,
    /// PATCH and PUT make an entity that is not there.
    pub upserts: bool,
    /// Entities always say their `@odata.id`.
    pub shows_id: bool,
    /// `Content-Type` names every format parameter of JSON, as on Graph, not those alone that the
    /// client asks for.
    pub names_all_parameters: bool,
    /// Binary values are base64url without padding, as the standard has them, not padded base64.
    pub base64url: bool,
    /// A duration of zero is written `P0D`, not `PT0S`.
    pub zero_days: bool,
    /// Types whose computed properties a create may set (import).
    pub sets_computed: Vec<StructuredId>,
    /// Removed entities in delta answers are `@removed` with their key, as Graph has them, under
    /// every version.
    pub bare_removed: bool,
    /// What the standard leaves open about batches.
    pub batch: BatchProfile,
    /// The term that names the permission which a property can be made to need beside its entity's
    /// ([`Core::with_restricted`]), if the model has such properties.
    pub restricting_term: Option<&'static str>,
}

/// Which entities carry `@odata.type` although it can be told without it (OData JSON Format 4.01,
/// section 4.6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownTypes {
    /// None, as the standard has it.
    NeededOnly,
    /// All, as Graph's documents show them, but those of these types.
    AllBut(Vec<StructuredId>),
}

impl ShownTypes {
    /// Whether entities of a type say it.
    #[must_use]
    pub fn shows(&self, of: StructuredId) -> bool {
        match self {
            Self::NeededOnly => false,
            Self::AllBut(hidden) => !hidden.contains(&of),
        }
    }
}

/// What the standard leaves to the service about batches. The default is the standard's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchProfile {
    /// The most requests in one batch; more are a 400 that names the limit.
    pub max_requests: usize,
    /// Two request ids that differ in case only are the same, as on Graph.
    pub ids_ignore_case: bool,
    /// A URL that begins with a slash, but not with the path of the service root, is relative to
    /// the service root, as on Graph.
    pub slash_is_root: bool,
    /// Batches in JSON are read under OData 4.0, too; the standard has them since 4.01.
    pub json_in_4_0: bool,
}

impl ServiceProfile {
    /// How errors are shown.
    #[must_use]
    pub fn errors(&self) -> Form {
        Form {
            newest_version: self.newest_version,
            inner: self.inner_error,
        }
    }
}

impl Default for BatchProfile {
    fn default() -> Self {
        Self {
            max_requests: 100,
            ids_ignore_case: false,
            slash_is_root: false,
            json_in_4_0: false,
        }
    }
}

/// What a hook may ask for while it judges a change.
pub struct Scope<'a> {
    /// The model.
    pub model: &'a Model,
    /// How it lies in tables.
    pub tables: &'a Tables,
    /// When the change happens.
    pub now: DateTimeOffset,
    /// New ids.
    pub ids: &'a dyn Ids,
    /// How far the permissions of the caller reach who changes it; everywhere for what the service
    /// does by itself.
    pub reach: &'a Reach,
    /// What the caller may not read of the entities that it reaches.
    pub withheld: Option<&'a Withheld>,
    pub(crate) restricted: &'a Restricted,
}

impl Scope<'_> {
    /// Checks that query options which the service reads by itself name nothing that the caller may
    /// not read.
    ///
    /// # Errors
    /// 403 naming the property and the permission.
    pub fn check_readable(&self, path: &ResourcePath, options: &QueryOptions) -> Result<(), Error> {
        let needed = self.restricted.request(self.model, path, options, true);
        self.permit(&needed)
    }

    /// Checks that the caller may read a property.
    ///
    /// # Errors
    /// 403 naming the property and the permission.
    pub fn check_property(&self, of: StructuredId, ordinal: usize) -> Result<(), Error> {
        self.permit(&self.restricted.property(self.model, of, ordinal))
    }

    fn permit(&self, needed: &[Needed]) -> Result<(), Error> {
        self.withheld
            .map_or(Ok(()), |withheld| withheld.permit(needed))
    }
}

/// A change of one row, about to be written. `given` are the columns that the client set.
pub enum Change<'a> {
    /// A new row: the hook completes it.
    Insert {
        /// The row, with what the client gave and defaults.
        row: &'a mut Row,
        /// What the client gave.
        given: ColumnSet,
        /// The service root that the client used: links to what is made begin with it.
        service_root: &'a str,
    },
    /// A changed row.
    Update {
        /// As it is now.
        old: &'a Row,
        /// As it will be: the hook may change more of it.
        new: &'a mut Row,
        /// What the client gave.
        given: ColumnSet,
    },
    /// A row that goes.
    Delete {
        /// As it is now.
        old: &'a Row,
    },
}

/// What the engine does after a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Writes the change.
    Write,
    /// Nothing more: the hook wrote what the change means.
    Done,
}

/// An operation about to be carried out.
#[derive(Clone)]
pub struct Call {
    /// The overload.
    pub operation: OperationId,
    /// What it is bound to: a path's segments without the operation; empty for an unbound one.
    pub binding: Vec<odata::path::Segment>,
    /// The arguments by parameter index.
    pub arguments: Vec<(usize, Argument)>,
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The proof that they may.
    pub permit: Permit,
    /// What the audit says of where it came from.
    pub origin: Origin,
}

impl Call {
    /// The argument of a parameter, by its name in the model.
    #[must_use]
    pub fn argument(&self, model: &Model, name: &str) -> Option<&Argument> {
        let operation = model.operation(self.operation);
        let index = operation.parameters.iter().position(|p| p.name == name)?;
        self.arguments
            .iter()
            .find(|(i, _)| *i == index)
            .map(|(_, argument)| argument)
    }

    /// The value of a parameter; null if it was not given.
    #[must_use]
    pub fn value(&self, model: &Model, name: &str) -> Value {
        match self.argument(model, name) {
            Some(Argument::Value(value)) => value.clone(),
            _ => Value::Null,
        }
    }
}

/// What an operation answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// 204.
    None,
    /// A value of the operation's return type.
    Value(Value),
    /// One entity.
    Entity(TableId, Row),
    /// A collection of entities.
    Entities(TableId, Vec<Row>),
    /// A collection of entities of an action that returns nothing in the model; 204 when the
    /// client prefers a minimal answer.
    Shown(TableId, Vec<Row>, StructuredId),
}

/// Holds requests back until they are approved.
pub trait Approving: Send + Sync {
    /// Whether a request on a path has been approved, or asks for it: asking is noted, and refused.
    ///
    /// # Errors
    /// Why it may not be carried out now, with what its client needs to know to go on.
    fn approved<'a>(
        &'a self,
        core: &'a Arc<Core>,
        request: &'a Request,
        path: &'a ResourcePath,
    ) -> BoxFuture<'a, Result<Approval, Error>>;

    /// Uses an approval up, in the transaction that carries the request out.
    ///
    /// # Errors
    /// It does not hold (any more), or is for another request.
    fn spend<'a>(
        &'a self,
        core: &'a Arc<Core>,
        request: &'a Request,
        approval: &'a Approval,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

/// The id of a request's approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval(pub String);

/// A domain: the meaning of changes, and its operations.
pub trait Service: Send + Sync + 'static {
    /// What the standard leaves open.
    fn profile(&self) -> &ServiceProfile;

    /// The primary key of an entity whose URL gives its parents' key values and its own; `None`
    /// if no entity can have that key.
    fn key(&self, table: TableId, parents: &[Value], own: &[Value]) -> Option<Vec<Value>>;

    /// What a caller may see and change whose permissions do not reach everything, or not every
    /// property. By default nothing.
    ///
    /// # Errors
    /// What the store says.
    fn visibility<'s>(
        &'s self,
        _core: Arc<Core>,
        _reach: &'s Reach,
        _withheld: Option<&'s Withheld>,
    ) -> BoxFuture<'s, Result<Visibility, Error>> {
        Box::pin(async { Ok(Visibility::default()) })
    }

    /// Whether a caller whose permissions do not reach everything may call an operation: one that
    /// reads and writes what the caller names through the store that it is given, and whatever else
    /// it means for what it has found so. By default none.
    fn confines(&self, _model: &Model, _operation: OperationId, _reach: &Reach) -> bool {
        false
    }

    /// Columns that lists show as null unless `$select` names them.
    fn left_out_of_lists(&self, of: StructuredId) -> ColumnSet;

    /// Judges a change against the row as it is now, inside the transaction that carries it out,
    /// and writes what follows from it. The transaction is confined to what the caller may see:
    /// what the client names is looked up in it, what follows is written to
    /// [`Transaction::unconfined`].
    ///
    /// # Errors
    /// Why the change cannot be; the whole command is undone.
    fn judge(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
        target: &Target,
        change: Change<'_>,
    ) -> Result<Outcome, Error>;

    /// Whether a request that would change something is to be approved first: nobody looks at it any
    /// further then, until [`Approving::approved`] says that it may be carried out. By default none is.
    fn approval(&self, _model: &Model, _path: &ResourcePath) -> Option<&dyn Approving> {
        None
    }

    /// Tells what a command changed in audited tables, in the transaction that carries it out. By
    /// default nobody wants to know.
    ///
    /// # Errors
    /// What undoes the command.
    fn audit(
        &self,
        _transaction: &mut dyn Transaction,
        _scope: &Scope<'_>,
        _origin: &Origin,
        _changes: &[RowChange],
    ) -> Result<(), Error> {
        Ok(())
    }

    /// The types of the entities that an operation without a result shows all the same
    /// ([`Answer::Shown`]), for documents that describe the service.
    fn shown(&self, _model: &Model, _operation: OperationId) -> Vec<StructuredId> {
        Vec::new()
    }

    /// Names a new media entity as its client asks by the `Slug` header (OData 4.01 Protocol,
    /// section 8.2). By default there is nothing that it names.
    fn name_media(&self, _target: &Target, _row: &mut Row, _slug: Option<&str>) {}

    /// Carries out an operation.
    ///
    /// # Errors
    /// Why it cannot be.
    fn invoke(&self, core: Arc<Core>, call: Call) -> BoxFuture<'_, Result<Answer, Error>>;
}
