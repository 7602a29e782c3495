//! What is done to the rows of each group before they are aggregated (OData Extension for Data
//! Aggregation 4.0, section 3.2.3): filters, computations, ranks and pages.

use odata::Error;
use odata::apply::Transformation;
use odata::expr::Path;
use odata::query::OrderBy;

use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::Relation;
use crate::table::Table;

/// What is left of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// All that the filters let pass.
    All,
    /// Something of each.
    Part,
    /// Of some nothing.
    Some,
}

/// Groups on the way to their aggregation.
#[derive(Clone)]
pub(super) struct Groups<'m> {
    /// All rows of all groups.
    pub(super) whole: Relation<'m>,
    pub(super) relation: Relation<'m>,
    pub(super) properties: Vec<&'m Path>,
    /// Conditions on what is aggregated: a group that they leave nothing of is still one.
    pub(super) filters: Vec<Fragment>,
    pub(super) kept: Kept,
    order: Vec<&'m OrderBy>,
}

impl<'m> Groups<'m> {
    pub(super) fn new(relation: Relation<'m>, properties: Vec<&'m Path>) -> Self {
        Self {
            whole: relation.clone(),
            relation,
            properties,
            filters: Vec::new(),
            kept: Kept::All,
            order: Vec::new(),
        }
    }

    /// Takes a step that leaves the rows what they are; `false` for another.
    pub(super) fn take(
        &mut self,
        compiler: &Compiler<'m>,
        table: &'m Table,
        step: &'m Transformation,
    ) -> Result<bool, Error> {
        match step {
            Transformation::Identity => {}
            Transformation::Filter(expr) => {
                let condition = compiler.condition(&self.relation.env, expr, true)?;
                if self.kept == Kept::All {
                    self.filters.push(condition);
                } else {
                    self.kept = Kept::Some;
                    self.relation.conditions.push(condition);
                }
            }
            Transformation::Compute(items) => self.relation.env.compute.extend(items),
            Transformation::OrderBy(items) => self.order = items.iter().collect(),
            Transformation::Ranked {
                greatest,
                measure,
                limit,
                by,
            } => {
                let relation = self.narrowed(true);
                let (by, groups) = ((limit, by), &self.properties);
                self.relation =
                    compiler.ranked(table, relation, *greatest, *measure, by, groups)?;
            }
            Transformation::Top(top) => {
                let relation = self.narrowed(*top > 0);
                let (page, groups) = ((0, Some(*top)), &self.properties);
                self.relation = compiler.paged(table, relation, &self.order, page, groups)?;
            }
            Transformation::Skip(skip) => {
                let relation = self.narrowed(false);
                let (page, groups) = ((*skip, None), &self.properties);
                self.relation = compiler.paged(table, relation, &self.order, page, groups)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The rows that the filters leave, before a rank or page that leaves something of each group
    /// if `of_each`.
    fn narrowed(&mut self, of_each: bool) -> Relation<'m> {
        let whole = self.filters.is_empty() && self.kept != Kept::Some;
        self.kept = match whole && of_each {
            true => Kept::Part,
            false => Kept::Some,
        };
        self.relation.conditions.append(&mut self.filters);
        self.relation.clone()
    }
}
