//! What the OData standard leaves open, as Graph has it.

use edm::Model;
use engine::{BatchProfile, ServiceProfile, ShownTypes};

use super::GraphError;
use crate::layout::Layout;
use crate::limits::Limits;
use crate::restriction;

/// The profile of the service.
///
/// # Errors
/// If the model lacks a type that it names.
pub(super) fn profile(model: &Model, layout: &Layout) -> Result<ServiceProfile, GraphError> {
    let named = |name: &str| {
        let found = model.find_structured(&format!("microsoft.graph.{name}"));
        found.ok_or_else(|| GraphError(format!("the model has no {name}")))
    };
    let limits = Limits::default();
    Ok(ServiceProfile {
        newest_version: "4.0",
        inner_error: "innerError",
        page_size: limits.page,
        max_page_size: limits.largest_page,
        // The live service shows no script's type, and tools that back scripts up make the type
        // that they find a part of a file's name, which they do not look for when they restore.
        shows_type: ShownTypes::AllBut(layout.families.iter().map(|family| family.of).collect()),
        top_is_page_size: true,
        patches_members: true,
        updates_answer_nothing: false,
        upserts: false,
        shows_id: false,
        names_all_parameters: true,
        base64url: false,
        zero_days: false,
        sets_computed: vec![named("managedDevice")?, named("windowsManagedDevice")?],
        bare_removed: true,
        batch: BatchProfile {
            max_requests: limits.batch_requests,
            ids_ignore_case: true,
            slash_is_root: true,
            json_in_4_0: true,
        },
        restricting_term: Some(restriction::TERM),
    })
}
