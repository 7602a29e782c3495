//! Columns found once, by name or by annotation.

use edm::{Model, StructuredType};
use store::{Table, TableId, Tables};

use crate::graph::GraphError;

/// The namespace of our own terms.
pub(crate) fn term(name: &str) -> String {
    format!("runstate.{name}")
}

/// A table by its name.
pub(crate) fn table_named(tables: &Tables, name: &str) -> Result<TableId, GraphError> {
    tables
        .find(name)
        .ok_or_else(|| GraphError(format!("the storage map has no table {name}")))
}

/// A hidden column by its name.
pub(crate) fn hidden(table: &Table, name: &str) -> Result<usize, GraphError> {
    table
        .column(name)
        .ok_or_else(|| GraphError(format!("table {} has no column {name}", table.name)))
}

/// The ordinals of the properties that carry a tagging term.
pub(crate) fn tagged(ty: &StructuredType, name: &str) -> Vec<usize> {
    let term = term(name);
    let tagged = |ordinal: &usize| ty.properties[*ordinal].annotations.is_tagged(&term);
    (0..ty.properties.len()).filter(tagged).collect()
}

/// The ordinal of the one property that carries a tagging term.
pub(crate) fn the_tagged(ty: &StructuredType, name: &str) -> Result<usize, GraphError> {
    match tagged(ty, name).as_slice() {
        [ordinal] => Ok(*ordinal),
        other => Err(GraphError(format!(
            "{} has {} properties tagged {name}, not one",
            ty.name,
            other.len()
        ))),
    }
}

/// The ordinal of a property by its name.
pub(crate) fn property(ty: &StructuredType, name: &str) -> Result<usize, GraphError> {
    ty.property(name)
        .ok_or_else(|| GraphError(format!("{} has no property {name}", ty.name)))
}

/// `property/member` paths as ordinals and numeric values.
pub(crate) fn members(
    model: &Model,
    ty: &StructuredType,
    paths: &[edm::Expression],
) -> Result<Vec<(usize, i64)>, GraphError> {
    paths
        .iter()
        .map(|path| {
            let text = path.as_str().unwrap_or_default();
            let wrong = || GraphError(format!("{} has no state {text}", ty.name));
            let (name, member) = text.split_once('/').ok_or_else(wrong)?;
            let ordinal = property(ty, name)?;
            let edm::ItemType::Enum(id) = ty.properties[ordinal].ty.item else {
                return Err(wrong());
            };
            let member = model.enum_type(id).member(member).ok_or_else(wrong)?;
            Ok((ordinal, member.value))
        })
        .collect()
}
