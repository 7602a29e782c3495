//! Comparisons, `in` and `has` (OData 4.01 URL Conventions, section 5.1.1.1). Comparisons are
//! two-valued: null equals null and nothing else, and is neither less nor greater than anything.

use edm::{Primitive, TypeRef, Value};
use odata::Error;
use odata::expr::{Comparison, Expr};

use super::super::fragment::Fragment;
use super::super::scope::Env;
use super::Compiler;
use crate::table::ColumnKind;

impl<'m> Compiler<'m> {
    pub(super) fn compare(
        &self,
        env: &Env<'m>,
        op: Comparison,
        left: &'m Expr,
        right: &'m Expr,
        loose: bool,
    ) -> Result<Fragment, Error> {
        match (self.unholdable(left), self.unholdable(right)) {
            (Some(left), Some(right)) => {
                let holds = holds(op, left.cmp(right));
                return Ok(Fragment::sure(if holds { "TRUE" } else { "FALSE" }));
            }
            (None, Some(text)) => return self.beside_unholdable(env, op, left, text, loose),
            (Some(text), None) => {
                return self.beside_unholdable(env, turned(op), right, text, loose);
            }
            (None, None) => {}
        }
        if let Some(found) = self.presence(env, op, left, right)? {
            return Ok(found);
        }
        let left = self.expression(env, left)?;
        let right = self.expression(env, right)?;
        self.compared(op, left, right, loose)
    }

    /// Two compiled operands compared.
    pub(super) fn compared(
        &self,
        op: Comparison,
        left: Fragment,
        right: Fragment,
        loose: bool,
    ) -> Result<Fragment, Error> {
        if left.is_null() || right.is_null() {
            return Ok(self.beside_null(op, &left, &right));
        }
        let Some((left, right)) = self.promoted(left, right) else {
            // Values of different types cannot be compared: null.
            return Ok(Fragment::null(
                self.dialect,
                TypeRef::primitive(Primitive::Boolean),
            ));
        };
        if left.kind == ColumnKind::Json {
            return self.compared_json(op, &left, &right);
        }
        let sure = !left.nullable && !right.nullable;
        let both = left.nullable && right.nullable;
        let equal = match (sure || loose && !both, self.dialect) {
            (true, _) => "=",
            (false, dialect) => dialect.not_distinct(),
        };
        let text = match op {
            Comparison::Eq => format!("({{0}} {equal} {{1}})"),
            Comparison::Ne if sure => "({0} <> {1})".to_owned(),
            Comparison::Ne => format!("(NOT ({{0}} {} {{1}}))", self.dialect.not_distinct()),
            _ => {
                let symbol = symbol(op);
                if sure || loose {
                    format!("({{0}} {symbol} {{1}})")
                } else {
                    format!("(({{0}} {symbol} {{1}}) IS TRUE)")
                }
            }
        };
        let (left, right) = (left.key(self.dialect), right.key(self.dialect));
        Ok(self.boolean(&text, &[&left, &right]).required())
    }

    /// Both operands as values of one type; `None` if there is none.
    pub(super) fn promoted(&self, left: Fragment, right: Fragment) -> Option<(Fragment, Fragment)> {
        use ColumnKind as K;
        if left.is_number() && right.is_number() {
            return Some(match (left.kind, right.kind) {
                (K::Double, _) | (_, K::Double) => (self.to_double(&left), self.to_double(&right)),
                (K::Decimal, _) | (_, K::Decimal) => {
                    (self.to_decimal(&left), self.to_decimal(&right))
                }
                _ => (left, right),
            });
        }
        (left.kind == right.kind).then_some((left, right))
    }

    /// A comparison with the constant null.
    fn beside_null(&self, op: Comparison, left: &Fragment, right: &Fragment) -> Fragment {
        let other = if left.is_null() { right } else { left };
        let constant = |truth: bool| Fragment::sure(if truth { "TRUE" } else { "FALSE" });
        match op {
            Comparison::Eq | Comparison::Ne if other.is_null() => constant(op == Comparison::Eq),
            Comparison::Eq if !other.nullable => constant(false),
            Comparison::Ne if !other.nullable => constant(true),
            Comparison::Eq => self.boolean("({0} IS NULL)", &[other]).required(),
            Comparison::Ne => self.boolean("({0} IS NOT NULL)", &[other]).required(),
            _ => constant(false),
        }
    }

