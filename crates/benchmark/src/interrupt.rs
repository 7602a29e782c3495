//! An interrupt ends a run in good order: databases are removed, and what was measured is kept.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Failure;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Begins to listen for an interrupt; a second one ends the process at once.
///
/// # Errors
/// If the system does not let it listen.
pub(crate) fn listen() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("interrupt".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                while tokio::signal::ctrl_c().await.is_ok() {
                    if INTERRUPTED.swap(true, Ordering::Relaxed) {
                        std::process::exit(130);
                    }
                }
            });
        })?;
    Ok(())
}

/// Whether the run was interrupted.
pub(crate) fn happened() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Nothing, as long as the run was not interrupted.
///
/// # Errors
/// If it was.
pub(crate) fn check() -> Result<(), Failure> {
    if happened() {
        Err("interrupted".into())
    } else {
        Ok(())
    }
}
