//! Walks over syntax trees that need no stack, for what must hold before others recurse. Chains
//! such as `1 add 1 add 1` grow deep without nesting in the text.

use super::limits::Limits;
use super::syntax::{Arguments, Expr, Member, PathRoot};
use super::syntax_error::SyntaxError;

/// Refuses an expression that is deeper than the limit. Needs no stack itself.
pub(super) fn check_height(expr: &Expr<'_>, limits: &Limits) -> Result<(), SyntaxError> {
    let max = limits.expression_depth;
    let mut open = vec![(expr, 1)];
    while let Some((expr, depth)) = open.pop() {
        if depth > max {
            return Err(SyntaxError::Limit {
                name: "expression_depth",
                max,
            });
        }
        each_child(expr, &mut |child| open.push((child, depth + 1)));
    }
    Ok(())
}

/// The first alias that an expression uses, itself included.
pub(super) fn first_alias<'e>(expr: &'e Expr<'_>) -> Option<&'e str> {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let Expr::Path(path) = expr
            && let PathRoot::Alias(name) = &path.root
        {
            return Some(name);
        }
        each_child(expr, &mut |child| open.push(child));
    }
    None
}

fn each_child<'e, 'a>(expr: &'e Expr<'a>, visit: &mut impl FnMut(&'e Expr<'a>)) {
    match expr {
        Expr::Literal(_) => {}
        Expr::Path(path) => path.members.iter().for_each(|member| match member {
            Member::Name(_) | Member::Any | Member::Key(_) => {}
            Member::Count(options) => options.iter().flat_map(|o| &o.filter).for_each(&mut *visit),
            Member::Aggregate(item) => visit(&item.expr),
            Member::Call(_, arguments) | Member::KeyPredicate(arguments) => match arguments {
                Arguments::Positional(items) => items.iter().for_each(&mut *visit),
                Arguments::Named(items) => items.iter().for_each(|(_, e)| visit(e)),
            },
            Member::Lambda(_, _, predicate) | Member::Filter(predicate) => visit(predicate),
        }),
        Expr::And(items) | Expr::Or(items) | Expr::List(items) => items.iter().for_each(visit),
        Expr::Not(operand) | Expr::Negate(operand) => visit(operand),
        Expr::Binary(_, left, right) => {
            visit(left);
            visit(right);
        }
        Expr::Object(members) => members.iter().for_each(|(_, e)| visit(e)),
        Expr::Case(pairs) => pairs.iter().for_each(|(condition, result)| {
            visit(condition);
            visit(result);
        }),
    }
}
