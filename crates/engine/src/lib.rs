//! Carries a typed OData request out against a store.

pub mod access;
pub mod exchange;
