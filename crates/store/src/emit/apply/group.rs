//! `groupby` (section 3.2.3), and `concat` (section 3.4.1).

use std::rc::Rc;

use odata::Error;
use odata::apply::{Aggregate, Transformation};
use odata::expr::Path;

use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::super::scope::{Env, Made, MadeName, Scope};
use super::super::{Dialect, Statement};
use super::Relation;
use super::beside::aggregate_name;
use super::output::named_columns;
use super::within::{Groups, Kept};
use crate::table::{ColumnKind, Table};

impl<'m> Compiler<'m> {
    /// `groupby`: of what is done to each group, filters, computations, ranks and pages, then at most
    /// one aggregation or further grouping, then what is done to its one row.
    pub(super) fn group_by(
        &self,
        table: &'m Table,
        relation: Relation<'m>,
        properties: Vec<&'m Path>,
        then: &'m [Transformation],
    ) -> Result<Relation<'m>, Error> {
        self.group_rest(
            table,
            Groups::new(relation, properties),
            then,
            then.is_empty(),
        )
    }

    /// The rest of what is done to each group; `alone`: nothing is.
    fn group_rest(
        &self,
        table: &'m Table,
        mut groups: Groups<'m>,
        then: &'m [Transformation],
        alone: bool,
    ) -> Result<Relation<'m>, Error> {
        let mut rest = then;
        while let Some((step, behind)) = rest.split_first() {
            if !groups.take(self, table, step)? {
                break;
            }
            rest = behind;
        }
        let Groups {
            whole,
            mut relation,
            properties,
            filters,
            kept,
            ..
        } = groups.clone();
        match rest {
            [Transformation::Aggregate(items), behind @ ..] if behind.iter().all(row_alone) => {
                let grouped = match kept {
                    Kept::Some => {
                        relation.conditions.extend(filters);
                        self.grouped_of_some(table, (whole, relation), &properties, items)?
                    }
                    _ => self.grouped(table, relation, &properties, items, &filters)?,
                };
                self.steps(table, grouped, behind.iter())
            }
            [Transformation::Concat(sequences), behind @ ..] if behind.iter().all(row_alone) => {
                let mut parts = Vec::with_capacity(sequences.len());
                for sequence in sequences {
                    parts.push(self.group_rest(table, groups.clone(), sequence, false)?);
                }
                let union = self.union(table, parts)?;
                self.steps(table, union, behind.iter())
            }
            [
                Transformation::GroupBy {
                    properties: further,
                    then,
                },
            ] => {
                // Groups within groups are groups by both; what no group was left of is none.
                relation.conditions.extend(filters);
                let all = properties.into_iter().chain(further).collect();
                self.group_by(table, relation, all, then)
            }
            // The groups' groups, aggregated.
            [
                Transformation::GroupBy {
                    properties: further,
                    then: inner,
                },
                Transformation::Aggregate(items),
                behind @ ..,
            ] if kept == Kept::All && filters.is_empty() && behind.iter().all(row_alone) => {
                let all = properties.iter().copied().chain(further).collect();
                let made = self.group_by(table, relation, all, inner)?;
                let grouped = self.grouped(table, made, &properties, items, &[])?;
                self.steps(table, grouped, behind.iter())
            }
            [] if alone => self.grouped_plain(relation, &properties, &[], &[]),
            // The groups' instances, as they are left.
            [] => {
                relation.conditions.extend(filters);
                Ok(relation)
            }
            _ => Err(self.unsupported("'groupby' with such a transformation of each group")),
        }
    }

    /// One row for each combination of the properties, with aggregates of its rows.
    pub(super) fn grouped_plain(
        &self,
        relation: Relation<'m>,
        properties: &[&'m Path],
        items: &[&'m Aggregate],
        filters: &[Fragment],
    ) -> Result<Relation<'m>, Error> {
        let keys = self.keys(&relation.env, properties)?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push((
                aggregate_name(item),
                self.aggregated(&relation.env, item, filters)?,
            ));
        }
        self.rows_of(&relation, keys, values)
    }

    /// The key of a group, and its value where that is another: rows that are equal by instant may
    /// be written differently.
    pub(super) fn group_key(
        &self,
        columns: &mut Columns,
        name: MadeName,
        value: &Fragment,
    ) -> Result<(), Error> {
        let least = |value: &Fragment| {
            let mut least = Fragment::join(value.ty.clone(), "MIN({0})", &[value]);
            least.kind = value.kind;
            least
        };
        match value.kind {
            ColumnKind::Json | ColumnKind::Geo => {
                Err(self.unsupported("'groupby' of complex values, collections and shapes"))
            }
            ColumnKind::TimeOfDay => {
                let number = edm::TypeRef::primitive(edm::Primitive::Int64);
                let key = value.key(self.dialect).with_type(number);
                columns.add(self.dialect, MadeName::Path(Vec::new()), &key);
                columns.made.pop();
                columns.add(self.dialect, name, &least(value));
                Ok(())
            }
            ColumnKind::DateTimeOffset => {
                let mut value = value.clone();
                value.form = value.form.map(|form| Box::new(least(&form)));
                columns.add(self.dialect, name, &value);
                Ok(())
            }
            ColumnKind::Decimal if self.dialect == Dialect::Sqlite => {
                let key = Fragment {
                    kind: value.kind,
                    ..value.key(self.dialect)
                };
                columns.add(self.dialect, name, &key);
                Ok(())
            }
            _ => {
                columns.add(self.dialect, name, value);
                Ok(())
            }
        }
    }

    /// The rows of all sequences, one behind the other; what a sequence does not have is null.
    pub(super) fn concatenated(
        &self,
        table: &'m Table,
        relation: &Relation<'m>,
        sequences: &'m [Vec<Transformation>],
    ) -> Result<Relation<'m>, Error> {
        let part = |sequence: &'m Vec<Transformation>| {
            self.steps(table, relation.clone(), sequence.iter())
        };
        let parts: Result<Vec<_>, Error> = sequences.iter().map(part).collect();
        self.union(table, parts?)
    }

    /// The rows of all relations; what one does not have is null.
    fn union(&self, table: &'m Table, relations: Vec<Relation<'m>>) -> Result<Relation<'m>, Error> {
        let mut parts = Vec::with_capacity(relations.len());
        let mut names: Vec<(MadeName, Fragment)> = Vec::new();
        for part in relations {
            let columns = named_columns(self, table, &part)?;
            for (name, fragment) in &columns {
                match names.iter().find(|(known, _)| known == name) {
                    Some((_, known)) if known.kind != fragment.kind => {
                        let what = "'concat' of properties of one name and several types";
                        return Err(self.unsupported(what));
                    }
                    Some(_) => {}
                    None => names.push((name.clone(), fragment.clone())),
                }
            }
            parts.push((part, columns));
        }
        let alias = self.alias();
        let mut from = Fragment::sure("(");
        let mut made = Vec::new();
        for (i, (part, columns)) in parts.iter().enumerate() {
            let mut select = Columns::new(alias.clone());
            for (name, known) in &names {
                let own = columns.iter().find(|(n, _)| n == name);
                let null = Fragment::null(self.dialect, known.ty.clone());
                let value = own.map_or(&null, |(_, fragment)| fragment);
                select.add(self.dialect, name.clone(), value);
            }
            let mut statement = Statement {
                sql: String::new(),
                binds: Vec::new(),
            };
            self.write_source(table, part, &mut statement)?;
            from.sql.push_str(if i == 0 {
                "SELECT * FROM "
            } else {
                " UNION ALL SELECT * FROM "
            });
            from.push(&select.select);
            from.sql.push_str(&statement.sql);
            from.binds.extend(statement.binds);
            from.sql.push_str(&format!(") AS \"{}\"", self.alias()));
            made = select.made;
        }
        from.sql.push_str(&format!(") AS \"{alias}\""));
        Ok(Relation {
            from,
            alias,
            env: Env::made(made),
            conditions: Vec::new(),
            order: Vec::new(),
            skip: 0,
            top: None,
        })
    }
}

