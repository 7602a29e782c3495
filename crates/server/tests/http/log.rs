//! What the servers of this process log, for tests to read.

use std::io;
use std::sync::{Mutex, Once, PoisonError};

use tracing::Level;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Makes this process log into memory. Servers log on threads of their own, so that one log is
/// kept for all tests; each finds its lines by its request ids.
pub(crate) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(Level::INFO)
            .with_ansi(false)
            .with_writer(|| Writer)
            .init();
    });
}

/// The logged lines that hold this text.
pub(crate) fn lines_with(text: &str) -> Vec<String> {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let log = String::from_utf8_lossy(&log);
    let lines = log.lines().filter(|line| line.contains(text));
    lines.map(str::to_owned).collect()
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
