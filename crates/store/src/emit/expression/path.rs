//! Paths: columns, JSON, and subqueries for what navigation leads to.

use edm::{ItemType, Primitive, StructuredId};
use odata::Error;
use odata::expr::{Comparison, Expr, Path, Root, Step};

use super::super::fragment::Fragment;
use super::super::scope::{Env, MadeName, Scope};
use super::Compiler;
use super::collection::Source;
use crate::table::{ColumnKind, Table};

/// What stands at the end of a path.
#[derive(Clone, Copy)]
pub(super) enum End<'f, 'm> {
    /// A value.
    Value,
    /// Whether there is an instance.
    Presence,
    /// Whether there is an instance of this type.
    Type(StructuredId),
    /// A collection, and what is made of it.
    Items(&'f dyn Fn(Source<'m>) -> Result<Fragment, Error>),
}

impl<'m> Compiler<'m> {
    pub(in crate::emit) fn path(&self, env: &Env<'m>, path: &'m Path) -> Result<Fragment, Error> {
        self.path_to(env, path, End::Value)
    }

    pub(super) fn path_to(
        &self,
        env: &Env<'m>,
        path: &'m Path,
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        if let (Root::Instance, [Step::Dynamic(name), rest @ ..]) =
            (&path.root, path.steps.as_slice())
            && let Some(computed) = env.compute.iter().rev().find(|c| c.name == *name)
        {
            let found = self.expression(env, &computed.expr)?;
            return match (rest, end) {
                ([], End::Value) => Ok(self.coerce(found, &computed.ty)),
                _ => Err(self.unsupported("A path through a computed property")),
            };
        }
        if let Root::Service(segments) = &path.root {
            return self.service_path(env, segments, &path.steps, end);
        }
        self.walk(env, self.root(env, path)?, &path.steps, end)
    }

