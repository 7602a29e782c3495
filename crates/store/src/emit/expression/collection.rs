//! Collections within a row: where navigation leads, and those that are stored as JSON.

use edm::{Primitive, StructuredId, TypeRef, Value};
use odata::Error;
use odata::expr::{Expr, Step};

use super::super::Dialect;
use super::super::fragment::{Fragment, item_of};
use super::super::scope::{Env, Scope};
use super::Compiler;
use super::path::End;
use crate::table::{NavigationMap, Table};

/// What a subquery reads: its `FROM`, which items it is about, and what one is.
#[derive(Clone)]
pub(in crate::emit) struct Source<'m> {
    pub(in crate::emit) from: Fragment,
    pub(in crate::emit) conditions: Vec<Fragment>,
    pub(in crate::emit) item: Scope<'m>,
}

impl<'m> Source<'m> {
    /// `FROM … WHERE …`
    pub(super) fn clause(&self) -> Fragment {
        let mut clause = Fragment::sure(" FROM ");
        clause.push(&self.from);
        clause.push(&Fragment::all_of(&self.conditions));
        clause
    }
}

impl<'m> Compiler<'m> {
    /// Follows a navigation property of a row.
    pub(super) fn navigate(
        &self,
        env: &Env<'m>,
        (table, alias): (&'m Table, Option<&str>),
        (of, index): (StructuredId, usize),
        rest: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        let navigation = &self.model.structured(of).navigation[index];
        let map = self
            .tables
            .navigation(self.model, of, index)
            .ok_or_else(|| self.unsupported(&format!("A path through '{}'", navigation.name)))?;
        self.within(|| {
            let source = self.joined(table, alias, map, navigation.target);
            if navigation.collection {
                self.walk_items(env, source, rest, end)
            } else {
                self.single(env, &source, rest, end)
            }
        })
    }

    /// The rows that a navigation property leads to.
    pub(super) fn joined(
        &self,
        table: &'m Table,
        alias: Option<&str>,
        map: &'m NavigationMap,
        target: StructuredId,
    ) -> Source<'m> {
        let to = self.tables.table(map.table);
        let name = self.alias();
        let equal = |left: (&Table, &str), right: (&Table, Option<&str>), pair: &(usize, usize)| {
            Fragment::sure(format!(
                "{} = {}",
                self.column_name(left.0, Some(left.1), pair.0),
                self.column_name(right.0, right.1, pair.1)
            ))
        };
        let mut from = self.source(map.table, Some(&name));
        let mut conditions: Vec<Fragment> = map
            .on
            .iter()
            .map(|pair| equal((to, &name), (table, alias), pair))
            .collect();
        if let Some(link) = &map.link {
            let between = self.tables.table(link.table);
            let between_name = self.alias();
            from = self.source(link.table, Some(&between_name));
            from.sql.push_str(" JOIN ");
            from.push(&self.source(map.table, Some(&name)));
            from.sql.push_str(" ON ");
            for (i, pair) in link.target.iter().enumerate() {
                let lead = if i == 0 { "" } else { " AND " };
                from.sql.push_str(lead);
                from.push(&equal((between, &between_name), (to, Some(&name)), pair));
            }
            let pairs = link.source.iter();
            conditions
                .extend(pairs.map(|pair| equal((between, &between_name), (table, alias), pair)));
        }
        Source {
            from,
            conditions,
            item: Scope::Row {
                table: to,
                alias: Some(name),
                of: target,
            },
        }
    }

    /// The value of steps from the one item of a source; null if there is none.
    pub(super) fn single(
        &self,
        env: &Env<'m>,
        source: &Source<'m>,
        rest: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        let inner = self.walk(env, &source.item, rest, end)?;
        Ok(self.selected(&inner, source))
    }

    /// `(SELECT inner FROM source)`.
    pub(super) fn selected(&self, inner: &Fragment, source: &Source<'m>) -> Fragment {
        let clause = source.clause();
        let select = |inner: &Fragment| {
            let mut found = Fragment::join(
                inner.ty.clone(),
                "(SELECT {0}{1} LIMIT 1)",
                &[inner, &clause],
            );
            found.kind = inner.kind;
            found.varies = true;
            found
        };
        let mut found = select(inner);
        found.form = inner.form.as_ref().map(|form| Box::new(select(form)));
        found
    }

