//! What a PUT must say of an entity (OData 4.01 Protocol, section 11.4.3).

use edm::{ItemType, Primitive, StructuredType};

/// The properties, by ordinal, that a replacement must give: they can be neither null nor what the
/// model says, and clients may set them.
pub(crate) fn required(ty: &StructuredType) -> impl Iterator<Item = usize> {
    let properties = ty.properties.iter().enumerate();
    properties.filter_map(|(ordinal, property)| {
        let made = property.computed || property.immutable || ty.key.contains(&ordinal);
        let may_miss = property.ty.nullable || property.ty.collection || property.has_default;
        let is_stream = property.ty.item == ItemType::Primitive(Primitive::Stream);
        (!made && !may_miss && !is_stream).then_some(ordinal)
    })
}

/// Whether a navigation property says a property by a referential constraint: then a binding of the
/// one gives the other.
pub(crate) fn constrains(ty: &StructuredType, index: usize, ordinal: usize) -> bool {
    let constraints = &ty.navigation[index].referential_constraints;
    let mut dependents = constraints.iter().map(|(dependent, _)| dependent);
    dependents.any(|dependent| *dependent == ty.properties[ordinal].name)
}
