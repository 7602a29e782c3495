//! The model: types, operations and container, resolved, with all names as indexes.

use std::collections::HashMap;

use crate::annotation::Annotations;
use crate::primitive::Primitive;
use crate::value::Value;

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

/// A model read from CSDL: every reference resolved, every name looked up once.
#[derive(Debug, Default)]
pub struct Model {
    /// The schemas' namespaces, in document order; the first is the one URLs may leave out.
    pub namespaces: Vec<String>,
    pub(crate) references: Vec<(String, Vec<(String, Option<String>)>)>,
    pub(crate) enums: Vec<EnumType>,
    pub(crate) structured: Vec<StructuredType>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) terms: Vec<Term>,
    pub(crate) container: Container,
    pub(crate) names: HashMap<String, NamedType>,
    pub(crate) targets: Vec<(String, Annotations)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum NamedType {
    Enum(EnumId),
    Structured(StructuredId),
}

/// The entity container (CSDL section 13).
#[derive(Debug, Default)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) singletons: Vec<Singleton>,
    pub(crate) sets: Vec<EntitySet>,
}

/// A singleton of the container (CSDL section 13.3).
#[derive(Debug)]
pub struct Singleton {
    /// Its name in URLs.
    pub name: String,
    /// Its entity type.
    pub of: StructuredId,
}

/// An entity set of the container (CSDL section 13.2).
#[derive(Debug)]
pub struct EntitySet {
    /// Its name in URLs.
    pub name: String,
    /// Its entity type.
    pub of: StructuredId,
}

/// An enumeration type (CSDL section 10).
#[derive(Debug)]
pub struct EnumType {
    /// The qualified name, without alias.
    pub name: String,
    /// Whether values combine members.
    pub is_flags: bool,
    /// The underlying integer type.
    pub underlying: Primitive,
    /// The members in document order.
    pub members: Vec<EnumMember>,
    /// Its annotations.
    pub annotations: Annotations,
}

/// A member of an enumeration type.
#[derive(Debug)]
pub struct EnumMember {
    /// The member's name.
    pub name: String,
    /// Its numeric value.
    pub value: i64,
}

/// What a structured type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructuredKind {
    /// An entity type (CSDL section 6).
    Entity,
    /// A complex type (CSDL section 9).
    Complex,
}

/// An entity or complex type.
#[derive(Debug)]
pub struct StructuredType {
    /// The qualified name, without alias.
    pub name: String,
    /// Entity or complex.
    pub kind: StructuredKind,
    /// The type it derives from.
    pub base: Option<StructuredId>,
    /// The types that derive directly from it.
    pub derived: Vec<StructuredId>,
    /// Whether it can have no instances of its own.
    pub is_abstract: bool,
    /// Whether instances may carry undeclared properties.
    pub is_open: bool,
    /// Whether it is a media entity type.
    pub has_stream: bool,
    /// The key's properties as ordinals, inherited if the base has them.
    pub key: Vec<usize>,
    /// All structural properties, inherited ones first: an index here is the property's ordinal,
    /// and it is the same in every derived type.
    pub properties: Vec<Property>,
    /// How many of `properties` are inherited.
    pub inherited_properties: usize,
    /// All navigation properties, inherited ones first.
    pub navigation: Vec<NavigationProperty>,
    /// How many of `navigation` are inherited.
    pub inherited_navigation: usize,
    /// Its annotations.
    pub annotations: Annotations,
    pub(crate) property_names: HashMap<String, usize>,
    pub(crate) navigation_names: HashMap<String, usize>,
}

/// A structural property (CSDL section 7).
#[derive(Clone, Debug)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The type with its facets.
    pub ty: TypeRef,
    /// What an absent property gets: `DefaultValue`, else null for a nullable one, else the
    /// type's zero (an empty string, 0, false, the first enumeration member, an empty collection,
    /// `0001-01-01T00:00:00Z`, a complex value of such).
    pub default: Value,
    /// Whether CSDL gives a `DefaultValue`.
    pub has_default: bool,
    /// `Core.Computed`: made by the service; a value that a client sends is ignored.
    pub computed: bool,
    /// `Core.Immutable`: set on create, later values are ignored.
    pub immutable: bool,
    /// Its annotations.
    pub annotations: Annotations,
}

/// A navigation property (CSDL section 8).
#[derive(Clone, Debug)]
pub struct NavigationProperty {
    /// The name.
    pub name: String,
    /// The entity type it leads to.
    pub target: StructuredId,
    /// Whether it leads to many.
    pub collection: bool,
    /// Whether a single-valued one may lead to nothing.
    pub nullable: bool,
    /// Whether the targets live in the source (`ContainsTarget`).
    pub contains_target: bool,
    /// Its annotations.
    pub annotations: Annotations,
}

/// The type of a property, parameter or result: the item type, whether it is a collection of it,
/// whether null is allowed (for a collection: among its items), and the facets.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeRef {
    /// The type, or that of the items.
    pub item: ItemType,
    /// Whether it is a collection of the item type.
    pub collection: bool,
    /// Whether null is allowed.
    pub nullable: bool,
    /// Length, precision, scale.
    pub facets: Facets,
}

/// A type without facets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemType {
    /// A primitive type.
    Primitive(Primitive),
    /// An enumeration type.
    Enum(EnumId),
    /// A complex type.
    Complex(StructuredId),
    /// An entity type.
    Entity(StructuredId),
    /// `Edm.Untyped`: anything.
    Untyped,
}

