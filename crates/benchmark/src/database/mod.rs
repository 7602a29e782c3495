//! Where the rows of product and floors lie.

mod agreement;
mod postgres;
mod sqlite;

use std::ffi::OsString;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;

/// Bytes on disk.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Storage {
    /// The database's file, by state: everything in it.
    pub(crate) file_per_state: f64,
    /// The table of run states with its key's index, by state.
    pub(crate) row: f64,
    /// The history, by row of it.
    pub(crate) history_row: f64,
    /// The values of a run state as plainly as they can be written.
    pub(crate) raw: u64,
    /// How many of those bytes are outputs of scripts.
    pub(crate) outputs: u64,
}

impl Storage {
    /// Bytes on disk a run state beyond its outputs, and how many of them the raw values take.
    pub(crate) fn beyond_outputs(&self) -> (f64, f64) {
        let raw = self.raw.saturating_sub(self.outputs);
        (self.row - self.outputs as f64, raw as f64)
    }
}

/// The product's database and the floors' copy of it.
pub(crate) trait Database {
    /// What the table calls it.
    fn name(&self) -> &'static str;

    /// What the product is told of it, beside its data directory.
    fn product_arguments(&self) -> Vec<OsString>;

    /// What the floors are told of it.
    fn floor_arguments(&self) -> Vec<OsString>;

    /// Copies the database of the stopped product for the floors.
    ///
    /// # Errors
    /// If the disk is full or the like.
    fn copy(&mut self) -> Result<(), Failure>;

    /// Compares what product and floors wrote since the copy, where both were asked the same.
    ///
    /// # Errors
    /// If any row differs: then the floor is none.
    fn compare(&self) -> Result<(), Failure>;

    /// How many bytes the rows of a stopped product take.
    ///
    /// # Errors
    /// If it cannot be read.
    fn storage(&self, states: u64) -> Result<Storage, Failure>;

    /// Checks the database of a stopped product: every counter is what the rows say, and every
    /// state's latest run is in the history.
    ///
    /// # Errors
    /// If anything disagrees: then the figures are of a product that loses writes.
    fn verify(&self) -> Result<(), Failure>;
}

/// How many states have a latest run that is not in the history: a statement of both databases.
const UNCHAINED: &str = "SELECT count(*) FROM device_health_script_device_state AS state \
    LEFT JOIN device_health_script_device_state_history AS run \
      ON run.history_id = state.last_history_id \
    WHERE run.state_key IS DISTINCT FROM state.state_key \
       OR run.last_state_update_date_time IS DISTINCT FROM state.last_state_update_date_time";

/// The database of a run: on the server of an address, or files in a directory.
///
/// # Errors
/// If it cannot be made.
pub(crate) fn open(address: Option<&str>, directory: &Path) -> Result<Box<dyn Database>, Failure> {
    Ok(match address {
        Some(address) => Box::new(postgres::Databases::new(address)?),
        None => Box::new(sqlite::Files::new(directory)),
    })
}
