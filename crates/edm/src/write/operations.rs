//! Actions and functions.

use super::annotations;
use super::types::{short, typed};
use super::xml::Writer;
use crate::model::{Model, Operation, OperationKind};

pub(super) fn operation(xml: &mut Writer, model: &Model, operation: &Operation) {
    let mut attributes = vec![("Name", short(&operation.name))];
    if operation.is_bound {
        attributes.push(("IsBound", "true"));
    }
    if operation.is_composable {
        attributes.push(("IsComposable", "true"));
    }
    attributes.extend(
        operation
            .entity_set_path
            .as_deref()
            .map(|p| ("EntitySetPath", p)),
    );
    let element = match operation.kind {
        OperationKind::Action => "Action",
        OperationKind::Function => "Function",
    };
    xml.open(element, &attributes);
    for parameter in &operation.parameters {
        typed(
            xml,
            model,
            "Parameter",
            Some(&parameter.name),
            &parameter.ty,
            None,
        );
        annotations::write(xml, &parameter.annotations);
        xml.close();
    }
    if let Some(returns) = &operation.returns {
        typed(xml, model, "ReturnType", None, returns, None);
        annotations::write(xml, &operation.return_annotations);
        xml.close();
    }
    annotations::write(xml, &operation.annotations);
    xml.close();
}
