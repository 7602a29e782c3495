//! Actions and functions: all overloads of a name in one array (CSDL JSON, section 12).

use super::annotations;
use super::types::typed;
use super::writer::Writer;
use crate::csdl::short_name;
use crate::model::{Model, Operation, OperationId, OperationKind};

/// Writes the overloads of a name, at least one.
pub(super) fn overloads(json: &mut Writer, model: &Model, overloads: &[OperationId]) {
    let Some(first) = overloads.first() else {
        return;
    };
    let name = short_name(&model.operation(*first).name);
    json.name(name).array(|json| {
        for id in overloads {
            json.item()
                .object(|json| write(json, model, model.operation(*id)));
        }
    });
}

fn write(json: &mut Writer, model: &Model, operation: &Operation) {
    let kind = match operation.kind {
        OperationKind::Action => "Action",
        OperationKind::Function => "Function",
    };
    json.text("$Kind", kind);
    json.flag("$IsBound", operation.is_bound);
    if let Some(path) = &operation.entity_set_path {
        json.text("$EntitySetPath", path);
    }
    json.flag("$IsComposable", operation.is_composable);
    if !operation.parameters.is_empty() {
        json.name("$Parameter").array(|json| {
            for parameter in &operation.parameters {
                json.item().object(|json| {
                    json.text("$Name", &parameter.name);
                    typed(json, model, &parameter.ty);
                    annotations::write(json, "", &parameter.annotations);
                });
            }
        });
    }
    if let Some(returns) = &operation.returns {
        json.name("$ReturnType").object(|json| {
            typed(json, model, returns);
            annotations::write(json, "", &operation.return_annotations);
        });
    }
    annotations::write(json, "", &operation.annotations);
}
