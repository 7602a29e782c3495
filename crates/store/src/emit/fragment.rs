//! Pieces of SQL with their parameters and what is known of their values.

use edm::{Primitive, TypeRef, Value};

use super::{Dialect, Statement};
use crate::cell::Cell;
use crate::table::{ColumnKind, kind_of};

/// An SQL expression of a known type.
///
/// The SQL value is what a column of [`Fragment::kind`] holds, but for two: a Boolean is a truth
/// value of the database, and on PostgreSQL a decimal is `numeric` and JSON is `jsonb`.
#[derive(Clone, Debug)]
pub(super) struct Fragment {
    pub(super) sql: String,
    pub(super) binds: Vec<Cell<'static>>,
    pub(super) ty: TypeRef,
    pub(super) kind: ColumnKind,
    /// Whether it may be null.
    pub(super) nullable: bool,
    /// The written form of a date-time, beside its ticks.
    pub(super) form: Option<Box<Fragment>>,
    /// The value, if it is a constant.
    pub(super) constant: Option<Value>,
    /// Whether its evaluation may fail, such as a division: it must not be evaluated for rows that
    /// another condition leaves out.
    pub(super) fallible: bool,
    /// Whether it depends on a row in a way that the database sees: where this is not known, it may
    /// find the value before it reads a row, and with it a failure that no row leads to.
    pub(super) varies: bool,
}

impl Fragment {
    /// SQL text of a type, without parameters.
    pub(super) fn of(ty: TypeRef, sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            binds: Vec::new(),
            kind: kind_of(&ty),
            nullable: true,
            ty,
            form: None,
            constant: None,
            fallible: false,
            varies: false,
        }
    }

    /// SQL text of a primitive type, without parameters.
    pub(super) fn primitive(primitive: Primitive, sql: impl Into<String>) -> Self {
        Self::of(TypeRef::primitive(primitive), sql)
    }

    /// A condition that is never null.
    pub(super) fn sure(sql: impl Into<String>) -> Self {
        Self {
            nullable: false,
            ..Self::primitive(Primitive::Boolean, sql)
        }
    }

    /// The null of a type.
    pub(super) fn null(dialect: Dialect, ty: TypeRef) -> Self {
        let mut null = Self::of(ty, "");
        null.sql = dialect.null(null.kind);
        if null.kind == ColumnKind::DateTimeOffset {
            let form = Self::primitive(Primitive::Int64, dialect.null(ColumnKind::Integer));
            null.form = Some(Box::new(form));
        }
        null.constant = Some(Value::Null);
        null
    }

    /// Whether it is the constant null.
    pub(super) fn is_null(&self) -> bool {
        self.constant.as_ref().is_some_and(Value::is_null)
    }

    /// `{0}` to `{n}` of the text replaced by the parts, with their parameters in that order.
    pub(super) fn join(ty: TypeRef, text: &str, parts: &[&Self]) -> Self {
        let mut joined = Self::of(ty, String::with_capacity(text.len() + 64));
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            joined.sql.push_str(before);
            let number = from.get(1..2).and_then(|n| n.parse::<usize>().ok());
            match (number.and_then(|n| parts.get(n)), from.get(2..3)) {
                (Some(part), Some("}")) => {
                    joined.push(part);
                    rest = &from[3..];
                }
                _ => {
                    joined.sql.push('{');
                    rest = &from[1..];
                }
            }
        }
        joined.sql.push_str(rest);
        // What is made of a truth value may be the same whatever the row is.
        joined.varies = joined.kind != ColumnKind::Boolean && parts.iter().any(|p| p.varies);
        joined
    }

    /// Appends another's text and parameters.
    pub(super) fn push(&mut self, other: &Self) {
        self.sql.push_str(&other.sql);
        self.binds.extend(other.binds.iter().cloned());
        self.fallible |= other.fallible;
    }

    /// ` WHERE` all of the conditions; nothing if there are none. A database evaluates conditions in
    /// any order, so those that may fail stand behind the others in a `CASE`.
    pub(super) fn all_of(conditions: &[Self]) -> Self {
        let conjunction = |conditions: &[&Self]| {
            let mut all = Self::sure("");
            for (i, condition) in conditions.iter().enumerate() {
                all.sql.push_str(if i == 0 { "" } else { " AND " });
                all.push(condition);
            }
            all
        };
        let (fallible, sure): (Vec<&Self>, Vec<&Self>) =
            conditions.iter().partition(|condition| condition.fallible);
        let mut all = Self::sure(if conditions.is_empty() { "" } else { " WHERE " });
        all.push(&conjunction(&sure));
        if fallible.is_empty() {
            return all;
        }
        let behind = conjunction(&fallible);
        if sure.is_empty() {
            all.push(&behind);
            return all;
        }
        all.sql.push_str(" AND (CASE WHEN ");
        all.push(&conjunction(&sure));
        all.sql.push_str(" THEN ");
        all.push(&behind);
        all.sql.push_str(" END)");
        all
    }

    /// The same SQL as a value of another type.
    pub(super) fn with_type(mut self, ty: TypeRef) -> Self {
        self.kind = kind_of(&ty);
        self.ty = ty;
        self
    }

    /// The same, known never to be null.
    pub(super) fn required(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// What is ordered and compared: of a date-time the instant, of a time of day the time.
    pub(super) fn key(&self, dialect: Dialect) -> Self {
        let text = match (self.kind, dialect) {
            (ColumnKind::TimeOfDay, _) => "({0} >> 4)",
            (ColumnKind::Decimal, Dialect::Sqlite) => "({0} COLLATE odata_decimal)",
            (ColumnKind::Boolean, Dialect::Postgres) => "CAST({0} AS INTEGER)",
            _ => {
                return Self {
                    form: None,
                    ..self.clone()
                };
            }
        };
        Self {
            nullable: self.nullable,
            constant: self.constant.clone(),
            ..Self::join(self.ty.clone(), text, &[self])
        }
    }

    /// The fragment as a row hands it out: the columns that [`crate::cell::decode`] reads.
    pub(super) fn write_output(&self, dialect: Dialect, out: &mut Statement) {
        let text = match (self.kind, dialect) {
            (ColumnKind::Boolean, Dialect::Postgres) => "CAST({0} AS INTEGER)",
            (ColumnKind::Decimal | ColumnKind::Json, Dialect::Postgres) => "CAST({0} AS TEXT)",
            _ => "{0}",
        };
        let shown = Self::join(self.ty.clone(), text, &[self]);
        out.sql.push_str(&shown.sql);
        out.binds.extend(shown.binds);
        if self.kind == ColumnKind::DateTimeOffset {
            out.sql.push_str(", ");
            match &self.form {
                Some(form) => {
                    out.sql.push_str(&form.sql);
                    out.binds.extend(form.binds.iter().cloned());
                }
                None => out.sql.push_str(&dialect.null(ColumnKind::Integer)),
            }
        }
    }

    /// Appends the text and parameters to a statement.
    pub(super) fn write(&self, out: &mut Statement) {
        out.sql.push_str(&self.sql);
        out.binds.extend(self.binds.iter().cloned());
    }

    /// Whether it is a number.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self.kind,
            ColumnKind::Integer | ColumnKind::Decimal | ColumnKind::Double
        )
    }
}

/// A required value of a primitive type.
pub(super) fn required(primitive: Primitive) -> TypeRef {
    TypeRef {
        nullable: false,
        ..TypeRef::primitive(primitive)
    }
}

/// The item type of a collection.
pub(super) fn item_of(ty: &TypeRef) -> TypeRef {
    TypeRef {
        collection: false,
        ..ty.clone()
    }
}
