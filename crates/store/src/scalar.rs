//! The scalar functions that a database calls back for: operators, functions and casts as
//! [`odata::eval`] defines them, on SQL values. SQLite registers them; see
//! `emit/expression/function.rs` for who calls them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use edm::time::DateTimeOffset;
use edm::{Facets, ItemType, Model, Primitive, TypeRef, Value};
use odata::eval::functions::{self, Context};
use odata::expr::{Arithmetic, Function};
use odata::{Error, eval, json};

use crate::cell::{Cell, decode, encode};
use crate::select::expression_column;
use crate::table::Column;
use crate::transaction::Cells;

/// What the functions need beside their arguments.
pub struct Scalars {
    model: Arc<Model>,
    context: Context,
}

/// What a call does: `operation|argument types|result type`, as statements write it.
pub struct Signature {
    operation: Operation,
    arguments: Vec<Column>,
    result: Column,
    /// Whether the written form of a date-time is asked for.
    form: bool,
}

enum Operation {
    Function(Function),
    Arithmetic(Arithmetic),
    Negate,
    Cast(TypeRef),
}

struct Arguments<'a>(&'a [Cell<'a>]);

impl Cells for Arguments<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, Error> {
        let cell = self.0.get(index).cloned();
        cell.ok_or_else(|| Error::internal("a scalar function was given too few arguments"))
    }
}

