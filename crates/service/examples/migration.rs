//! Prints the statements that make all tables of the model and its storage map in an empty
//! database: the source of a new migration, to be reviewed and committed.
//!
//! `cargo run -p service --example migration > crates/store-sqlite/migrations/0001_founding.sql`

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let model = service::model()?;
    let tables = service::tables(&model)?;
    let sql = store::ddl::create(&tables, store::Dialect::Sqlite);
    std::io::Write::write_all(&mut std::io::stdout(), sql.as_bytes())?;
    Ok(())
}
