//! The operators of expressions, over operands.

use std::borrow::Cow;

use edm::{TypeRef, Value};

use super::super::cast::{cast, is_of};
use super::super::error::EvalError;
use super::super::functions::call;
use super::super::instance::{Scope, Variable};
use super::super::operand::Operand;
use super::super::operators::{compare, not, same};
use super::{Evaluator, Identity, is_widened, owned, widened};
use crate::expr::{Comparison, Expr, Function, Path, Quantifier};

impl<'m> Evaluator<'m> {
    /// Entities are compared by identity, all else by value.
    pub(super) fn compare(
        &self,
        op: Comparison,
        left: Operand<'_>,
        right: Operand<'_>,
    ) -> Result<Option<bool>, EvalError> {
        let equal = match (&left, &right) {
            (Operand::Instance(left), Operand::Instance(right)) => {
                Some(Identity::new(self.model, *left)? == Identity::new(self.model, *right)?)
            }
            (Operand::Instance(_), other) | (other, Operand::Instance(_)) => {
                other.is_null().then_some(false)
            }
            _ => return Ok(compare(op, &*left.into_value()?, &*right.into_value()?)),
        };
        Ok(match op {
            Comparison::Eq => equal,
            Comparison::Ne => not(equal),
            _ => None,
        })
    }

    pub(super) fn is_in<'s>(
        &self,
        needle: &'s Expr,
        among: &'s Expr,
        scope: &Scope<'s>,
    ) -> Result<bool, EvalError>
    where
        'm: 's,
    {
        let needle = self.eval(needle, scope)?;
        let is = |item: Operand<'_>| -> Result<bool, EvalError> {
            if let (Operand::Value(needle), Operand::Value(item)) = (&needle, &item) {
                return Ok(same(needle, item));
            }
            let equal = self.compare(Comparison::Eq, needle.clone(), item)?;
            Ok(equal == Some(true))
        };
        if let Expr::Collection(items) = among {
            for item in items {
                if is(self.eval(item, scope)?)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        for item in self.eval(among, scope)?.into_items() {
            self.step()?;
            if is(item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn call<'s>(
        &self,
        function: Function,
        arguments: &'s [Expr],
        scope: &Scope<'s>,
    ) -> Result<Value, EvalError>
    where
        'm: 's,
    {
        if let (Function::Length, [argument]) = (function, arguments)
            && let Operand::Many(items) = self.eval(argument, scope)?
        {
            return Ok(Value::Integer(
                i64::try_from(items.len()).unwrap_or(i64::MAX),
            ));
        }
        let arguments = arguments.iter().map(|argument| self.value(argument, scope));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let references: Vec<&Value> = arguments.iter().map(|value| &**value).collect();
        call(self.context, function, &references)
    }

    pub(super) fn cast<'s>(
        &self,
        operand: &'s Expr,
        ty: &TypeRef,
        scope: &Scope<'s>,
    ) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        let from = operand.ty().map(|from| from.item);
        Ok(match (self.eval(operand, scope)?, ty.item.structured()) {
            (Operand::Instance(instance), Some(wanted)) if !ty.collection => {
                if self.is_a(instance.of(), wanted) {
                    Operand::Instance(instance)
                } else {
                    Operand::null()
                }
            }
            (Operand::Instance(_), _) => Operand::null(),
            (other, _) => match other.into_value()? {
                Cow::Borrowed(value) => Operand::Value(cast(self.model, value, from, ty)),
                Cow::Owned(value) => owned(cast(self.model, &value, from, ty).into_owned()),
            },
        })
    }

    pub(super) fn is_of<'s>(
        &self,
        operand: &'s Expr,
        ty: &TypeRef,
        scope: &Scope<'s>,
    ) -> Result<bool, EvalError>
    where
        'm: 's,
    {
        let from = operand.ty().map(|from| from.item);
        let wanted = ty.item.structured();
        let instance_is = |of| wanted.is_some_and(|wanted| self.is_a(of, wanted));
        Ok(match self.eval(operand, scope)? {
            Operand::Instance(instance) => !ty.collection && instance_is(instance.of()),
            Operand::Many(items)
                if ty.collection && items.iter().any(|i| matches!(i, Operand::Instance(_))) =>
            {
                let is = |item: &Operand<'_>| matches!(item, Operand::Instance(i) if instance_is(i.of()));
                items.iter().all(is)
            }
            other => is_of(self.model, &*other.into_value()?, from, ty),
        })
    }

    pub(super) fn is_a(&self, of: Option<edm::StructuredId>, wanted: edm::StructuredId) -> bool {
        of.is_some_and(|of| self.model.is_a(of, wanted))
    }

    pub(super) fn case<'s>(
        &self,
        branches: &'s [(Expr, Expr)],
        ty: &TypeRef,
        scope: &Scope<'s>,
    ) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        for (condition, result) in branches {
            if self.truth(condition, scope)? == Some(true) {
                return Ok(match self.eval(result, scope)? {
                    Operand::Value(Cow::Owned(value)) => owned(widened(value, ty.item)),
                    Operand::Value(Cow::Borrowed(value)) if is_widened(value, ty.item) => {
                        owned(widened(value.clone(), ty.item))
                    }
                    other => other,
                });
            }
        }
        Ok(Operand::null())
    }

    /// `any` and `all` (section 5.1.1.13): true or false, also where the predicate is null.
    pub(super) fn lambda<'s>(
        &self,
        quantifier: Quantifier,
        collection: &'s Path,
        predicate: Option<&'s Expr>,
        scope: &Scope<'s>,
    ) -> Result<bool, EvalError>
    where
        'm: 's,
    {
        let items = self.path(collection, scope)?.into_items();
        let Some(predicate) = predicate else {
            return Ok(!items.is_empty());
        };
        for item in &items {
            self.step()?;
            let Some(item) = item.subject() else { continue };
            let variable = Variable {
                item,
                place: scope.lambdas(),
                outer: scope.variables,
            };
            let inner = Scope {
                variables: Some(&variable),
                ..*scope
            };
            match (quantifier, self.truth(predicate, &inner)? == Some(true)) {
                (Quantifier::Any, true) => return Ok(true),
                (Quantifier::All, false) => return Ok(false),
                _ => {}
            }
        }
        Ok(quantifier == Quantifier::All)
    }
}