    /// The instance that a path starts at.
    pub(super) fn root<'e>(&self, env: &'e Env<'m>, path: &Path) -> Result<&'e Scope<'m>, Error> {
        match &path.root {
            Root::Instance => Ok(&env.instance),
            Root::Variable(number) => env.variables.get(*number).ok_or_else(|| {
                Error::internal("a range variable that no lambda operator declares")
            }),
            Root::It => {
                let it = env.it.as_ref();
                it.ok_or_else(|| self.unsupported("'$it' within an expansion"))
            }
            Root::Service(_) => Err(self.unsupported("'$root' as a value")),
        }
    }

    /// The value of steps from an instance.
    pub(super) fn walk(
        &self,
        env: &Env<'m>,
        scope: &Scope<'m>,
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        match scope {
            Scope::Row { table, alias, of } => {
                self.walk_row(env, table, alias.as_deref(), *of, steps, end)
            }
            Scope::Item { value, ty } => self.walk_item(env, value, ty, steps, end),
            Scope::Made(columns) => {
                let named = |name: &MadeName| match name {
                    MadeName::Dynamic(name) => {
                        matches!(steps, [Step::Dynamic(wanted)] if wanted == name)
                    }
                    MadeName::Path(path) => path == steps,
                };
                let found = columns.iter().find(|made| named(&made.name));
                found.map(|made| made.fragment.clone()).ok_or_else(|| {
                    Error::bad_request("A property that the transformations before left out.")
                })
            }
        }
    }

    fn walk_row(
        &self,
        env: &Env<'m>,
        table: &'m Table,
        alias: Option<&str>,
        of: StructuredId,
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        match (steps, end) {
            ([], End::Presence) => Ok(Fragment::sure("TRUE")),
            ([], End::Type(of)) => {
                let condition = self.is_type(table, alias, of)?;
                Ok(condition.unwrap_or_else(|| Fragment::sure("TRUE")))
            }
            ([], _) => Err(self.unsupported("An entity as a value")),
            ([Step::Property { of, ordinal }, rest @ ..], _) => {
                let column = table.column_of(*of, *ordinal).ok_or_else(|| {
                    Error::internal(format!("{} has no column {of:?} {ordinal}", table.name))
                })?;
                let found = self.column(table, alias, column);
                if found.kind == ColumnKind::Json {
                    return self.walk_json(env, found, rest, end);
                }
                match (rest, end) {
                    ([], End::Value) => Ok(found),
                    ([], End::Presence) => Ok(self.boolean("({0} IS NOT NULL)", &[&found])),
                    _ => Err(self.unsupported("A path through a primitive value")),
                }
            }
            ([Step::Cast(to), rest @ ..], _) => {
                let scope = Scope::Row {
                    table,
                    alias: alias.map(str::to_owned),
                    of: *to,
                };
                let inner = self.walk(env, &scope, rest, end)?;
                match self.is_type(table, alias, *to)? {
                    Some(condition) => Ok(self.only_if(&condition, &inner)),
                    None => Ok(inner),
                }
            }
            ([Step::Navigation { of: source, index }, rest @ ..], _) => {
                // What was cast to a derived type has its navigation too.
                let of = if self.model.is_a(of, *source) {
                    of
                } else {
                    *source
                };
                self.navigate(env, (table, alias), (of, *index), rest, end)
            }
            ([Step::Dynamic(name), ..], _) => {
                Err(self.unsupported(&format!("The dynamic property '{name}'")))
            }
            _ => Err(self.unsupported("A path of this form")),
        }
    }

    /// A column of a row.
    pub(in crate::emit) fn column(
        &self,
        table: &Table,
        alias: Option<&str>,
        column: usize,
    ) -> Fragment {
        let name = self.column_name(table, alias, column);
        let column = &table.columns[column];
        let mut found = Fragment::of(column.ty.clone(), name.clone());
        found.kind = column.kind;
        found.nullable = column.nullable;
        found.varies = true;
        match (column.kind, self.dialect) {
            (ColumnKind::DateTimeOffset, _) => {
                let form = match name.strip_suffix('"') {
                    Some(name) => format!("{name}_form\""),
                    None => "0".to_owned(),
                };
                let mut form = Fragment::primitive(Primitive::Int64, form);
                form.nullable = column.nullable;
                found.form = Some(Box::new(form));
            }
            (ColumnKind::Boolean, super::super::Dialect::Postgres) => {
                found.sql = format!("({name} = 1)");
            }
            (ColumnKind::Decimal, super::super::Dialect::Postgres) => {
                found.sql = format!("CAST({name} AS NUMERIC)");
            }
            (ColumnKind::Json, super::super::Dialect::Postgres) => {
                found.sql = format!("CAST({name} AS JSONB)");
            }
            _ => {}
        }
        found
    }

    /// A column as a statement names it, or the expression of a virtual one.
    pub(in crate::emit) fn column_name(
        &self,
        table: &Table,
        alias: Option<&str>,
        column: usize,
    ) -> String {
        let column = &table.columns[column];
        let qualified = alias.is_some() || self.subqueries.get() > 0;
        let owner = alias.unwrap_or(&table.name);
        match &column.expression {
            Some(expression) => {
                let today = self.today.to_string();
                let mut expression = expression.replace("{today}", &today);
                if qualified {
                    expression = qualify(table, owner, &expression);
                }
                self.dialect.virtual_column(&expression, column.kind)
            }
            None if qualified => format!("\"{owner}\".\"{}\"", column.name),
            None => format!("\"{}\"", column.name),
        }
    }

    /// The condition that a row is of a type; `None` if every row of the table is.
    pub(in crate::emit) fn is_type(
        &self,
        table: &Table,
        alias: Option<&str>,
        of: StructuredId,
    ) -> Result<Option<Fragment>, Error> {
        if table.of.is_some_and(|own| self.model.is_a(own, of)) {
            return Ok(None);
        }
        let names = table.type_names(self.model, of);
        let (Some(names), Some(column)) = (names, table.entity_type) else {
            return Ok(Some(Fragment::sure("FALSE")));
        };
        let mut condition =
            Fragment::sure(format!("({} IN (", self.column_name(table, alias, column)));
        for (i, name) in names.iter().enumerate() {
            if i > 0 {
                condition.sql.push_str(", ");
            }
            condition.push(&self.text(name));
        }
        condition.sql.push_str("))");
        Ok(Some(condition))
    }

    /// A value under a condition; null otherwise.
    pub(super) fn only_if(&self, condition: &Fragment, value: &Fragment) -> Fragment {
        let wrap = |value: &Fragment| {
            let mut wrapped = Fragment::join(
                value.ty.clone(),
                "(CASE WHEN {0} THEN {1} END)",
                &[condition, value],
            );
            wrapped.kind = value.kind;
            wrapped.varies = false;
            wrapped
        };
        let mut wrapped = wrap(value);
        wrapped.form = value.form.as_ref().map(|form| Box::new(wrap(form)));
        wrapped
    }

    /// Whether an instance or a complex value is there: what a comparison with null asks.
    pub(super) fn presence(
        &self,
        env: &Env<'m>,
        op: Comparison,
        left: &'m Expr,
        right: &'m Expr,
    ) -> Result<Option<Fragment>, Error> {
        let (path, other) = match (left, right) {
            (Expr::Path(path), other) | (other, Expr::Path(path)) => (path, other),
            _ => return Ok(None),
        };
        let is_structured = path.ty.item.structured().is_some() && !path.ty.collection;
        let is_dynamic = matches!(path.steps.last(), Some(Step::Dynamic(_)));
        let is_dynamic = is_dynamic && path.ty.item == ItemType::Untyped;
        let is_null = matches!(other, Expr::Literal { value, .. } if value.is_null());
        if !(is_structured || is_dynamic) || !is_null {
            return Ok(None);
        }
        if !matches!(op, Comparison::Eq | Comparison::Ne) {
            return Ok(Some(Fragment::sure("FALSE")));
        }
        let present = self.path_to(env, path, End::Presence)?;
        let text = match op {
            Comparison::Eq => "(({0}) IS NOT TRUE)",
            _ => "(({0}) IS TRUE)",
        };
        Ok(Some(self.boolean(text, &[&present]).required()))
    }
}

/// A virtual column's expression with the names of its table's columns qualified. One that reads
/// other tables qualifies its names itself.
fn qualify(table: &Table, owner: &str, expression: &str) -> String {
    let own = format!("\"{}\".", table.name);
    let expression = expression.replace(&own, &format!("\"{owner}\"."));
    if table.reads_others && expression.contains("SELECT") {
        return expression;
    }
    let mut out = String::with_capacity(expression.len() + 32);
    let mut literal = false;
    let mut rest = expression.as_str();
    while let Some(c) = rest.chars().next() {
        if c == '\'' {
            literal = !literal;
        }
        let quoted = (c == '"' && !literal)
            .then(|| rest.get(1..)?.split_once('"'))
            .flatten();
        let Some((name, behind)) = quoted else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        let is_own =
            table.column(name).is_some() && !out.ends_with('.') && !behind.starts_with('.');
        if is_own {
            out.push_str(&format!("\"{owner}\"."));
        }
        out.push_str(&format!("\"{name}\""));
        rest = behind;
    }
    out
}
