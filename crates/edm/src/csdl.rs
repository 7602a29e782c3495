//! Reading CSDL XML (OData CSDL XML Representation 4.01).
//!
//! The document becomes a tree of elements; names are declared first, so that order does not
//! matter, then types, operations and the container are resolved against them. Annotations that
//! an `Annotations` element targets at an element are attached to it as if they were inline.

mod annotations;
mod container;
mod declare;
mod defaults;
mod document;
mod dynamic;
mod inherit;
mod names;
mod operations;
mod structured;
mod targets;
#[cfg(test)]
pub(crate) mod tests;
mod types;
mod xml;

use std::fmt::Display;

use crate::model::Model;
pub(crate) use names::{collection_item, namespace_of, short_name};

/// Why a text is not a model that we can serve: what is wrong, with which element, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("CSDL line {line}: {message}")]
pub struct CsdlError {
    /// The line of the element, from 1.
    pub line: usize,
    /// What is wrong; begins with the element, if there is one.
    pub message: String,
}

/// An error at a byte offset of the document, before the line is counted.
#[derive(Debug)]
struct Fault {
    offset: usize,
    message: String,
}

impl Fault {
    fn new(offset: usize, message: impl Display) -> Self {
        Self {
            offset,
            message: message.to_string(),
        }
    }
}

impl Model {
    /// Reads a CSDL XML document, version 4.0 or 4.01, that is complete in itself: types must be
    /// its own or primitive, terms may be of vocabularies that it only refers to.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line: XML that is not well-formed, an element or
    /// attribute that CSDL does not know, a name that is taken or not declared, inheritance or
    /// containment in a circle, a default that is no value of its type, an annotation that targets
    /// nothing.
    pub fn from_csdl(xml: &str) -> Result<Self, CsdlError> {
        let read = || document::read(&xml::parse(xml)?);
        read().map_err(|fault| {
            let before = xml.as_bytes().get(..fault.offset).unwrap_or(xml.as_bytes());
            let line = 1 + before.iter().filter(|b| **b == b'\n').count();
            CsdlError {
                line,
                message: fault.message,
            }
        })
    }
}
