//! What the disk can do.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;

/// How long the disk takes to make 4 KiB durable: the median of a few hundred writes at the end of
/// one file.
///
/// # Errors
/// If the directory cannot be written.
pub(crate) fn sync_time(directory: &Path) -> Result<Duration, Failure> {
    const SYNCS: usize = 300;
    let mut file = tempfile::tempfile_in(directory)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&[0x5a; 4_096])?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}