/// Whether a step looks at each row by itself.
fn row_alone(step: &Transformation) -> bool {
    matches!(
        step,
        Transformation::Identity | Transformation::Filter(_) | Transformation::Compute(_)
    )
}

/// How rows are named by a grouping property.
pub(super) fn name_of(path: &Path) -> MadeName {
    match path.steps.as_slice() {
        [odata::expr::Step::Dynamic(name)] => MadeName::Dynamic(name.clone()),
        steps => MadeName::Path(steps.to_vec()),
    }
}

/// The select list of a subquery while it is made.
pub(super) struct Columns {
    /// `(SELECT …`
    select: Fragment,
    alias: String,
    made: Vec<Made>,
    places: usize,
}

impl Columns {
    pub(super) fn new(alias: String) -> Self {
        Self {
            select: Fragment::sure("(SELECT "),
            alias,
            made: Vec::new(),
            places: 0,
        }
    }

    /// Whether no column has a name.
    pub(super) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Only different rows.
    pub(super) fn distinct(&mut self) {
        self.select.sql = self.select.sql.replacen("(SELECT ", "(SELECT DISTINCT ", 1);
    }

    /// `(SELECT … FROM … GROUP BY places)`.
    pub(super) fn into_relation<'m>(self, from: &Fragment, places: &[usize]) -> Relation<'m> {
        let mut select = self.select;
        select.sql.push_str(" FROM ");
        select.push(from);
        for (i, place) in places.iter().enumerate() {
            let lead = if i == 0 { " GROUP BY " } else { ", " };
            select.sql.push_str(&format!("{lead}{place}"));
        }
        select.sql.push_str(&format!(") AS \"{}\"", self.alias));
        Relation {
            from: select,
            alias: self.alias,
            env: Env::made(self.made),
            conditions: Vec::new(),
            order: Vec::new(),
            skip: 0,
            top: None,
        }
    }

    /// The number of the next column.
    pub(super) fn place(&self) -> usize {
        self.places + 1
    }

    fn push(&mut self, value: &Fragment) -> String {
        self.places += 1;
        if self.places > 1 {
            self.select.sql.push_str(", ");
        }
        self.select.push(value);
        self.select
            .sql
            .push_str(&format!(" AS \"c{}\"", self.places));
        format!("\"{}\".\"c{}\"", self.alias, self.places)
    }

    pub(super) fn add(&mut self, dialect: Dialect, name: MadeName, value: &Fragment) {
        let mut made = Fragment::of(value.ty.clone(), self.push(value));
        made.kind = value.kind;
        made.nullable = value.nullable;
        if value.kind == ColumnKind::DateTimeOffset {
            let number = edm::TypeRef::primitive(edm::Primitive::Int64);
            let null = Fragment::null(dialect, number.clone());
            let form = self.push(value.form.as_deref().unwrap_or(&null));
            made.form = Some(Box::new(Fragment::of(number, form)));
        }
        self.made.push(Made {
            name,
            fragment: made,
        });
    }
}

impl Env<'_> {
    /// Paths start at a row that transformations made.
    fn made(columns: Vec<Made>) -> Self {
        let mut env = Self::nothing();
        env.instance = Scope::Made(Rc::new(columns));
        env
    }
}
