//! The Entity Data Model (OData CSDL 4.01): reads a CSDL XML document, answers questions about
//! its types, holds values of them, and writes `$metadata`.
//!
//! Everything above this crate asks the [`Model`] instead of knowing property names: routes,
//! validation, JSON, columns and permissions all follow from it.

mod annotation;
mod csdl;
mod decimal;
mod geo;
mod literal;
mod model;
mod primitive;
pub mod time;
mod value;
mod write;
mod write_json;

pub use annotation::{Annotation, Annotations, Dynamic, Expression};
pub use csdl::CsdlError;
pub use decimal::{DecimalError, canonical_decimal};
pub use geo::{Coordinates, Geo, GeoError, Position, Shape};
pub use literal::LiteralError;
pub use model::{
    EntitySet, EntitySetId, EnumId, EnumMember, EnumType, Facets, ItemType, Model,
    NavigationBinding, NavigationProperty, Operation, OperationId, OperationImport, OperationKind,
    Parameter, Property, Singleton, SingletonId, StructuredId, StructuredKind, StructuredType,
    Term, TypeDefinition, TypeDefinitionId, TypeRef, is_identifier,
};
pub use primitive::Primitive;
pub use value::{ComplexValue, DynamicProperty, Value};
