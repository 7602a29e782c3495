//! Small things around a run: its progress, and what the disk can do.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Failure;

/// Says on standard error what is being done: on a terminal in one line that changes.
pub(crate) fn progress(message: &str) {
    let mut out = std::io::stderr();
    // Progress that cannot be shown stops nothing.
    let _ = if out.is_terminal() {
        write!(out, "\r\x1b[K{message}").and_then(|()| out.flush())
    } else {
        Ok(())
    };
}

/// Says that a part is done: on a terminal in place of its progress.
pub(crate) fn done(message: &str) {
    let mut out = std::io::stderr();
    let clear = if out.is_terminal() { "\r\x1b[K" } else { "" };
    let _ = writeln!(out, "{clear}{message}");
}

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
