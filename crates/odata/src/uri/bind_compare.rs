//! Comparisons, `has` and `in`, bound (OData 4.01 URL Conventions, section 5.1.1.1).

use edm::{ItemType, Primitive, TypeRef};

use super::bind_expr::{Quoted, Wanted};
use super::bind_literal::retype;
use super::bind_scope::Scope;
use super::bind_type::{comparable, is_ordered, is_unknown};
use super::binder::Binder;
use super::syntax;
use crate::Error;
use crate::expr::{Comparison, Expr};

impl<'a> Binder<'_, 'a> {
    /// `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
    pub(super) fn compare(
        &self,
        scope: Scope<'_>,
        op: Comparison,
        left: &'a syntax::Expr<'a>,
        right: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let (mut bound_left, mut bound_right) = self.pair(scope, left, right)?;
        self.ask_both(&mut bound_left, &mut bound_right);
        self.check_taken(op, &bound_left, left)?;
        self.check_taken(op, &bound_right, right)?;
        self.check_comparable((&bound_left, left), (&bound_right, right))?;
        Ok(Expr::Compare {
            op,
            left: Box::new(bound_left),
            right: Box::new(bound_right),
        })
    }

    /// 400 for an operand that the operator does not take.
    fn check_taken(
        &self,
        op: Comparison,
        bound: &Expr,
        written: &syntax::Expr<'a>,
    ) -> Result<(), Error> {
        match bound.ty().filter(|ty| !takes(op, ty)) {
            None => Ok(()),
            Some(ty) => Err(Error::bad_request(format!(
                "The operator '{}' does not take '{written}', which is of type {}.",
                op.as_str(),
                self.model.type_name(&ty)
            ))),
        }
    }

    /// Both sides of an operator: the one that is not a literal says what the literal is to be.
    fn pair(
        &self,
        scope: Scope<'_>,
        left: &'a syntax::Expr<'a>,
        right: &'a syntax::Expr<'a>,
    ) -> Result<(Expr, Expr), Error> {
        if is_constant(self.resolve(left)) {
            self.in_turn(scope, right, left)
                .map(|(right, left)| (left, right))
        } else {
            self.in_turn(scope, left, right)
        }
    }

    fn in_turn(
        &self,
        scope: Scope<'_>,
        first: &'a syntax::Expr<'a>,
        second: &'a syntax::Expr<'a>,
    ) -> Result<(Expr, Expr), Error> {
        let bound = self.expr(scope, first, None)?;
        let beside = self.beside(scope, second, &bound, first)?;
        Ok((bound, beside))
    }

    /// An expression beside another one.
    fn beside(
        &self,
        scope: Scope<'_>,
        expr: &'a syntax::Expr<'a>,
        other: &Expr,
        written: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let place = Quoted(self.resolve(written));
        let wanted = other.ty().map(|ty| Wanted {
            item: ty.item,
            place: &place,
        });
        self.expr(scope, expr, wanted)
    }

    /// 400 for operands that can never be equal.
    fn check_comparable(
        &self,
        (left, left_written): (&Expr, &syntax::Expr<'a>),
        (right, right_written): (&Expr, &syntax::Expr<'a>),
    ) -> Result<(), Error> {
        match (left.ty(), right.ty()) {
            (Some(from), Some(to)) if !comparable(self.model, &from, &to) => {
                Err(Error::bad_request(format!(
                    "Type mismatch: '{left_written}' is of type {}, but '{right_written}' is of type {}.",
                    self.model.type_name(&from),
                    self.model.type_name(&to)
                )))
            }
            _ => Ok(()),
        }
    }

    /// `has` (section 5.1.1.1.9).
    pub(super) fn has(
        &self,
        scope: Scope<'_>,
        left: &'a syntax::Expr<'a>,
        right: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let (value, flags) = self.pair(scope, left, right)?;
        for (bound, written) in [(&value, left), (&flags, right)] {
            let fits = match bound.ty() {
                None => true,
                Some(ty) if ty.collection => false,
                Some(ty) => match ty.item {
                    ItemType::Enum(id) => self.model.enum_type(id).is_flags,
                    other => is_unknown(other),
                },
            };
            if !fits {
                let takes = "values of an enumeration type with IsFlags";
                return Err(self.wrong_operand("has", written, bound, takes));
            }
        }
        self.check_comparable((&value, left), (&flags, right))?;
        Ok(Expr::Has {
            value: Box::new(value),
            flags: Box::new(flags),
        })
    }

    /// `in` (section 5.1.1.1.10): a list, or anything else that is a collection.
    pub(super) fn is_in(
        &self,
        scope: Scope<'_>,
        left: &'a syntax::Expr<'a>,
        right: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let (mut needle, among) = self.pair(scope, left, right)?;
        for (bound, written) in [(&needle, left), (&among, right)] {
            if bound.ty().is_some_and(|ty| is_stream(&ty)) {
                return Err(self.wrong_operand("in", written, bound, "values"));
            }
        }
        let ty = match &among {
            Expr::Collection(_) => among.ty(),
            other => match other.ty() {
                Some(ty) if ty.collection || ty.item == ItemType::Untyped => Some(ty),
                _ => {
                    return Err(self.wrong_operand(
                        "in",
                        right,
                        &among,
                        "a collection on its right",
                    ));
                }
            },
        };
        let item = ty.map(|ty| TypeRef {
            collection: false,
            ..ty
        });
        if let (Some(from), Some(to)) = (needle.ty(), &item) {
            if !comparable(self.model, &from, to) {
                return Err(Error::bad_request(format!(
                    "Type mismatch: '{left}' is of type {}, but the items of '{right}' are of type {}.",
                    self.model.type_name(&from),
                    self.model.type_name(to)
                )));
            }
            self.ask(&mut needle, to.item);
            retype(&mut needle, to.item);
        }
        Ok(Expr::In {
            needle: Box::new(needle),
            among: Box::new(among),
        })
    }
}

/// Whether the operator takes values of the type, whatever stands on its other side.
fn takes(op: Comparison, ty: &TypeRef) -> bool {
    if matches!(op, Comparison::Eq | Comparison::Ne) {
        return !is_stream(ty);
    }
    is_ordered(ty) && ty.item != ItemType::Primitive(Primitive::Guid)
}

fn is_stream(ty: &TypeRef) -> bool {
    ty.item == ItemType::Primitive(Primitive::Stream)
}

/// Whether an expression has no type but the one that is asked of it.
fn is_constant(expr: &syntax::Expr<'_>) -> bool {
    matches!(
        expr,
        syntax::Expr::Literal(_) | syntax::Expr::List(_) | syntax::Expr::Object(_)
    )
}
