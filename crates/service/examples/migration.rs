//! Prints the statements that make all tables of the model and its storage map in an empty
//! database: the source of a new migration, to be reviewed and committed.
//!
//! `cargo run -p service --example migration -- sqlite > crates/store-sqlite/migrations/0001_founding.sql`
//! `cargo run -p service --example migration -- postgres > crates/store-postgres/migrations/0001_founding.sql`

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let model = service::model()?;
    let tables = service::tables(&model)?;
    let dialect = match std::env::args().nth(1).as_deref() {
        None | Some("sqlite") => store::Dialect::Sqlite,
        Some("postgres") => store::Dialect::Postgres,
        Some(other) => return Err(format!("'{other}' is neither sqlite nor postgres").into()),
    };
    let sql = store::ddl::create(&tables, dialect);
    std::io::Write::write_all(&mut std::io::stdout(), sql.as_bytes())?;
    Ok(())
}
