//! Where the expressions of a request lead. A condition or an order tells of what it is about as
//! surely as the answer would: whoever may not read an entity may not filter or sort by it either.
//!
//! Every form of an expression is named here, so that a new one does not go unseen.

use odata::apply::Transformation;
use odata::expr::{Expr, Path, Root, Step};
use odata::path::Segment;
use odata::query::{ExpandItem, QueryOptions};

/// Calls `see` with every path in the options, those nested in `$select` and `$expand` too.
pub(crate) fn of_options(options: &QueryOptions, see: &mut dyn FnMut(&Path)) {
    let QueryOptions {
        apply,
        compute,
        filter,
        search: _,
        orderby,
        select,
        expand,
        top: _,
        skip: _,
        count: _,
        skip_token: _,
        delta_token: _,
        format: _,
        id: _,
        index: _,
        schema_version: _,
        custom: _,
    } = options;
    of_transformations(apply, see);
    compute.iter().for_each(|item| of_expr(&item.expr, see));
    filter.iter().for_each(|expr| of_expr(expr, see));
    orderby.iter().for_each(|item| of_expr(&item.expr, see));
    for item in select.iter().flat_map(|selection| &selection.items) {
        of_path(&item.path, see);
        of_options(&item.options, see);
    }
    for ExpandItem { options, .. } in expand {
        of_options(options, see);
    }
}

/// Calls `see` with every path in the segments of a resource path.
pub(super) fn of_segments(segments: &[Segment], see: &mut dyn FnMut(&Path)) {
    for segment in segments {
        match segment {
            Segment::Filter(expr) => of_expr(expr, see),
            Segment::Operation { parameters, .. } => {
                parameters.iter().for_each(|(_, expr)| of_expr(expr, see));
            }
            _ => {}
        }
    }
}

fn of_transformations(steps: &[Transformation], see: &mut dyn FnMut(&Path)) {
    for step in steps {
        match step {
            Transformation::Identity
            | Transformation::Search(_)
            | Transformation::Top(_)
            | Transformation::Skip(_) => {}
            Transformation::Filter(expr) => of_expr(expr, see),
            Transformation::Compute(items) => {
                items.iter().for_each(|item| of_expr(&item.expr, see));
            }
            Transformation::OrderBy(items) => {
                items.iter().for_each(|item| of_expr(&item.expr, see));
            }
            Transformation::Ranked { limit, by, .. } => {
                of_expr(limit, see);
                of_expr(by, see);
            }
            Transformation::Aggregate(items) => {
                for item in items {
                    item.expr.iter().for_each(|expr| of_expr(expr, see));
                    let from = item.from.iter().flat_map(|from| &from.properties);
                    from.for_each(|path| of_path(path, see));
                }
            }
            Transformation::GroupBy { properties, then } => {
                properties.iter().for_each(|path| of_path(path, see));
                of_transformations(then, see);
            }
            Transformation::Concat(sequences) => {
                sequences
                    .iter()
                    .for_each(|steps| of_transformations(steps, see));
            }
        }
    }
}

/// Recursion is bounded by the depth that the binder allows.
fn of_expr(expr: &Expr, see: &mut dyn FnMut(&Path)) {
    match expr {
        Expr::Literal { .. } => {}
        Expr::Collection(items) => items.iter().for_each(|item| of_expr(item, see)),
        Expr::Path(path) => of_path(path, see),
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
            of_expr(left, see);
            of_expr(right, see);
        }
        Expr::Not(operand)
        | Expr::Negate(operand)
        | Expr::Cast { operand, .. }
        | Expr::IsOf { operand, .. } => of_expr(operand, see),
        Expr::Call { arguments, .. } => arguments.iter().for_each(|item| of_expr(item, see)),
        Expr::Case { branches, .. } => {
            for (condition, result) in branches {
                of_expr(condition, see);
                of_expr(result, see);
            }
        }
        Expr::Lambda {
            collection,
            predicate,
            ..
        } => {
            of_path(collection, see);
            predicate.iter().for_each(|expr| of_expr(expr, see));
        }
    }
}

fn of_path(path: &Path, see: &mut dyn FnMut(&Path)) {
    see(path);
    if let Root::Service(segments) = &path.root {
        of_segments(segments, see);
    }
    for step in &path.steps {
        match step {
            Step::Filter(expr) => of_expr(expr, see),
            Step::Property { .. }
            | Step::Navigation { .. }
            | Step::Dynamic(_)
            | Step::Typed(_)
            | Step::Cast(_)
            | Step::Key(_)
            | Step::Search(_)
            | Step::Count => {}
        }
    }
}
