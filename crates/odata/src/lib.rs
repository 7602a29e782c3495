//! The OData 4.01 protocol, pure: bytes in, typed request out. It knows no I/O, no SQL and no
//! particular model.
//!
//! A request passes four stages with four kinds of error, and no stage looks back:
//! parse (syntax) → bind to the model (types) → check (legal on this resource, within limits) →
//! emit (the store's part).

pub mod apply;
pub mod batch;
pub mod error;
pub mod eval;
pub mod expr;
pub mod json;
mod methods;
pub mod path;
pub mod query;
pub mod uri;

pub use error::{Error, ErrorCode};
pub use methods::Methods;
