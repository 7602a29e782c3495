//! A bound `$filter` as an SQL condition that is never NULL: OData's null rules (URL Conventions
//! 5.1.1.1) are two-valued, so that `not` of a comparison with null is what the standard says.

use edm::{ItemType, Value};
use odata::Error;
use odata::expr::{Comparison, Expr, Path};

use super::{Emitter, Statement};
use crate::cell::{Cell, encode};
use crate::table::ColumnKind;

/// Emits a Boolean expression.
pub(super) fn condition(
    emitter: &Emitter<'_>,
    expr: &Expr,
    out: &mut Statement,
) -> Result<(), Error> {
    match expr {
        Expr::And(left, right) => junction(emitter, left, " AND ", right, out),
        Expr::Or(left, right) => junction(emitter, left, " OR ", right, out),
        Expr::Not(inner) => {
            out.sql.push_str("NOT (");
            condition(emitter, inner, out)?;
            out.sql.push(')');
            Ok(())
        }
        Expr::Compare { op, left, right } => compare(emitter, *op, left, right, out),
        Expr::In {
            needle,
            among: list,
        } => match list.as_ref() {
            Expr::Collection(values) => among(emitter, needle, values, out),
            _ => Err(unsupported()),
        },
        Expr::Literal {
            value: Value::Boolean(b),
            ..
        } => {
            out.sql.push_str(if *b { "TRUE" } else { "FALSE" });
            Ok(())
        }
        Expr::Literal {
            value: Value::Null, ..
        } => {
            out.sql.push_str("FALSE");
            Ok(())
        }
        Expr::Path(path) => {
            let column = own_column(emitter, path)?;
            let column = emitter.column(column);
            out.sql.push_str(&emitter.dialect.is_true(&column));
            Ok(())
        }
        _ => Err(unsupported()),
    }
}

fn unsupported() -> Error {
    Error::bad_request("$filter: this expression is not supported here.").with_target("$filter")
}

fn junction(
    emitter: &Emitter<'_>,
    left: &Expr,
    word: &str,
    right: &Expr,
    out: &mut Statement,
) -> Result<(), Error> {
    out.sql.push('(');
    condition(emitter, left, out)?;
    out.sql.push_str(word);
    condition(emitter, right, out)?;
    out.sql.push(')');
    Ok(())
}

fn compare(
    emitter: &Emitter<'_>,
    op: Comparison,
    left: &Expr,
    right: &Expr,
    out: &mut Statement,
) -> Result<(), Error> {
    if let Some((text, turned)) = unholdable(emitter, left, right) {
        let column = if turned { right } else { left };
        return beside_unholdable(emitter, op, turned, column, text, out);
    }
    let both_present = !may_be_null(emitter, left) && !may_be_null(emitter, right);
    let symbol = match op {
        Comparison::Eq if both_present => "=",
        Comparison::Eq | Comparison::Ne => emitter.dialect.not_distinct(),
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    };
    let negated = op == Comparison::Ne;
    let three_valued = !both_present && !matches!(op, Comparison::Eq | Comparison::Ne);
    out.sql.push_str(if negated {
        "NOT ("
    } else if three_valued {
        "(("
    } else {
        "("
    });
    operand(emitter, left, right, out)?;
    out.sql.push_str(&format!(" {symbol} "));
    operand(emitter, right, left, out)?;
    out.sql
        .push_str(if three_valued { ") IS TRUE)" } else { ")" });
    Ok(())
}

/// A text literal that no row can hold, beside what it is compared with: with a literal that the
/// database cannot be given, the comparison is decided by the part before U+0000.
fn unholdable<'e>(
    emitter: &Emitter<'_>,
    left: &'e Expr,
    right: &'e Expr,
) -> Option<(&'e str, bool)> {
    let text = |expr: &'e Expr| match expr {
        Expr::Literal {
            value: Value::String(text),
            ..
        } if !emitter.dialect.holds(text) => Some(text.as_str()),
        _ => None,
    };
    match (text(left), text(right)) {
        (_, Some(text)) => Some((text, false)),
        (Some(text), None) => Some((text, true)),
        (None, None) => None,
    }
}

