//! `topcount`, `bottomsum`, `toppercent` and their kin (section 3.3).

use edm::{Primitive, TypeRef, Value};
use odata::Error;
use odata::apply::RankMeasure;
use odata::expr::Expr;

use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::Relation;
use crate::table::Table;

impl<'m> Compiler<'m> {
    pub(super) fn ranked(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        greatest: bool,
        measure: RankMeasure,
        limit: &'m Expr,
        by: &'m Expr,
    ) -> Result<Relation<'m>, Error> {
        let relation = self.settled(table, relation)?;
        let by = self.expression(&relation.env, by)?;
        let wrong = || {
            Error::bad_request("$apply: the limit of a ranking must be a positive number.")
                .with_target("$apply")
        };
        let limit = self.expression(&relation.env, limit)?;
        let positive = match &limit.constant {
            Some(Value::Integer(n)) => *n > 0,
            Some(Value::Double(x)) => *x > 0.0 && measure != RankMeasure::Count,
            Some(Value::Decimal(text)) => {
                measure != RankMeasure::Count && text.parse().is_ok_and(|x: f64| x > 0.0)
            }
            _ => false,
        };
        if !positive {
            return Err(wrong());
        }
        let key = by.key(self.dialect);
        let direction = if greatest { "DESC" } else { "ASC" };
        let nulls = if by.nullable {
            self.dialect.nulls(greatest)
        } else {
            ""
        };
        let text = match measure {
            RankMeasure::Count => {
                format!("*, ROW_NUMBER() OVER (ORDER BY {{0}} {direction}{nulls}) AS \"ranked\"")
            }
            // What was summed before the row; of the whole for a share.
            RankMeasure::Sum | RankMeasure::Percent => format!(
                "*, COALESCE(SUM({{1}}) OVER (ORDER BY {{0}} {direction}{nulls} \
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS \"ranked\", \
                 COALESCE(SUM({{1}}) OVER (), 0) AS \"whole\""
            ),
        };
        let double = match by.is_number() {
            true => self.to_double(&by),
            false if measure == RankMeasure::Count => by,
            false => return Err(self.unsupported("A ranking by such values")),
        };
        let columns = Fragment::join(
            TypeRef::primitive(Primitive::Int64),
            &text,
            &[&key, &double],
        );
        let mut nested = self.subquery(table, relation, &columns)?;
        let alias = &nested.alias;
        let limit = match measure {
            RankMeasure::Count => limit,
            _ => self.to_double(&limit),
        };
        let text = match measure {
            RankMeasure::Count => format!("\"{alias}\".\"ranked\" <= {{0}}"),
            RankMeasure::Sum => format!("\"{alias}\".\"ranked\" < {{0}}"),
            RankMeasure::Percent => {
                format!("\"{alias}\".\"ranked\" < \"{alias}\".\"whole\" * {{0}} / 100")
            }
        };
        nested.conditions.push(self.boolean(&text, &[&limit]));
        Ok(nested)
    }
}
