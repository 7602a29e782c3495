//! Writes an expression as OData text, decoded: parsing it gives the same tree.

use std::fmt::{self, Display, Formatter, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::syntax::{Arguments, Expr, Literal, Member, MemberPath, Operator, PathRoot, Quantifier};

/// The rank of an expression that never needs parentheses.
const PRIMARY: u8 = 9;

impl Display for Literal<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(text) | Self::Decimal(text) | Self::Double(text) => f.write_str(text),
            Self::Date(text) | Self::TimeOfDay(text) | Self::DateTimeOffset(text) => {
                f.write_str(text)
            }
            Self::String(text) => quoted(f, text),
            Self::Guid(guid) => write!(f, "{guid}"),
            Self::Duration(text) => write!(f, "duration'{text}'"),
            Self::Binary(bytes) => write!(f, "binary'{}'", URL_SAFE.encode(bytes)),
            Self::Geography(text) => write!(f, "geography'{text}'"),
            Self::Geometry(text) => write!(f, "geometry'{text}'"),
            Self::Enum(name, members) => {
                f.write_str(name)?;
                quoted(f, members)
            }
        }
    }
}

impl Display for Expr<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(literal) => literal.fmt(f),
            Self::Path(path) => path.fmt(f),
            Self::And(operands) => joined(f, operands, " and ", |f, e| operand(f, e, 3)),
            Self::Or(operands) => joined(f, operands, " or ", |f, e| operand(f, e, 2)),
            Self::Not(inner) => {
                f.write_str("not ")?;
                operand(f, inner, 7)
            }
            Self::Negate(inner) if is_number(inner) => write!(f, "-({inner})"),
            Self::Negate(inner) => {
                f.write_char('-')?;
                operand(f, inner, 7)
            }
            Self::Binary(op, left, right) => {
                operand(f, left, op.rank())?;
                write!(f, " {} ", op.as_str())?;
                match (op, &**right) {
                    (Operator::In, Self::List(items)) if is_plain_list(items) => {
                        enclosed(f, '(', items, ')', |f, item| item.fmt(f))
                    }
                    _ => operand(f, right, op.rank() + 1),
                }
            }
            Self::List(items) => enclosed(f, '[', items, ']', |f, item| item.fmt(f)),
            Self::Object(members) => enclosed(f, '{', members, '}', |f, (name, value)| {
                f.write_str(&serde_json::Value::from(&**name).to_string())?;
                write!(f, ":{value}")
            }),
            Self::Case(pairs) => {
                f.write_str("case")?;
                enclosed(f, '(', pairs, ')', |f, (condition, result)| {
                    write!(f, "{condition} : {result}")
                })
            }
        }
    }
}

/// Whether a list may stand in parentheses behind `in`.
fn is_plain_list(items: &[Expr<'_>]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(item, Expr::Literal(_)))
}

/// Whether a minus in front would become the number's own sign.
fn is_number(expr: &Expr<'_>) -> bool {
    let mut at = expr;
    // The leftmost text decides, and only `has` and `in` bind tighter than the minus.
    while let Expr::Binary(Operator::Has | Operator::In, left, _) = at {
        at = left;
    }
    matches!(at, Expr::Literal(_))
}

fn operand(f: &mut Formatter<'_>, expr: &Expr<'_>, least: u8) -> fmt::Result {
    let rank = match expr {
        Expr::Or(_) => 1,
        Expr::And(_) => 2,
        Expr::Not(_) | Expr::Negate(_) => 7,
        Expr::Binary(op, ..) => op.rank(),
        _ => PRIMARY,
    };
    if rank < least {
        write!(f, "({expr})")
    } else {
        expr.fmt(f)
    }
}

impl Display for MemberPath<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.root {
            PathRoot::Implicit => {}
            PathRoot::It => f.write_str("$it")?,
            PathRoot::This => f.write_str("$this")?,
            PathRoot::Root => f.write_str("$root")?,
            PathRoot::These => f.write_str("$these")?,
            PathRoot::Alias(name) => write!(f, "@{name}")?,
        }
        let slash_first = self.root != PathRoot::Implicit;
        for (i, member) in self.members.iter().enumerate() {
            let is_key = matches!(member, Member::KeyPredicate(_));
            if (slash_first || i > 0) && !is_key {
                f.write_char('/')?;
            }
            member.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Member<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Call(name, arguments) => write!(f, "{name}{arguments}"),
            Self::Lambda(Quantifier::Any, variable, predicate) => {
                write!(f, "any({variable}:{predicate})")
            }
            Self::Lambda(Quantifier::All, variable, predicate) => {
                write!(f, "all({variable}:{predicate})")
            }
            Self::Any => f.write_str("any()"),
            Self::Count(None) => f.write_str("$count"),
            Self::Count(Some(options)) => write!(f, "$count({options})"),
            Self::KeyPredicate(key) => key.fmt(f),
            Self::Key(key) => f.write_str(key),
            Self::Aggregate(item) => write!(f, "aggregate({item})"),
            Self::Filter(predicate) => write!(f, "$filter({predicate})"),
        }
    }
}

impl Display for Arguments<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Positional(items) => enclosed(f, '(', items, ')', |f, item| item.fmt(f)),
            Self::Named(items) => enclosed(f, '(', items, ')', |f, (name, value)| {
                write!(f, "{name}={value}")
            }),
        }
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

pub(super) fn joined<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    separator: &str,
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        write(f, item)?;
    }
    Ok(())
}

pub(super) fn enclosed<T>(
    f: &mut Formatter<'_>,
    open: char,
    items: &[T],
    close: char,
    write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    joined(f, items, ",", write)?;
    f.write_char(close)
}
