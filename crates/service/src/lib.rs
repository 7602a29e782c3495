//! The device-script domain: what Intune does lives here and nowhere else, as hooks that judge
//! changes inside their transaction, and as operations.
//!
//! Which properties count, keep time or hold content is not known here: it is read from the
//! model's annotations once, at start (`layout.rs`).

mod approvals;
mod assignments;
mod audit;
mod categories;
mod columns;
mod counters;
mod days;
mod device_identity;
mod devices;
mod dispatch;
mod due;
mod exports;
mod filters;
mod global;
mod graph;
mod history;
pub mod identity;
mod ids;
mod layout;
mod limits;
mod maintenance;
mod operations;
mod overview;
mod payload_links;
mod policy_states;
mod reach;
mod recount;
mod remote;
mod requests;
mod restriction;
mod rules;
mod schedule;
mod scripts;
mod states;
mod summaries;
mod targets;
mod users;
mod visibility;

pub use audit::{
    Expected, ExportFormat, Fault, Head, Verified, export as export_audit, verify as verify_audit,
};
pub use device_identity::{
    DeviceIdentities, ENROLLMENT_TOKEN_PREFIX, EnrollmentToken, KnownDevice, NewEnrollmentToken,
};
pub use exports::{Archives, work as work_on_exports};
pub use graph::{Graph, GraphError};
pub use limits::Limits;
pub use maintenance::{bootstrap, maintain};
pub use restriction::Restriction;

use std::sync::Arc;

use edm::{CsdlError, Model};
use store::{MapError, Tables, read_map};

/// The model: `schema/deviceManagement.csdl.xml`, as built in.
///
/// # Errors
/// Never for the document that is built in; a test holds that.
pub fn model() -> Result<Arc<Model>, CsdlError> {
    Model::from_csdl(include_str!("../../../schema/deviceManagement.csdl.xml")).map(Arc::new)
}

/// How the model lies in tables: `schema/storage.toml`, as built in.
///
/// # Errors
/// Never for the map that is built in; a test holds that.
pub fn tables(model: &Model) -> Result<Arc<Tables>, MapError> {
    read_map(model, include_str!("../../../schema/storage.toml")).map(Arc::new)
}
