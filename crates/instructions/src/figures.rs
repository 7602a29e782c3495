//! The figures on file.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Failure;

/// How much a count may grow, as a share of it: other processors choose other copies of the C
/// library's functions, and hash tables are seeded anew in each process.
const TOLERANCE: f64 = 0.05;

/// Instructions of one time of each work.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Figures {
    /// The compiler that they were counted with: another one may count otherwise.
    rustc: String,
    counts: BTreeMap<String, u64>,
}

/// What a count says beside the figure on file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Judged {
    /// There is none on file.
    Unknown,
    /// It is more than the tolerance, by this share.
    Grown(f64),
    /// It is within the tolerance, or less, by this share.
    Kept(f64),
}

impl Figures {
    /// No figures, of this compiler.
    pub(super) fn empty() -> Self {
        let output = std::process::Command::new("rustc")
            .arg("--version")
            .output();
        let rustc = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        Self {
            rustc: rustc.unwrap_or_default(),
            counts: BTreeMap::new(),
        }
    }

    fn file() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("figures.json")
    }

    /// The figures on file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn read() -> Result<Self, Failure> {
        let file = Self::file();
        let text = fs::read(&file).map_err(|reason| format!("{}: {reason}", file.display()))?;
        let kept: Self = serde_json::from_slice(&text)?;
        let now = Self::empty().rustc;
        if kept.rustc != now {
            super::say(&format!(
                "the figures on file are of {}, these of {now}",
                kept.rustc
            ));
        }
        Ok(kept)
    }

    /// Writes the figures to the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(fs::write(Self::file(), text)?)
    }

    /// Notes a count.
    pub(super) fn set(&mut self, name: &str, count: u64) {
        self.counts.insert(name.to_owned(), count);
    }

    /// All counts.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
    }

    /// What a count says beside the one on file.
    pub(super) fn judge(&self, name: &str, count: u64) -> Judged {
        let Some(kept) = self.counts.get(name) else {
            return Judged::Unknown;
        };
        let change = count as f64 / *kept as f64 - 1.0;
        if change > TOLERANCE {
            Judged::Grown(change)
        } else {
            Judged::Kept(change)
        }
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = TOLERANCE * 100.0;
        match self {
            Self::Unknown => write!(f, "not on file"),
            Self::Grown(change) => write!(
                f,
                "{:+.1} %: more than the {percent} % that are allowed",
                change * 100.0
            ),
            Self::Kept(change) if *change < -TOLERANCE => write!(
                f,
                "{:+.1} %: write the figures down anew, to keep it so",
                change * 100.0
            ),
            Self::Kept(change) => write!(f, "{:+.1} %", change * 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_grew_is_seen() {
        let mut figures = Figures::empty();
        figures.set("a", 1_000);
        for (name, count, grown) in [
            ("a", 1_000, false),
            ("a", 1_049, false),
            ("a", 1_051, true),
            ("a", 10, false),
            ("b", 1, true),
        ] {
            let judged = figures.judge(name, count);
            let found = matches!(judged, Judged::Grown(_) | Judged::Unknown);
            assert_eq!(found, grown, "{name} {count}: {judged}");
        }
    }
}
