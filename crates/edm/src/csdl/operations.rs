//! Actions and functions (CSDL section 12).

use std::collections::HashMap;

use super::Fault;
use super::document::Reader;
use super::names::namespace_of;
use super::types::TYPE;
use super::xml::Element;
use crate::annotation::Annotations;
use crate::model::{Operation, OperationId, OperationKind, Parameter, index};

/// The terms that make a parameter optional.
const OPTIONAL: [&str; 2] = [
    "Org.OData.Core.V1.OptionalParameter",
    "Core.OptionalParameter",
];

impl Reader {
    /// Reads a schema's actions and functions.
    pub(super) fn operations(&mut self, schema: &Element) -> Result<(), Fault> {
        let namespace = schema.require("Namespace")?;
        for child in &schema.children {
            let kind = match child.name.as_str() {
                "Action" => OperationKind::Action,
                "Function" => OperationKind::Function,
                _ => continue,
            };
            let operation = self.operation(child, namespace, kind)?;
            self.add_overload(child, operation)?;
        }
        Ok(())
    }

    fn operation(
        &self,
        element: &Element,
        namespace: &str,
        kind: OperationKind,
    ) -> Result<Operation, Fault> {
        let function: &[&str] = if kind == OperationKind::Function {
            &["IsComposable"]
        } else {
            &[]
        };
        element.only(&[&["Name", "IsBound", "EntitySetPath"], function])?;
        let mut operation = Operation {
            name: format!("{namespace}.{}", element.simple_name()?),
            kind,
            is_bound: element.flag("IsBound", false)?,
            is_composable: element.flag("IsComposable", false)?,
            parameters: Vec::new(),
            returns: None,
            return_annotations: Annotations::default(),
            entity_set_path: element.get("EntitySetPath").map(|p| self.names.path(p)),
            annotations: Annotations::default(),
            definition: None,
        };
        let parameters: Vec<_> = element
            .children
            .iter()
            .filter(|c| c.name == "Parameter")
            .collect();
        for parameter in &parameters {
            operation
                .parameters
                .push(self.parameter(parameter, &operation)?);
        }
        // Only now the signature is known that the document may target annotations at.
        let paths = self.paths(&operation);
        for (parameter, child) in operation.parameters.iter_mut().zip(parameters) {
            let member = format!("/{}", parameter.name);
            parameter.annotations = self.operation_annotations(child, &paths, &member)?;
            parameter.optional |= OPTIONAL
                .iter()
                .any(|term| parameter.annotations.get(term).is_some());
        }
        operation.annotations = self.operation_annotations(element, &paths, "")?;
        self.read_result(element, &paths, &mut operation)?;
        check_shape(element, &operation)?;
        Ok(operation)
    }

    /// Reads the `ReturnType` of an operation.
    fn read_result(
        &self,
        element: &Element,
        paths: &[String; 3],
        operation: &mut Operation,
    ) -> Result<(), Fault> {
        for child in &element.children {
            match child.name.as_str() {
                "Parameter" | "Annotation" => {}
                "ReturnType" if operation.returns.is_none() => {
                    child.only(&[&TYPE])?;
                    operation.returns = Some(self.type_ref(child)?);
                    operation.return_annotations =
                        self.operation_annotations(child, paths, "/$ReturnType")?;
                }
                _ => return Err(element.unexpected(child)),
            }
        }
        Ok(())
    }

    /// Reads a parameter without its annotations.
    fn parameter(&self, element: &Element, of: &Operation) -> Result<Parameter, Fault> {
        element.only(&[&["Name"], &TYPE])?;
        if let Some(child) = element.children.iter().find(|c| c.name != "Annotation") {
            return Err(element.unexpected(child));
        }
        let name = element.simple_name()?;
        if of.parameters.iter().any(|p| p.name == name) {
            return Err(element.fault("the name is already taken"));
        }
        let ty = self.type_ref(element)?;
        let binding = of.is_bound && of.parameters.is_empty();
        let optional = of.kind == OperationKind::Action && ty.nullable && !binding;
        Ok(Parameter {
            name: name.to_owned(),
            ty,
            optional,
            annotations: Annotations::default(),
        })
    }

