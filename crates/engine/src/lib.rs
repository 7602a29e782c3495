//! Carries a typed OData request out against a store: reads with paging and expansion, creates,
//! updates, deletes, bulk updates, references and operations. It calls the service's hooks for
//! what a domain means by a change, and knows no domain itself.

pub mod access;
mod aggregate;
mod answer;
mod approval;
mod asynchronous;
pub mod audit;
mod batch;
mod bind;
mod body;
mod bulk;
mod change;
mod compose;
mod context;
mod core;
mod create;
mod deep;
mod delete;
mod delta;
mod dispatch;
mod documents;
mod each;
mod etag;
pub mod exchange;
mod expand;
pub mod failure;
mod format;
mod handler;
mod held;
mod links;
mod memory;
mod methods;
mod negotiate;
mod openapi;
mod operation;
mod page;
mod permissions;
mod prefer;
mod projection;
mod property;
mod reach;
mod read;
mod reference;
mod relate;
mod replacement;
mod represent;
mod request_ids;
mod restrictions;
mod rewrite;
mod route;
mod schema_version;
mod service;
mod stream;
mod target;
mod unserved;
mod update;
mod value_answer;

pub use crate::core::{Core, Guarded, Ids, RandomIds};
pub use change::insert_entity;
pub use delete::drain;
pub use handler::Engine;
pub use odata::uri::Limits;
pub use permissions::properties::Withheld;
pub use request_ids::RequestIds;
pub use route::Route;
pub use service::{
    Answer, Approval, Approving, BatchProfile, Call, Change, Outcome, Scope, Service,
    ServiceProfile, ShownTypes,
};
pub use target::{Target, load, locate, locate_filtered};
