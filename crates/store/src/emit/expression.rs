//! Bound expressions as SQL: what they mean is what [`odata::eval`] finds, on both databases.

mod arithmetic;
mod cast;
mod collection;
mod compare;
mod dynamic;
mod function;
mod items;
mod json;
mod lambda;
mod literal;
mod path;
mod pattern;
mod postgres_collection;
mod postgres_function;
mod root;

use std::cell::Cell as Counter;

use edm::time::DateTimeOffset;
use edm::{Model, Primitive, TypeRef};
use odata::Error;
use odata::expr::Expr;

use super::Dialect;
use super::fragment::Fragment;
use super::scope::Env;
use crate::select::Select;
use crate::table::{ColumnKind, Tables};
use crate::visibility::Visibility;

/// Expressions deeper than this are refused; the binder refuses them before.
const MAX_DEPTH: usize = 200;

/// The longest text of an expression, in bytes. Some operations write an operand twice.
const MAX_TEXT: usize = 1 << 20;

/// Makes SQL of expressions.
pub(super) struct Compiler<'m> {
    pub(super) model: &'m Model,
    pub(super) tables: &'m Tables,
    pub(super) dialect: Dialect,
    pub(super) today: i32,
    pub(super) now: DateTimeOffset,
    /// What may be seen; without it, all.
    pub(super) visibility: Option<&'m Visibility>,
    aliases: Counter<usize>,
    depth: Counter<usize>,
    /// How many subqueries are around: within one, names say of which table they are.
    subqueries: Counter<usize>,
}

impl<'m> Compiler<'m> {
    pub(super) fn new(
        model: &'m Model,
        tables: &'m Tables,
        dialect: Dialect,
        today: i32,
        now: DateTimeOffset,
        visibility: Option<&'m Visibility>,
    ) -> Self {
        Self {
            model,
            tables,
            dialect,
            today,
            now,
            visibility,
            aliases: Counter::new(0),
            depth: Counter::new(0),
            subqueries: Counter::new(0),
        }
    }

    /// One for what a select reads.
    pub(super) fn of(
        model: &'m Model,
        tables: &'m Tables,
        dialect: Dialect,
        select: &Select<'m>,
    ) -> Self {
        let (today, now) = (select.today, select.now);
        Self::new(model, tables, dialect, today, now, select.visibility)
    }

    /// Compiles what stands within a subquery.
    pub(super) fn within<T>(&self, inner: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let around = self.subqueries.get();
        self.subqueries.set(around + 1);
        let found = inner();
        self.subqueries.set(around);
        found
    }

    /// A name for a table or item within this statement.
    pub(super) fn alias(&self) -> String {
        let number = self.aliases.get() + 1;
        self.aliases.set(number);
        format!("n{number}")
    }

    /// An expression.
    ///
    /// # Errors
    /// 501 for what this store does not carry out, 400 for what cannot be.
    pub(super) fn expression(&self, env: &Env<'m>, expr: &'m Expr) -> Result<Fragment, Error> {
        let depth = self.depth.get();
        if depth > MAX_DEPTH {
            return Err(Error::bad_request("The expression is nested too deep."));
        }
        self.depth.set(depth + 1);
        let found = self.nested(env, expr);
        self.depth.set(depth);
        bounded(found?)
    }

    fn nested(&self, env: &Env<'m>, expr: &'m Expr) -> Result<Fragment, Error> {
        match expr {
            Expr::Literal { value, ty } => self.literal(value, *ty),
            Expr::Collection(items) => self.list(env, items),
            Expr::Path(path) => self.path(env, path),
            Expr::And(..)
            | Expr::Or(..)
            | Expr::Not(_)
            | Expr::Compare { .. }
            | Expr::In { .. }
            | Expr::Lambda { .. } => self.condition(env, expr, false),
            Expr::Has { value, flags } => self.has(env, value, flags),
            Expr::Negate(operand) => self.negate(env, operand),
            Expr::Arithmetic {
                op,
                left,
                right,
                ty,
            } => self.arithmetic(env, *op, left, right, *ty),
            Expr::Call {
                function,
                arguments,
                ty,
            } => self.call(env, *function, arguments, ty),
            Expr::Cast { operand, ty } => self.cast(env, operand, ty),
            Expr::IsOf { operand, ty } => self.is_of(env, operand, ty),
            Expr::Case { branches, ty } => self.case(env, branches, ty),
        }
    }

    /// A Boolean expression where a condition stands. `loose`: null is as good as false here, as
    /// in `WHERE`, which lets an index serve the comparison.
    pub(super) fn condition(
        &self,
        env: &Env<'m>,
        expr: &'m Expr,
        loose: bool,
    ) -> Result<Fragment, Error> {
        bounded(self.condition_of(env, expr, loose)?)
    }