/// A comparison with a text that holds U+0000: nothing equals it, and what is less or greater than
/// it is what is not greater, or greater, than its part before that.
fn beside_unholdable(
    emitter: &Emitter<'_>,
    op: Comparison,
    turned: bool,
    other: &Expr,
    text: &str,
    out: &mut Statement,
) -> Result<(), Error> {
    let less = matches!(op, Comparison::Lt | Comparison::Le) != turned;
    let constant = match (op, other) {
        // Two literals are compared here and now.
        (
            _,
            Expr::Literal {
                value: Value::String(other),
                ..
            },
        ) => {
            let ordering = if turned {
                text.cmp(other)
            } else {
                other.as_str().cmp(text)
            };
            Some(match op {
                Comparison::Eq => ordering.is_eq(),
                Comparison::Ne => ordering.is_ne(),
                Comparison::Lt => ordering.is_lt(),
                Comparison::Le => ordering.is_le(),
                Comparison::Gt => ordering.is_gt(),
                Comparison::Ge => ordering.is_ge(),
            })
        }
        (Comparison::Eq, _) => Some(false),
        (Comparison::Ne, _) => Some(true),
        _ => None,
    };
    if let Some(constant) = constant {
        out.sql.push_str(if constant { "TRUE" } else { "FALSE" });
        return Ok(());
    }
    let Expr::Path(path) = other else {
        // Null is neither less nor greater than anything.
        out.sql.push_str("FALSE");
        return Ok(());
    };
    let column = emitter.column(own_column(emitter, path)?);
    let symbol = if less { "<=" } else { ">" };
    out.sql
        .push_str(&format!("(({column} {symbol} ?) IS TRUE)"));
    let before = text.split('\0').next().unwrap_or_default();
    out.binds.push(Cell::Text(before.to_owned().into()));
    Ok(())
}

fn among(
    emitter: &Emitter<'_>,
    needle: &Expr,
    values: &[Expr],
    out: &mut Statement,
) -> Result<(), Error> {
    if values.is_empty() {
        out.sql.push_str("FALSE");
        return Ok(());
    }
    out.sql.push('(');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.sql.push_str(" OR ");
        }
        compare(emitter, Comparison::Eq, needle, value, out)?;
    }
    out.sql.push(')');
    Ok(())
}

fn may_be_null(emitter: &Emitter<'_>, expr: &Expr) -> bool {
    match expr {
        Expr::Literal { value, .. } => value.is_null(),
        Expr::Path(path) => {
            own_column(emitter, path).map_or(true, |column| emitter.table.columns[column].nullable)
        }
        _ => true,
    }
}

/// An operand: a column, or a literal as the column on the other side stores its values.
fn operand(
    emitter: &Emitter<'_>,
    expr: &Expr,
    other: &Expr,
    out: &mut Statement,
) -> Result<(), Error> {
    match (expr, other) {
        (Expr::Path(path), _) => {
            let column = own_column(emitter, path)?;
            out.sql.push_str(&emitter.column(column));
            Ok(())
        }
        (Expr::Literal { value, .. }, Expr::Path(path)) => {
            let column = own_column(emitter, path)?;
            out.sql.push('?');
            bind_as(emitter, column, value, out)
        }
        (Expr::Literal { value, ty }, Expr::Literal { .. }) => {
            let text = matches!(value, Value::String(_));
            out.sql.push_str(emitter.dialect.constant(text));
            out.binds.push(constant(value, *ty)?);
            Ok(())
        }
        _ => Err(unsupported()),
    }
}

fn bind_as(
    emitter: &Emitter<'_>,
    column: usize,
    value: &Value,
    out: &mut Statement,
) -> Result<(), Error> {
    let target = &emitter.table.columns[column];
    // A number compares with a number of another type by its value.
    let cell = match (target.kind, value) {
        (ColumnKind::Double, Value::Integer(n)) => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the comparison is one of doubles"
            )]
            let x = *n as f64;
            Cell::Real(x)
        }
        (ColumnKind::Integer, Value::Double(x)) => Cell::Real(*x),
        (ColumnKind::Integer | ColumnKind::Double, Value::Decimal(text)) => {
            Cell::Real(text.parse().map_err(Error::internal)?)
        }
        _ => {
            let mut cells = Vec::with_capacity(2);
            encode(emitter.model, target, value, &mut cells)?;
            cells.swap_remove(0).into_owned()
        }
    };
    out.binds.push(cell);
    Ok(())
}

fn constant(value: &Value, ty: Option<ItemType>) -> Result<Cell<'static>, Error> {
    Ok(match value {
        Value::Null => Cell::Null,
        Value::Boolean(b) => Cell::Integer((*b).into()),
        Value::Integer(n) | Value::Enum(n) => Cell::Integer(*n),
        Value::Double(x) => Cell::Real(*x),
        Value::String(s) => Cell::Text(s.clone().into()),
        Value::DateTimeOffset(t) => Cell::Integer(t.ticks),
        Value::Date(d) => Cell::Integer(d.days.into()),
        _ => {
            return Err(Error::bad_request(format!(
                "$filter: literals of type {ty:?} cannot be compared with each other."
            )));
        }
    })
}

/// The column of a path to a property of the entity at hand.
fn own_column(emitter: &Emitter<'_>, path: &Path) -> Result<usize, Error> {
    let Some((_, ordinal)) = path.own_property() else {
        return Err(Error::bad_request(
            "$filter: paths through navigation or complex properties are not supported here.",
        )
        .with_target("$filter"));
    };
    if emitter.table.columns[ordinal].kind == ColumnKind::Json {
        return Err(Error::bad_request(format!(
            "$filter: property '{}' is a complex value or a collection and cannot be compared.",
            emitter.table.of.map_or("", |of| {
                emitter.model.structured(of).properties[ordinal]
                    .name
                    .as_str()
            })
        ))
        .with_target("$filter"));
    }
    Ok(ordinal)
}
