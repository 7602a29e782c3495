//! What a run was measured on.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Failure, probe};

/// A machine, as far as it says.
#[derive(Clone, Debug, Deserialize, Serialize)]
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

/// The processor time that a process has used, in user and kernel: of a process id, or `self`.
/// `None` where the system does not say.
pub(crate) fn processor_time(process: &str) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name stands in parentheses and may hold anything; the state follows.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    ticks(user + kernel)
}

/// The processor time that all processes have used, with what the host took from this machine;
/// without interrupts, which are as much ours as theirs.
pub(crate) fn busy_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let mut fields = stat.lines().next()?.split_ascii_whitespace().skip(1);
    let mut next = || fields.next()?.parse::<u64>().ok();
    let (user, nice, kernel) = (next()?, next()?, next()?);
    let [_idle, _waiting, _interrupts, _soft] = [next()?, next()?, next()?, next()?];
    ticks(user + nice + kernel + next()?)
}

#[cfg(target_os = "linux")]
fn ticks(count: u64) -> Option<Duration> {
    let a_second = rustix::param::clock_ticks_per_second().max(1);
    Some(Duration::from_millis(count * 1_000 / a_second))
}

#[cfg(not(target_os = "linux"))]
fn ticks(_count: u64) -> Option<Duration> {
    None
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
