//! Aggregates that need other rows than those of the group: of groups within it (`from`, OData
//! Extension for Data Aggregation 4.0, section 3.2.1.6), of entities that several rows lead to, of
//! what a page leaves of it. Each is a relation of its own, with the group's keys, joined to the
//! relation of all groups.

use odata::Error;
use odata::apply::{Aggregate, Method};
use odata::expr::Path;

use super::super::Dialect;
use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::super::scope::{Made, MadeName, Scope};
use super::Relation;
use super::group::{Columns, name_of};
use crate::table::{ColumnKind, Table};

impl<'m> Compiler<'m> {
    /// One row for each combination of the properties, with the aggregates of its rows that the
    /// filters leave.
    pub(super) fn grouped(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        properties: &[&'m Path],
        items: &'m [Aggregate],
        filters: &[Fragment],
    ) -> Result<Relation<'m>, Error> {
        let is_apart = |item: &&'m Aggregate| {
            !item.from.is_empty() || self.needs_entities(&relation.env, item)
        };
        let (apart, plain): (Vec<&Aggregate>, Vec<&Aggregate>) = items.iter().partition(is_apart);
        if apart.is_empty() {
            return self.grouped_plain(relation, properties, &plain, filters);
        }
        let mut narrowed = relation.clone();
        narrowed.conditions.extend(filters.iter().cloned());
        let mut parts = Vec::with_capacity(apart.len());
        for item in apart {
            parts.push(self.of_groups(
                table,
                narrowed.clone(),
                properties,
                item,
                item.from.len(),
            )?);
        }
        let groups = match plain.is_empty() && properties.is_empty() {
            true => None,
            false => Some(self.grouped_plain(relation, properties, &plain, filters)?),
        };
        self.beside(groups, parts, properties.len(), &results(items))
    }

    /// The aggregates of what is left of groups, where of some nothing may be.
    pub(super) fn grouped_of_some(
        &self,
        table: &'m Table,
        (whole, left): (Relation<'m>, Relation<'m>),
        properties: &[&'m Path],
        items: &'m [Aggregate],
    ) -> Result<Relation<'m>, Error> {
        let groups = self.grouped_plain(whole, properties, &[], &[])?;
        let part = self.grouped(table, left, properties, items, &[])?;
        self.beside(Some(groups), vec![part], properties.len(), &results(items))
    }

    /// The groups with one aggregate, behind so many of its `from`.
    fn of_groups(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        properties: &[&'m Path],
        item: &'m Aggregate,
        from: usize,
    ) -> Result<Relation<'m>, Error> {
        let Some(last) = from.checked_sub(1).and_then(|at| item.from.get(at)) else {
            if !self.needs_entities(&relation.env, item) {
                return self.grouped_plain(relation, properties, &[item], &[]);
            }
            let part = self.of_entities(table, relation.clone(), properties, item)?;
            if item.from.is_empty() {
                return Ok(part);
            }
            // A group from which nothing is reached is one of those that are aggregated.
            let groups = self.grouped_plain(relation, properties, &[], &[])?;
            let result = [(item, item.method)];
            return self.beside(Some(groups), vec![part], properties.len(), &result);
        };
        let all: Vec<&Path> = properties.iter().copied().chain(&last.properties).collect();
        let inner = self.of_groups(table, relation, &all, item, from - 1)?;
        let made = made(&inner)?;
        let value = made.iter().rev().find(|m| m.name == aggregate_name(item));
        let value = value.ok_or_else(|| Error::internal("an aggregate that was not made"))?;
        let ty = item.from.get(from).map_or(&item.ty, |next| &next.of);
        let value = self.over(last.method, &value.fragment, &Fragment::sure(""))?;
        let value = self.of_type(value, ty);
        let keys = self.keys(&inner.env, properties)?;
        self.rows_of(&inner, keys, vec![(aggregate_name(item), value)])
    }

    /// Each group with the aggregates of the parts, which have the group's keys before them.
    fn beside(
        &self,
        groups: Option<Relation<'m>>,
        parts: Vec<Relation<'m>>,
        keys: usize,
        results: &[(&'m Aggregate, Method)],
    ) -> Result<Relation<'m>, Error> {
        let mut columns = Columns::new(self.alias());
        let mut from = match &groups {
            Some(groups) => groups.from.clone(),
            None => Fragment::sure(format!("(SELECT 1 AS \"one\") AS \"{}\"", self.alias())),
        };
        let own = groups.as_ref().map(made).transpose()?.unwrap_or_default();
        for key in own.iter().take(keys) {
            columns.add(self.dialect, key.name.clone(), &key.fragment);
        }
        let mut values: Vec<&Made> = own.iter().skip(keys).collect();
        for part in &parts {
            let of_part = made(part)?;
            from.sql.push_str(" LEFT JOIN ");
            from.push(&part.from);
            from.sql.push_str(" ON TRUE");
            for (left, right) in own.iter().zip(of_part).take(keys) {
                from.sql.push_str(" AND ");
                from.push(&self.same_key(&left.fragment, &right.fragment));
            }
            values.extend(of_part.iter().skip(keys));
        }
        for (item, method) in results {
            let name = aggregate_name(item);
            let value = values.iter().find(|made| made.name == name);
            let value = value.ok_or_else(|| Error::internal("an aggregate that was not made"))?;
            let value = match method {
                Method::Count | Method::CountDistinct => {
                    let ty = value.fragment.ty.clone();
                    Fragment::join(ty, "COALESCE({0}, 0)", &[&value.fragment]).required()
                }
                _ => value.fragment.clone(),
            };
            columns.add(self.dialect, name, &value);
        }
        Ok(columns.into_relation(&from, &[]))
    }

    /// Whether two groups are the same: null is a value of a key. Written so that a join finds them.
    fn same_key(&self, left: &Fragment, right: &Fragment) -> Fragment {
        let sure = !left.nullable && !right.nullable;
        let (left, right) = (left.key(self.dialect), right.key(self.dialect));
        if sure {
            return self.boolean("({0} = {1})", &[&left, &right]);
        }
        match self.dialect {
            Dialect::Sqlite => self.boolean("({0} IS {1})", &[&left, &right]),
            Dialect::Postgres => {
                // It joins by hash where both sides of an equation are of one table each.
                let none = match left.kind {
                    ColumnKind::Text | ColumnKind::Guid | ColumnKind::Blob => "''",
                    _ => "0",
                };
                let text = format!(
                    "(COALESCE({{0}}, {none}) = COALESCE({{1}}, {none}) \
                     AND ({{0}} IS NULL) = ({{1}} IS NULL))"
                );
                self.boolean(&text, &[&left, &right])
            }
        }
    }

    /// `SELECT keys, values FROM … GROUP BY keys`.
    pub(super) fn rows_of(
        &self,
        relation: &Relation<'m>,
        keys: Vec<(MadeName, Fragment)>,
        values: Vec<(MadeName, Fragment)>,
    ) -> Result<Relation<'m>, Error> {
        let mut columns = Columns::new(self.alias());
        let mut places = Vec::with_capacity(keys.len());
        for (name, key) in keys {
            places.push(columns.place());
            self.group_key(&mut columns, name, &key)?;
        }
        for (name, value) in values {
            columns.add(self.dialect, name, &value);
        }
        if columns.is_empty() {
            return Err(Error::bad_request(
                "$apply: 'groupby' and 'aggregate' name nothing.",
            ));
        }
        let mut from = relation.from.clone();
        from.push(&Fragment::all_of(&relation.conditions));
        Ok(columns.into_relation(&from, &places))
    }

    /// The values of grouping properties, as groups are named by them.
    pub(super) fn keys(
        &self,
        env: &super::super::scope::Env<'m>,
        properties: &[&'m Path],
    ) -> Result<Vec<(MadeName, Fragment)>, Error> {
        let key = |path: &&'m Path| Ok((name_of(path), self.path(env, path)?));
        properties.iter().map(key).collect()
    }
}

/// Aggregates with the method that makes their results.
fn results(items: &[Aggregate]) -> Vec<(&Aggregate, Method)> {
    let last = |item: &Aggregate| item.from.last().map_or(item.method, |from| from.method);
    items.iter().map(|item| (item, last(item))).collect()
}

pub(super) fn aggregate_name(item: &Aggregate) -> MadeName {
    MadeName::Dynamic(item.name.clone())
}

/// The columns of rows that transformations made.
fn made<'r>(relation: &'r Relation<'_>) -> Result<&'r [Made], Error> {
    match &relation.env.instance {
        Scope::Made(made) => Ok(made.as_slice()),
        _ => Err(Error::internal("groups that are rows of a table")),
    }
}
