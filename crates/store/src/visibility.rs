//! Which rows a caller may see and change, by table. The same rules are written as SQL where rows
//! are searched ([`crate::select`]) and judged on the rows themselves where they are at hand.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use edm::Value;
use odata::{Error, ErrorCode};

use crate::table::{Row, TableId};
use crate::transaction::Reader;

/// What is said of a write beyond what a caller reaches, whatever there is.
pub(crate) const OUT_OF_REACH: &str = "The token does not reach what this would write.";

/// Checks that a change is allowed.
///
/// # Errors
/// 403.
pub fn allow(allowed: bool) -> Result<(), Error> {
    if allowed {
        return Ok(());
    }
    Err(Error::new(ErrorCode::Forbidden, OUT_OF_REACH))
}

/// What may be seen and changed of every table. Of a table that it does not name, nothing.
#[derive(Clone, Debug, Default)]
pub struct Visibility {
    tables: HashMap<TableId, Visible>,
}

/// What may be seen and changed of one table.
#[derive(Clone, Debug)]
pub struct Visible {
    /// The rows that may be seen. What is written must be one of them, before and after.
    pub rows: Rule,
    /// What of them may be done.
    pub changes: Changes,
    /// Rows that may be named on the way to others although they are not seen themselves.
    pub passable: Option<Above>,
}

/// Which changes of rows are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New rows.
    pub insert: bool,
    /// Changed rows.
    pub update: bool,
    /// Removed rows.
    pub delete: bool,
}

impl Changes {
    /// Every change.
    pub const ALL: Self = Self {
        insert: true,
        update: true,
        delete: true,
    };
    /// No change: the rows are only read.
    pub const NONE: Self = Self {
        insert: false,
        update: false,
        delete: false,
    };
}

/// Which rows of a table are meant.
#[derive(Clone, Debug)]
pub enum Rule {
    /// All.
    All,
    /// None.
    Nothing,
    /// Those whose text in a column is one of these.
    Among {
        /// The column.
        column: usize,
        /// The texts.
        texts: Arc<BTreeSet<String>>,
    },
    /// Those whose collection of texts in a column holds one of these.
    Holding {
        /// The column, of a collection.
        column: usize,
        /// The texts.
        texts: Arc<BTreeSet<String>>,
        /// Whether rows whose collection is empty or null are meant, too.
        empty: bool,
    },
    /// Those whose column is the key of a row that may be seen in one of these tables, which have a
    /// key of one column.
    Under {
        /// The column.
        column: usize,
        /// The tables.
        tables: Vec<TableId>,
    },
    /// Those that every one of these means.
    Every(Vec<Rule>),
    /// Those that one of these means.
    Any(Vec<Rule>),
}

/// Rows by whose key and a text a row of another table is keyed that may be seen.
#[derive(Clone, Debug)]
pub struct Above {
    /// The table of the other row.
    pub table: TableId,
    /// The last part of its key.
    pub text: String,
}

impl Visibility {
    /// Says what may be seen and changed of a table.
    pub fn set(&mut self, table: TableId, rows: Rule, changes: Changes) {
        let passable = None;
        let visible = Visible {
            rows,
            changes,
            passable,
        };
        self.tables.insert(table, visible);
    }

    /// Lets rows of a table be named on the way to others.
    pub fn let_pass(&mut self, table: TableId, above: Above) {
        let nothing = || Visible {
            rows: Rule::Nothing,
            changes: Changes::NONE,
            passable: None,
        };
        self.tables.entry(table).or_insert_with(nothing).passable = Some(above);
    }

    /// Whether a table was decided about.
    #[must_use]
    pub fn names(&self, table: TableId) -> bool {
        self.tables.contains_key(&table)
    }

    /// Which rows of a table may be seen.
    #[must_use]
    pub fn rows(&self, table: TableId) -> &Rule {
        self.tables.get(&table).map_or(&Rule::Nothing, |v| &v.rows)
    }

    /// Which changes of rows of a table are allowed.
    #[must_use]
    pub fn changes(&self, table: TableId) -> Changes {
        let visible = self.tables.get(&table);
        visible.map_or(Changes::NONE, |visible| visible.changes)
    }

    /// What lets rows of a table pass that are not seen.
    #[must_use]
    pub fn passable(&self, table: TableId) -> Option<&Above> {
        self.tables.get(&table)?.passable.as_ref()
    }

    /// Whether a row may be seen. What it hangs on is read by `reader`, which is not confined.
    ///
    /// # Errors
    /// What the database says.
    pub fn sees(&self, reader: &mut dyn Reader, table: TableId, row: &Row) -> Result<bool, Error> {
        self.means(reader, self.rows(table), row)
    }

    fn means(&self, reader: &mut dyn Reader, rule: &Rule, row: &Row) -> Result<bool, Error> {
        Ok(match rule {
            Rule::All => true,
            Rule::Nothing => false,
            Rule::Among { column, texts } => row
                .get(*column)
                .and_then(Value::as_str)
                .is_some_and(|text| texts.contains(text)),
            Rule::Holding {
                column,
                texts,
                empty,
            } => match row.get(*column) {
                Some(Value::Collection(items)) if !items.is_empty() => items
                    .iter()
                    .filter_map(Value::as_str)
                    .any(|text| texts.contains(text)),
                _ => *empty,
            },
            Rule::Under {
                column,
                tables: parents,
            } => {
                let Some(key) = row.get(*column).filter(|key| !key.is_null()) else {
                    return Ok(false);
                };
                for parent in parents {
                    let found = reader.get(*parent, std::slice::from_ref(key))?;
                    if let Some(found) = found
                        && self.means(reader, self.rows(*parent), &found)?
                    {
                        return Ok(true);
                    }
                }
                false
            }
            Rule::Any(rules) => {
                for rule in rules {
                    if self.means(reader, rule, row)? {
                        return Ok(true);
                    }
                }
                false
            }
            Rule::Every(rules) => {
                for rule in rules {
                    if !self.means(reader, rule, row)? {
                        return Ok(false);
                    }
                }
                true
            }
        })
    }
}