impl Scalars {
    /// The functions of a model.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        Self {
            model,
            // The time of `now()` is a parameter of the statement.
            context: Context::new(DateTimeOffset::MIN),
        }
    }

    /// Reads a signature.
    ///
    /// # Errors
    /// If it is none that the emitter writes.
    pub fn signature(&self, text: &str) -> Result<Signature, Error> {
        self.read_signature(text)
            .ok_or_else(|| Error::internal(format!("odata_call of {text}")))
    }

    fn read_signature(&self, text: &str) -> Option<Signature> {
        let mut parts = text.split('|');
        let (operation, arguments, result) = (parts.next()?, parts.next()?, parts.next()?);
        let form = result == "form";
        let result = match form {
            true => TypeRef::primitive(Primitive::DateTimeOffset),
            false => self.type_named(result)?,
        };
        let operation = match operation.split_once(';') {
            Some(("cast", facets)) => Operation::Cast(with_facets(&result, facets)?),
            _ => named(operation)?,
        };
        let arguments = arguments
            .split(',')
            .filter(|name| !name.is_empty())
            .map(|name| Some(expression_column("argument", self.type_named(name)?)))
            .collect::<Option<_>>()?;
        Some(Signature {
            operation,
            arguments,
            result: expression_column("result", result),
            form,
        })
    }

    fn type_named(&self, name: &str) -> Option<TypeRef> {
        let (item, collection) = match name.strip_prefix("Collection(") {
            Some(rest) => (rest.strip_suffix(')')?, true),
            None => (name, false),
        };
        Some(TypeRef {
            collection,
            ..TypeRef::of(self.model.find_type_by_url_name(item)?)
        })
    }

    /// `odata_call`: an operator, function or cast.
    ///
    /// # Errors
    /// The client's, as [`eval::EvalError`] says; our own for values of other types.
    pub fn call(&self, signature: &Signature, cells: &[Cell<'_>]) -> Result<Cell<'static>, Error> {
        let mut values = Vec::with_capacity(signature.arguments.len());
        let mut at = 0;
        for column in &signature.arguments {
            values.push(decode(&self.model, column, &Arguments(cells), at)?);
            at += column.width();
        }
        let value = self.operate(&signature.operation, &signature.arguments, &values)?;
        let value = match (&value, signature.result.ty.item) {
            (Value::Integer(_) | Value::Decimal(_), ItemType::Primitive(Primitive::Double))
            | (Value::Integer(_), ItemType::Primitive(Primitive::Decimal)) => {
                eval::cast(&self.model, &value, None, &signature.result.ty).into_owned()
            }
            // A decimal `divby` zero.
            (Value::Double(_), ItemType::Primitive(Primitive::Decimal)) => Value::Null,
            _ => value,
        };
        self.cell(&signature.result, &value, signature.form)
    }

    fn operate(
        &self,
        operation: &Operation,
        columns: &[Column],
        values: &[Value],
    ) -> Result<Value, Error> {
        Ok(match (operation, values) {
            (Operation::Function(function), _) => {
                let arguments: Vec<&Value> = values.iter().collect();
                functions::call(&self.context, *function, &arguments)?
            }
            (Operation::Arithmetic(op), [left, right]) => eval::arithmetic(*op, left, right)?,
            (Operation::Negate, [operand]) => eval::negate(operand)?,
            (Operation::Cast(to), [operand]) => {
                let from = columns.first().map(|column| column.ty.item);
                eval::cast(&self.model, operand, from, to).into_owned()
            }
            _ => return Err(Error::internal("odata_call with other arguments")),
        })
    }

    fn cell(&self, column: &Column, value: &Value, form: bool) -> Result<Cell<'static>, Error> {
        let mut cells = Vec::with_capacity(2);
        encode(&self.model, column, value, &mut cells)?;
        let cell = cells.into_iter().nth(usize::from(form));
        Ok(cell.unwrap_or(Cell::Null).into_owned())
    }

    /// `odata_parse`: the SQL value of a JSON scalar as a column of the named type would hold it;
    /// for `form` the written form of a date-time.
    ///
    /// # Errors
    /// If the text is none that [`json::write_stored_value`] writes for the type.
    pub fn parse(&self, name: &str, cell: &Cell<'_>) -> Result<Cell<'static>, Error> {
        let form = name == "form";
        let name = if form { "Edm.DateTimeOffset" } else { name };
        let ty = self.type_named(name);
        let ty = ty.ok_or_else(|| Error::internal(format!("odata_parse of {name}")))?;
        let text = match cell {
            Cell::Text(text) => {
                let mut quoted = Vec::with_capacity(text.len() + 2);
                json::write_string(&mut quoted, text);
                String::from_utf8(quoted).map_err(Error::internal)?
            }
            other => return Ok(other.clone().into_owned()),
        };
        let value = json::value_from_json_text(&self.model, &ty, &text)?;
        self.cell(&expression_column("item", ty), &value, form)
    }

    /// `odata_dynamic`: the SQL value of a dynamic property where one of the named type is asked
    /// for, as a column of the type would hold it; for `form` the written form of a date-time.
    ///
    /// # Errors
    /// If the cell holds no dynamic properties.
    pub fn dynamic(&self, cell: &Cell<'_>, name: &str, of: &str) -> Result<Cell<'static>, Error> {
        let form = of == "form";
        let of = if form { "Edm.DateTimeOffset" } else { of };
        let asked = Primitive::from_name(of);
        let asked = asked.ok_or_else(|| Error::internal(format!("odata_dynamic of {of}")))?;
        let Cell::Text(text) = cell else {
            return Ok(Cell::Null);
        };
        let value = json::dynamic_from_json_text(&self.model, text, name)?;
        let value = eval::typed(Cow::Owned(value), asked);
        let column = expression_column("dynamic", TypeRef::primitive(asked));
        self.cell(&column, &value, form)
    }

    /// `odata_equal`: whether two values that are stored as JSON are equal.
    ///
    /// # Errors
    /// If one is none of the named type.
    pub fn equal(&self, name: &str, left: &Cell<'_>, right: &Cell<'_>) -> Result<bool, Error> {
        let ty = self.type_named(name);
        let ty = ty.ok_or_else(|| Error::internal(format!("odata_equal of {name}")))?;
        let read = |cell: &Cell<'_>| match cell {
            Cell::Text(text) => json::value_from_json_text(&self.model, &ty, text),
            _ => Ok(Value::Null),
        };
        Ok(eval::equals(&read(left)?, &read(right)?) == Some(true))
    }

    /// `odata_lower`: a text as `tolower` makes it.
    #[must_use]
    pub fn lower(&self, text: &str) -> String {
        crate::emit::lower(text)
    }
}

/// `odata_double`: the nearest double of a decimal's text.
#[must_use]
pub fn double(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// The sum of decimals while it is made, for `odata_sum` and `odata_average`.
#[derive(Default)]
pub struct Sum {
    total: Option<Value>,
    count: i64,
}

impl Sum {
    /// Adds a decimal's text.
    ///
    /// # Errors
    /// 400 if the sum has more digits than a decimal may have.
    pub fn add(&mut self, text: &str) -> Result<(), Error> {
        let value = Value::Decimal(text.to_owned());
        let total = match &self.total {
            Some(total) => eval::arithmetic(Arithmetic::Add, total, &value)?,
            None => value,
        };
        self.total = Some(total);
        self.count += 1;
        Ok(())
    }

    /// The sum; none of nothing.
    #[must_use]
    pub fn total(self) -> Option<String> {
        match self.total {
            Some(Value::Decimal(text)) => Some(text),
            _ => None,
        }
    }

    /// The average; none of nothing.
    ///
    /// # Errors
    /// 400 if it has more digits than a decimal may have.
    pub fn average(self) -> Result<Option<String>, Error> {
        let Some(total) = self.total else {
            return Ok(None);
        };
        let count = Value::Integer(self.count);
        Ok(match eval::arithmetic(Arithmetic::DivBy, &total, &count)? {
            Value::Decimal(text) => Some(text),
            _ => None,
        })
    }
}

/// The collation `odata_decimal`: decimals by number.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    eval::compare_decimals(left, right)
}

fn named(operation: &str) -> Option<Operation> {
    const ARITHMETIC: [Arithmetic; 6] = [
        Arithmetic::Add,
        Arithmetic::Sub,
        Arithmetic::Mul,
        Arithmetic::Div,
        Arithmetic::DivBy,
        Arithmetic::Mod,
    ];
    if operation == "negate" {
        return Some(Operation::Negate);
    }
    let arithmetic = ARITHMETIC.into_iter().find(|op| op.as_str() == operation);
    match arithmetic {
        Some(op) => Some(Operation::Arithmetic(op)),
        None => Function::from_name(operation).map(Operation::Function),
    }
}

/// A type with the facets that a cast minds: `max length;precision;scale`, each if given.
fn with_facets(ty: &TypeRef, text: &str) -> Option<TypeRef> {
    let mut parts = text.split(';');
    let (max_length, precision, scale) = (parts.next()?, parts.next()?, parts.next()?);
    Some(TypeRef {
        facets: Facets {
            max_length: max_length.parse().ok(),
            precision: precision.parse().ok(),
            scale: (!scale.is_empty()).then(|| scale.to_owned()),
            ..Facets::default()
        },
        ..ty.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_order_by_number() {
        for (left, right, expected) in [
            ("1.0", "1.00", Ordering::Equal),
            ("-2", "1", Ordering::Less),
            ("10", "9.5", Ordering::Greater),
        ] {
            assert_eq!(compare(left, right), expected, "{left} {right}");
        }
    }
}