    fn condition_of(&self, env: &Env<'m>, expr: &'m Expr, loose: bool) -> Result<Fragment, Error> {
        match expr {
            Expr::And(left, right) => self.junction(env, left, "AND", right, loose),
            Expr::Or(left, right) => self.junction(env, left, "OR", right, loose),
            Expr::Not(inner) => {
                let inner = self.condition(env, inner, false)?;
                let mut not = self.boolean("(NOT {0})", &[&inner]);
                not.nullable = inner.nullable;
                Ok(not)
            }
            Expr::Compare { op, left, right } => self.compare(env, *op, left, right, loose),
            Expr::In { needle, among } => self.is_in(env, needle, among, loose),
            Expr::Lambda {
                quantifier,
                collection,
                predicate,
            } => self.lambda(env, *quantifier, collection, predicate.as_deref()),
            _ => {
                let found = self.expression(env, expr)?;
                if found.kind == ColumnKind::Boolean {
                    return Ok(found);
                }
                if found.is_null() {
                    return Ok(Fragment::null(
                        self.dialect,
                        TypeRef::primitive(Primitive::Boolean),
                    ));
                }
                Err(Error::bad_request("A condition must be Edm.Boolean."))
            }
        }
    }

    fn junction(
        &self,
        env: &Env<'m>,
        left: &'m Expr,
        word: &str,
        right: &'m Expr,
        loose: bool,
    ) -> Result<Fragment, Error> {
        let depth = self.depth.get();
        if depth > MAX_DEPTH {
            return Err(Error::bad_request("The expression is nested too deep."));
        }
        self.depth.set(depth + 1);
        let sides = self
            .condition(env, left, loose)
            .and_then(|left| Ok((left, self.condition(env, right, loose)?)));
        self.depth.set(depth);
        let (left, right) = sides?;
        // What may fail is not evaluated where the left operand decides. Where null is told from
        // false, one operand is written twice: the shorter one, so that no text grows without end.
        let two_valued = loose || !left.nullable;
        let left_twice = left.sql.len() <= right.sql.len();
        let text = match (word, two_valued, left_twice) {
            _ if !right.fallible => format!("({{0}} {word} {{1}})"),
            ("AND", true, _) => "(CASE WHEN {0} THEN {1} ELSE FALSE END)".into(),
            ("AND", false, true) => {
                "(CASE WHEN {0} IS FALSE THEN FALSE ELSE ({0} AND {1}) END)".into()
            }
            ("AND", false, false) => {
                "(CASE {0} WHEN TRUE THEN {1} WHEN FALSE THEN FALSE ELSE NULLIF({1}, TRUE) END)"
                    .into()
            }
            (_, true, _) => "(CASE WHEN {0} THEN TRUE ELSE {1} END)".into(),
            (_, false, true) => "(CASE WHEN {0} IS TRUE THEN TRUE ELSE ({0} OR {1}) END)".into(),
            (_, false, false) => {
                "(CASE {0} WHEN FALSE THEN {1} WHEN TRUE THEN TRUE ELSE NULLIF({1}, FALSE) END)"
                    .into()
            }
        };
        let mut joined = self.boolean(&text, &[&left, &right]);
        joined.nullable = left.nullable || right.nullable;
        Ok(joined)
    }

    /// A truth value made of others.
    pub(super) fn boolean(&self, text: &str, parts: &[&Fragment]) -> Fragment {
        Fragment::join(TypeRef::primitive(Primitive::Boolean), text, parts)
    }

    fn case(
        &self,
        env: &Env<'m>,
        branches: &'m [(Expr, Expr)],
        ty: &TypeRef,
    ) -> Result<Fragment, Error> {
        let mut compiled = Vec::with_capacity(branches.len());
        for (condition, result) in branches {
            let condition = self.condition(env, condition, true)?;
            let result = self.expression(env, result)?;
            compiled.push((condition, self.coerce(result, ty)));
        }
        let choose = |part: &dyn Fn(&Fragment) -> Fragment, ty: TypeRef| {
            let mut case = Fragment::of(ty, "(CASE");
            for (condition, result) in &compiled {
                case.sql.push_str(" WHEN ");
                case.push(condition);
                case.sql.push_str(" THEN ");
                case.push(&part(result));
            }
            case.sql.push_str(" END)");
            case
        };
        let mut case = choose(&Fragment::clone, ty.clone());
        if case.kind == ColumnKind::DateTimeOffset {
            let number = TypeRef::primitive(Primitive::Int64);
            let form = |result: &Fragment| match &result.form {
                Some(form) => (**form).clone(),
                None => Fragment::null(self.dialect, TypeRef::primitive(Primitive::Int64)),
            };
            case.form = Some(Box::new(choose(&form, number)));
        }
        Ok(case)
    }

    /// What this store does not carry out.
    pub(super) fn unsupported(&self, what: &str) -> Error {
        Error::new(
            odata::ErrorCode::NotImplemented,
            format!("{what} is not served by this database."),
        )
    }
}

fn bounded(found: Fragment) -> Result<Fragment, Error> {
    let form = found.form.as_ref().map_or(0, |form| form.sql.len());
    if found.sql.len() + form > MAX_TEXT {
        return Err(Error::bad_request(
            "The expression is too long for this database: nest less in it.",
        ));
    }
    Ok(found)
}
