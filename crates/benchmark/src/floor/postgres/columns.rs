//! States as arrays of columns, which is how many of them are written by one statement.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::super::state::State;

/// What stands in an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Long,
    Int,
    Text,
}

use Type::{Int, Long, Text};

/// The types of [`COLUMNS`](super::super::state::COLUMNS), in order.
pub(super) const TYPES: [Type; 24] = [
    Long, Long, Int, Long, Int, Long, Int, Text, Text, Text, Text, Text, Long, Text, Text, Text,
    Long, Text, Long, Long, Long, Long, Long, Long,
];

/// The ordinals of the columns that a report changes, and of the key.
pub(super) const CHANGED: [usize; 15] = [0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 18, 19, 20, 23];
/// The ordinals of the key.
pub(super) const KEY: [usize; 2] = [14, 15];

impl Type {
    /// The array's type in SQL.
    pub(super) fn array(self) -> &'static str {
        match self {
            Long => "BIGINT[]",
            Int => "INTEGER[]",
            Text => "TEXT[]",
        }
    }
}

/// A column of many states.
pub(super) enum Column<'s> {
    Long(Vec<Option<i64>>),
    Int(Vec<Option<i32>>),
    Text(Vec<Option<&'s str>>),
}

impl<'s> Column<'s> {
    /// The column of an ordinal.
    pub(super) fn of<'i>(states: impl Iterator<Item = &'i State>, ordinal: usize) -> Self
    where
        'i: 's,
    {
        match TYPES[ordinal] {
            Long => Self::Long(states.map(|state| long(state, ordinal)).collect()),
            Int => {
                let int = |state: &State| i32::try_from(long(state, ordinal)?).ok();
                Self::Int(states.map(int).collect())
            }
            Text => Self::Text(states.map(|state| text(state, ordinal)).collect()),
        }
    }

    /// As a parameter.
    pub(super) fn parameter(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Long(values) => values,
            Self::Int(values) => values,
            Self::Text(values) => values,
        }
    }
}

fn long(state: &State, ordinal: usize) -> Option<i64> {
    match ordinal {
        0 => Some(state.detection),
        1 => Some(state.last_update.0),
        2 => Some(state.last_update.1),
        3 => state.expected.0,
        4 => state.expected.1,
        5 => Some(state.last_sync.0),
        6 => Some(state.last_sync.1),
        12 => Some(state.remediation),
        16 => Some(state.id_form),
        18 => state.counted_day,
        19 => state.outcome.0,
        20 => Some(state.outcome.1),
        21 => Some(state.handed_version),
        22 => Some(state.handed_count),
        _ => state.last_history,
    }
}

fn text(state: &State, ordinal: usize) -> Option<&str> {
    match ordinal {
        13 => state.filters.as_deref(),
        14 => Some(&state.script),
        15 => Some(&state.key),
        17 => Some(&state.device),
        output => state.outputs.get(output - 7)?.as_deref(),
    }
}

/// The state of a row of [`COLUMNS`](super::super::state::COLUMNS).
pub(super) fn state(row: &Row) -> Result<State, tokio_postgres::Error> {
    let int = |at: usize| row.try_get::<_, i32>(at).map(i64::from);
    Ok(State {
        detection: row.try_get(0)?,
        last_update: (row.try_get(1)?, int(2)?),
        expected: (
            row.try_get(3)?,
            row.try_get::<_, Option<i32>>(4)?.map(i64::from),
        ),
        last_sync: (row.try_get(5)?, int(6)?),
        outputs: [
            row.try_get(7)?,
            row.try_get(8)?,
            row.try_get(9)?,
            row.try_get(10)?,
            row.try_get(11)?,
        ],
        remediation: row.try_get(12)?,
        filters: row.try_get(13)?,
        script: row.try_get(14)?,
        key: row.try_get(15)?,
        id_form: row.try_get(16)?,
        device: row.try_get(17)?,
        counted_day: row.try_get(18)?,
        outcome: (row.try_get(19)?, row.try_get(20)?),
        handed_version: row.try_get(21)?,
        handed_count: row.try_get(22)?,
        last_history: row.try_get(23)?,
    })
}