    /// Steps from a collection.
    pub(super) fn walk_items(
        &self,
        env: &Env<'m>,
        mut source: Source<'m>,
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        match (steps, end) {
            ([], End::Items(finish)) => finish(source),
            ([Step::Count], End::Value) => {
                let number = TypeRef::primitive(Primitive::Int64);
                let clause = source.clause();
                let count = Fragment::join(number, "(SELECT COUNT(*){0})", &[&clause]);
                Ok(count.required())
            }
            ([Step::Filter(predicate), rest @ ..], _) => {
                let inner = env.at(source.item.clone());
                source
                    .conditions
                    .push(self.condition(&inner, predicate, true)?);
                self.walk_items(env, source, rest, end)
            }
            ([Step::Search(search), rest @ ..], _) => {
                let Scope::Row { table, alias, .. } = &source.item else {
                    return Err(self.unsupported("A search in a collection of values"));
                };
                let condition = self.search(table, alias.as_deref(), search);
                source.conditions.push(condition);
                self.walk_items(env, source, rest, end)
            }
            ([Step::Cast(to), rest @ ..], _) => {
                let condition = match &mut source.item {
                    Scope::Row { table, alias, of } => {
                        *of = *to;
                        self.is_type(table, alias.as_deref(), *to)?
                    }
                    Scope::Item { value, ty } => {
                        let item = self.item_json(value, ty);
                        Some(self.is_complex(&item, *to))
                    }
                    Scope::Made(_) => None,
                };
                source.conditions.extend(condition);
                self.walk_items(env, source, rest, end)
            }
            ([Step::Key(values), rest @ ..], _) => {
                self.key_conditions(&mut source, values)?;
                self.single(env, &source, rest, end)
            }
            _ => Err(self.unsupported("A path through a collection")),
        }
    }

    /// The item that has a key: its values are those of the type's key, in order.
    pub(super) fn key_conditions(
        &self,
        source: &mut Source<'m>,
        values: &[Value],
    ) -> Result<(), Error> {
        let Scope::Row { table, alias, of } = &source.item else {
            return Err(self.unsupported("A key in a collection without keys"));
        };
        let ty = self.model.structured(*of);
        for (ordinal, value) in ty.key.iter().zip(values) {
            let column = self.column(table, alias.as_deref(), *ordinal);
            let value = self.constant(value, ty.properties[*ordinal].ty.clone())?;
            let equal = self.compared(odata::expr::Comparison::Eq, column, value, true)?;
            source.conditions.push(equal);
        }
        Ok(())
    }

    /// The items of a collection that is stored as JSON.
    pub(super) fn elements(&self, json: &Fragment) -> Source<'m> {
        let name = self.alias();
        let text = match self.dialect {
            Dialect::Sqlite => format!("json_each({{0}}) AS \"{name}\""),
            Dialect::Postgres => {
                format!(
                    "jsonb_array_elements({{0}}) WITH ORDINALITY AS \"{name}\"(\"value\", \"key\")"
                )
            }
        };
        Source {
            from: self.boolean(&text, &[json]),
            conditions: Vec::new(),
            item: Scope::Item {
                value: format!("\"{name}\".\"value\""),
                ty: item_of(&json.ty),
            },
        }
    }

    /// `in` a collection that a path leads to.
    pub(super) fn is_in_collection(
        &self,
        env: &Env<'m>,
        needle: &'m Expr,
        among: &'m Expr,
    ) -> Result<Fragment, Error> {
        let Expr::Path(path) = among else {
            return Err(self.unsupported("'in' of an expression"));
        };
        let found = self.within(|| {
            let needle = self.expression(env, needle)?;
            let finish = |mut source: Source<'m>| {
                let item = self.walk(env, &source.item, &[], End::Value)?;
                let equal = odata::expr::Comparison::Eq;
                let equal = self.compared(equal, needle.clone(), item, true)?;
                source.conditions.push(equal);
                Ok(self
                    .boolean("EXISTS (SELECT 1{0})", &[&source.clause()])
                    .required())
            };
            self.path_to(env, path, End::Items(&finish))
        })?;
        Ok(self.boolean("({0} IS TRUE)", &[&found]).required())
    }
}
