//! Payloads (OData JSON Format 4.01): bytes to a tree, a tree to typed values by ordinal, and
//! values straight back to bytes.
//!
//! Reading never trusts the body: every rule of the model that a body breaks is a 400 whose
//! `target` is the path of the property. Writing makes no tree.

mod control;
mod delta;
mod digits;
mod dynamic;
mod error;
mod fault;
mod name;
mod parameters;
mod patch;
mod read;
mod read_geo;
mod read_primitive;
mod read_value;
mod reference;
mod shape;
mod style;
mod tree;
mod write;

pub use delta::{DeltaItem, DeltaLink, is_delta, read_delta};
pub use dynamic::{
    change_dynamic, dynamic_from_json_text, dynamic_type, read_dynamic, write_dynamic,
};
pub use error::write_error;
pub use parameters::{Argument, read_parameters};
pub use patch::{ComplexPatch, Patch, read_complex_patch};
pub use read::{EntityPayload, Nested, Removal, RequestKind, read_entity};
pub use read_value::{read_value, value_from_json_text};
pub use reference::{read_reference, read_references};
pub use shape::{EntityShape, type_control};
pub use style::{Metadata, Omit, Style};
pub use tree::{Node, parse, parse_optional};
pub use write::{write_base64, write_complex, write_stored_value, write_string, write_value};

#[cfg(test)]
mod sample;
#[cfg(test)]
mod seed_tests;
