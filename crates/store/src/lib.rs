//! The relational store: how the model's types lie in tables, bound queries as SQL text and
//! parameters, and the transactions a database must offer.
//!
//! Nothing here talks to a database: `store-sqlite` and `store-postgres` do. Nothing here knows a domain: names come
//! from the model and from the storage map.

pub mod additions;
mod aggregation;
mod audit;
pub mod cell;
pub mod changes;
pub mod clock;
mod confined;
pub mod contents;
pub mod ddl;
mod emit;
mod map;
pub mod page;
pub mod scalar;
mod select;
#[cfg(feature = "suite")]
pub mod suite;
mod table;
mod transaction;
pub mod visibility;

pub use aggregation::{Aggregated, AggregatedName, AggregatedSink, Aggregation, decode_aggregated};
pub use audit::Audit;
pub use confined::confined;
pub use emit::{
    Dialect, Statement, add_many, aggregate, bind_row, delete, delete_many, delete_where, exists,
    get, get_many, insert, insert_many, insert_stored, keys_many, log_horizon, log_rows, mark_log,
    next_keys, raise, raise_many, raise_slots, select, stored_columns, stored_count, stored_rows,
    trim_log, update, update_many, upsert_add,
};
pub use map::{MapError, read_map, snake_case};
pub use select::{Linked, Order, OrderKey, Select, expression_column};
pub use table::{
    Column, ColumnKind, ColumnSet, Index, Link, Media, NavigationMap, Row, Table, TableId, Tables,
};
pub use transaction::{
    BoxFuture, Cells, Database, Job, ReadJob, Reader, Store, Transaction, Verdict, other_version,
    read, ready, write,
};
