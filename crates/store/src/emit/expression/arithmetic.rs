//! Arithmetic (OData 4.01 URL Conventions, section 5.1.1.2).

use edm::{ItemType, TypeRef};
use odata::Error;
use odata::expr::{Arithmetic, Expr};

use super::super::Dialect;
use super::super::fragment::Fragment;
use super::super::scope::Env;
use super::Compiler;
use crate::table::ColumnKind;

impl<'m> Compiler<'m> {
    pub(super) fn negate(&self, env: &Env<'m>, operand: &'m Expr) -> Result<Fragment, Error> {
        let operand = self.expression(env, operand)?;
        let ty = operand.ty.clone();
        if operand.is_null() {
            return Ok(operand);
        }
        if let Some(Ok(value)) = operand.constant.as_ref().map(odata::eval::negate) {
            return self.constant(&value, ty);
        }
        let operands = self.later(vec![operand]);
        let [operand] = operands.as_slice() else {
            return Err(Error::internal("one operand that is not one"));
        };
        let mut found = match self.dialect {
            Dialect::Sqlite => self.evaluated("negate", &operands, &ty),
            Dialect::Postgres => Fragment::join(ty, "(- {0})", &[operand]),
        };
        found.nullable = operand.nullable;
        found.fallible = true;
        Ok(found)
    }

    pub(super) fn arithmetic(
        &self,
        env: &Env<'m>,
        op: Arithmetic,
        left: &'m Expr,
        right: &'m Expr,
        ty: ItemType,
    ) -> Result<Fragment, Error> {
        let (left, right) = (self.expression(env, left)?, self.expression(env, right)?);
        let ty = TypeRef::of(ty);
        if left.is_null() || right.is_null() {
            return Ok(Fragment::null(self.dialect, ty));
        }
        // What fails is left to the database: no row may lead there.
        if let (Some(l), Some(r)) = (&left.constant, &right.constant)
            && let Ok(value) = odata::eval::arithmetic(op, l, r)
        {
            return self.constant(&value, ty);
        }
        let nullable = left.nullable || right.nullable;
        let form = moved_form(&left, &right);
        let operands = self.later(vec![left, right]);
        let mut found = match (self.dialect, operands.as_slice()) {
            (Dialect::Postgres, [left, right]) => self.arithmetic_postgres(op, left, right, ty)?,
            _ => self.evaluated(op.as_str(), &operands, &ty),
        };
        if found.kind == ColumnKind::DateTimeOffset {
            found.form = form;
        }
        // Not-a-number has no place in a database.
        found.nullable = nullable || found.kind == ColumnKind::Double || op == Arithmetic::DivBy;
        found.fallible = true;
        Ok(found)
    }

    fn arithmetic_postgres(
        &self,
        op: Arithmetic,
        left: &Fragment,
        right: &Fragment,
        ty: TypeRef,
    ) -> Result<Fragment, Error> {
        use ColumnKind as K;
        if left.is_number() && right.is_number() {
            return self.numbers_postgres(op, left, right, ty);
        }
        let day = edm::time::TICKS_PER_DAY;
        let name = op.as_str();
        let text = match (op, left.kind, right.kind) {
            (Arithmetic::Add | Arithmetic::Sub, K::DateTimeOffset, K::Duration) => {
                let sign = if op == Arithmetic::Add { "+" } else { "-" };
                format!("odata_instant({{0}} {sign} {{1}}, {{2}}, '{name}')")
            }
            (Arithmetic::Add | Arithmetic::Sub, K::Date, K::Duration) => {
                let sign = if op == Arithmetic::Add { "+" } else { "-" };
                format!("odata_day(CAST({{0}} AS BIGINT) * {day} {sign} {{1}}, '{name}')")
            }
            (Arithmetic::Add, K::Duration, K::Duration) => "({0} + {1})".to_owned(),
            (Arithmetic::Sub, K::Duration, K::Duration)
            | (Arithmetic::Sub, K::DateTimeOffset, K::DateTimeOffset) => "({0} - {1})".to_owned(),
            (Arithmetic::Sub, K::Date, K::Date) => {
                format!("((CAST({{0}} AS BIGINT) - CAST({{1}} AS BIGINT)) * {day})")
            }
            (Arithmetic::Mul, K::Duration, _) => "odata_scaled({0}, {1}, FALSE)".to_owned(),
            (Arithmetic::Mul, _, K::Duration) => "odata_scaled({1}, {0}, FALSE)".to_owned(),
            (Arithmetic::Div | Arithmetic::DivBy, K::Duration, _) => {
                "odata_scaled({0}, {1}, TRUE)".to_owned()
            }
            _ => return Ok(Fragment::null(self.dialect, ty)),
        };
        let factor = |side: &Fragment| match side.kind {
            K::Integer => self.to_decimal(side),
            _ => side.clone(),
        };
        let (left, right) = (factor(left), factor(right));
        // The text names the operands in their order, whichever comes first.
        let utc = self.number(0);
        let form = left.form.as_deref().unwrap_or(&utc);
        Ok(Fragment::join(ty, &text, &[&left, &right, form]))
    }

