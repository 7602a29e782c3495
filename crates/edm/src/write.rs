//! Writing the model as a CSDL XML document: what `$metadata` answers (OData CSDL XML 4.01).
//!
//! All names are full, no schema has an alias: code generators stumble over them. Annotations are
//! written within the element that they annotate; those of the container and its members, and of
//! inherited members, as `Annotations` elements.

mod annotations;
mod operations;
mod overrides;
#[cfg(test)]
mod tests;
mod types;
mod xml;

use crate::csdl::namespace_of;
use crate::model::{Model, NavigationBinding, OperationKind};
use xml::Writer;

impl Model {
    /// The model as a CSDL XML document with XML declaration, indented by two spaces, in the
    /// version that it was read in.
    ///
    /// Reading it again with [`Model::from_csdl`] gives an equal model.
    #[must_use]
    pub fn to_xml(&self) -> String {
        self.to_xml_as(&self.version)
    }

    /// As [`Self::to_xml`], with another `Version`: a client that understands 4.0 at most is
    /// answered `4.0` (OData 4.01 Protocol 8.2.7). Nothing that we write is new in 4.01.
    #[must_use]
    pub fn to_xml_as(&self, version: &str) -> String {
        let mut xml = Writer::new();
        let edmx = "http://docs.oasis-open.org/odata/ns/edmx";
        xml.open("edmx:Edmx", &[("xmlns:edmx", edmx), ("Version", version)]);
        self.write_references(&mut xml);
        xml.open("edmx:DataServices", &[]);
        for (place, namespace) in self.namespaces.iter().enumerate() {
            self.write_schema(&mut xml, place, namespace);
        }
        xml.close();
        xml.close();
        xml.finish()
    }

    fn write_references(&self, xml: &mut Writer) {
        for reference in &self.references {
            xml.open("edmx:Reference", &[("Uri", &reference.uri)]);
            for (namespace, notes) in &reference.includes {
                xml.open("edmx:Include", &[("Namespace", namespace)]);
                annotations::write_outside(xml, notes);
                xml.close();
            }
            for (terms, qualifier, targets) in &reference.included_annotations {
                let mut attributes = vec![("TermNamespace", terms.as_str())];
                attributes.extend(qualifier.as_deref().map(|q| ("Qualifier", q)));
                attributes.extend(targets.as_deref().map(|t| ("TargetNamespace", t)));
                xml.empty("edmx:IncludeAnnotations", &attributes);
            }
            annotations::write_outside(xml, &reference.annotations);
            xml.close();
        }
    }

    fn write_schema(&self, xml: &mut Writer, place: usize, namespace: &str) {
        xml.open(
            "Schema",
            &[("xmlns", annotations::EDM), ("Namespace", namespace)],
        );
        let ours = |name: &str| namespace_of(name) == namespace;
        if let Some(annotations) = self.schema_annotations.get(place) {
            annotations::write(xml, annotations);
        }
        for ty in self.enums.iter().filter(|ty| ours(&ty.name)) {
            types::enum_type(xml, ty);
        }
        for definition in self.definitions.iter().filter(|d| ours(&d.name)) {
            types::type_definition(xml, definition);
        }
        for ty in self.structured.iter().filter(|ty| ours(&ty.name)) {
            types::structured_type(xml, self, ty);
        }
        for operation in self.operations.iter().filter(|o| ours(&o.name)) {
            operations::operation(xml, self, operation);
        }
        for term in self.terms.iter().filter(|t| ours(&t.name)) {
            types::term(xml, term);
        }
        if self.container.namespace == namespace && !self.container.name.is_empty() {
            self.write_container(xml);
        }
        for ty in self.structured.iter().filter(|ty| ours(&ty.name)) {
            for (path, annotations) in self.overrides(ty) {
                annotations::target(xml, &path, &annotations.0);
            }
        }
        // Paths belong to no schema in particular: they stand in the first.
        for (path, annotations) in self.targets.iter().filter(|_| place == 0) {
            annotations::target(xml, path, &annotations.0);
        }
        xml.close();
    }

    fn write_container(&self, xml: &mut Writer) {
        xml.open("EntityContainer", &[("Name", &self.container.name)]);
        for set in &self.container.sets {
            let ty = &self.structured(set.of).name;
            let mut attributes = vec![("Name", set.name.as_str()), ("EntityType", ty)];
            if !set.in_service_document {
                attributes.push(("IncludeInServiceDocument", "false"));
            }
            xml.open("EntitySet", &attributes);
            write_bindings(xml, &set.bindings);
            xml.close();
        }
        for singleton in &self.container.singletons {
            let ty = &self.structured(singleton.of).name;
            let mut attributes = vec![("Name", singleton.name.as_str()), ("Type", ty)];
            if singleton.nullable {
                attributes.push(("Nullable", "true"));
            }
            xml.open("Singleton", &attributes);
            write_bindings(xml, &singleton.bindings);
            xml.close();
        }
        for import in &self.container.imports {
            let (element, attribute) = match import.kind {
                OperationKind::Action => ("ActionImport", "Action"),
                OperationKind::Function => ("FunctionImport", "Function"),
            };
            let mut attributes = vec![
                ("Name", import.name.as_str()),
                (attribute, &import.operation),
            ];
            attributes.extend(import.entity_set.as_deref().map(|set| ("EntitySet", set)));
            if import.in_service_document {
                attributes.push(("IncludeInServiceDocument", "true"));
            }
            xml.empty(element, &attributes);
        }
        xml.close();
    }
}

fn write_bindings(xml: &mut Writer, bindings: &[NavigationBinding]) {
    for binding in bindings {
        xml.empty(
            "NavigationPropertyBinding",
            &[("Path", &binding.path), ("Target", &binding.target)],
        );
    }
}
