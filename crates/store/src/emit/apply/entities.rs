//! Aggregates of what a path leads to, where several rows of a group may lead to one entity: it is
//! considered once (OData Extension for Data Aggregation 4.0, section 3.2.1.1).

use edm::{Primitive, TypeRef};
use odata::Error;
use odata::apply::{Aggregate, Method};
use odata::expr::{Expr, Path, Root, Step};

use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::super::scope::{Env, MadeName, Scope};
use super::Relation;
use super::beside::aggregate_name;
use super::group::Columns;
use crate::table::{ColumnKind, Table};

/// What a path leads to, one row for each.
struct Reached<'m> {
    from: Fragment,
    conditions: Vec<Fragment>,
    scope: Scope<'m>,
    /// What tells the entities apart, and the items of their collections.
    identity: Vec<Fragment>,
}

impl<'m> Compiler<'m> {
    /// Whether an aggregate is one of entities that more than one row may lead to, or of items that
    /// are not aggregated row by row.
    pub(super) fn needs_entities(&self, env: &Env<'m>, item: &'m Aggregate) -> bool {
        let Some(Expr::Path(path)) = &item.expr else {
            return false;
        };
        if path.root != Root::Instance || !matches!(env.instance, Scope::Row { .. }) {
            return false;
        }
        if path.ty.collection {
            return !self.is_row_by_row(env, path, item.method);
        }
        let leads_on = path.navigation().next().is_some();
        match item.method {
            Method::Count | Method::Sum | Method::Average => leads_on,
            // Of the same values the least, the greatest and the different ones are the same.
            Method::Min | Method::Max => false,
            Method::CountDistinct => leads_on && path.ty.item.structured().is_some(),
        }
    }

    /// The groups with the aggregate of what its path leads to from their rows.
    pub(super) fn of_entities(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        properties: &[&'m Path],
        item: &'m Aggregate,
    ) -> Result<Relation<'m>, Error> {
        let Some(Expr::Path(path)) = &item.expr else {
            return Err(Error::internal("an aggregate of entities without a path"));
        };
        let rows = self.subquery(table, relation, &Fragment::sure("*"))?;
        self.within(|| {
            let keys = self.keys(&rows.env, properties)?;
            let (to_items, rest) = path.steps.split_at(self.joined_steps(path));
            let reached = self.reached(table, &rows, to_items)?;
            let value = match (rest, &reached.scope) {
                ([], Scope::Row { .. }) => None,
                _ => Some(self.value_from(&rows.env.at(reached.scope.clone()), rest)?),
            };
            let mut columns = Columns::new(self.alias());
            for (name, key) in &keys {
                columns.add(self.dialect, name.clone(), &self.canonical(key)?);
            }
            let mut conditions = reached.conditions;
            for part in &reached.identity {
                columns.add(self.dialect, MadeName::Path(Vec::new()), part);
            }
            if let Some(value) = &value {
                let mut there = self.boolean("({0} IS NOT NULL)", &[value]).required();
                there.fallible = value.fallible;
                conditions.push(there);
                columns.add(self.dialect, aggregate_name(item), value);
            }
            columns.distinct();
            let mut from = reached.from;
            from.push(&Fragment::all_of(&conditions));
            let different = columns.into_relation(&from, &[]);
            self.over_reached(&different, properties, item, value.is_some())
        })
    }

    /// The aggregate of different entities, or of their values.
    fn over_reached(
        &self,
        different: &Relation<'m>,
        properties: &[&'m Path],
        item: &'m Aggregate,
        of_values: bool,
    ) -> Result<Relation<'m>, Error> {
        let all = Fragment::sure("");
        let number = TypeRef::primitive(Primitive::Int64);
        let aggregated = match of_values && item.method != Method::Count {
            false => Fragment::join(number, "COUNT(*)", &[]).required(),
            true => {
                let Scope::Made(made) = &different.env.instance else {
                    return Err(Error::internal("different entities that are none"));
                };
                let value = made.iter().rev().find(|m| m.name == aggregate_name(item));
                let value = value.ok_or_else(|| Error::internal("no value of entities"))?;
                self.over(item.method, &value.fragment, &all)?
            }
        };
        let ty = item.from.first().map_or(&item.ty, |next| &next.of);
        let value = self.of_type(aggregated, ty);
        let keys = self.keys(&different.env, properties)?;
        self.rows_of(different, keys, vec![(aggregate_name(item), value)])
    }

    /// A key of groups as one value, whichever of equal ones it is written as.
    fn canonical(&self, key: &Fragment) -> Result<Fragment, Error> {
        let number = TypeRef::primitive(Primitive::Int64);
        match key.kind {
            ColumnKind::Json | ColumnKind::Geo => {
                Err(self.unsupported("'groupby' of complex values, collections and shapes"))
            }
            ColumnKind::TimeOfDay => Ok(key.key(self.dialect).with_type(number)),
            // A truth value is none that a key is compared by.
            ColumnKind::Boolean => Ok(key.clone()),
            kind => Ok(Fragment {
                kind,
                ..key.key(self.dialect)
            }),
        }
    }

    /// Joins what steps lead to.
    fn reached(
        &self,
        table: &'m Table,
        rows: &Relation<'m>,
        steps: &'m [Step],
    ) -> Result<Reached<'m>, Error> {
        let Scope::Row { of, .. } = &rows.env.instance else {
            return Err(self.unsupported("An aggregation through such a path"));
        };
        let scope = Scope::Row {
            table,
            alias: Some(rows.alias.clone()),
            of: *of,
        };
        let mut reached = Reached {
            from: rows.from.clone(),
            conditions: Vec::new(),
            identity: self.identity(&scope),
            scope,
        };
        let mut rest = steps;
        while !rest.is_empty() {
            let (source, behind) = self.led_to(&rows.env, &reached.scope, rest)?;
            rest = behind;
            if !source.from.sql.is_empty() {
                reached.from.sql.push_str(", ");
                reached.from.push(&source.from);
                match &source.item {
                    Scope::Row { .. } => reached.identity = self.identity(&source.item),
                    Scope::Item { value, .. } => {
                        let place = value.replace("\"value\"", "\"key\"");
                        let place = Fragment::primitive(Primitive::Int64, place);
                        reached.identity.push(place);
                    }
                    Scope::Made(_) => {}
                }
            }
            reached.conditions.extend(source.conditions);
            reached.scope = source.item;
        }
        Ok(reached)
    }

    /// The key of the row's table.
    fn identity(&self, scope: &Scope<'m>) -> Vec<Fragment> {
        let Scope::Row { table, alias, .. } = scope else {
            return Vec::new();
        };
        let key = |column: &usize| self.column(table, alias.as_deref(), *column);
        table.key.iter().map(key).collect()
    }
}
