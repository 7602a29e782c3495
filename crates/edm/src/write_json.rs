//! Writing the model as a CSDL JSON document: what `$metadata` answers to clients that accept JSON
//! (OData CSDL JSON 4.01).
//!
//! As in XML, all names are full and no schema has an alias; annotations stand with what they
//! annotate, those of the container, its members and inherited members under `$Annotations`.

mod annotations;
mod operations;
#[cfg(test)]
mod tests;
mod types;
mod writer;

use crate::csdl::namespace_of;
use crate::model::{Model, NavigationBinding, OperationKind};
use writer::Writer;

impl Model {
    /// The model as a compact CSDL JSON document. `version` is as for [`Model::to_xml_as`].
    #[must_use]
    pub fn to_json_as(&self, version: &str) -> String {
        let mut json = Writer::new();
        json.object(|json| {
            json.text("$Version", version);
            if !self.container.name.is_empty() {
                json.text("$EntityContainer", &self.container_name());
            }
            self.write_json_references(json);
            for (place, namespace) in self.namespaces.iter().enumerate() {
                json.name(namespace)
                    .object(|json| self.write_json_schema(json, place, namespace));
            }
        });
        json.finish()
    }

    fn write_json_references(&self, json: &mut Writer) {
        if self.references.is_empty() {
            return;
        }
        json.name("$Reference").object(|json| {
            for reference in &self.references {
                json.name(&reference.uri).object(|json| {
                    json.name("$Include").array(|json| {
                        for (namespace, notes) in &reference.includes {
                            json.item().object(|json| {
                                json.text("$Namespace", namespace);
                                annotations::write(json, "", notes);
                            });
                        }
                    });
                    if !reference.included_annotations.is_empty() {
                        let included = &reference.included_annotations;
                        json.name("$IncludeAnnotations")
                            .array(|json| included_annotations(json, included));
                    }
                    annotations::write(json, "", &reference.annotations);
                });
            }
        });
    }

    fn write_json_schema(&self, json: &mut Writer, place: usize, namespace: &str) {
        let ours = |name: &str| namespace_of(name) == namespace;
        if let Some(notes) = self.schema_annotations.get(place) {
            annotations::write(json, "", notes);
        }
        for ty in self.enums.iter().filter(|ty| ours(&ty.name)) {
            types::enum_type(json, ty);
        }
        for definition in self.definitions.iter().filter(|d| ours(&d.name)) {
            types::type_definition(json, definition);
        }
        for ty in self.structured.iter().filter(|ty| ours(&ty.name)) {
            types::structured_type(json, self, ty);
        }
        for (id, operation) in self.operations().filter(|(_, o)| ours(&o.name)) {
            // Overloads of one name need not stand together: they are written at the first.
            let overloads = self.operation_names.get(&operation.name);
            let overloads = overloads.map_or(&[][..], Vec::as_slice);
            if overloads.first() == Some(&id) {
                operations::overloads(json, self, overloads);
            }
        }
        for term in self.terms.iter().filter(|t| ours(&t.name)) {
            types::term(json, term);
        }
        if self.container.namespace == namespace && !self.container.name.is_empty() {
            json.name(&self.container.name)
                .object(|json| self.write_json_container(json));
        }
        self.write_json_targets(json, place, &ours);
    }

    fn write_json_container(&self, json: &mut Writer) {
        json.text("$Kind", "EntityContainer");
        for set in &self.container.sets {
            json.name(&set.name).object(|json| {
                json.flag("$Collection", true);
                json.text("$Type", &self.structured(set.of).name);
                if !set.in_service_document {
                    json.name("$IncludeInServiceDocument").raw("false");
                }
                bindings(json, &set.bindings);
            });
        }
        for singleton in &self.container.singletons {
            json.name(&singleton.name).object(|json| {
                json.text("$Type", &self.structured(singleton.of).name);
                json.flag("$Nullable", singleton.nullable);
                bindings(json, &singleton.bindings);
            });
        }
        for import in &self.container.imports {
            json.name(&import.name).object(|json| {
                let member = match import.kind {
                    OperationKind::Action => "$Action",
                    OperationKind::Function => "$Function",
                };
                json.text(member, &import.operation);
                if let Some(set) = &import.entity_set {
                    json.text("$EntitySet", set);
                }
                json.flag("$IncludeInServiceDocument", import.in_service_document);
            });
        }
    }

    /// Paths belong to no schema in particular: they stand in the first.
    fn write_json_targets(&self, json: &mut Writer, place: usize, ours: &dyn Fn(&str) -> bool) {
        let overrides = self
            .structured
            .iter()
            .filter(|ty| ours(&ty.name))
            .flat_map(|ty| self.overrides(ty));
        let mut targets: Vec<_> = overrides.collect();
        if place == 0 {
            targets.extend(self.targets.iter().cloned());
        }
        targets.retain(|(_, notes)| !notes.0.is_empty());
        if targets.is_empty() {
            return;
        }
        json.name("$Annotations").object(|json| {
            for (path, notes) in &targets {
                json.name(path)
                    .object(|json| annotations::write(json, "", notes));
            }
        });
    }
}

fn included_annotations(json: &mut Writer, all: &[(String, Option<String>, Option<String>)]) {
    for (terms, qualifier, targets) in all {
        json.item().object(|json| {
            json.text("$TermNamespace", terms);
            if let Some(qualifier) = qualifier {
                json.text("$Qualifier", qualifier);
            }
            if let Some(targets) = targets {
                json.text("$TargetNamespace", targets);
            }
        });
    }
}

fn bindings(json: &mut Writer, bindings: &[NavigationBinding]) {
    if bindings.is_empty() {
        return;
    }
    json.name("$NavigationPropertyBinding").object(|json| {
        for binding in bindings {
            json.text(&binding.path, &binding.target);
        }
    });
}
