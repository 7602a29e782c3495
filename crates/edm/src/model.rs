//! The model: types, operations and container, resolved, with all names as indexes.

mod annotate;
mod container;
mod find;
mod operations;
mod types;

use std::collections::HashMap;

pub(crate) use container::{Container, Reference};
pub use container::{EntitySet, NavigationBinding, OperationImport, Singleton};
pub use operations::{Operation, OperationKind, Parameter, Term};
pub use types::{
    EnumMember, EnumType, Facets, ItemType, NavigationProperty, Property, StructuredKind,
    StructuredType, TypeDefinition, TypeRef,
};

use crate::annotation::Annotations;

/// Index of an enumeration type in its [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumId(pub(crate) u32);

/// Index of an entity or complex type in its [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructuredId(pub(crate) u32);

/// Index of one overload of an action or function in its [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub(crate) u32);

/// Index of a singleton in the entity container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SingletonId(pub(crate) u32);

/// Index of an entity set in the entity container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntitySetId(pub(crate) u32);

/// Index of a type definition in its [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeDefinitionId(pub(crate) u32);

/// A model read from CSDL: every reference resolved, every name looked up once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The CSDL version, `4.0` or `4.01`.
    pub(crate) version: String,
    /// The schemas' namespaces, in document order.
    pub namespaces: Vec<String>,
    /// Those that URLs may leave out: `Core.DefaultNamespace` on the schema says so (OData 4.01
    /// URL Conventions 4.11).
    pub(crate) default_namespaces: Vec<String>,
    /// The annotations of the schemas themselves, one for each namespace.
    pub(crate) schema_annotations: Vec<Annotations>,
    pub(crate) references: Vec<Reference>,
    pub(crate) enums: Vec<EnumType>,
    pub(crate) definitions: Vec<TypeDefinition>,
    pub(crate) structured: Vec<StructuredType>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) terms: Vec<Term>,
    pub(crate) container: Container,
    /// The types by qualified name.
    pub(crate) names: HashMap<String, NamedType>,
    /// The overloads by qualified name, and by short name those of the default namespaces.
    pub(crate) operation_names: HashMap<String, Vec<OperationId>>,
    /// What is annotated by a path: the container, its members, and paths beyond them.
    pub(crate) targets: Vec<(String, Annotations)>,
    /// The places in `targets` by path.
    pub(crate) target_places: HashMap<String, usize>,
}

/// What a type's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedType {
    Enum(EnumId),
    Structured(StructuredId),
    Definition(TypeDefinitionId),
}

impl Model {
    /// The enumeration type of an index.
    #[must_use]
    pub fn enum_type(&self, id: EnumId) -> &EnumType {
        &self.enums[id.0 as usize]
    }

    /// The structured type of an index.
    #[must_use]
    pub fn structured(&self, id: StructuredId) -> &StructuredType {
        &self.structured[id.0 as usize]
    }

    /// The operation overload of an index.
    #[must_use]
    pub fn operation(&self, id: OperationId) -> &Operation {
        &self.operations[id.0 as usize]
    }

    /// The type definition of an index.
    #[must_use]
    pub fn type_definition(&self, id: TypeDefinitionId) -> &TypeDefinition {
        &self.definitions[id.0 as usize]
    }

    /// The singleton of an index.
    #[must_use]
    pub fn singleton(&self, id: SingletonId) -> &Singleton {
        &self.container.singletons[id.0 as usize]
    }

    /// The entity set of an index.
    #[must_use]
    pub fn entity_set(&self, id: EntitySetId) -> &EntitySet {
        &self.container.sets[id.0 as usize]
    }

    /// The CSDL version of the document that the model was read from, `4.0` or `4.01`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The namespaces that URLs may leave out, in document order: those whose schema is annotated
    /// with `Core.DefaultNamespace`.
    #[must_use]
    pub fn default_namespaces(&self) -> &[String] {
        &self.default_namespaces
    }

    /// The container's qualified name.
    #[must_use]
    pub fn container_name(&self) -> String {
        format!("{}.{}", self.container.namespace, self.container.name)
    }

    /// Whether `candidate` is `ancestor` or derives from it.
    #[must_use]
    pub fn is_a(&self, candidate: StructuredId, ancestor: StructuredId) -> bool {
        let mut at = Some(candidate);
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self.structured(id).base;
        }
        false
    }

    /// The qualified name of a type, with `Collection(…)` around it where it is one.
    #[must_use]
    pub fn type_name(&self, ty: &TypeRef) -> String {
        let item = self.item_name(ty.item);
        if ty.collection {
            format!("Collection({item})")
        } else {
            item.to_owned()
        }
    }

    /// The qualified name of a type as CSDL writes it: a type definition by its own name.
    pub(crate) fn written_type(&self, ty: &TypeRef) -> String {
        match ty
            .facets
            .definition
            .map(|id| &self.type_definition(id).name)
        {
            Some(name) if ty.collection => format!("Collection({name})"),
            Some(name) => name.clone(),
            None => self.type_name(ty),
        }
    }

    /// The qualified name of a type without facets.
    #[must_use]
    pub fn item_name(&self, item: ItemType) -> &str {
        match item {
            ItemType::Primitive(p) => p.name(),
            ItemType::Enum(id) => &self.enum_type(id).name,
            ItemType::Complex(id) | ItemType::Entity(id) => &self.structured(id).name,
            ItemType::Untyped => "Edm.Untyped",
        }
    }
}

/// Whether a name is a simple identifier (CSDL section 15.2): at most 128 letters, digits and
/// underscores, the first no digit.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    starts && goes_on && name.chars().count() <= 128
}

/// Counts of model elements fit 32 bits: CSDL documents are held in memory.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a document with 2^32 elements does not fit memory"
)]
pub(crate) fn index(i: usize) -> u32 {
    i as u32
}