    /// The operands of what may fail. A database computes what it knows without a row before it
    /// reads one, but a failure must wait until a row leads there.
    pub(super) fn later(&self, operands: Vec<Fragment>) -> Vec<Fragment> {
        if operands.iter().any(|operand| operand.varies) {
            return operands;
        }
        let later = |operand: Fragment| {
            let text = match (operand.kind, self.dialect) {
                (ColumnKind::Text, Dialect::Postgres) => "(odata_later({0}) COLLATE \"C\")",
                _ => "odata_later({0})",
            };
            Fragment {
                kind: operand.kind,
                nullable: operand.nullable,
                form: operand.form.clone(),
                varies: true,
                ..Fragment::join(operand.ty.clone(), text, &[&operand])
            }
        };
        operands.into_iter().map(later).collect()
    }

    fn numbers_postgres(
        &self,
        op: Arithmetic,
        left: &Fragment,
        right: &Fragment,
        ty: TypeRef,
    ) -> Result<Fragment, Error> {
        use ColumnKind as K;
        let integers = left.kind == K::Integer && right.kind == K::Integer;
        let promoted = if integers && op == Arithmetic::DivBy {
            Some((self.to_decimal(left), self.to_decimal(right)))
        } else {
            self.promoted(left.clone(), right.clone())
        };
        let Some((left, right)) = promoted else {
            return Ok(Fragment::null(self.dialect, ty));
        };
        let text = match (op, left.kind) {
            (_, K::Double) => format!("odata_double_op('{}', {{0}}, {{1}})", op.as_str()),
            (Arithmetic::Add, _) => "({0} + {1})".to_owned(),
            (Arithmetic::Sub, _) => "({0} - {1})".to_owned(),
            (Arithmetic::Mul, _) => "({0} * {1})".to_owned(),
            (Arithmetic::Mod, _) => "({0} % {1})".to_owned(),
            (Arithmetic::Div, K::Integer) => "({0} / {1})".to_owned(),
            // What is divided by zero is INF, which no decimal is.
            (Arithmetic::DivBy, _) => "odata_quotient({0}, NULLIF({1}, 0))".to_owned(),
            (Arithmetic::Div, _) => "odata_quotient({0}, {1})".to_owned(),
        };
        let mut found = Fragment::join(ty, &text, &[&left, &right]);
        found.kind = match (op, left.kind) {
            (Arithmetic::DivBy, K::Integer) => K::Decimal,
            (_, kind) => kind,
        };
        if found.kind != crate::table::kind_of(&found.ty) {
            let wanted = found.ty.clone();
            let primitive = match found.kind {
                K::Double => edm::Primitive::Double,
                K::Decimal => edm::Primitive::Decimal,
                _ => edm::Primitive::Int64,
            };
            found = found.with_type(TypeRef::primitive(primitive));
            found = self.coerce(found, &wanted);
        }
        Ok(found)
    }
}

/// The form of an instant that is moved: its own, and nothing where the other operand is null.
fn moved_form(instant: &Fragment, other: &Fragment) -> Option<Box<Fragment>> {
    let form = instant.form.as_deref()?;
    let form = match &other.constant {
        Some(value) if !value.is_null() => form.clone(),
        None if !other.nullable => form.clone(),
        _ => {
            let known = "CASE WHEN {1} IS NOT NULL THEN {0} END";
            Fragment::join(form.ty.clone(), known, &[form, other])
        }
    };
    Some(Box::new(form))
}
