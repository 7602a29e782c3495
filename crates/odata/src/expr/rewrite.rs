//! Changing paths wherever they stand in expressions and query options.

use super::{Expr, Path, Step};
use crate::Error;
use crate::apply::Transformation;
use crate::query::QueryOptions;

/// Changes the paths of expressions. Every form of an expression is walked here, so that a new one
/// does not go unseen.
pub trait Rewrite {
    /// Changes a path, or says what stands in its place.
    ///
    /// # Errors
    /// The rewriter's own.
    fn path(&mut self, path: &mut Path) -> Result<Option<Expr>, Error>;

    /// Changes the paths of an expression.
    ///
    /// # Errors
    /// The rewriter's own, and if a value is to stand in place of the collection of `any` or `all`.
    fn expr(&mut self, expr: &mut Expr) -> Result<(), Error> {
        match expr {
            Expr::Literal { .. } => Ok(()),
            Expr::Path(path) => {
                if let Some(replaced) = self.path(path)? {
                    *expr = replaced;
                }
                Ok(())
            }
            Expr::Collection(items)
            | Expr::Call {
                arguments: items, ..
            } => items.iter_mut().try_for_each(|item| self.expr(item)),
            Expr::Compare { left, right, .. }
            | Expr::Arithmetic { left, right, .. }
            | Expr::And(left, right)
            | Expr::Or(left, right)
            | Expr::Has {
                value: left,
                flags: right,
            }
            | Expr::In {
                needle: left,
                among: right,
            } => {
                self.expr(left)?;
                self.expr(right)
            }
            Expr::Not(operand)
            | Expr::Negate(operand)
            | Expr::Cast { operand, .. }
            | Expr::IsOf { operand, .. } => self.expr(operand),
            Expr::Case { branches, .. } => branches.iter_mut().try_for_each(|(when, then)| {
                self.expr(when)?;
                self.expr(then)
            }),
            Expr::Lambda {
                collection,
                predicate,
                ..
            } => {
                if self.path(collection)?.is_some() {
                    return Err(Error::internal("any or all of what is no path"));
                }
                predicate.as_mut().map_or(Ok(()), |inner| self.expr(inner))
            }
        }
    }

    /// Changes the conditions within a path.
    ///
    /// # Errors
    /// As [`Self::expr`].
    fn within(&mut self, path: &mut Path) -> Result<(), Error> {
        path.steps.iter_mut().try_for_each(|step| match step {
            Step::Filter(condition) => self.expr(condition),
            _ => Ok(()),
        })
    }

    /// Changes the paths of all query options, those nested in `$select` and `$expand` too.
    ///
    /// # Errors
    /// As [`Self::expr`].
    fn options(&mut self, options: &mut QueryOptions) -> Result<(), Error> {
        self.transformations(&mut options.apply)?;
        let computed = options.compute.iter_mut().map(|item| &mut item.expr);
        let ordered = options.orderby.iter_mut().map(|item| &mut item.expr);
        computed
            .chain(ordered)
            .chain(&mut options.filter)
            .try_for_each(|expr| self.expr(expr))?;
        let selected = options.select.iter_mut();
        for item in selected.flat_map(|selection| &mut selection.items) {
            self.options(&mut item.options)?;
        }
        let mut expanded = options.expand.iter_mut();
        expanded.try_for_each(|item| self.options(&mut item.options))
    }

    /// Changes the paths of transformations.
    ///
    /// # Errors
    /// As [`Self::expr`].
    fn transformations(&mut self, steps: &mut [Transformation]) -> Result<(), Error> {
        for step in steps {
            match step {
                Transformation::Identity
                | Transformation::Search(_)
                | Transformation::Top(_)
                | Transformation::Skip(_) => {}
                Transformation::Filter(expr) => self.expr(expr)?,
                Transformation::Compute(items) => {
                    let mut items = items.iter_mut();
                    items.try_for_each(|item| self.expr(&mut item.expr))?;
                }
                Transformation::OrderBy(items) => {
                    let mut items = items.iter_mut();
                    items.try_for_each(|item| self.expr(&mut item.expr))?;
                }
                Transformation::Ranked { limit, by, .. } => {
                    self.expr(limit)?;
                    self.expr(by)?;
                }
                Transformation::Aggregate(items) => {
                    let exprs = items.iter_mut().filter_map(|item| item.expr.as_mut());
                    for expr in exprs {
                        self.expr(expr)?;
                    }
                }
                Transformation::GroupBy { then, .. } => self.transformations(then)?,
                Transformation::Concat(sequences) => {
                    let mut sequences = sequences.iter_mut();
                    sequences.try_for_each(|steps| self.transformations(steps))?;
                }
            }
        }
        Ok(())
    }
}
