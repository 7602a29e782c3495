//! How status monitors lie in tables: a row each, and the body of the answer in pieces.

use edm::Value;
use odata::Error;
use store::{Reader, Row, TableId, Tables, Transaction};

use super::room::Head;

/// The tables of monitors and their columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) monitors: TableId,
    pub(super) id: usize,
    pub(super) caller: usize,
    pub(super) lease_until: usize,
    pub(super) finished_at: usize,
    pub(super) status: usize,
    pub(super) headers: usize,
    pub(super) length: usize,
    pub(super) count: usize,
    pub(super) pieces: TableId,
    pub(super) of: usize,
    pub(super) number: usize,
    pub(super) content: usize,
}

impl Layout {
    /// The tables by their names in the storage map, if it has them with all their columns.
    pub(super) fn of(tables: &Tables) -> Option<Self> {
        let monitors = tables.find("status_monitor")?;
        let pieces = tables.find("status_monitor_piece")?;
        let column = |name: &str| tables.table(monitors).column(name);
        let piece = |name: &str| tables.table(pieces).column(name);
        Some(Self {
            monitors,
            id: column("monitor_id")?,
            caller: column("caller")?,
            lease_until: column("lease_until")?,
            finished_at: column("finished_at")?,
            status: column("status")?,
            headers: column("headers")?,
            length: column("length")?,
            count: column("pieces")?,
            pieces,
            of: piece("monitor_id")?,
            number: piece("piece")?,
            content: piece("content")?,
        })
    }

    /// What a row says of its monitor's age and size.
    pub(super) fn head(&self, row: &Row) -> Head {
        let number = |column: usize| row[column].as_i64().unwrap_or(0);
        Head {
            id: row[self.id].clone(),
            caller: row[self.caller].as_str().unwrap_or_default().to_owned(),
            lease_until: number(self.lease_until),
            finished_at: Some(number(self.finished_at)).filter(|at| *at > 0),
            length: u64::try_from(number(self.length)).unwrap_or(0),
        }
    }

    /// The body of the answer that a row is the head of.
    pub(super) fn body(&self, reader: &mut dyn Reader, row: &Row) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        for number in 0..row[self.count].as_i64().unwrap_or(0) {
            let key = [row[self.id].clone(), Value::Integer(number)];
            let piece = reader.get(self.pieces, &key)?;
            match piece.map(|mut piece| std::mem::take(&mut piece[self.content])) {
                Some(Value::Binary(content)) => body.extend(content),
                _ => return Err(Error::internal("a kept answer is not whole")),
            }
        }
        Ok(body)
    }

    /// Removes a monitor with its answer.
    pub(super) fn remove(
        &self,
        transaction: &mut dyn Transaction,
        id: &Value,
    ) -> Result<(), Error> {
        transaction.delete_where(self.pieces, &[(self.of, id.clone())], u32::MAX)?;
        transaction.delete(self.monitors, std::slice::from_ref(id))?;
        Ok(())
    }
}
