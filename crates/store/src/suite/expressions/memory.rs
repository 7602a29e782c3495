//! Things, their parts and friends in memory, as [`odata::eval`] sees them.

use std::borrow::Cow;
use std::sync::OnceLock;

use edm::{StructuredId, Value};
use odata::eval::{EvalError, Instance, Related};

use super::super::world::{column, model, table};
use crate::{Row, Table};

/// All rows of a case, with the pairs of friends.
pub(in crate::suite) struct Memory {
    seen: Vec<Seen>,
    friends: Vec<(String, String)>,
}

/// A row and the others around it.
struct Seen {
    table: &'static Table,
    row: Row,
    all: OnceLock<&'static Memory>,
}

impl Memory {
    /// A memory that lives as long as the test: instances refer to each other.
    pub(super) fn new(
        things: &[Row],
        items: &[Row],
        friends: Vec<(String, String)>,
    ) -> &'static Self {
        let seen = |name: &str, rows: &[Row]| -> Vec<Seen> {
            let table = table(name).1;
            let seen = rows.iter().map(|row| Seen {
                table,
                row: row.clone(),
                all: OnceLock::new(),
            });
            seen.collect()
        };
        let mut all = seen("thing", things);
        all.extend(seen("item", items));
        let memory: &'static Self = Box::leak(Box::new(Self { seen: all, friends }));
        for seen in &memory.seen {
            assert!(seen.all.set(memory).is_ok(), "set once");
        }
        memory
    }

    /// The things, in the order given.
    pub(in crate::suite) fn things(&self) -> Vec<&dyn Instance> {
        self.rows("thing")
            .map(|seen| seen as &dyn Instance)
            .collect()
    }

    fn rows(&self, name: &'static str) -> impl Iterator<Item = &Seen> {
        let of = &table(name).1.name;
        self.seen.iter().filter(move |seen| seen.table.name == *of)
    }
}

impl Seen {
    fn text(&self, name: &str) -> &str {
        let value = &self.row[column(self.table, name)];
        value.as_str().expect("a key is a text")
    }

    fn all(&self) -> &'static Memory {
        self.all.get().expect("set when it was made")
    }
}

impl Instance for Seen {
    fn of(&self) -> Option<StructuredId> {
        let of = self.table.type_of(model(), &self.row);
        of.expect("the row is of a type of the table")
    }

    fn property(&self, of: StructuredId, ordinal: usize) -> Result<Cow<'_, Value>, EvalError> {
        let column = self.table.column_of(of, ordinal);
        let is_one = self
            .of()
            .is_some_and(|own| model().is_a(own, of) || model().is_a(of, own));
        match column.filter(|_| is_one) {
            Some(column) => Ok(Cow::Borrowed(&self.row[column])),
            None => Ok(Cow::Owned(Value::Null)),
        }
    }

    fn navigation(&self, of: StructuredId, index: usize) -> Result<Related<'_>, EvalError> {
        let all = self.all();
        let name = model().structured(of).navigation[index].name.as_str();
        let thing = |id: &str| all.rows("thing").find(|thing| thing.text("id") == id);
        Ok(match name {
            "parts" => {
                let parts = all
                    .rows("item")
                    .filter(|item| item.text("owner") == self.text("id"));
                Related::Many(parts.map(|item| item as &dyn Instance).collect())
            }
            "friends" => {
                let mine = all
                    .friends
                    .iter()
                    .filter(|(from, _)| from == self.text("id"));
                let friends = mine.filter_map(|(_, to)| thing(to));
                Related::Many(friends.map(|friend| friend as &dyn Instance).collect())
            }
            "thing" => Related::One(thing(self.text("owner")).map(|thing| thing as &dyn Instance)),
            other => panic!("{other} is not walked"),
        })
    }
}