    /// The paths that target an overload: for all of the name, and for its signature alone. For a
    /// function the signature is all parameter types, for an action the binding one only.
    fn paths(&self, operation: &Operation) -> [String; 3] {
        let types: Vec<_> = operation
            .parameters
            .iter()
            .map(|p| self.model.written_type(&p.ty))
            .collect();
        let binding = if operation.is_bound {
            types.first().map_or("", String::as_str)
        } else {
            ""
        };
        let name = &operation.name;
        [
            name.clone(),
            format!("{name}({binding})"),
            format!("{name}({})", types.join(",")),
        ]
    }

    /// The annotations of an overload or a part of it; those for its signature win over those for
    /// all overloads of the name.
    fn operation_annotations(
        &self,
        element: &Element,
        paths: &[String; 3],
        member: &str,
    ) -> Result<Annotations, Fault> {
        let [all, binding, signature] = paths;
        let mut annotations = self.annotations(element, &format!("{all}{member}"))?;
        let mut specific = self
            .targets
            .at(&format!("{binding}{member}"))
            .collect::<Vec<_>>();
        if signature != binding {
            specific.extend(self.targets.at(&format!("{signature}{member}")));
        }
        for (_, annotation) in specific {
            annotations.set(annotation.clone());
        }
        Ok(annotations)
    }

    fn add_overload(&mut self, element: &Element, operation: Operation) -> Result<(), Fault> {
        let id = OperationId(index(self.model.operations.len()));
        let overloads = self
            .model
            .operation_names
            .entry(operation.name.clone())
            .or_default();
        for other in overloads
            .iter()
            .filter_map(|o| self.model.operations.get(o.0 as usize))
        {
            if other.kind != operation.kind {
                return Err(element.fault("an action and a function share the name"));
            }
            if same_signature(other, &operation) {
                return Err(element.fault("there is such an overload already"));
            }
        }
        if self.model.names.contains_key(&operation.name) {
            return Err(element.fault("the name is already taken by a type"));
        }
        overloads.push(id);
        self.model.operations.push(operation);
        Ok(())
    }

    /// Makes the default namespaces' operations known by their short names.
    pub(super) fn finish_operations(&mut self) {
        let mut short: HashMap<String, Vec<OperationId>> = HashMap::new();
        for (place, operation) in self.model.operations.iter().enumerate() {
            let namespace = namespace_of(&operation.name);
            if self.model.default_namespaces.iter().any(|n| n == namespace) {
                let overloads = short.entry(operation.short_name().to_owned()).or_default();
                overloads.push(OperationId(index(place)));
            }
        }
        self.model.operation_names.extend(short);
    }
}

fn check_shape(element: &Element, operation: &Operation) -> Result<(), Fault> {
    if operation.is_bound && operation.parameters.is_empty() {
        return Err(element.fault("it is bound, but has no binding parameter"));
    }
    if operation.kind == OperationKind::Function && operation.returns.is_none() {
        return Err(element.fault("a function needs a ReturnType"));
    }
    Ok(())
}

/// Whether two overloads cannot be told apart (CSDL sections 12.2 and 12.4).
fn same_signature(a: &Operation, b: &Operation) -> bool {
    let binding = |o: &Operation| o.binding().map(|p| (p.ty.item, p.ty.collection));
    if binding(a) != binding(b) {
        return false;
    }
    if a.kind == OperationKind::Action {
        return true;
    }
    let names = |o: &Operation| {
        let mut names: Vec<_> = o.own_parameters().iter().map(|p| p.name.clone()).collect();
        names.sort();
        names
    };
    names(a) == names(b)
}
