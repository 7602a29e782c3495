//! What a run was measured on.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::{Failure, probe};

/// A machine, as far as it says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// In bytes.
    pub(crate) memory: Option<u64>,
    pub(crate) system: String,
    /// The file system of the databases.
    pub(crate) filesystem: String,
    /// What a durable write of 4 KiB takes, in microseconds.
    pub(crate) sync_micros: u64,
    /// Processes that wanted to run during the last minute, before the run began.
    pub(crate) load_before: Option<f64>,
}

impl Machine {
    /// This machine, with databases in a directory.
    ///
    /// # Errors
    /// If the directory cannot be written.
    pub(crate) fn read(directory: &Path) -> Result<Self, Failure> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let kernel = read("/proc/sys/kernel/osrelease");
        Ok(Self {
            processor: field(&read("/proc/cpuinfo"), "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: field(&read("/proc/meminfo"), "MemTotal")
                .and_then(|size| size.strip_suffix(" kB")?.parse::<u64>().ok())
                .map(|kibibytes| kibibytes * 1_024),
            system: format!("{} {}", std::env::consts::OS, kernel.trim()),
            filesystem: filesystem(&read("/proc/self/mounts"), directory),
            sync_micros: u64::try_from(probe::sync_time(directory)?.as_micros())
                .unwrap_or(u64::MAX),
            load_before: load_average(),
        })
    }
}

/// Processes that wanted to run during the last minute.
pub(crate) fn load_average() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// The type of the file system that holds a directory: of the mount points above it the longest,
/// of those the last.
fn filesystem(mounts: &str, directory: &Path) -> String {
    let mut found = ("", "unknown");
    for mount in mounts.lines() {
        let mut fields = mount.split(' ').skip(1);
        if let (Some(point), Some(kind)) = (fields.next(), fields.next())
            && directory.starts_with(point)
            && point.len() >= found.0.len()
        {
            found = (point, kind);
        }
    }
    found.1.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filesystem_of_a_directory() {
        let mounts =
            "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/x xfs rw 0 0\nbad\n";
        for (directory, expected) in [
            ("/home", "ext4"),
            ("/tmp", "tmpfs"),
            ("/tmp/x/y", "xfs"),
            ("/tmpx", "ext4"),
        ] {
            assert_eq!(filesystem(mounts, Path::new(directory)), expected);
        }
        assert_eq!(filesystem("", Path::new("/")), "unknown");
    }
}
