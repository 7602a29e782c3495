//! The entity container (CSDL section 13).

use super::Fault;
use super::document::Reader;
use super::xml::Element;
use crate::model::{
    EntitySet, NavigationBinding, OperationImport, OperationKind, Singleton, StructuredId,
    StructuredKind,
};

impl Reader {
    /// Reads the container, if this schema has it.
    pub(super) fn container(&mut self, schema: &Element) -> Result<(), Fault> {
        for element in schema
            .children
            .iter()
            .filter(|c| c.name == "EntityContainer")
        {
            if element.get("Extends").is_some() {
                return Err(element.fault("the container that it extends is not in this document"));
            }
            element.only(&[&["Name"]])?;
            if !self.model.container.name.is_empty() {
                return Err(element.fault("there is a container already"));
            }
            element
                .simple_name()?
                .clone_into(&mut self.model.container.name);
            schema
                .require("Namespace")?
                .clone_into(&mut self.model.container.namespace);
            let path = self.model.container_name();
            let annotations = self.annotations(element, &path)?;
            self.keep(&path, annotations);
            for child in element.children.iter().filter(|c| c.name != "Annotation") {
                self.member(element, child)?;
                let path = format!("{path}/{}", child.simple_name()?);
                let annotations = self.annotations(child, &path)?;
                self.keep(&path, annotations);
            }
            self.check_bindings(element)?;
        }
        Ok(())
    }

    fn member(&mut self, container: &Element, element: &Element) -> Result<(), Fault> {
        let name = element.simple_name()?.to_owned();
        let model = &self.model;
        let taken = model.find_singleton(&name).is_some()
            || model.find_entity_set(&name).is_some()
            || model.find_import(&name).is_some();
        if taken {
            return Err(element.fault("the name is already taken"));
        }
        match element.name.as_str() {
            "EntitySet" => {
                element.only(&[&["Name", "EntityType", "IncludeInServiceDocument"]])?;
                let of = self.entity_type(element, element.require("EntityType")?)?;
                let in_service_document = element.flag("IncludeInServiceDocument", true)?;
                let bindings = self.bindings(element, of)?;
                self.model.container.sets.push(EntitySet {
                    name,
                    of,
                    in_service_document,
                    bindings,
                });
            }
            "Singleton" => {
                element.only(&[&["Name", "Type", "Nullable"]])?;
                let of = self.entity_type(element, element.require("Type")?)?;
                let bindings = self.bindings(element, of)?;
                self.model.container.singletons.push(Singleton {
                    name,
                    of,
                    nullable: element.flag("Nullable", false)?,
                    bindings,
                });
            }
            "ActionImport" | "FunctionImport" => {
                let import = self.import(element, name)?;
                self.model.container.imports.push(import);
            }
            _ => return Err(container.unexpected(element)),
        }
        Ok(())
    }

    /// The entity type of a name that the element gives.
    pub(super) fn entity_type(&self, element: &Element, name: &str) -> Result<StructuredId, Fault> {
        let name = self.names.qualify(name);
        match self.model.find_structured(&name) {
            Some(id) if self.model.structured(id).kind == StructuredKind::Entity => Ok(id),
            Some(_) => Err(element.fault(format!("{name} is no entity type"))),
            None => Err(element.fault(format!("the type {name} is not declared"))),
        }
    }

    fn bindings(
        &self,
        element: &Element,
        of: StructuredId,
    ) -> Result<Vec<NavigationBinding>, Fault> {
        let mut bindings = Vec::new();
        for child in &element.children {
            match child.name.as_str() {
                "NavigationPropertyBinding" => {
                    child.only(&[&["Path", "Target"]])?;
                    let path = self.names.path(child.require("Path")?);
                    self.check_path(of, &path).map_err(|m| child.fault(m))?;
                    let target = self.names.path(child.require("Target")?);
                    bindings.push(NavigationBinding { path, target });
                }
                "Annotation" => {}
                _ => return Err(element.unexpected(child)),
            }
        }
        Ok(bindings)
    }

    fn import(&self, element: &Element, name: String) -> Result<OperationImport, Fault> {
        let (kind, attribute) = match element.name.as_str() {
            "ActionImport" => (OperationKind::Action, "Action"),
            _ => (OperationKind::Function, "Function"),
        };
        let listed: &[&str] = if kind == OperationKind::Function {
            &["IncludeInServiceDocument"]
        } else {
            &[]
        };
        element.only(&[&["Name", attribute, "EntitySet"], listed])?;
        if let Some(child) = element.children.iter().find(|c| c.name != "Annotation") {
            return Err(element.unexpected(child));
        }
        let operation = self.names.qualify(element.require(attribute)?);
        let overloads = self.model.find_operations(None, &operation);
        if !overloads
            .iter()
            .any(|id| self.model.operation(*id).kind == kind)
        {
            return Err(element.fault(format!(
                "there is no unbound {} {operation}",
                attribute.to_lowercase()
            )));
        }
        Ok(OperationImport {
            name,
            kind,
            operation,
            entity_set: element.get("EntitySet").map(|p| self.names.path(p)),
            in_service_document: element.flag("IncludeInServiceDocument", false)?,
        })
    }

    /// Checks that bindings and imports lead to members of the container. A target may begin with
    /// the container's qualified name.
    fn check_bindings(&self, element: &Element) -> Result<(), Fault> {
        let container = self.model.container_name();
        let model = &self.model.container;
        let bindings = model.sets.iter().flat_map(|s| &s.bindings);
        let bindings = bindings
            .chain(model.singletons.iter().flat_map(|s| &s.bindings))
            .map(|b| &b.target);
        for target in bindings.chain(model.imports.iter().filter_map(|i| i.entity_set.as_ref())) {
            let path = target
                .strip_prefix(&container)
                .and_then(|p| p.strip_prefix('/'))
                .unwrap_or(target);
            let (first, rest) = path
                .split_once('/')
                .map_or((path, None), |(f, r)| (f, Some(r)));
            let set = self
                .model
                .find_entity_set(first)
                .map(|id| self.model.entity_set(id).of);
            let of = set.or_else(|| {
                self.model
                    .find_singleton(first)
                    .map(|id| self.model.singleton(id).of)
            });
            let Some(of) = of else {
                return Err(
                    element.fault(format!("'{target}' leads to no entity set or singleton"))
                );
            };
            if let Some(rest) = rest {
                self.check_path(of, rest)
                    .map_err(|m| element.fault(format!("'{target}': {m}")))?;
            }
        }
        Ok(())
    }
}
