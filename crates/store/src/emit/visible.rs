//! What stands behind `FROM` for a table: the table itself, or the rows of it that may be seen.
//! Whatever reads a table in a statement gets it here.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::expression::Compiler;
use super::fragment::Fragment;
use super::{Dialect, Statement};
use crate::cell::Cell;
use crate::table::{Table, TableId};
use crate::visibility::{Rule, Visibility};

/// Tables hang on each other no deeper than this.
const MAX_DEPTH: usize = 8;

impl Compiler<'_> {
    /// A table as a statement reads it, under a name.
    pub(super) fn source(&self, id: TableId, alias: Option<&str>) -> Fragment {
        let table = self.tables.table(id);
        let mut source = Fragment::sure("");
        match (self.condition_of_sight(id), alias) {
            (None, None) => source.sql = format!("\"{}\"", table.name),
            (None, Some(alias)) => source.sql = format!("\"{}\" AS \"{alias}\"", table.name),
            (Some(seen), alias) => {
                let _ = write!(source.sql, "(SELECT * FROM \"{}\" WHERE ", table.name);
                source.push(&seen);
                let _ = write!(source.sql, ") AS \"{}\"", alias.unwrap_or(&table.name));
            }
        }
        source
    }

    /// Writes a table as a statement reads it, under its own name.
    pub(super) fn write_table(&self, id: TableId, out: &mut Statement) {
        match self.visibility {
            None => {
                let _ = write!(out.sql, "\"{}\"", self.tables.table(id).name);
            }
            Some(_) => self.source(id, None).write(out),
        }
    }

    /// What must hold of a table's rows so that they are seen; `None` if all are.
    fn condition_of_sight(&self, id: TableId) -> Option<Fragment> {
        let visibility = self.visibility?;
        self.rule(visibility, id, visibility.rows(id), 0)
    }

    fn rule(
        &self,
        visibility: &Visibility,
        id: TableId,
        rule: &Rule,
        depth: usize,
    ) -> Option<Fragment> {
        let table = self.tables.table(id);
        let nothing = || Some(Fragment::sure("FALSE"));
        match rule {
            Rule::All => None,
            Rule::Nothing => nothing(),
            Rule::Among { texts, .. } if texts.is_empty() => nothing(),
            Rule::Among { column, texts } => {
                let mut among = Fragment::sure(named(table, *column));
                among.push(&self.texts_of(texts));
                let implied = self.implied(table, *column);
                if let Some(condition) = implied {
                    let _ = write!(among.sql, " AND {condition}");
                }
                Some(among)
            }
            Rule::Holding {
                column,
                texts,
                empty,
            } => Some(self.holding(&named(table, *column), texts, *empty)),
            Rule::Under { .. } if depth >= MAX_DEPTH => nothing(),
            Rule::Under { column, tables } => {
                let column = named(table, *column);
                Some(self.under(visibility, &column, tables, depth + 1))
            }
            Rule::Every(rules) => {
                let parts = rules.iter();
                let parts = parts.filter_map(|rule| self.rule(visibility, id, rule, depth));
                joined(parts, " AND ")
            }
            Rule::Any(rules) => {
                let parts = rules.iter();
                let parts = parts.map(|rule| self.rule(visibility, id, rule, depth));
                // One that means all rows leaves no condition.
                let parts: Vec<_> = parts.collect::<Option<_>>()?;
                joined(parts.into_iter(), " OR ").or_else(nothing)
            }
        }
    }

    /// That a column is the key of a row that is seen in one of these tables.
    fn under(
        &self,
        visibility: &Visibility,
        column: &str,
        parents: &[TableId],
        depth: usize,
    ) -> Fragment {
        let parts = parents.iter().filter_map(|parent| {
            let of = self.tables.table(*parent);
            let [key] = of.key.as_slice() else {
                return None;
            };
            let (key, name) = (named(of, *key), &of.name);
            let mut part = Fragment::sure(format!("{column} IN (SELECT {key} FROM \"{name}\""));
            let seen = self.rule(visibility, *parent, visibility.rows(*parent), depth);
            if let Some(seen) = seen {
                part.sql.push_str(" WHERE ");
                part.push(&seen);
            }
            part.sql.push(')');
            Some(part)
        });
        joined(parts, " OR ").unwrap_or_else(|| Fragment::sure("FALSE"))
    }

    /// The condition of a partial index over a column's texts, which what is equal to a text that is
    /// not empty implies.
    fn implied(&self, table: &Table, column: usize) -> Option<String> {
        let name = &table.columns[column].name;
        let condition = format!("{name} <> ''");
        let mut known = table.indexes.iter().filter_map(|i| i.condition.as_deref());
        known.find(|c| *c == condition)?;
        Some(format!("{} <> ''", named(table, column)))
    }

    /// ` = ?`, or ` IN (…)` of the texts, which are one parameter however many they are.
    fn texts_of(&self, texts: &BTreeSet<String>) -> Fragment {
        if let [only] = texts.iter().collect::<Vec<_>>().as_slice() {
            let mut equal = Fragment::sure(" = ?");
            equal.binds.push(Cell::Text((*only).clone().into()));
            return equal;
        }
        let mut among = Fragment::sure(match self.dialect {
            Dialect::Sqlite => " IN (SELECT \"value\" FROM json_each(?))",
            Dialect::Postgres => " IN (SELECT jsonb_array_elements_text(CAST(? AS JSONB)))",
        });
        among.binds.push(Cell::Text(json(texts).into()));
        among
    }

    fn holding(&self, column: &str, texts: &BTreeSet<String>, empty: bool) -> Fragment {
        let mut holding = Fragment::sure("(");
        if empty {
            let _ = write!(holding.sql, "{column} IS NULL OR {column} = '[]' OR ");
        }
        if texts.is_empty() {
            holding.sql.push_str("FALSE)");
            return holding;
        }
        let items = match self.dialect {
            Dialect::Sqlite => format!("json_each({column}) AS \"held\""),
            Dialect::Postgres => {
                format!("jsonb_array_elements_text(CAST({column} AS JSONB)) AS \"held\"(\"value\")")
            }
        };
        let _ = write!(
            holding.sql,
            "EXISTS (SELECT 1 FROM {items} WHERE \"held\".\"value\""
        );
        holding.push(&self.texts_of(texts));
        holding.sql.push_str("))");
        holding
    }
}

/// The conditions in brackets with a word between them; `None` if there are none.
fn joined(parts: impl Iterator<Item = Fragment>, word: &str) -> Option<Fragment> {
    let mut all: Option<Fragment> = None;
    for part in parts {
        match &mut all {
            None => {
                let mut first = Fragment::sure("(");
                first.push(&part);
                all = Some(first);
            }
            Some(all) => {
                all.sql.push_str(word);
                all.push(&part);
            }
        }
    }
    let mut all = all?;
    all.sql.push(')');
    Some(all)
}

fn named(table: &Table, column: usize) -> String {
    format!("\"{}\".\"{}\"", table.name, table.columns[column].name)
}

/// The texts as a JSON array.
fn json(texts: &BTreeSet<String>) -> String {
    let mut out = vec![b'['];
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        odata::json::write_string(&mut out, text);
    }
    out.push(b']');
    String::from_utf8_lossy(&out).into_owned()
}
