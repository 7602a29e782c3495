//! `topcount`, `bottomsum`, `toppercent` and their kin (section 3.3).

use edm::{Primitive, TypeRef, Value};
use odata::Error;
use odata::apply::RankMeasure;
use odata::expr::{Expr, Path};
use odata::query::OrderBy;

use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::super::scope::Env;
use super::Relation;
use crate::table::Table;

impl<'m> Compiler<'m> {
    pub(super) fn ranked(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        greatest: bool,
        measure: RankMeasure,
        (limit, by): (&'m Expr, &'m Expr),
        groups: &[&'m Path],
    ) -> Result<Relation<'m>, Error> {
        let relation = self.settled(table, relation)?;
        let partition = self.partition(&relation.env, groups)?;
        let (ranked, whole) = (self.alias(), self.alias());
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
                format!(
                    "*, ROW_NUMBER() OVER ({{2}}ORDER BY {{0}} {direction}{nulls}) AS \"{ranked}\""
                )
            }
            // What was summed before the row; of the whole for a share.
            RankMeasure::Sum | RankMeasure::Percent => format!(
                "*, COALESCE(SUM({{1}}) OVER ({{2}}ORDER BY {{0}} {direction}{nulls} \
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS \"{ranked}\", \
                 COALESCE(SUM({{1}}) OVER ({{2}}), 0) AS \"{whole}\""
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
            &[&key, &double, &partition],
        );
        let mut nested = self.subquery(table, relation, &columns)?;
        let alias = &nested.alias;
        let limit = match measure {
            RankMeasure::Count => limit,
            _ => self.to_double(&limit),
        };
        let text = match measure {
            RankMeasure::Count => format!("\"{alias}\".\"{ranked}\" <= {{0}}"),
            RankMeasure::Sum => format!("\"{alias}\".\"{ranked}\" < {{0}}"),
            RankMeasure::Percent => {
                format!("\"{alias}\".\"{ranked}\" < \"{alias}\".\"{whole}\" * {{0}} / 100")
            }
        };
        nested.conditions.push(self.boolean(&text, &[&limit]));
        Ok(nested)
    }

    /// A page of each group: the rows behind `skip` of them, at most `top`, in an order that ends
    /// with the key.
    pub(super) fn paged(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        order: &[&'m OrderBy],
        (skip, top): (u64, Option<u64>),
        groups: &[&'m Path],
    ) -> Result<Relation<'m>, Error> {
        let relation = self.settled(table, relation)?;
        let number = TypeRef::primitive(Primitive::Int64);
        let place = self.alias();
        let mut columns = Fragment::of(number, "*, ROW_NUMBER() OVER (");
        columns.push(&self.partition(&relation.env, groups)?);
        let mut lead = "ORDER BY ";
        for item in order {
            let by = self.expression(&relation.env, &item.expr)?;
            let nulls = if by.nullable {
                self.dialect.nulls(item.descending)
            } else {
                ""
            };
            let direction = if item.descending { "DESC" } else { "ASC" };
            columns.sql.push_str(lead);
            columns.push(&by.key(self.dialect));
            columns.sql.push_str(&format!(" {direction}{nulls}"));
            lead = ", ";
        }
        for column in &table.key {
            columns.sql.push_str(lead);
            columns.push(&self.column(table, None, *column).key(self.dialect));
            lead = ", ";
        }
        columns.sql.push_str(&format!(") AS \"{place}\""));
        let mut nested = self.subquery(table, relation, &columns)?;
        let name = format!("\"{}\".\"{place}\"", nested.alias);
        let mut condition = format!("{name} > {skip}");
        if let Some(top) = top {
            condition.push_str(&format!(" AND {name} <= {}", skip.saturating_add(top)));
        }
        nested
            .conditions
            .push(Fragment::sure(format!("({condition})")));
        Ok(nested)
    }

    /// `PARTITION BY` the groups' properties.
    fn partition(&self, env: &Env<'m>, groups: &[&'m Path]) -> Result<Fragment, Error> {
        let mut partition = Fragment::sure("");
        for (i, path) in groups.iter().enumerate() {
            let lead = if i == 0 { "PARTITION BY " } else { ", " };
            partition.sql.push_str(lead);
            partition.push(&self.path(env, path)?.key(self.dialect));
        }
        if !groups.is_empty() {
            partition.sql.push(' ');
        }
        Ok(partition)
    }
}
