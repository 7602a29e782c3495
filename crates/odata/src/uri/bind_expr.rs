//! Expressions, bound (OData 4.01 URL Conventions, section 5.1.1).

use std::fmt::{self, Display, Formatter};

use edm::{ItemType, Primitive, TypeRef, Value};

use super::bind_literal::{Unfit, coerce, natural, retype, unfit_error};
use super::bind_scope::Scope;
use super::bind_type::{common, is_unknown, primitive};
use super::binder::Binder;
use super::syntax::{self, Literal, Operator};
use crate::Error;
use crate::expr::{Arithmetic, Comparison, Expr};

/// What a literal is asked to be.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'w> {
    /// The type of a value.
    pub(super) item: ItemType,
    /// What asks for it, for messages.
    pub(super) place: &'w dyn Display,
}

/// An expression as messages quote it.
pub(super) struct Quoted<'e, 'a>(pub(super) &'e syntax::Expr<'a>);

impl Display for Quoted<'_, '_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0)
    }
}

impl<'a> Binder<'_, 'a> {
    /// An expression that is true or false.
    ///
    /// # Errors
    /// 400 for names and types that do not fit.
    pub(super) fn boolean(
        &self,
        scope: Scope<'_>,
        expr: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let mut bound = self.expr(scope, expr, None)?;
        self.ask(&mut bound, ItemType::Primitive(Primitive::Boolean));
        match bound.ty() {
            None => Ok(bound),
            Some(ty) if !ty.collection && is_boolean(ty.item) => Ok(bound),
            Some(ty) => Err(Error::bad_request(format!(
                "'{expr}' must be Edm.Boolean, but it is of type {}.",
                self.model.type_name(&ty)
            ))),
        }
    }

    /// Any expression. What is `wanted` decides what a literal is, and nothing else.
    ///
    /// # Errors
    /// 400 for names and types that do not fit.
    pub(super) fn expr(
        &self,
        scope: Scope<'_>,
        expr: &'a syntax::Expr<'a>,
        wanted: Option<Wanted<'_>>,
    ) -> Result<Expr, Error> {
        self.count_node()?;
        let resolved = self.resolve(expr);
        if let syntax::Expr::Literal(literal) = resolved {
            return self.literal(literal, wanted);
        }
        self.nested(|| self.operation_or_path(scope, resolved, wanted))
    }

    fn operation_or_path(
        &self,
        scope: Scope<'_>,
        expr: &'a syntax::Expr<'a>,
        wanted: Option<Wanted<'_>>,
    ) -> Result<Expr, Error> {
        match expr {
            syntax::Expr::Literal(literal) => self.literal(literal, wanted),
            syntax::Expr::Path(path) => self.member_path(scope, path),
            syntax::Expr::And(operands) => self.joined(scope, operands, Expr::And),
            syntax::Expr::Or(operands) => self.joined(scope, operands, Expr::Or),
            syntax::Expr::Not(operand) => {
                self.boolean(scope, operand).map(|o| Expr::Not(Box::new(o)))
            }
            syntax::Expr::Negate(operand) => self.negated(scope, operand),
            syntax::Expr::Binary(op, left, right) => self.binary(scope, *op, left, right),
            syntax::Expr::List(items) => self.list(scope, items, wanted),
            syntax::Expr::Object(_) => self.object(expr, wanted),
            syntax::Expr::Case(branches) => self.case(scope, branches),
        }
    }

    fn binary(
        &self,
        scope: Scope<'_>,
        op: Operator,
        left: &'a syntax::Expr<'a>,
        right: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        match op {
            Operator::Eq => self.compare(scope, Comparison::Eq, left, right),
            Operator::Ne => self.compare(scope, Comparison::Ne, left, right),
            Operator::Lt => self.compare(scope, Comparison::Lt, left, right),
            Operator::Le => self.compare(scope, Comparison::Le, left, right),
            Operator::Gt => self.compare(scope, Comparison::Gt, left, right),
            Operator::Ge => self.compare(scope, Comparison::Ge, left, right),
            Operator::Add => self.arithmetic(scope, Arithmetic::Add, left, right),
            Operator::Sub => self.arithmetic(scope, Arithmetic::Sub, left, right),
            Operator::Mul => self.arithmetic(scope, Arithmetic::Mul, left, right),
            Operator::Div => self.arithmetic(scope, Arithmetic::Div, left, right),
            Operator::DivBy => self.arithmetic(scope, Arithmetic::DivBy, left, right),
            Operator::Mod => self.arithmetic(scope, Arithmetic::Mod, left, right),
            Operator::Has => self.has(scope, left, right),
            Operator::In => self.is_in(scope, left, right),
        }
    }

    /// Operands of `and` or `or` as a balanced tree: it stays shallow however many there are.
    fn joined(
        &self,
        scope: Scope<'_>,
        operands: &'a [syntax::Expr<'a>],
        join: fn(Box<Expr>, Box<Expr>) -> Expr,
    ) -> Result<Expr, Error> {
        match operands {
            [] => Ok(null()),
            [only] => self.boolean(scope, only),
            _ => {
                let (left, right) = operands.split_at(operands.len() / 2);
                let left = self.joined(scope, left, join)?;
                let right = self.joined(scope, right, join)?;
                Ok(join(Box::new(left), Box::new(right)))
            }
        }
    }

    /// `-` (section 5.1.1.2.3).
    fn negated(&self, scope: Scope<'_>, operand: &'a syntax::Expr<'a>) -> Result<Expr, Error> {
        let mut bound = self.expr(scope, operand, None)?;
        self.ask(&mut bound, ItemType::Primitive(Primitive::Double));
        let fits = match bound.ty() {
            None => true,
            Some(ty) if is_unknown(ty.item) => true,
            Some(_) => primitive(&bound).is_some_and(|primitive| {
                primitive == Primitive::Duration || super::bind_type::is_numeric(primitive)
            }),
        };
        if fits {
            return Ok(Expr::Negate(Box::new(bound)));
        }
        Err(self.wrong_operand("-", operand, &bound, "numbers and Edm.Duration"))
    }

    /// `[a,b]` (section 5.1.1.14.5).
    pub(super) fn list(
        &self,
        scope: Scope<'_>,
        items: &'a [syntax::Expr<'a>],
        wanted: Option<Wanted<'_>>,
    ) -> Result<Expr, Error> {
        let bind = |item: &'a syntax::Expr<'a>| self.expr(scope, item, wanted);
        let mut bound: Vec<Expr> = items.iter().map(bind).collect::<Result<_, _>>()?;
        let mut ty: Option<TypeRef> = None;
        for (item, written) in bound.iter().zip(items) {
            let found = item.ty();
            if found.as_ref().is_some_and(|found| found.collection) {
                return Err(Error::bad_request(format!(
                    "'{written}' is a collection: it cannot stand in a collection."
                )));
            }
            ty = common(ty.clone(), found.clone()).ok_or_else(|| {
                let name = |ty: Option<TypeRef>| {
                    ty.map_or_else(|| "null".to_owned(), |ty| self.model.type_name(&ty))
                };
                Error::bad_request(format!(
                    "Type mismatch: '{written}' is of type {}, but the items before it are of type {}.",
                    name(found),
                    name(ty.clone())
                ))
            })?;
        }
        if let Some(ty) = ty {
            bound.iter_mut().for_each(|item| retype(item, ty.item));
        }
        Ok(Expr::Collection(bound))
    }

    pub(super) fn literal(
        &self,
        literal: &Literal<'_>,
        wanted: Option<Wanted<'_>>,
    ) -> Result<Expr, Error> {
        let (value, ty) = match wanted {
            Some(wanted) => coerce(self.model, literal, wanted.item).map_err(|unfit| {
                let place = wanted.place.to_string();
                unfit_error(&place, self.name(wanted.item), literal, unfit)
            }),
            None => natural(self.model, literal).map_err(|unfit| match unfit {
                Unfit::Type(reason) | Unfit::Value(reason) => {
                    Error::bad_request(format!("Invalid literal {literal}: {reason}."))
                }
            }),
        }?;
        Ok(Expr::Literal { value, ty })
    }

    /// 400 for an operand of a type that the operator does not take.
    pub(super) fn wrong_operand(
        &self,
        op: &str,
        written: &syntax::Expr<'a>,
        bound: &Expr,
        takes: &str,
    ) -> Error {
        Error::bad_request(format!(
            "The operator '{op}' does not take '{written}', which is of type {}: it takes {takes}.",
            self.type_of(bound)
        ))
    }

    /// The name of an expression's type, for messages.
    pub(super) fn type_of(&self, bound: &Expr) -> String {
        bound
            .ty()
            .map_or_else(|| "null".to_owned(), |ty| self.model.type_name(&ty))
    }
}

/// The null literal.
pub(super) fn null() -> Expr {
    Expr::Literal {
        value: Value::Null,
        ty: None,
    }
}

fn is_boolean(item: ItemType) -> bool {
    item == ItemType::Primitive(Primitive::Boolean) || is_unknown(item)
}
