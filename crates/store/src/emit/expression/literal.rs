//! Constants: always parameters.

use edm::{ItemType, Primitive, TypeRef, Value};
use odata::Error;
use odata::expr::Expr;

use super::super::Dialect;
use super::super::fragment::{Fragment, required};
use super::super::scope::Env;
use super::Compiler;
use crate::cell::{Cell, encode};
use crate::table::{Column, ColumnKind, kind_of};

impl<'m> Compiler<'m> {
    pub(super) fn literal(&self, value: &Value, ty: Option<ItemType>) -> Result<Fragment, Error> {
        let ty = match ty {
            Some(ty) => TypeRef {
                nullable: value.is_null(),
                collection: matches!(value, Value::Collection(_)),
                ..TypeRef::of(ty)
            },
            None => natural(value),
        };
        self.constant(value, ty)
    }

    /// A constant of a type.
    pub(super) fn constant(&self, value: &Value, ty: TypeRef) -> Result<Fragment, Error> {
        // A literal may be of a wider type than its value says: `1` beside a double.
        let (value, ty) = widened(value, ty);
        if value.is_null() || matches!(value, Value::Double(x) if x.is_nan()) {
            // Not-a-number has no place in a database.
            return Ok(Fragment::null(self.dialect, ty));
        }
        if let Value::Boolean(truth) = value {
            let mut constant = Fragment::sure(if truth { "TRUE" } else { "FALSE" });
            constant.constant = Some(value);
            return Ok(constant);
        }
        let column = Column {
            name: "literal".to_owned(),
            kind: kind_of(&ty),
            nullable: true,
            ty: ty.clone(),
            expression: None,
            default: Value::Null,
        };
        let mut cells = Vec::with_capacity(2);
        encode(self.model, &column, &value, &mut cells)?;
        let mut cells = cells.into_iter().map(Cell::into_owned);
        let first = cells.next().unwrap_or(Cell::Null);
        if let Cell::Text(text) = &first
            && !self.dialect.holds(text)
        {
            return Err(Error::bad_request(
                "A string with the character U+0000 cannot stand here.",
            ));
        }
        let mut constant = Fragment::of(ty, self.marker(column.kind));
        constant.binds.push(first);
        constant.form = cells.next().map(|form| {
            let mut fragment = Fragment::of(required(Primitive::Int64), "?");
            fragment.binds.push(form);
            Box::new(fragment)
        });
        constant.constant = Some(value);
        Ok(constant.required())
    }

