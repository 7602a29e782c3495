//! Arithmetic and `case`, bound (OData 4.01 URL Conventions, sections 5.1.1.2 and 5.1.1.11.1).

use edm::{ItemType, Primitive, TypeRef};

use super::bind_literal::retype;
use super::bind_scope::Scope;
use super::bind_type::{arithmetic, common, is_unknown, primitive};
use super::binder::Binder;
use super::syntax;
use crate::Error;
use crate::expr::{Arithmetic, Expr};

impl<'a> Binder<'_, 'a> {
    /// `add`, `sub`, `mul`, `div`, `divby`, `mod`.
    pub(super) fn arithmetic(
        &self,
        scope: Scope<'_>,
        op: Arithmetic,
        left: &'a syntax::Expr<'a>,
        right: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let mut bound_left = self.expr(scope, left, None)?;
        let mut bound_right = self.expr(scope, right, None)?;
        self.ask_operands(op, &mut bound_left, &mut bound_right);
        as_duration(&mut bound_left, &bound_right);
        as_duration(&mut bound_right, &bound_left);
        let ty = result(op, &bound_left, &bound_right).ok_or_else(|| {
            Error::bad_request(format!(
                "The operator '{}' does not take '{left}' of type {} and '{right}' of type {}: it takes {}.",
                op.as_str(),
                self.type_of(&bound_left),
                self.type_of(&bound_right),
                operands(op)
            ))
        })?;
        for operand in [&mut bound_left, &mut bound_right] {
            if primitive(operand) != Some(Primitive::Duration) {
                retype(operand, ty);
            }
        }
        Ok(Expr::Arithmetic {
            op,
            left: Box::new(bound_left),
            right: Box::new(bound_right),
            ty,
        })
    }

    /// `case(condition:result,…)`.
    pub(super) fn case(
        &self,
        scope: Scope<'_>,
        branches: &'a [(syntax::Expr<'a>, syntax::Expr<'a>)],
    ) -> Result<Expr, Error> {
        let mut bound = Vec::with_capacity(branches.len());
        let mut ty: Option<TypeRef> = None;
        for (condition, result) in branches {
            bound.push(self.branch(scope, condition, result, &mut ty)?);
        }
        let ty = ty.unwrap_or_else(|| TypeRef::of(ItemType::Untyped));
        bound
            .iter_mut()
            .for_each(|(_, value)| retype(value, ty.item));
        Ok(Expr::Case {
            branches: bound,
            ty,
        })
    }

    /// A condition and its result; `ty` is what all results before it are.
    fn branch(
        &self,
        scope: Scope<'_>,
        condition: &'a syntax::Expr<'a>,
        result: &'a syntax::Expr<'a>,
        ty: &mut Option<TypeRef>,
    ) -> Result<(Expr, Expr), Error> {
        let condition = self.boolean(scope, condition)?;
        let value = self.expr(scope, result, None)?;
        *ty = common(ty.clone(), value.ty()).ok_or_else(|| {
            let before = ty.as_ref().map(|ty| self.model.type_name(ty));
            Error::bad_request(format!(
                "Type mismatch in case: '{result}' is of type {}, but the results before it are of type {}.",
                self.type_of(&value),
                before.unwrap_or_default()
            ))
        })?;
        Ok((condition, value))
    }
}

/// The type of the result; a null operand is of the other one's type.
fn result(op: Arithmetic, left: &Expr, right: &Expr) -> Option<ItemType> {
    let single = |expr: &Expr| match expr.ty() {
        None => Some(None),
        Some(ty) if ty.collection => None,
        Some(ty) => Some(Some(ty.item)),
    };
    let (left, right) = match (single(left)?, single(right)?) {
        (Some(left), Some(right)) => (left, right),
        (Some(only), None) | (None, Some(only)) => match only {
            ItemType::Primitive(Primitive::DateTimeOffset | Primitive::Date)
                if matches!(op, Arithmetic::Add | Arithmetic::Sub) =>
            {
                return Some(only);
            }
            ItemType::Primitive(Primitive::Duration) => return Some(only),
            _ => (only, only),
        },
        (None, None) => return Some(ItemType::Primitive(Primitive::Int32)),
    };
    match (left, right) {
        (ItemType::Primitive(left), ItemType::Primitive(right))
            if ![left, right].contains(&Primitive::Any) =>
        {
            arithmetic(op, left, right).map(ItemType::Primitive)
        }
        _ => [left, right].into_iter().find(|item| is_unknown(*item)),
    }
}

/// A string literal beside a point in time or a duration is a duration without its prefix
/// (OData ABNF 4.01, `duration`).
fn as_duration(operand: &mut Expr, other: &Expr) {
    let temporal = matches!(
        primitive(other),
        Some(Primitive::DateTimeOffset | Primitive::Date | Primitive::Duration)
    );
    if temporal && primitive(operand) == Some(Primitive::String) {
        retype(operand, ItemType::Primitive(Primitive::Duration));
    }
}

/// What an operator takes, for messages.
fn operands(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "two numbers, two durations, or a date or date-time and a duration",
        Arithmetic::Sub => {
            "two numbers, two durations, two dates, two date-times, or a date or date-time and a duration"
        }
        Arithmetic::Mul => "two numbers, or a number and a duration",
        Arithmetic::Div | Arithmetic::DivBy => "two numbers, or a duration and a number",
        Arithmetic::Mod => "two numbers",
    }
}
