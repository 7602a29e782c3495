//! The Entity Data Model (OData CSDL 4.01): reads a CSDL XML document, answers questions about
//! its types, holds values of them, and writes `$metadata`.
//!
//! Everything above this crate asks the [`Model`] instead of knowing property names: routes,
//! validation, JSON, columns and permissions all follow from it.

mod annotation;
mod csdl;
mod model;
mod primitive;
pub mod time;
mod value;
mod write;

pub use annotation::{Annotation, Annotations, Expression};
pub use csdl::CsdlError;
pub use model::{
    EnumId, EnumMember, EnumType, Facets, ItemType, Model, NavigationProperty, Operation,
    OperationId, OperationKind, Parameter, Property, Singleton, SingletonId, EntitySet, EntitySetId,
    StructuredId, StructuredKind, StructuredType, Term, TypeRef,
};
pub use primitive::Primitive;
pub use value::{ComplexValue, Value};
