//! The entity container (CSDL section 13), and the documents that the model refers to.

use super::{OperationKind, StructuredId};
use crate::annotation::Annotations;

/// The entity container. The annotations of it and its members are among the model's targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Container {
    /// Empty if the model has no container.
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) singletons: Vec<Singleton>,
    pub(crate) sets: Vec<EntitySet>,
    pub(crate) imports: Vec<OperationImport>,
}

/// A singleton of the container (CSDL section 13.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Singleton {
    /// Its name in URLs.
    pub name: String,
    /// Its entity type.
    pub of: StructuredId,
    /// Whether it may not exist.
    pub nullable: bool,
    /// Where its navigation properties lead.
    pub bindings: Vec<NavigationBinding>,
}

/// An entity set of the container (CSDL section 13.2).
#[derive(Clone, Debug, PartialEq)]
pub struct EntitySet {
    /// Its name in URLs.
    pub name: String,
    /// Its entity type.
    pub of: StructuredId,
    /// Whether the service document lists it.
    pub in_service_document: bool,
    /// Where its navigation properties lead.
    pub bindings: Vec<NavigationBinding>,
}

/// Where a navigation property leads (CSDL section 13.4).
#[derive(Clone, Debug, PartialEq)]
pub struct NavigationBinding {
    /// The path to the navigation property, type names without alias.
    pub path: String,
    /// The entity set or singleton, or a path to a containment navigation property.
    pub target: String,
}

/// An action or function import of the container (CSDL sections 13.5 and 13.6).
#[derive(Clone, Debug, PartialEq)]
pub struct OperationImport {
    /// Its name in URLs.
    pub name: String,
    /// Whether it imports an action or a function.
    pub kind: OperationKind,
    /// The qualified name of the unbound operation; see [`super::Model::find_operations`].
    pub operation: String,
    /// The entity set of the result, as a name or path.
    pub entity_set: Option<String>,
    /// Whether the service document lists it (functions only).
    pub in_service_document: bool,
}

/// A document that the model refers to (CSDL section 4.1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    pub(crate) uri: String,
    /// The namespaces taken from it with the annotations of `Include`; aliases are resolved when
    /// the model is read.
    pub(crate) includes: Vec<(String, Annotations)>,
    /// `IncludeAnnotations`: the term namespace, the qualifier and the target namespace.
    pub(crate) included_annotations: Vec<(String, Option<String>, Option<String>)>,
    /// Its own annotations.
    pub(crate) annotations: Annotations,
}
