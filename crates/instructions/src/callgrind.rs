//! Counting by valgrind's callgrind: only within the function that does the work.

use std::process::{Command, Stdio};

use super::Failure;
use super::work::TIMES;

/// Whether there is a valgrind to run.
pub(super) fn is_there() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// How many instructions one time of a work takes.
///
/// # Errors
/// If it fails, or valgrind does not say.
pub(super) fn count(name: &str) -> Result<u64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*counted_section*"])
        .arg(std::env::current_exe()?)
        .args(["counted", name])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name} failed under valgrind: {text}").into());
    }
    match collected(&text) {
        Some(count) if count >= TIMES => Ok(count / TIMES),
        _ => Err(format!("valgrind counted nothing of {name}: {text}").into()),
    }
}

/// The number behind `Collected :`.
fn collected(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("Collected :")?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_valgrind_says() {
        for (text, count) in [
            (
                "==7== Events    : Ir\n==7== Collected : 9085859\n==7==",
                Some(9_085_859),
            ),
            ("==7== Collected : 1 2", Some(1)),
            ("==7== Collected :", None),
            ("", None),
        ] {
            assert_eq!(collected(text), count, "{text}");
        }
    }
}
