//! The tables as `CREATE` statements, and the step from one set of tables to the next.

use std::fmt::Write as _;

use edm::Value;
use edm::time::DateTimeOffset;
use odata::eval::functions::{self, Context};
use odata::expr::Function;

use crate::emit::{Dialect, log_columns};
use crate::map::{shared_names, slots};
use crate::table::{ColumnKind, Index, Table, Tables};

/// The statements that make all tables and indexes in an empty database, one after another.
#[must_use]
pub fn create(tables: &Tables, dialect: Dialect) -> String {
    let mut sql = String::new();
    for (_, table) in tables.iter() {
        debug_assert_eq!(shared_names(table), Vec::<String>::new());
        if let Some(view) = &table.view {
            let _ = writeln!(sql, "CREATE VIEW \"{}\" AS\n{view};\n", table.name);
            continue;
        }
        if let (Dialect::Postgres, Some(slots)) = (dialect, table.slots()) {
            create_table(&slots, dialect, &mut sql);
            sql.push_str(&slots::view(table, &slots));
            sql.push('\n');
            continue;
        }
        create_table(table, dialect, &mut sql);
        for index in &table.indexes {
            create_index(table, index, dialect, &mut sql);
        }
        sql.push('\n');
    }
    sql
}

/// The functions that statements for PostgreSQL call: what expressions mean and its SQL has no
/// words for. They may be made again at any time.
#[must_use]
pub fn postgres_functions() -> String {
    let mut sql = include_str!("emit/postgres_functions.sql").to_owned();
    for (name, ascii, function) in [
        ("odata_lower", "lower", Function::ToLower),
        ("odata_upper", "upper", Function::ToUpper),
    ] {
        let (from, to) = case_mapping(function);
        let _ = write!(
            sql,
            "\nCREATE OR REPLACE FUNCTION {name}(t text) RETURNS text \
             LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$\n  SELECT CASE \
             WHEN octet_length(t) = char_length(t) THEN {ascii}(t COLLATE \"C\")\n    \
             ELSE translate({ascii}(t COLLATE \"C\"), '{from}', '{to}') END\n$$;\n"
        );
    }
    sql
}

/// The letters beyond ASCII that a function maps to others, and those others.
fn case_mapping(function: Function) -> (String, String) {
    let letters: String = ('\u{80}'..=char::MAX).collect();
    let context = Context::new(DateTimeOffset::MIN);
    let mapped = functions::call(&context, function, &[&Value::from(letters.as_str())]);
    let mapped = match mapped {
        Ok(Value::String(mapped)) => mapped,
        _ => letters.clone(),
    };
    let pairs = letters.chars().zip(mapped.chars());
    pairs.filter(|(from, to)| from != to).unzip()
}

fn create_table(table: &Table, dialect: Dialect, sql: &mut String) {
    let _ = writeln!(sql, "CREATE TABLE \"{}\" (", table.name);
    for (i, column) in table.columns.iter().enumerate() {
        if column.expression.is_some() {
            continue;
        }
        if table.is_log && table.key.contains(&i) {
            sql.push_str(&log_columns(dialect));
            continue;
        }
        if table.identity && table.key.contains(&i) {
            let _ = writeln!(
                sql,
                "  \"{}\" {} PRIMARY KEY,",
                column.name,
                dialect.identity()
            );
            continue;
        }
        let null = if column.nullable { "" } else { " NOT NULL" };
        let default = default(table, i, dialect).map_or(String::new(), |d| format!(" DEFAULT {d}"));
        let _ = writeln!(
            sql,
            "  \"{}\" {}{null}{default},",
            column.name,
            dialect.sql_type(column.kind)
        );
        if column.kind == ColumnKind::DateTimeOffset {
            // Not more than 32 bits, of which SQLite need not be told.
            let name = &column.name;
            let _ = writeln!(sql, "  \"{name}_form\" INTEGER{null}{default},");
        }
    }
    if table.identity {
        // The last column ends with a comma, which SQL does not allow.
        let end = sql.trim_end().trim_end_matches(',').len();
        sql.truncate(end);
        sql.push('\n');
    } else {
        let key: Vec<_> = table
            .key
            .iter()
            .map(|c| format!("\"{}\"", table.columns[*c].name))
            .collect();
        let _ = writeln!(sql, "  PRIMARY KEY ({})", key.join(", "));
    }
    sql.push_str(match dialect {
        Dialect::Sqlite => ") STRICT;\n",
        Dialect::Postgres => ");\n",
    });
}

fn create_index(table: &Table, index: &Index, dialect: Dialect, sql: &mut String) {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let nullable = |name: &str| {
        table
            .column(name)
            .is_some_and(|c| table.columns[c].nullable)
    };
    let columns: Vec<_> = index
        .columns
        .iter()
        .map(|c| match nullable(c) {
            true => format!("\"{c}\"{}", dialect.nulls(false)),
            false => format!("\"{c}\""),
        })
        .collect();
    let condition = index
        .condition
        .as_ref()
        .map_or(String::new(), |c| format!(" WHERE {c}"));
    let _ = writeln!(
        sql,
        "CREATE {unique}INDEX \"{}\" ON \"{}\" ({}){condition};",
        index.name,
        table.name,
        columns.join(", ")
    );
}

/// The SQL default of a column, so that rows made by an upsert of counters are whole and columns
/// added later have a value in old rows.
fn default(table: &Table, column: usize, dialect: Dialect) -> Option<String> {
    if table.version == Some(column) && column >= table.own {
        return Some(dialect.random().to_owned());
    }
    match &table.columns[column].default {
        Value::Null => None,
        Value::Boolean(b) => Some(i64::from(*b).to_string()),
        Value::Integer(n) | Value::Enum(n) => Some(n.to_string()),
        Value::String(s) => Some(format!("'{}'", s.replace('\'', "''"))),
        Value::Collection(items) if items.is_empty() => Some("'[]'".to_owned()),
        Value::DateTimeOffset(_) | Value::Duration(_) | Value::Date(_) => Some("0".to_owned()),
        _ => None,
    }
}
