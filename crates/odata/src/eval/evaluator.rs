//! Expressions over instances in memory.

mod identity;
mod operator;
mod path;

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

use edm::{ItemType, Model, Primitive, Value};

pub(super) use identity::Identity;

use super::arithmetic::{arithmetic, negate};
use super::error::EvalError;
use super::functions::Context;
use super::instance::{Scope, ServiceRoot, Subject};
use super::operand::Operand;
use super::operators::{and, has, not, or};
use super::order::order;
use crate::expr::Expr;
use crate::query::OrderBy;

/// How deep an expression may nest; the binder refuses less.
const MAX_DEPTH: usize = 200;
/// How many operators, path steps and items one evaluation may visit.
const MAX_STEPS: u64 = 1_000_000;

/// Evaluates expressions (OData 4.01 URL Conventions, section 5.1.1) for instances in memory.
///
/// Depth and work are bounded. A right operand that cannot change `and`, `or`, `case` or `in` is
/// not evaluated, nor are items behind the one that decides a lambda operator.
pub struct Evaluator<'m> {
    pub(super) model: &'m Model,
    context: &'m Context,
    root: Option<&'m dyn ServiceRoot>,
    depth: Cell<usize>,
    steps: Cell<u64>,
}

impl<'m> Evaluator<'m> {
    /// An evaluator to which `$root` is not at hand.
    #[must_use]
    pub fn new(model: &'m Model, context: &'m Context) -> Self {
        Self {
            model,
            context,
            root: None,
            depth: Cell::new(0),
            steps: Cell::new(0),
        }
    }

    /// The same with the resources of `$root`.
    #[must_use]
    pub fn with_root(self, root: &'m dyn ServiceRoot) -> Self {
        Self {
            root: Some(root),
            ..self
        }
    }

    /// What the expression evaluates to.
    ///
    /// # Errors
    /// What cannot be computed, is not at hand, or takes too many steps.
    pub fn evaluate<'s>(&self, expr: &'s Expr, scope: &Scope<'s>) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        self.begin();
        self.eval(expr, scope)
    }

    /// Whether `$filter` keeps the subject: the expression is true, neither false nor null.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn holds(&self, expr: &Expr, scope: &Scope<'_>) -> Result<bool, EvalError> {
        Ok(self.evaluate(expr, scope)?.truth() == Some(true))
    }

    /// Sorts items by `$orderby` (OData 4.01 Protocol, section 11.2.6.2): null first ascending and
    /// last descending; those that it does not tell apart keep their order.
    ///
    /// # Errors
    /// As [`Self::evaluate`], with entities and collections, which have no order.
    pub fn sort<T>(
        &self,
        items: &mut Vec<T>,
        orderby: &[OrderBy],
        scope: impl for<'t> Fn(&'t T) -> Scope<'t>,
    ) -> Result<(), EvalError> {
        let key = |item: &T| -> Result<Vec<Value>, EvalError> {
            let scope = scope(item);
            let values = orderby.iter().map(|by| {
                let value = self.evaluate(&by.expr, &scope)?.into_value()?;
                Ok(value.into_owned())
            });
            values.collect()
        };
        let mut keyed = Vec::with_capacity(items.len());
        for item in items.drain(..) {
            keyed.push((key(&item)?, item));
        }
        keyed.sort_by(|(left, _), (right, _)| by_keys(orderby, left, right));
        items.extend(keyed.into_iter().map(|(_, item)| item));
        Ok(())
    }

    /// Begins to count the work for another item.
    pub(super) fn begin(&self) {
        self.steps.set(0);
        self.depth.set(0);
    }

    /// Counts work.
    pub(super) fn step(&self) -> Result<(), EvalError> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > MAX_STEPS {
            return Err(EvalError::Work(MAX_STEPS));
        }
        Ok(())
    }

    fn eval<'s>(&self, expr: &'s Expr, scope: &Scope<'s>) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        self.step()?;
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return Err(EvalError::Depth(MAX_DEPTH));
        }
        self.depth.set(depth + 1);
        let found = self.operator(expr, scope);
        self.depth.set(depth);
        found
    }

    fn operator<'s>(&self, expr: &'s Expr, scope: &Scope<'s>) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        Ok(match expr {
            Expr::Literal { value, .. } => Operand::Value(Cow::Borrowed(value)),
            Expr::Collection(items) => {
                let items = items.iter().map(|item| self.eval(item, scope));
                Operand::Many(items.collect::<Result<_, _>>()?)
            }
            Expr::Path(path) => self.path(path, scope)?,
            Expr::Compare { op, left, right } => {
                let (left, right) = (self.eval(left, scope)?, self.eval(right, scope)?);
                self.compare(*op, left, right)?.into()
            }
            Expr::Has { value, flags } => {
                has(&*self.value(value, scope)?, &*self.value(flags, scope)?).into()
            }
            Expr::In { needle, among } => Some(self.is_in(needle, among, scope)?).into(),
            Expr::And(left, right) => self.junction(left, right, and, false, scope)?.into(),
            Expr::Or(left, right) => self.junction(left, right, or, true, scope)?.into(),
            Expr::Not(operand) => not(self.truth(operand, scope)?).into(),
            Expr::Negate(operand) => owned(negate(&*self.value(operand, scope)?)?),
            Expr::Arithmetic {
                op,
                left,
                right,
                ty,
            } => {
                let (left, right) = (self.value(left, scope)?, self.value(right, scope)?);
                owned(widened(arithmetic(*op, &left, &right)?, *ty))
            }
            Expr::Call {
                function,
                arguments,
                ty,
            } => owned(widened(self.call(*function, arguments, scope)?, ty.item)),
            Expr::Cast { operand, ty } => self.cast(operand, ty, scope)?,
            Expr::IsOf { operand, ty } => Some(self.is_of(operand, ty, scope)?).into(),
            Expr::Case { branches, ty } => self.case(branches, ty, scope)?,
            Expr::Lambda {
                quantifier,
                collection,
                predicate,
            } => Some(self.lambda(*quantifier, collection, predicate.as_deref(), scope)?).into(),
        })
    }

    /// `and` or `or`, which `decided` on the left decides.
    fn junction<'s>(
        &self,
        left: &'s Expr,
        right: &'s Expr,
        join: fn(Option<bool>, Option<bool>) -> Option<bool>,
        decided: bool,
        scope: &Scope<'s>,
    ) -> Result<Option<bool>, EvalError>
    where
        'm: 's,
    {
        let left = self.truth(left, scope)?;
        if left == Some(decided) {
            return Ok(left);
        }
        Ok(join(left, self.truth(right, scope)?))
    }

    fn value<'s>(&self, expr: &'s Expr, scope: &Scope<'s>) -> Result<Cow<'s, Value>, EvalError>
    where
        'm: 's,
    {
        self.eval(expr, scope)?.into_value()
    }

    pub(super) fn truth<'s>(
        &self,
        expr: &'s Expr,
        scope: &Scope<'s>,
    ) -> Result<Option<bool>, EvalError>
    where
        'm: 's,
    {
        Ok(self.eval(expr, scope)?.truth())
    }

    /// What `$root` and a path lead to.
    fn service_root<'s>(&self, path: &[crate::path::Segment]) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        match self.root {
            Some(root) => root.resource(path),
            None => Err(EvalError::Unavailable("$root".to_owned())),
        }
    }
}

