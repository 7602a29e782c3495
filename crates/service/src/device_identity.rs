//! The identity of devices that enrol by themselves: how they get it, and how they show it.
//!
//! A device makes its own key. With an enrolment token it sends a JWT, signed by that key, that
//! describes it and carries the public half ([`enrol`]). From then on it asks for access tokens with
//! assertions that it signs (RFC 7523, [`assertion`]), each of them a step in a chain by which two
//! holders of one key betray themselves ([`keys`]). Administrators approve, revoke and release devices
//! ([`administration`]).

mod administration;
mod assertion;
mod enrol;
mod enrollment_tokens;
mod jws;
mod keys;

pub use administration::KnownDevice;
pub use enrollment_tokens::{ENROLLMENT_TOKEN_PREFIX, EnrollmentToken, NewEnrollmentToken};

pub(crate) use enrollment_tokens::EnrollmentTokens;
pub(crate) use keys::DeviceKeys;

use std::sync::Arc;

use edm::OperationId;
use edm::time::{DateTimeOffset, Form};
use engine::Core;
use engine::exchange::devices::{Asserted, Deciding, Devices, Enrolled, Enrolment, Refusal, Sent};
use odata::Error;
use odata::json::Argument;
use serde_json::Value as Json;
use store::Table;

use self::jws::malformed;
use crate::columns::term;
use crate::devices;
use crate::graph::Graph;

/// The identities of a service's devices.
#[derive(Clone)]
pub struct DeviceIdentities {
    core: Arc<Core>,
    graph: Graph,
    /// `runstate.enrol`, whose parameters are what a device says of itself.
    enrolment: OperationId,
    permissions: Vec<String>,
}

impl DeviceIdentities {
    /// The identities of the devices of a service.
    ///
    /// # Errors
    /// If the model has no `runstate.enrol`, or does not say what devices may.
    pub fn new(core: Arc<Core>, graph: Graph) -> Result<Self, Error> {
        let is_enrolment = |name: &str| name == "runstate.enrol";
        let enrolment = {
            let mut operations = core.model.operations();
            operations.find_map(|(id, operation)| is_enrolment(&operation.name).then_some(id))
        };
        let enrolment = enrolment.ok_or_else(|| Error::internal("there is no runstate.enrol"))?;
        let permissions = permissions(&core.model);
        if permissions.is_empty() {
            return Err(Error::internal("the model gives devices no permissions"));
        }
        Ok(Self {
            core,
            graph,
            enrolment,
            permissions,
        })
    }

    /// The service whose devices they are.
    #[must_use]
    pub fn core(&self) -> Arc<Core> {
        Arc::clone(&self.core)
    }

    fn token_table(&self) -> &Table {
        self.core.tables.table(self.graph.enrollment_tokens.table)
    }

    fn key_table(&self) -> &Table {
        self.core.tables.table(self.graph.device_keys.table)
    }

    /// The value of a parameter that describes a device; null if it was not given.
    fn given(&self, description: &[(usize, Argument)], name: &str) -> edm::Value {
        let operation = self.core.model.operation(self.enrolment);
        let index = operation.parameters.iter().position(|p| p.name == name);
        let mut given = description.iter();
        match given.find(|(given, _)| Some(*given) == index) {
            Some((_, Argument::Value(value))) => value.clone(),
            _ => edm::Value::Null,
        }
    }

    /// Writes a description into a device's row.
    fn describe(&self, description: &[(usize, Argument)], row: &mut store::Row) {
        let given = |name: &str| self.given(description, name);
        let devices = self.graph.devices;
        devices::describe(&self.core.scope(), self.enrolment, &given, devices, row);
    }

    /// What a device says of itself: the parameters of `runstate.enrol`, but for the groups, which
    /// are not its own to choose.
    fn description(&self, device: &Json) -> Result<Vec<(usize, Argument)>, Refusal> {
        if device.get("groupIds").is_some() {
            return Err(malformed(
                "A device does not choose its groups: its enrolment token does.",
            ));
        }
        let body = odata::json::parse(device.to_string().as_bytes());
        let read = body.and_then(|body| {
            odata::json::read_parameters(&self.core.model, self.enrolment, Some(body))
        });
        let arguments = read.map_err(|error| malformed(error.message))?;
        let text = |(_, argument): &(usize, Argument)| match argument {
            Argument::Value(edm::Value::String(text)) => !text.contains(char::is_control),
            _ => true,
        };
        if !arguments.iter().all(text) {
            return Err(malformed(
                "What describes a device has no control characters.",
            ));
        }
        Ok(arguments)
    }
}

/// `runstate.permissionsOfDevices` of the container.
fn permissions(model: &edm::Model) -> Vec<String> {
    let annotations = model.target_annotations(&model.container_name());
    let named = annotations.and_then(|all| all.get(&term("permissionsOfDevices")));
    let named = named.into_iter().flat_map(edm::Expression::items);
    named
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

impl Devices for DeviceIdentities {
    fn permissions(&self) -> &[String] {
        &self.permissions
    }

    fn enrol(&self, enrolment: Enrolment) -> Deciding<'_, Enrolled> {
        Box::pin(enrol::enrol(self, enrolment))
    }

    fn assert(&self, assertion: String, tenant: String, sent: Sent) -> Deciding<'_, Asserted> {
        Box::pin(assertion::assert(self, assertion, tenant, sent))
    }
}

/// What everything that a device signs is for: the tenant, which only servers that share its key
/// are. It does not name a host, so that nobody can pass an assertion on from one to another.
fn audience(tenant: &str) -> String {
    format!("urn:runstate:tenant:{tenant}")
}

/// An instant that is kept in ticks.
fn instant(ticks: i64) -> DateTimeOffset {
    let form = Form::UTC_TICKS;
    DateTimeOffset { ticks, form }
}
