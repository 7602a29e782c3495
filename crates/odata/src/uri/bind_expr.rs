//! Boolean expressions, bound (OData 4.01 URL Conventions, section 5.1.1).

use edm::{ItemType, Primitive, StructuredId};

use super::bind_literal::{Typed, Unfit, coerce, is_numeric, natural, unfit_error};
use super::binder::{Binder, unsupported};
use super::syntax::{self, Literal, Member, MemberPath, Operator, PathRoot};
use crate::Error;
use crate::expr::{Comparison, Expr};

/// An operand of a comparison: its type, `None` for null, and its text.
type Side<'e, 'a> = (Option<ItemType>, &'e syntax::Expr<'a>);

impl<'a> Binder<'_, 'a> {
    /// An expression that is true or false of an instance of the type.
    ///
    /// # Errors
    /// 400 for names and types that do not fit, and for operators and functions not served.
    pub(super) fn boolean(&self, of: StructuredId, expr: &syntax::Expr<'a>) -> Result<Expr, Error> {
        self.count_node()?;
        let expr = self.resolve(expr)?;
        self.nested(|| match expr {
            syntax::Expr::And(operands) => self.joined(of, operands, Expr::And),
            syntax::Expr::Or(operands) => self.joined(of, operands, Expr::Or),
            syntax::Expr::Not(operand) => Ok(Expr::Not(Box::new(self.boolean(of, operand)?))),
            syntax::Expr::Binary(Operator::In, needle, list) => self.is_in(of, needle, list),
            syntax::Expr::Binary(op, left, right) => match comparison(*op) {
                Some(op) => self.compare(of, op, left, right),
                None => Err(unsupported(&format!("The operator '{}'", op.as_str()))),
            },
            other => self.boolean_operand(of, other),
        })
    }

    fn boolean_operand(&self, of: StructuredId, expr: &syntax::Expr<'a>) -> Result<Expr, Error> {
        let bound = self.operand(of, expr, None)?;
        match item(&bound) {
            Some(ItemType::Primitive(Primitive::Boolean)) | None => Ok(bound),
            Some(ty) => Err(Error::bad_request(format!(
                "'{expr}' must be Edm.Boolean, but it is of type {}.",
                self.name(ty)
            ))),
        }
    }

    /// Operands of `and` or `or` as a balanced tree: it stays shallow however many there are.
    fn joined(
        &self,
        of: StructuredId,
        operands: &[syntax::Expr<'a>],
        join: fn(Box<Expr>, Box<Expr>) -> Expr,
    ) -> Result<Expr, Error> {
        match operands {
            [] => Ok(Expr::Literal {
                value: edm::Value::Null,
                ty: None,
            }),
            [only] => self.boolean(of, only),
            _ => {
                let (left, right) = operands.split_at(operands.len() / 2);
                let left = self.joined(of, left, join)?;
                let right = self.joined(of, right, join)?;
                Ok(join(Box::new(left), Box::new(right)))
            }
        }
    }

    fn compare(
        &self,
        of: StructuredId,
        op: Comparison,
        left: &syntax::Expr<'a>,
        right: &syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let (left, right) = (self.resolve(left)?, self.resolve(right)?);
        // The side that is not a literal says what the literal is to be.
        let (bound_left, bound_right) = if matches!(left, syntax::Expr::Literal(_)) {
            let bound_right = self.operand(of, right, None)?;
            (
                self.operand(of, left, Some((item(&bound_right), right)))?,
                bound_right,
            )
        } else {
            let bound_left = self.operand(of, left, None)?;
            let beside = Some((item(&bound_left), left));
            (bound_left, self.operand(of, right, beside)?)
        };
        self.check_comparable(op, (item(&bound_left), left), (item(&bound_right), right))?;
        Ok(Expr::Compare {
            op,
            left: Box::new(bound_left),
            right: Box::new(bound_right),
        })
    }

    /// 400 for operands that are not of the same type, or of one without the operator's order.
    fn check_comparable(
        &self,
        op: Comparison,
        left: Side<'_, 'a>,
        right: Side<'_, 'a>,
    ) -> Result<(), Error> {
        if let (Some(from), Some(to)) = (left.0, right.0)
            && !comparable(from, to)
        {
            return Err(Error::bad_request(format!(
                "Type mismatch: '{}' is of type {}, but '{}' is of type {}.",
                left.1,
                self.name(from),
                right.1,
                self.name(to)
            )));
        }
        let has_no_order = |ty: ItemType| {
            matches!(ty, ItemType::Primitive(Primitive::Binary | Primitive::Guid))
                && !matches!(op, Comparison::Eq | Comparison::Ne)
        };
        for (ty, expr) in [left, right] {
            if let Some(ty) = ty.filter(|ty| has_no_order(*ty)) {
                return Err(Error::bad_request(format!(
                    "The operator '{}' does not take '{expr}', which is of type {}.",
                    op.as_str(),
                    self.name(ty)
                )));
            }
        }
        Ok(())
    }

    fn is_in(
        &self,
        of: StructuredId,
        needle: &syntax::Expr<'a>,
        list: &syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let needle = self.resolve(needle)?;
        let bound = self.operand(of, needle, None)?;
        let syntax::Expr::List(items) = self.resolve(list)? else {
            return Err(unsupported(
                "The operator 'in' with anything but a list of literals",
            ));
        };
        let beside = Some((item(&bound), needle));
        let value = |item: &syntax::Expr<'a>| match self.resolve(item)? {
            literal @ syntax::Expr::Literal(_) => self.operand(of, literal, beside),
            other => Err(unsupported(&format!("'{other}' in the list of 'in'"))),
        };
        let values = items.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        Ok(Expr::In {
            needle: Box::new(bound),
            among: Box::new(Expr::Collection(values)),
        })
    }

    /// A primitive operand: a path or a literal. `beside` is the other operand and its type.
    fn operand(
        &self,
        of: StructuredId,
        expr: &syntax::Expr<'a>,
        beside: Option<Side<'_, 'a>>,
    ) -> Result<Expr, Error> {
        self.count_node()?;
        match expr {
            syntax::Expr::Literal(literal) => {
                let (value, ty) = self.literal(literal, beside)?;
                Ok(Expr::Literal { value, ty })
            }
            syntax::Expr::Path(path) => self.path(of, path),
            syntax::Expr::Binary(op, ..) if comparison(*op).is_none() && *op != Operator::In => {
                Err(unsupported(&format!("The operator '{}'", op.as_str())))
            }
            syntax::Expr::Negate(_) => Err(unsupported("The operator '-'")),
            syntax::Expr::List(_) => Err(unsupported("A list outside of 'in'")),
            syntax::Expr::Object(_) => Err(unsupported("A JSON object in an expression")),
            syntax::Expr::Case(_) => Err(unsupported("The function 'case'")),
            _ => self.boolean(of, expr),
        }
    }

    fn literal(&self, literal: &Literal<'_>, beside: Option<Side<'_, 'a>>) -> Result<Typed, Error> {
        let place = |other: &syntax::Expr<'a>| format!("'{other}'");
        match beside {
            Some((Some(wanted), other)) => coerce(self.model, literal, wanted)
                .map_err(|unfit| unfit_error(&place(other), self.name(wanted), literal, unfit)),
            _ => natural(self.model, literal).map_err(|unfit| match unfit {
                Unfit::Type(reason) | Unfit::Value(reason) => {
                    Error::bad_request(format!("Invalid literal {literal}: {reason}."))
                }
            }),
        }
    }

    /// A path to a single primitive or enumeration value.
    fn path(&self, of: StructuredId, path: &MemberPath<'a>) -> Result<Expr, Error> {
        let names = self.plain_names(path)?;
        let bound = self.property_path(of, names)?;
        let is_simple = match bound.ty.item {
            ItemType::Primitive(primitive) => primitive != Primitive::Stream,
            ItemType::Enum(_) => true,
            _ => false,
        };
        if bound.ty.collection || !is_simple {
            return Err(unsupported(&format!(
                "An expression over '{path}', which is of type {},",
                self.model.type_name(&bound.ty)
            )));
        }
        Ok(Expr::Path(bound))
    }

    /// The names of a path that is nothing but names.
    pub(super) fn plain_names<'p>(&self, path: &'p MemberPath<'a>) -> Result<Vec<&'p str>, Error> {
        if path.root != PathRoot::Implicit {
            return Err(unsupported(&format!("The path '{path}'")));
        }
        let name = |member: &'p Member<'a>| match member {
            Member::Name(name) if name.starts_with('@') => {
                Err(unsupported(&format!("The annotation '{name}'")))
            }
            Member::Name(name) if name.contains('.') => Err(unsupported(&format!(
                "The type cast or function '{name}' in a path"
            ))),
            Member::Name(name) => Ok(&**name),
            Member::Call(name, _) => Err(unsupported(&format!("The function '{name}'"))),
            Member::Lambda(syntax::Quantifier::All, ..) => Err(unsupported("The operator 'all'")),
            Member::Lambda(..) | Member::Any => Err(unsupported("The operator 'any'")),
            Member::Count(_) => Err(unsupported("'$count' in a path")),
            Member::Key(key) => Err(unsupported(&format!("The key '{key}' in a path"))),
            Member::KeyPredicate(_) => Err(unsupported("A key behind a function call")),
            Member::Aggregate(_) => Err(unsupported("'aggregate' in a path")),
            Member::Filter(_) => Err(unsupported("'$filter' in a path")),
        };
        path.members.iter().map(name).collect()
    }
}

/// The type of a bound operand; `None` for null.
fn item(expr: &Expr) -> Option<ItemType> {
    match expr {
        Expr::Literal { ty, .. } => *ty,
        Expr::Path(path) => Some(path.ty.item),
        _ => Some(ItemType::Primitive(Primitive::Boolean)),
    }
}

fn comparable(left: ItemType, right: ItemType) -> bool {
    match (left, right) {
        (ItemType::Primitive(l), ItemType::Primitive(r)) => {
            l == r || is_numeric(l) && is_numeric(r)
        }
        _ => left == right,
    }
}

fn comparison(op: Operator) -> Option<Comparison> {
    Some(match op {
        Operator::Eq => Comparison::Eq,
        Operator::Ne => Comparison::Ne,
        Operator::Lt => Comparison::Lt,
        Operator::Le => Comparison::Le,
        Operator::Gt => Comparison::Gt,
        Operator::Ge => Comparison::Ge,
        _ => return None,
    })
}