/// The facets of a type (CSDL section 7.2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facets {
    /// The greatest length of a string in characters or of binary data in bytes.
    pub max_length: Option<usize>,
    /// Significant digits of a decimal; digits of a second's fraction.
    pub precision: Option<u32>,
    /// Digits right of the decimal point, as written (`variable` and `floating` included).
    pub scale: Option<String>,
    /// `Unicode`, where given.
    pub unicode: Option<bool>,
    /// `SRID`, where given.
    pub srid: Option<String>,
}

/// Whether an operation may have side effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// An action: invoked with POST.
    Action,
    /// A function: invoked with GET.
    Function,
}

/// One overload of an action or function (CSDL section 12).
#[derive(Debug)]
pub struct Operation {
    /// The qualified name, without alias.
    pub name: String,
    /// Action or function.
    pub kind: OperationKind,
    /// Whether the first parameter is the binding parameter.
    pub is_bound: bool,
    /// Whether a function's result may be composed upon.
    pub is_composable: bool,
    /// The parameters, the binding one first.
    pub parameters: Vec<Parameter>,
    /// The result, if any.
    pub returns: Option<TypeRef>,
    /// Its annotations, those targeted at all overloads included.
    pub annotations: Annotations,
}

/// A parameter of an operation (CSDL section 12.9).
#[derive(Debug)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// The type with its facets.
    pub ty: TypeRef,
    /// Whether it may be left out (`Core.OptionalParameter`, or nullable in an action).
    pub optional: bool,
    /// Its annotations.
    pub annotations: Annotations,
}

/// A term that the model itself defines (CSDL section 14.1).
#[derive(Debug)]
pub struct Term {
    /// The qualified name, without alias.
    pub name: String,
    /// The type as written.
    pub ty: String,
    /// What it applies to, as written.
    pub applies_to: Option<String>,
    /// Its annotations.
    pub annotations: Annotations,
}

impl TypeRef {
    /// A nullable single value of a type, without facets.
    #[must_use]
    pub fn of(item: ItemType) -> Self {
        Self { item, collection: false, nullable: true, facets: Facets::default() }
    }

    /// A nullable single value of a primitive type, without facets.
    #[must_use]
    pub fn primitive(primitive: Primitive) -> Self {
        Self::of(ItemType::Primitive(primitive))
    }
}

impl ItemType {
    /// The structured type, if it is one.
    #[must_use]
    pub fn structured(self) -> Option<StructuredId> {
        match self {
            Self::Complex(id) | Self::Entity(id) => Some(id),
            _ => None,
        }
    }
}

impl EnumType {
    /// The member of a name (case-sensitive, CSDL section 10.3).
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&EnumMember> {
        self.members.iter().find(|m| m.name == name)
    }

    /// The name of a member by its value (the first, if several share it).
    #[must_use]
    pub fn name_of(&self, value: i64) -> Option<&str> {
        self.members.iter().find(|m| m.value == value).map(|m| m.name.as_str())
    }

    /// The members' names, comma-separated, for messages.
    #[must_use]
    pub fn allowed(&self) -> String {
        self.members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl StructuredType {
    /// The ordinal of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<usize> {
        self.property_names.get(name).copied()
    }

    /// The index of a navigation property.
    #[must_use]
    pub fn navigation_property(&self, name: &str) -> Option<usize> {
        self.navigation_names.get(name).copied()
    }

    /// The name without its namespace.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
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

    /// The container's qualified name.
    #[must_use]
    pub fn container_name(&self) -> String {
        format!("{}.{}", self.container.namespace, self.container.name)
    }

    /// Every structured type with its index.
    pub fn structured_types(&self) -> impl Iterator<Item = (StructuredId, &StructuredType)> {
        self.structured.iter().enumerate().map(|(i, t)| (StructuredId(index(i)), t))
    }

    /// Every operation overload with its index.
    pub fn operations(&self) -> impl Iterator<Item = (OperationId, &Operation)> {
        self.operations.iter().enumerate().map(|(i, o)| (OperationId(index(i)), o))
    }

    /// The singletons of the container with their indexes.
    pub fn singletons(&self) -> impl Iterator<Item = (SingletonId, &Singleton)> {
        self.container.singletons.iter().enumerate().map(|(i, s)| (SingletonId(index(i)), s))
    }

    /// The entity sets of the container with their indexes.
    pub fn entity_sets(&self) -> impl Iterator<Item = (EntitySetId, &EntitySet)> {
        self.container.sets.iter().enumerate().map(|(i, s)| (EntitySetId(index(i)), s))
    }

    /// The structured type of a qualified name.
    #[must_use]
    pub fn find_structured(&self, name: &str) -> Option<StructuredId> {
        match self.names.get(name) {
            Some(NamedType::Structured(id)) => Some(*id),
            _ => None,
        }
    }

    /// The enumeration type of a qualified name.
    #[must_use]
    pub fn find_enum(&self, name: &str) -> Option<EnumId> {
        match self.names.get(name) {
            Some(NamedType::Enum(id)) => Some(*id),
            _ => None,
        }
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
        if ty.collection { format!("Collection({item})") } else { item.to_owned() }
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

    /// The annotations that target a path of the container (`Ns.Container/Singleton/nav`), as
    /// written in an `Annotations` element with the alias replaced.
    #[must_use]
    pub fn target_annotations(&self, target: &str) -> Option<&Annotations> {
        self.targets.iter().find(|(t, _)| t == target).map(|(_, a)| a)
    }
}

/// Counts of model elements fit 32 bits: CSDL documents are held in memory.
#[expect(clippy::cast_possible_truncation, reason = "a document with 2^32 elements does not fit memory")]
pub(crate) fn index(i: usize) -> u32 {
    i as u32
}
