//! The database of the service's own model and storage map: its migrations, its statements and how
//! SQLite carries them out.
#![cfg(test)]

mod migrations;
mod plans;
mod queries;
mod schema;
mod statements;
