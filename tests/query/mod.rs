//! Query options and the forms of a URL, on the wire.

mod aggregation;
mod delta;
mod documents;
mod expand;
mod filter;
mod keys;
mod openapi;
mod order;
mod paging;
mod public_url;
mod rows;
mod shape;