fn owned<'s>(value: Value) -> Operand<'s> {
    Operand::Value(Cow::Owned(value))
}

/// The order of two items by their keys.
fn by_keys(orderby: &[OrderBy], left: &[Value], right: &[Value]) -> Ordering {
    let keys = orderby.iter().zip(left.iter().zip(right));
    keys.map(|(by, (left, right))| {
        let order = order(left, right);
        if by.descending {
            order.reverse()
        } else {
            order
        }
    })
    .find(|order| order.is_ne())
    .unwrap_or(Ordering::Equal)
}

fn is_widened(value: &Value, ty: ItemType) -> bool {
    use Primitive::{Decimal, Double, Single};
    match (value, ty) {
        (Value::Integer(_), ItemType::Primitive(ty)) => matches!(ty, Decimal | Double | Single),
        (Value::Decimal(_), ItemType::Primitive(ty)) => matches!(ty, Double | Single),
        _ => false,
    }
}

/// A number in the wider type that its expression is of.
pub(super) fn widened(value: Value, ty: ItemType) -> Value {
    if !is_widened(&value, ty) {
        return value;
    }
    match (&value, ty) {
        (Value::Integer(number), ItemType::Primitive(Primitive::Decimal)) => {
            Value::Decimal(number.to_string())
        }
        _ => super::operators::as_double(&value).map_or(value, Value::Double),
    }
}

impl<'a> Scope<'a> {
    /// Where a path starts that starts at none of the service's own resources.
    fn subject(&self, root: &crate::expr::Root) -> Option<Subject<'a>> {
        use crate::expr::Root;
        match root {
            Root::Instance => Some(self.instance),
            Root::It => Some(self.it.unwrap_or(self.instance)),
            Root::Variable(place) => self.variable(*place),
            Root::Service(_) => None,
        }
    }
}