    /// The placeholder of a constant.
    fn marker(&self, kind: ColumnKind) -> &'static str {
        match (self.dialect, kind) {
            (Dialect::Sqlite, _) => "?",
            (Dialect::Postgres, ColumnKind::Text | ColumnKind::Guid | ColumnKind::Geo) => {
                "(? COLLATE \"C\")"
            }
            (Dialect::Postgres, ColumnKind::Decimal) => "CAST(? AS NUMERIC)",
            (Dialect::Postgres, ColumnKind::Json) => "CAST(? AS JSONB)",
            _ => "?",
        }
    }

    /// The numbers of a constant integer.
    pub(super) fn number(&self, number: i64) -> Fragment {
        let mut constant = Fragment::of(required(Primitive::Int64), "?");
        constant.binds.push(Cell::Integer(number));
        constant.constant = Some(Value::Integer(number));
        constant.required()
    }

    /// A constant text.
    pub(in crate::emit) fn text(&self, text: &str) -> Fragment {
        let mut constant = Fragment::of(required(Primitive::String), self.marker(ColumnKind::Text));
        constant.binds.push(Cell::Text(text.to_owned().into()));
        constant.required()
    }

    /// A list as a JSON collection; its items must be constants.
    pub(super) fn list(&self, _env: &Env<'m>, items: &'m [Expr]) -> Result<Fragment, Error> {
        let mut values = Vec::with_capacity(items.len());
        let mut of = TypeRef::primitive(Primitive::String);
        for item in items {
            match item {
                Expr::Literal { value, ty } => {
                    if let Some(ty) = ty {
                        of = TypeRef::of(*ty);
                    }
                    values.push(value.clone());
                }
                _ => return Err(self.unsupported("A list of anything but literals")),
            }
        }
        of.collection = true;
        self.constant(&Value::Collection(values), of)
    }

    /// A value where one of another numeric type is wanted.
    pub(in crate::emit) fn coerce(&self, fragment: Fragment, ty: &TypeRef) -> Fragment {
        let wanted = kind_of(ty);
        if fragment.is_null() {
            return Fragment::null(self.dialect, ty.clone());
        }
        match wanted {
            ColumnKind::Double if fragment.is_number() => self.to_double(&fragment),
            ColumnKind::Decimal if fragment.is_number() => self.to_decimal(&fragment),
            _ => fragment,
        }
    }

    /// A number as a double, rounded as a cast does.
    pub(in crate::emit) fn to_double(&self, number: &Fragment) -> Fragment {
        let ty = TypeRef::primitive(Primitive::Double);
        if let Some(found) = self.converted(number, &ty) {
            return found;
        }
        let text = match (number.kind, self.dialect) {
            (ColumnKind::Double, _) => return number.clone(),
            (ColumnKind::Decimal, Dialect::Sqlite) => "odata_double({0})",
            (_, Dialect::Sqlite) => "CAST({0} AS REAL)",
            (_, Dialect::Postgres) => "CAST({0} AS DOUBLE PRECISION)",
        };
        let mut double = Fragment::join(ty, text, &[number]);
        double.nullable = number.nullable;
        double
    }

    /// An integer or decimal as a decimal.
    pub(super) fn to_decimal(&self, number: &Fragment) -> Fragment {
        let ty = TypeRef::primitive(Primitive::Decimal);
        if let Some(found) = self.converted(number, &ty) {
            return found;
        }
        let text = match (number.kind, self.dialect) {
            (ColumnKind::Decimal | ColumnKind::Double, _) => return number.clone(),
            (_, Dialect::Sqlite) => "CAST({0} AS TEXT)",
            (_, Dialect::Postgres) => "CAST({0} AS NUMERIC)",
        };
        let mut decimal = Fragment::join(ty, text, &[number]);
        decimal.nullable = number.nullable;
        decimal
    }

    /// A constant number as one of another type.
    fn converted(&self, number: &Fragment, ty: &TypeRef) -> Option<Fragment> {
        let value = number.constant.as_ref().filter(|value| !value.is_null())?;
        let cast = odata::eval::cast(self.model, value, None, ty);
        self.constant(&cast, ty.clone()).ok()
    }
}

/// A value of its own type.
fn natural(value: &Value) -> TypeRef {
    let primitive = match value {
        Value::Boolean(_) => Primitive::Boolean,
        Value::Integer(_) | Value::Enum(_) => Primitive::Int64,
        Value::Double(_) => Primitive::Double,
        Value::Decimal(_) => Primitive::Decimal,
        Value::Binary(_) => Primitive::Binary,
        Value::Guid(_) => Primitive::Guid,
        Value::Date(_) => Primitive::Date,
        Value::DateTimeOffset(_) => Primitive::DateTimeOffset,
        Value::TimeOfDay(_) => Primitive::TimeOfDay,
        Value::Duration(_) => Primitive::Duration,
        Value::Geo(_) => Primitive::Geo("Edm.Geography"),
        _ => Primitive::String,
    };
    TypeRef::primitive(primitive)
}

/// The value as one of its type, where a number is of a narrower one.
fn widened(value: &Value, ty: TypeRef) -> (Value, TypeRef) {
    match (kind_of(&ty), value) {
        (ColumnKind::Double, Value::Integer(_) | Value::Decimal(_))
        | (ColumnKind::Decimal, Value::Integer(_) | Value::Double(_))
        | (ColumnKind::Integer, Value::Double(_) | Value::Decimal(_))
        | (ColumnKind::Enum, Value::Integer(_)) => (value.clone(), natural(value)),
        _ => (value.clone(), ty),
    }
}
