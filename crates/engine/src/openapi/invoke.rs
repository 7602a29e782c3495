//! Actions and functions, bound and imported.

use std::collections::BTreeSet;

use edm::{Annotations, Operation, OperationId, OperationImport, OperationKind};
use odata::uri::ResourceKind;
use serde_json::{Map, Value, json};

use super::answers::{self, READ, WRITE};
use super::place::Place;
use super::{Writer, parameters, schemas};
use crate::access::Reach;
use crate::delta::CHANGE_TRACKING;
use crate::permissions::Action;
use crate::unserved::legal;

/// What annotations say of change tracking.
fn supports_tracking(annotations: &Annotations) -> Option<bool> {
    let tracking = annotations.get(CHANGE_TRACKING)?;
    tracking.property("Supported")?.as_bool()
}

/// Where an operation is invoked.
struct Origin<'p> {
    /// The path's template, with the operation's name.
    template: String,
    /// The path in the container that it is bound to; empty for an import.
    target: &'p str,
    /// The parameters of the template.
    keys: Vec<Value>,
    tag: &'p str,
}

impl Writer<'_> {
    /// What is bound to the entity or the collection here, or to what its type derives from.
    pub(super) fn operations(&mut self, place: &Place, collection: bool) {
        let model = self.model;
        let bound = model.operations().filter(|(_, operation)| {
            operation
                .bound_to()
                .is_some_and(|(to, many)| many == collection && model.is_a(place.of, to))
        });
        let bound = bound.filter(|(_, operation)| {
            let tracks = supports_tracking(&operation.annotations) == Some(true);
            let untracked = model
                .target_annotations(&place.target)
                .is_some_and(|annotations| supports_tracking(annotations) == Some(false));
            !(tracks && untracked)
        });
        for (id, operation) in bound {
            let origin = Origin {
                template: format!("{}/{}", place.template, self.url_name(operation)),
                target: &place.target,
                keys: place.keys.clone(),
                tag: &place.tag,
            };
            self.invocation(origin, id, operation);
        }
    }

    /// An overload that the container imports.
    pub(super) fn imported(&mut self, import: &OperationImport, id: OperationId) {
        let operation = self.model.operation(id);
        if operation.kind != import.kind {
            return;
        }
        let origin = Origin {
            template: format!("/{}", import.name),
            target: "",
            keys: Vec::new(),
            tag: "operations",
        };
        self.invocation(origin, id, operation);
    }

    /// The shortest name that URLs may use.
    fn url_name(&self, operation: &Operation) -> String {
        let namespace = operation.name.rsplit_once('.').map_or("", |(n, _)| n);
        let defaults = self.model.default_namespaces();
        if defaults.iter().any(|n| n == namespace) {
            operation.short_name().to_owned()
        } else {
            operation.name.clone()
        }
    }

    fn invocation(&mut self, mut at: Origin<'_>, id: OperationId, operation: &Operation) {
        let (method, body, legal) = match operation.kind {
            OperationKind::Action => {
                let body = schemas::arguments(self.model, operation);
                ("post", Some(body), legal(ResourceKind::Action).write)
            }
            OperationKind::Function => {
                self.parameters(&mut at, operation);
                ("get", None, legal(ResourceKind::Function).read)
            }
        };
        let Some(security) = self.allowed(at.target, id, operation) else {
            return;
        };
        let errors: &[u16] = if method == "get" { &READ } else { &WRITE };
        let mut responses = answers::errors(errors);
        self.results(&mut responses, id, operation);
        let mut parameters = at.keys;
        parameters.extend(parameters::references(&legal));
        let mut described = json!({
            "operationId": Place::operation_id(method, &at.template),
            "tags": [at.tag],
            "parameters": parameters,
            "responses": responses,
        });
        if let Some(schema) = body {
            let required = operation.own_parameters().iter().any(|p| !p.optional);
            described["requestBody"] = json!({
                "required": required, "content": { "application/json": { "schema": schema } },
            });
        }
        if !security.is_empty() {
            described["security"] = security.into();
            described["x-confined-callers"] = self.confined_callers(id).into();
        }
        self.add(&at.template, method, described);
    }

    /// Who may call an operation of those whose permissions do not reach everything.
    fn confined_callers(&self, id: OperationId) -> Vec<&'static str> {
        let callers = [
            ("devices", Reach::Device(String::new())),
            ("roleScopeTags", Reach::RoleScopeTags(BTreeSet::new())),
        ];
        let service = &self.core.service;
        let may = callers
            .iter()
            .filter(|(_, reach)| service.confines(self.model, id, reach));
        may.map(|(name, _)| *name).collect()
    }

    /// A function's parameters in parentheses, by name.
    fn parameters(&self, at: &mut Origin<'_>, operation: &Operation) {
        let mut parts = Vec::new();
        for parameter in operation.own_parameters().iter().filter(|p| !p.optional) {
            parts.push(format!("{0}={{{0}}}", parameter.name));
            let schema = parameters::literal(self.model, &parameter.ty);
            at.keys.push(parameters::in_path(&parameter.name, schema));
        }
        at.template.push_str(&format!("({})", parts.join(",")));
    }

    fn results(&self, responses: &mut Map<String, Value>, id: OperationId, operation: &Operation) {
        let shown = self.core.service.shown(self.model, id);
        if let Some(returns) = &operation.returns {
            let schema = answers::returned(self.model, returns);
            responses.insert("200".to_owned(), answers::json_of("The result", &schema));
        } else if !shown.is_empty() {
            let items: Vec<_> = shown
                .iter()
                .map(|of| schemas::reference(self.model, *of))
                .collect();
            let page = answers::page(&json!({ "anyOf": items }));
            responses.insert(
                "200".to_owned(),
                answers::json_of("What there is now", &page),
            );
        }
        let may_be_null = operation.returns.as_ref().is_none_or(|ty| ty.nullable);
        if may_be_null {
            responses.insert("204".to_owned(), answers::nothing());
        }
    }

    /// The permissions that an operation asks for: its own, or those of what it is bound to.
    fn allowed(&self, target: &str, id: OperationId, operation: &Operation) -> Option<Vec<Value>> {
        let permissions = &self.core.permissions;
        if !permissions.any() {
            return Some(Vec::new());
        }
        let action = match operation.kind {
            OperationKind::Action => Action::Update,
            OperationKind::Function => Action::Read,
        };
        let own = permissions.of_operation(id);
        let accepted = own.or_else(|| permissions.accepted(target, action))?;
        Some(
            accepted
                .iter()
                .map(|scope| json!({ "bearer": [scope] }))
                .collect(),
        )
    }
}
