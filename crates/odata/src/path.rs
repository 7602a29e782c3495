//! A resource path, bound to the model (OData 4.01 URL Conventions, section 4).

use edm::{EntitySetId, ItemType, OperationId, SingletonId, StructuredId, TypeRef, Value};

use crate::expr::Expr;

/// What the URL's path addresses.
#[derive(Clone, Debug, PartialEq)]
pub enum Resource {
    /// The service root: the service document.
    ServiceDocument,
    /// `$metadata`.
    Metadata,
    /// `$batch`.
    Batch,
    /// `$entity` (URL Conventions, section 4.8): the entity that `$id` names.
    EntityById {
        /// What the entity is cast to, if it is.
        cast: Option<StructuredId>,
    },
    /// Anything in the container.
    Path(ResourcePath),
}

/// A path into the entity container: at least one segment, the first a singleton, an entity set
/// or an unbound operation.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourcePath {
    /// The segments in order.
    pub segments: Vec<Segment>,
    /// What the whole path addresses.
    pub kind: PathKind,
    /// What the query options are about: the instances at the path; behind `/$count`
    /// and `/$ref`, what is counted or referred to; of an operation, what it returns. `None`
    /// for raw values, streams, and actions that return nothing.
    pub target: Option<Target>,
}

/// What query options are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The type of the instance, or of each.
    pub item: ItemType,
    /// Whether there are many.
    pub collection: bool,
}

/// What a path addresses, which decides the methods and the query options it takes.
#[derive(Clone, Debug, PartialEq)]
pub enum PathKind {
    /// A collection of entities.
    EntityCollection(StructuredId),
    /// One entity.
    Entity(StructuredId),
    /// A structural property, complex ones and collections included.
    Property(TypeRef),
    /// `/$value` of a property: the raw value.
    PropertyValue(TypeRef),
    /// `/$value` of a media entity or stream property.
    Stream,
    /// `/$count` of a collection.
    Count,
    /// `/$ref` of a collection of entities of this type.
    ReferenceCollection(StructuredId),
    /// `/$ref` of one entity of this type.
    Reference(StructuredId),
    /// An action; what it returns, if anything.
    Action(OperationId),
    /// A function, as the last segment.
    Function(OperationId),
}

/// One segment of a resource path. A key predicate and a key-as-segment are the same here.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// An entity set of the container.
    EntitySet(EntitySetId),
    /// A singleton of the container.
    Singleton(SingletonId),
    /// A navigation property: its index in the type that the segments so far lead to.
    Navigation {
        /// The type that declares or inherits it.
        of: StructuredId,
        /// Its index in that type's `navigation`.
        index: usize,
    },
    /// A key: the values of the key properties, in the order of the type's `key`.
    Key(Vec<Value>),
    /// An alternate key (`Core.AlternateKeys`; URL Conventions, section 4.3.4): the properties
    /// by ordinal with their values.
    AlternateKey(Vec<(usize, Value)>),
    /// A cast to a derived type.
    Cast(StructuredId),
    /// A structural property: its ordinal in the type that the segments so far lead to.
    Property {
        /// The type that declares or inherits it.
        of: StructuredId,
        /// Its ordinal.
        ordinal: usize,
    },
    /// The dynamic property of this name, behind the property that holds those of an open type
    /// ([`edm::StructuredType::dynamic`]).
    Dynamic(String),
    /// A bound or unbound operation with the parameters given in the URL: the parameter's index
    /// in the overload and its value.
    Operation {
        /// The overload.
        id: OperationId,
        /// Parameters of a function, by index.
        parameters: Vec<(usize, Expr)>,
    },
    /// `/$filter(…)` (URL Conventions, section 4.12): the members of the collection for which it
    /// holds.
    Filter(Box<Expr>),
    /// `/$each` (section 4.14): every member of the collection by itself.
    Each,
    /// The member at a place of an ordered collection (section 4.11), from the end if negative.
    Index(i64),
    /// `/$count`.
    Count,
    /// `/$ref`.
    Reference,
    /// `/$value`.
    Value,
}
