//! The document: its wrapper, its references, and the order in which its schemas are read.

use std::collections::HashMap;

use super::Fault;
use super::names::Names;
use super::targets::Targets;
use super::xml::Element;
use crate::annotation::{Annotations, Expression};
use crate::model::{Model, Reference};

/// The term that lets URLs leave a schema's namespace out, with the alias that vocabularies use
/// for themselves: documents use it without declaring it.
const DEFAULT_NAMESPACE: [&str; 2] = [
    "Org.OData.Core.V1.DefaultNamespace",
    "Core.DefaultNamespace",
];

/// A model while it is read, and what reading it needs.
pub(super) struct Reader {
    pub(super) names: Names,
    pub(super) targets: Targets,
    /// What an annotation without a value has, by the terms that the document defines.
    pub(super) term_defaults: HashMap<String, Expression>,
    pub(super) model: Model,
}

/// Reads the model from the root element.
pub(super) fn read(root: &Element) -> Result<Model, Fault> {
    let mut reader = Reader {
        names: Names::default(),
        targets: Targets::default(),
        term_defaults: HashMap::new(),
        model: Model::default(),
    };
    let schemas = reader.edmx(root)?;
    for schema in &schemas {
        schema.only(&[&["Namespace", "Alias"]])?;
        reader.names.declare(schema)?;
    }
    if schemas.is_empty() {
        return Err(root.fault("there is no Schema"));
    }
    reader.model.namespaces = reader.names.own().to_vec();
    reader.default_terms(&schemas)?;
    reader.annotate_references(root)?;
    reader.read_targets(&schemas)?;
    let mut declared = Vec::new();
    for schema in &schemas {
        let annotations = reader.annotations(schema, schema.require("Namespace")?)?;
        if DEFAULT_NAMESPACE
            .iter()
            .any(|term| annotations.is_tagged(term))
        {
            let namespace = schema.require("Namespace")?.to_owned();
            reader.model.default_namespaces.push(namespace);
        }
        reader.model.schema_annotations.push(annotations);
        reader.declare(schema, &mut declared)?;
    }
    reader.structured_types(&declared)?;
    for schema in &schemas {
        reader.operations(schema)?;
    }
    reader.finish_operations();
    for schema in &schemas {
        reader.container(schema)?;
    }
    reader.remaining_targets()?;
    Ok(reader.model)
}

impl Reader {
    /// Reads the wrapper; gives the schemas in document order.
    fn edmx<'e>(&mut self, root: &'e Element) -> Result<Vec<&'e Element>, Fault> {
        if root.name != "Edmx" {
            return Err(root.fault("the root element is not <edmx:Edmx>"));
        }
        root.only(&[&["Version"]])?;
        let version = root.require("Version")?;
        if !matches!(version, "4.0" | "4.01") {
            return Err(root.fault(format!("version {version} is neither 4.0 nor 4.01")));
        }
        version.clone_into(&mut self.model.version);
        let mut schemas = Vec::new();
        for child in &root.children {
            match child.name.as_str() {
                "Reference" => self.reference(child)?,
                "DataServices" => {
                    for schema in &child.children {
                        if schema.name != "Schema" {
                            return Err(child.unexpected(schema));
                        }
                        schemas.push(schema);
                    }
                }
                _ => return Err(root.unexpected(child)),
            }
        }
        Ok(schemas)
    }

    fn reference(&mut self, element: &Element) -> Result<(), Fault> {
        element.only(&[&["Uri"]])?;
        let mut reference = Reference {
            uri: element.require("Uri")?.to_owned(),
            includes: Vec::new(),
            included_annotations: Vec::new(),
            annotations: Annotations::default(),
        };
        for child in &element.children {
            match child.name.as_str() {
                "Include" => {
                    child.only(&[&["Namespace", "Alias"]])?;
                    let namespace = child.require("Namespace")?;
                    self.names.alias(child, namespace)?;
                    let none = Annotations::default();
                    reference.includes.push((namespace.to_owned(), none));
                }
                "IncludeAnnotations" => {
                    child.only(&[&["TermNamespace", "Qualifier", "TargetNamespace"]])?;
                    let terms = child.require("TermNamespace")?.to_owned();
                    let targets = child.owned("TargetNamespace");
                    reference
                        .included_annotations
                        .push((terms, child.owned("Qualifier"), targets));
                }
                "Annotation" => {}
                _ => return Err(element.unexpected(child)),
            }
        }
        self.model.references.push(reference);
        Ok(())
    }

    /// Reads the annotations of the references, when all aliases are known.
    fn annotate_references(&mut self, root: &Element) -> Result<(), Fault> {
        let elements = root.children.iter().filter(|c| c.name == "Reference");
        for (place, element) in elements.enumerate() {
            let own = self.inline(element)?;
            let includes = element.children.iter().filter(|c| c.name == "Include");
            let includes = includes.map(|include| self.inline(include));
            let includes = includes.collect::<Result<Vec<_>, _>>()?;
            if let Some(reference) = self.model.references.get_mut(place) {
                reference.annotations = own;
                for (include, annotations) in reference.includes.iter_mut().zip(includes) {
                    include.1 = annotations;
                }
            }
        }
        Ok(())
    }
}