    /// `in` (section 5.1.1.1.12).
    pub(super) fn is_in(
        &self,
        env: &Env<'m>,
        needle: &'m Expr,
        among: &'m Expr,
        loose: bool,
    ) -> Result<Fragment, Error> {
        let Expr::Collection(items) = among else {
            return self.is_in_collection(env, needle, among);
        };
        if let Some(found) = self.in_constants(env, needle, items, loose)? {
            return Ok(found);
        }
        let mut any = Fragment::sure("(FALSE");
        for item in items {
            any.sql.push_str(" OR ");
            any.push(&self.compare(env, Comparison::Eq, needle, item, loose)?);
        }
        any.sql.push(')');
        Ok(any)
    }

    /// A value among constants of its own type: one search of an index.
    fn in_constants(
        &self,
        env: &Env<'m>,
        needle: &'m Expr,
        items: &'m [Expr],
        loose: bool,
    ) -> Result<Option<Fragment>, Error> {
        let is_plain = |item: &Expr| {
            matches!(item, Expr::Literal { value, .. } if !value.is_null())
                && self.unholdable(item).is_none()
        };
        if items.is_empty() || !items.iter().all(is_plain) || self.unholdable(needle).is_some() {
            return Ok(None);
        }
        let needle = self.expression(env, needle)?;
        let mut constants = Vec::with_capacity(items.len());
        for item in items {
            let constant = self.expression(env, item)?;
            if constant.kind != needle.kind || constant.constant.is_none() || constant.is_null() {
                return Ok(None);
            }
            constants.push(constant.key(self.dialect));
        }
        if matches!(needle.kind, ColumnKind::Json | ColumnKind::Boolean) {
            return Ok(None);
        }
        let mut found = Fragment::sure("(");
        let exact = needle.nullable && !loose;
        if exact {
            found.sql.push('(');
        }
        found.push(&needle.key(self.dialect));
        found.sql.push_str(" IN (");
        for (i, constant) in constants.iter().enumerate() {
            if i > 0 {
                found.sql.push_str(", ");
            }
            found.push(constant);
        }
        found.sql.push_str(if exact { ")) IS TRUE)" } else { "))" });
        Ok(Some(found))
    }

    /// `has` (section 5.1.1.1.7).
    pub(super) fn has(
        &self,
        env: &Env<'m>,
        value: &'m Expr,
        flags: &'m Expr,
    ) -> Result<Fragment, Error> {
        let (value, flags) = (self.expression(env, value)?, self.expression(env, flags)?);
        let mut has = self.boolean("(({0} & {1}) = {1})", &[&value, &flags]);
        has.nullable = value.nullable || flags.nullable;
        Ok(has)
    }

    /// A text that no row of this database can hold.
    fn unholdable<'e>(&self, expr: &'e Expr) -> Option<&'e str> {
        match expr {
            Expr::Literal {
                value: Value::String(text),
                ..
            } if !self.dialect.holds(text) => Some(text),
            _ => None,
        }
    }

    /// A comparison with a text that holds U+0000: nothing equals it, and what is less or greater
    /// than it is what is not greater, or greater, than its part before that.
    fn beside_unholdable(
        &self,
        env: &Env<'m>,
        op: Comparison,
        other: &'m Expr,
        text: &str,
        loose: bool,
    ) -> Result<Fragment, Error> {
        let op = match op {
            Comparison::Eq => return Ok(Fragment::sure("FALSE")),
            Comparison::Ne => return Ok(Fragment::sure("TRUE")),
            Comparison::Lt | Comparison::Le => Comparison::Le,
            Comparison::Gt | Comparison::Ge => Comparison::Gt,
        };
        let before = text.split('\0').next().unwrap_or_default();
        let other = self.expression(env, other)?;
        self.compared(op, other, self.text(before), loose)
    }
}

fn symbol(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "=",
        Comparison::Ne => "<>",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}

/// The operator with its operands the other way round.
fn turned(op: Comparison) -> Comparison {
    match op {
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        same => same,
    }
}

fn holds(op: Comparison, order: std::cmp::Ordering) -> bool {
    match op {
        Comparison::Eq => order.is_eq(),
        Comparison::Ne => order.is_ne(),
        Comparison::Lt => order.is_lt(),
        Comparison::Le => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::Ge => order.is_ge(),
    }
}
