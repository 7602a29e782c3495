//! The columns of a request for approval, and what its status can be.

use edm::{ComplexValue, Model, StructuredId, Value};
use engine::access::Caller;
use store::{Row, TableId, Tables};

use crate::columns::{hidden, property, table_named};
use crate::graph::GraphError;

/// `operationApprovalRequestStatus`, as far as it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    NeedsApproval,
    Approved,
    Rejected,
    Cancelled,
    Completed,
    Expired,
}

impl Status {
    const ALL: [(Self, &'static str); 6] = [
        (Self::NeedsApproval, "needsApproval"),
        (Self::Approved, "approved"),
        (Self::Rejected, "rejected"),
        (Self::Cancelled, "cancelled"),
        (Self::Completed, "completed"),
        (Self::Expired, "expired"),
    ];

    /// As the model names it.
    pub(super) fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(status, _)| *status == self);
        named.map_or("", |(_, name)| name)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) table: TableId,
    pub(super) id: usize,
    pub(super) approval_justification: usize,
    pub(super) approver: usize,
    expiration: usize,
    pub(super) modified: usize,
    pub(super) requested: usize,
    pub(super) request_justification: usize,
    pub(super) requestor: usize,
    pub(super) policy_types: usize,
    status: usize,
    pub(super) requestor_id: usize,
    pub(super) method: usize,
    pub(super) path: usize,
    pub(super) body: usize,
    pub(super) digest: usize,
    pub(super) script_id: usize,
    pub(super) role_scope_tags: usize,
    /// The values of [`Status::ALL`].
    statuses: [i64; 6],
    /// `operationApprovalPolicyType`'s member for scripts.
    pub(super) script: i64,
    identity_set: Identity,
    identity: Identity,
}

/// A complex type that says who somebody is, and the properties that are set.
#[derive(Clone, Copy, Debug)]
struct Identity {
    of: StructuredId,
    length: usize,
    /// Of a set, the application; of an identity, its id.
    first: usize,
    /// Of a set, the user.
    user: Option<usize>,
}

impl Columns {
    pub(super) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "operation_approval_request")?;
        let table = tables.table(id);
        let missing = |name: &str| GraphError(format!("the model has no {name}"));
        let of = table
            .of
            .ok_or_else(|| missing("operationApprovalRequest"))?;
        let ty = model.structured(of);
        let member = |name: &str, member: &str| {
            let found = model.find_enum(&format!("microsoft.graph.{name}"));
            let found = model.enum_type(found.ok_or_else(|| missing(name))?);
            let value = found.member(member).map(|member| member.value);
            value.ok_or_else(|| missing(member))
        };
        let mut statuses = [0; 6];
        for (value, (_, name)) in statuses.iter_mut().zip(Status::ALL) {
            *value = member("operationApprovalRequestStatus", name)?;
        }
        let complex = |name: &str, first: &str, user: Option<&str>| {
            let of = model.find_structured(&format!("microsoft.graph.{name}"));
            let of = of.ok_or_else(|| missing(name))?;
            let ty = model.structured(of);
            Ok::<_, GraphError>(Identity {
                of,
                length: ty.properties.len(),
                first: property(ty, first)?,
                user: user.map(|user| property(ty, user)).transpose()?,
            })
        };
        Ok(Self {
            table: id,
            id: property(ty, "id")?,
            approval_justification: property(ty, "approvalJustification")?,
            approver: property(ty, "approver")?,
            expiration: property(ty, "expirationDateTime")?,
            modified: property(ty, "lastModifiedDateTime")?,
            requested: property(ty, "requestDateTime")?,
            request_justification: property(ty, "requestJustification")?,
            requestor: property(ty, "requestor")?,
            policy_types: property(ty, "requiredOperationApprovalPolicyTypes")?,
            status: property(ty, "status")?,
            requestor_id: hidden(table, "requestor_id")?,
            method: hidden(table, "method")?,
            path: hidden(table, "path")?,
            body: hidden(table, "body")?,
            digest: hidden(table, "digest")?,
            script_id: hidden(table, "script_id")?,
            role_scope_tags: hidden(table, "role_scope_tags")?,
            statuses,
            script: member("operationApprovalPolicyType", "script")?,
            identity_set: complex("identitySet", "application", Some("user"))?,
            identity: complex("identity", "id", None)?,
        })
    }

    /// The status of a request; one that is not known any more counts as done with.
    pub(super) fn status(&self, row: &Row) -> Status {
        let mut known = self.statuses.iter().zip(Status::ALL);
        let found = known.find(|(value, _)| row[self.status] == Value::Enum(**value));
        found.map_or(Status::Expired, |(_, (status, _))| status)
    }

    pub(super) fn set_status(&self, row: &mut Row, status: Status) {
        let place = Status::ALL.iter().position(|(known, _)| *known == status);
        row[self.status] = Value::Enum(place.map_or(0, |place| self.statuses[place]));
    }

    /// When a request expires, in ticks.
    pub(super) fn expires(&self, row: &Row) -> i64 {
        match &row[self.expiration] {
            Value::DateTimeOffset(time) => time.ticks,
            _ => 0,
        }
    }

    pub(super) fn set_expiration(&self, row: &mut Row, time: edm::time::DateTimeOffset) {
        row[self.expiration] = Value::DateTimeOffset(time);
    }

    /// Who a caller is, as an `identitySet`.
    pub(super) fn identity(&self, caller: &Caller) -> Value {
        let identity = |id: &str| {
            let mut values = vec![Value::Null; self.identity.length];
            values[self.identity.first] = Value::from(id);
            let of = self.identity.of;
            Value::Complex(Box::new(ComplexValue { of, values }))
        };
        let mut values = vec![Value::Null; self.identity_set.length];
        let application = match (is_user(caller), &caller.application) {
            (_, Some(application)) => Some(application),
            (false, None) => Some(&caller.subject),
            (true, None) => None,
        };
        if let Some(application) = application {
            values[self.identity_set.first] = identity(application);
        }
        if let (true, Some(user)) = (is_user(caller), self.identity_set.user) {
            values[user] = identity(&caller.subject);
        }
        let of = self.identity_set.of;
        Value::Complex(Box::new(ComplexValue { of, values }))
    }
}

/// Whether a caller is a person: what a person may do is delegated to the application.
pub(super) fn is_user(caller: &Caller) -> bool {
    !caller.scopes.is_empty()
}
