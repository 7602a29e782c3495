//! `$search` (OData 4.01 URL Conventions, section 5.1.8): whether any of a row's searchable texts
//! contains the term, without regard to case.

use odata::query::Search;

use super::Dialect;
use super::expression::Compiler;
use super::fragment::Fragment;
use crate::table::Table;

impl Compiler<'_> {
    /// The condition that a row's columns hold what is searched for.
    pub(super) fn search(&self, table: &Table, alias: Option<&str>, search: &Search) -> Fragment {
        match search {
            Search::Term(term) => self.term(table, alias, term),
            Search::Not(inner) => {
                let inner = self.search(table, alias, inner);
                self.boolean("(NOT {0})", &[&inner])
            }
            Search::And(left, right) => {
                let left = self.search(table, alias, left);
                let right = self.search(table, alias, right);
                self.boolean("({0} AND {1})", &[&left, &right])
            }
            Search::Or(left, right) => {
                let left = self.search(table, alias, left);
                let right = self.search(table, alias, right);
                self.boolean("({0} OR {1})", &[&left, &right])
            }
        }
    }

    fn term(&self, table: &Table, alias: Option<&str>, term: &str) -> Fragment {
        if !self.dialect.holds(term) {
            return Fragment::sure("FALSE");
        }
        let term = self.text(&lower(term));
        let mut any = Fragment::sure("(FALSE");
        for column in &table.searchable {
            let column = self.column(table, alias, *column);
            let text = match self.dialect {
                Dialect::Sqlite => "(instr(odata_lower({0}), {1}) > 0 IS TRUE)",
                Dialect::Postgres => "((strpos(odata_lower({0}), {1}) > 0) IS TRUE)",
            };
            any.sql.push_str(" OR ");
            any.push(&self.boolean(text, &[&column, &term]));
        }
        any.sql.push(')');
        any
    }
}

/// The text as `tolower` makes it.
pub(crate) fn lower(text: &str) -> String {
    let context = odata::eval::functions::Context::new(edm::time::DateTimeOffset::MIN);
    let value = edm::Value::from(text);
    let lowered = odata::eval::functions::call(&context, odata::expr::Function::ToLower, &[&value]);
    match lowered {
        Ok(edm::Value::String(text)) => text,
        _ => text.to_owned(),
    }
}
