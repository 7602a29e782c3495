//! `$apply` as nested selects (OData Extension for Data Aggregation 4.0, section 3): a relation is
//! carried from one transformation to the next, and becomes a subquery where the next one needs
//! the rows as they are by then.

mod aggregate;
mod beside;
mod entities;
mod group;
mod output;
mod ranked;
mod within;

use edm::Model;
use odata::Error;
use odata::apply::Transformation;
use odata::query::OrderBy;

use super::expression::Compiler;
use super::fragment::Fragment;
use super::scope::{Env, Scope};
use super::select::{conditions, environment};
use super::{Dialect, Statement, page};
use crate::aggregation::{Aggregated, Aggregation};
use crate::select::Order;
use crate::table::{Table, Tables};

/// Rows between two transformations.
#[derive(Clone)]
pub(super) struct Relation<'m> {
    /// What stands behind `FROM`.
    from: Fragment,
    /// What the statement calls the rows.
    alias: String,
    env: Env<'m>,
    conditions: Vec<Fragment>,
    order: Vec<&'m OrderBy>,
    skip: u64,
    top: Option<u64>,
}

/// The transformations as a statement, and the properties of the rows that come out.
///
/// # Errors
/// 400 or 501 for what this database does not carry out.
pub fn aggregate(
    model: &Model,
    tables: &Tables,
    dialect: Dialect,
    aggregation: &Aggregation<'_>,
) -> Result<(Statement, Vec<Aggregated>), Error> {
    let select = &aggregation.input;
    let table = tables.table(select.table);
    let compiler = Compiler::of(model, tables, dialect, select);
    let env = environment(table, select)?;
    let relation = Relation {
        from: compiler.source(select.table, None),
        alias: table.name.clone(),
        conditions: conditions(&compiler, &env, table, select)?,
        env,
        order: Vec::new(),
        skip: 0,
        top: None,
    };
    let relation = compiler.steps(table, relation, aggregation.steps.iter().copied())?;
    let mut out = Statement {
        sql: String::new(),
        binds: Vec::new(),
    };
    let columns = compiler.write_relation(table, &relation, &mut out)?;
    out.sql = dialect.placeholders(out.sql);
    Ok((out, columns))
}

impl<'m> Compiler<'m> {
    pub(super) fn steps(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        steps: impl Iterator<Item = &'m Transformation>,
    ) -> Result<Relation<'m>, Error> {
        let mut relation = relation;
        for step in steps {
            relation = self.step(table, relation, step)?;
        }
        Ok(relation)
    }

    fn step(
        &self,
        table: &'m Table,
        mut relation: Relation<'m>,
        step: &'m Transformation,
    ) -> Result<Relation<'m>, Error> {
        match step {
            Transformation::Identity => {}
            Transformation::Filter(expr) => {
                relation = self.settled(table, relation)?;
                let condition = self.condition(&relation.env, expr, true)?;
                relation.conditions.push(condition);
            }
            Transformation::Search(search) => {
                if !matches!(relation.env.instance, Scope::Row { .. }) {
                    return Err(self.unsupported("A search in aggregated values"));
                }
                relation = self.settled(table, relation)?;
                relation.conditions.push(self.search(table, None, search));
            }
            Transformation::Compute(items) => relation.env.compute.extend(items),
            Transformation::OrderBy(order) => {
                relation = self.settled(table, relation)?;
                relation.order = order.iter().collect();
            }
            Transformation::Top(limit) => {
                relation.top = Some(relation.top.map_or(*limit, |top| top.min(*limit)));
            }
            Transformation::Skip(count) => {
                relation.skip = relation.skip.saturating_add(*count);
                relation.top = relation.top.map(|top| top.saturating_sub(*count));
            }
            Transformation::Ranked {
                greatest,
                measure,
                limit,
                by,
            } => relation = self.ranked(table, relation, *greatest, *measure, (limit, by), &[])?,
            Transformation::Aggregate(items) => {
                relation = self.settled(table, relation)?;
                relation = self.grouped(table, relation, &[], items, &[])?;
            }
            Transformation::GroupBy { properties, then } => {
                relation = self.settled(table, relation)?;
                relation = self.group_by(table, relation, properties.iter().collect(), then)?;
            }
            Transformation::Concat(sequences) => {
                relation = self.concatenated(table, &relation, sequences)?;
            }
        }
        Ok(relation)
    }

    /// The relation without a page: what had one becomes a subquery.
    pub(super) fn settled(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
    ) -> Result<Relation<'m>, Error> {
        if relation.skip == 0 && relation.top.is_none() {
            return Ok(relation);
        }
        self.subquery(table, relation, &Fragment::sure("*"))
    }

    /// The relation as a subquery that gives these columns, under the same name.
    pub(super) fn subquery(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        columns: &Fragment,
    ) -> Result<Relation<'m>, Error> {
        let mut inner = Statement {
            sql: "(SELECT ".to_owned(),
            binds: Vec::new(),
        };
        columns.write(&mut inner);
        self.write_source(table, &relation, &mut inner)?;
        let mut from = Fragment::sure(inner.sql);
        from.binds = inner.binds;
        from.sql.push_str(&format!(") AS \"{}\"", relation.alias));
        Ok(Relation {
            from,
            conditions: Vec::new(),
            order: Vec::new(),
            skip: 0,
            top: None,
            ..relation
        })
    }

    /// `FROM … WHERE … ORDER BY … LIMIT …`
    pub(super) fn write_source(
        &self,
        table: &'m Table,
        relation: &Relation<'m>,
        out: &mut Statement,
    ) -> Result<(), Error> {
        out.sql.push_str(" FROM ");
        relation.from.write(out);
        Fragment::all_of(&relation.conditions).write(out);
        let is_row = matches!(relation.env.instance, Scope::Row { .. });
        let order: Vec<Order<'m>> = relation
            .order
            .iter()
            .map(|by| match is_row {
                true => Order::expression(table, &by.expr, by.descending),
                false => Order {
                    by: crate::select::OrderKey::Expr(&by.expr),
                    descending: by.descending,
                },
            })
            .collect();
        let terms = page::terms(self, &relation.env, table, &order)?;
        page::order(self.dialect, &terms, out);
        let skip = Some(relation.skip).filter(|skip| *skip > 0);
        page::limit(self.dialect, relation.top, skip, out);
        Ok(())
    }
}
