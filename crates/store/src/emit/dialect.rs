//! What the two databases spell differently.

use crate::table::ColumnKind;

/// How a database spells what the standard leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.45 or later.
    Sqlite,
    /// PostgreSQL 15 or later, in UTF-8.
    Postgres,
}

impl Dialect {
    /// The operator for equality in which null equals null.
    pub(crate) fn not_distinct(self) -> &'static str {
        match self {
            Self::Sqlite => "IS",
            Self::Postgres => "IS NOT DISTINCT FROM",
        }
    }

    /// The null of a kind of value.
    pub(crate) fn null(self, kind: ColumnKind) -> String {
        if self == Self::Sqlite {
            return "NULL".to_owned();
        }
        let ty = match kind {
            ColumnKind::Boolean => "BOOLEAN",
            ColumnKind::Decimal => "NUMERIC",
            ColumnKind::Json => "JSONB",
            kind => self.sql_type(kind),
        };
        match ty.strip_suffix(COLLATION) {
            Some(plain) => format!("(CAST(NULL AS {plain}){COLLATION})"),
            None => format!("CAST(NULL AS {ty})"),
        }
    }

    /// What tells the rows of a table apart within one statement.
    pub(crate) fn row_id(self) -> &'static str {
        match self {
            Self::Sqlite => "rowid",
            Self::Postgres => "ctid",
        }
    }

    /// Whether a text can stand in a row: PostgreSQL cannot hold U+0000.
    pub(crate) fn holds(self, text: &str) -> bool {
        self == Self::Sqlite || !text.contains('\0')
    }

    /// The words behind a nullable term of an order: nulls come first in ascending order.
    pub(crate) fn nulls(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::Sqlite, _) => "",
            (Self::Postgres, false) => " NULLS FIRST",
            (Self::Postgres, true) => " NULLS LAST",
        }
    }

    /// A virtual column's expression, of its column's type and order.
    pub(crate) fn virtual_column(self, expression: &str, kind: ColumnKind) -> String {
        match self {
            Self::Sqlite => format!("({expression})"),
            Self::Postgres => {
                let ty = self.sql_type(kind);
                match ty.strip_suffix(COLLATION) {
                    Some(plain) => format!("(CAST(({expression}) AS {plain}){COLLATION})"),
                    None => format!("CAST(({expression}) AS {ty})"),
                }
            }
        }
    }

    /// The type of a column.
    pub(crate) fn sql_type(self, kind: ColumnKind) -> &'static str {
        match (self, kind) {
            (
                Self::Sqlite,
                ColumnKind::Boolean
                | ColumnKind::Integer
                | ColumnKind::Enum
                | ColumnKind::Date
                | ColumnKind::DateTimeOffset
                | ColumnKind::TimeOfDay
                | ColumnKind::Duration,
            ) => "INTEGER",
            (Self::Sqlite, ColumnKind::Double) => "REAL",
            (Self::Sqlite, ColumnKind::Blob) => "BLOB",
            (
                Self::Sqlite,
                ColumnKind::Text
                | ColumnKind::Decimal
                | ColumnKind::Guid
                | ColumnKind::Geo
                | ColumnKind::Json,
            ) => "TEXT",
            // An integer, so that expressions of the storage map mean the same in both.
            (Self::Postgres, ColumnKind::Boolean) => "SMALLINT",
            (Self::Postgres, ColumnKind::Date) => "INTEGER",
            (
                Self::Postgres,
                ColumnKind::Integer
                | ColumnKind::Enum
                | ColumnKind::DateTimeOffset
                | ColumnKind::TimeOfDay
                | ColumnKind::Duration,
            ) => "BIGINT",
            (Self::Postgres, ColumnKind::Double) => "DOUBLE PRECISION",
            (Self::Postgres, ColumnKind::Blob) => "BYTEA",
            // By code point, whatever the database's own order is.
            (
                Self::Postgres,
                ColumnKind::Text
                | ColumnKind::Decimal
                | ColumnKind::Guid
                | ColumnKind::Geo
                | ColumnKind::Json,
            ) => "TEXT COLLATE \"C\"",
        }
    }

    /// A random number below 2^52, as a column's default.
    pub(crate) fn random(self) -> &'static str {
        match self {
            Self::Sqlite => "(random() & 4503599627370495)",
            Self::Postgres => "(floor(random() * 4503599627370496)::bigint)",
        }
    }

    /// The type of a column without its order: of a cast or of an array's elements.
    pub(crate) fn plain_type(self, kind: ColumnKind) -> &'static str {
        let ty = self.sql_type(kind);
        ty.strip_suffix(COLLATION).unwrap_or(ty)
    }

    /// The type of the key that the database hands out.
    pub(crate) fn identity(self) -> &'static str {
        match self {
            Self::Sqlite => "INTEGER",
            Self::Postgres => "BIGINT GENERATED BY DEFAULT AS IDENTITY",
        }
    }

    /// A statement with each `?` as the database wants it. The text is our own and names of the
    /// storage map: a `?` elsewhere than for a parameter can only stand in quotes.
    pub(crate) fn placeholders(self, sql: String) -> String {
        if self == Self::Sqlite {
            return sql;
        }
        let mut out = String::with_capacity(sql.len() + 32);
        let (mut number, mut quote) = (0, None);
        for c in sql.chars() {
            match (c, quote) {
                ('?', None) => {
                    number += 1;
                    out.push_str(&format!("${number}"));
                    continue;
                }
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                _ => {}
            }
            out.push(c);
        }
        out
    }
}

/// The order of texts on PostgreSQL.
const COLLATION: &str = " COLLATE \"C\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_outside_of_quotes() {
        for (sql, expected) in [
            ("", ""),
            ("a = ? AND b = ?", "a = $1 AND b = $2"),
            ("'?' \"?\" ?", "'?' \"?\" $1"),
            ("'it''s ?' ?", "'it''s ?' $1"),
            ("\"a'?\" ?", "\"a'?\" $1"),
        ] {
            assert_eq!(Dialect::Postgres.placeholders(sql.to_owned()), expected);
            assert_eq!(Dialect::Sqlite.placeholders(sql.to_owned()), sql);
        }
    }
}
