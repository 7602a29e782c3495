//! What a command that runs apart may rely on: the stripes of what it reads and writes, taken as it
//! goes, if they are free.

use edm::Value;
use odata::Error;
use store::cell::Cell;
use store::{Select, TableId};

use super::prepared::Prepared;
use super::{Access, Session};
use crate::client::{Ask, Bound};
use crate::failure::{Trouble, unavailable};
use crate::stripes::{Hold, Stripes, reads_one_table};

impl Session {
    /// Holds the stripes of a row.
    pub(super) fn cover(&mut self, id: TableId, key: &[Cell<'_>], hold: Hold) -> Result<(), Error> {
        if self.access != Access::Apart {
            return Ok(());
        }
        let table = self.context.tables.table(id);
        if table.reads_others {
            return self.cover_all();
        }
        let mut wanted = Stripes::default();
        wanted.add_row(table, key, hold);
        self.hold(&wanted)
    }

    /// Holds the stripe of the rows with these values, if they have one.
    pub(super) fn cover_rows(
        &mut self,
        id: TableId,
        fixed: &[(usize, Value)],
    ) -> Result<(), Error> {
        if self.access != Access::Apart {
            return Ok(());
        }
        let context = self.context.clone();
        let table = context.tables.table(id);
        let mut cells = Vec::new();
        for (column, value) in fixed {
            cells.clear();
            store::cell::encode(&context.model, &table.columns[*column], value, &mut cells)?;
            let mut wanted = Stripes::default();
            if !table.reads_others
                && (cells.iter()).any(|cell| wanted.add_rows(table, *column, cell))
            {
                return self.hold(&wanted);
            }
        }
        self.cover_all()
    }

    /// Holds the stripe of what a select reads, if that has one.
    pub(super) fn cover_select(&mut self, select: &Select<'_>) -> Result<(), Error> {
        if self.access != Access::Apart {
            return Ok(());
        }
        if !reads_one_table(self.context.tables.table(select.table), select) {
            return self.cover_all();
        }
        self.cover_rows(select.table, &select.fixed)
    }

    /// A command that may rely on anything runs while no other does.
    pub(super) fn cover_all(&mut self) -> Result<(), Error> {
        if self.access != Access::Apart {
            return Ok(());
        }
        self.trouble = self.trouble.or(Some(Trouble::Whole));
        Err(unavailable("the command runs again"))
    }

    fn hold(&mut self, wanted: &Stripes) -> Result<(), Error> {
        let lacks = self.stripes.lacks(wanted);
        for hold in [Hold::Shared, Hold::Alone] {
            let cells = lacks.held(hold);
            if cells.is_empty() {
                continue;
            }
            let asks = [Ask {
                statement: self.statement(Prepared::TryStripes(hold))?,
                parameters: vec![Bound::Many(cells)],
            }];
            let taken = self.ask_all(&asks)?;
            if taken.iter().any(|answer| !answer.rows.is_empty()) {
                let held = self.stripes.clone();
                return Err(self.lacks(held, &lacks));
            }
        }
        self.stripes.extend(&lacks);
        Ok(())
    }

    /// The transaction holds stripes and lacks others that are taken: it is to begin again with all
    /// of them.
    pub(crate) fn lacks(&mut self, mut held: Stripes, lacks: &Stripes) -> Error {
        held.extend(lacks);
        self.learned = held;
        self.trouble = self.trouble.or(Some(Trouble::Conflict));
        unavailable("the command runs again")
    }

    /// What the transaction should have begun with.
    pub(crate) fn take_learned(&mut self) -> Stripes {
        std::mem::take(&mut self.learned)
    }
}
