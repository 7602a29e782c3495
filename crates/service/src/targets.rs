//! Assignment targets: whom an assignment means.

use edm::{ComplexValue, Model, StructuredId, Value};

use crate::columns::property;
use crate::graph::GraphError;

/// The group that stands for all devices.
pub(crate) const ALL_DEVICES: &str = "adadadad-808e-44e2-905a-0b7873a8a531";
/// The group that stands for all licensed users.
pub(crate) const ALL_USERS: &str = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";

/// The target types of the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetTypes {
    group: StructuredId,
    exclusion: StructuredId,
    all_devices: StructuredId,
    all_users: StructuredId,
    group_id: usize,
    filter_id: usize,
}

/// Whom a target means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The members of a group.
    Group(String),
    /// Not the members of a group.
    Exclusion(String),
    /// Every device.
    AllDevices,
    /// Every device of a user.
    AllUsers,
    /// Nobody that we know: a collection of another product.
    Nobody,
}

impl TargetTypes {
    pub(crate) fn of(model: &Model) -> Result<Self, GraphError> {
        let find = |name: &str| {
            model
                .find_structured(&format!("microsoft.graph.{name}"))
                .ok_or_else(|| GraphError(format!("the model has no {name}")))
        };
        let group = find("groupAssignmentTarget")?;
        Ok(Self {
            group,
            exclusion: find("exclusionGroupAssignmentTarget")?,
            all_devices: find("allDevicesAssignmentTarget")?,
            all_users: find("allLicensedUsersAssignmentTarget")?,
            group_id: property(model.structured(group), "groupId")?,
            filter_id: property(
                model.structured(group),
                "deviceAndAppManagementAssignmentFilterId",
            )?,
        })
    }

    /// Whether a filter narrows the target, a property of all target types.
    pub(crate) fn is_filtered(&self, target: &Value) -> bool {
        let Value::Complex(target) = target else {
            return false;
        };
        let filter = target.values.get(self.filter_id).and_then(Value::as_str);
        filter.is_some_and(|id| !id.is_empty())
    }

    /// Whom a target property's value means; `None` without a target or without a group's id.
    pub(crate) fn whom(&self, target: &Value) -> Option<Whom> {
        let Value::Complex(target) = target else {
            return None;
        };
        let group = |target: &ComplexValue| {
            target
                .values
                .get(self.group_id)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        Some(match target.of {
            of if of == self.exclusion => Whom::Exclusion(group(target)?),
            of if of == self.group => Whom::Group(group(target)?),
            of if of == self.all_devices => Whom::AllDevices,
            of if of == self.all_users => Whom::AllUsers,
            _ => Whom::Nobody,
        })
    }
}

impl Whom {
    /// The group id that stands in the assignment's id.
    pub(crate) fn group_id(&self) -> Option<&str> {
        match self {
            Self::Group(id) | Self::Exclusion(id) => Some(id),
            Self::AllDevices => Some(ALL_DEVICES),
            Self::AllUsers => Some(ALL_USERS),
            Self::Nobody => None,
        }
    }
}
