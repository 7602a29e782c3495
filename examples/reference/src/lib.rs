//! A small shop on the engine: the proof that `edm`, `odata`, `store` and `engine` know nothing of
//! device scripts. Its model is `model.csdl.xml`, its start rows are `data.json`.
//!
//! There is no authentication: whoever reaches the service may do everything. It is for trying
//! clients and for conformance tests, not for a network.

mod actions;
mod definitions;
mod functions;
mod hooks;
mod http;
mod ids;
mod rows;
mod seed;
mod service;
mod start;

pub use http::serve;
pub use start::{Shop, open};

/// Why the service cannot start.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
