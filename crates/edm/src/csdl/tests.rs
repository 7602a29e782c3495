//! The library model is made for these tests; the device management model is the served one.

mod annotation_errors;
mod errors;
mod hostile;
mod operations;
mod reading;

use crate::model::{Model, Property, StructuredType};

pub(crate) const LIBRARY: &str = include_str!("../../testdata/library.csdl.xml");
pub(crate) const EXPRESSIONS: &str = include_str!("../../testdata/expressions.csdl.xml");
pub(crate) const STOREFRONT: &str = include_str!("../../../../examples/reference/model.csdl.xml");
pub(crate) const DEVICE_MANAGEMENT: &str =
    include_str!("../../../../schema/deviceManagement.csdl.xml");

pub(crate) fn library() -> Model {
    Model::from_csdl(LIBRARY).expect("the library is a model")
}

fn ty<'m>(model: &'m Model, name: &str) -> &'m StructuredType {
    model.structured(model.find_structured(name).expect(name))
}

fn property<'m>(model: &'m Model, of: &str, name: &str) -> &'m Property {
    let ty = ty(model, of);
    &ty.properties[ty.property(name).expect(name)]
}

/// A document around the content of a schema `ns` with the alias `a`; the content is on line 2.
fn document(content: &str) -> String {
    format!(
        "<edmx:Edmx Version=\"4.01\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>\
         <Schema Namespace=\"ns\" Alias=\"a\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n{content}\n\
         </Schema></edmx:DataServices></edmx:Edmx>"
    )
}
