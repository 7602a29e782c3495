//! Server processes: started, waited for until they say where they listen, and ended with their
//! owner.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Failure, machine};

/// How long a stopping server may take to answer what is in flight and close its database.
const STOPPING: Duration = Duration::from_secs(60);

/// A running server process. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From its start to the moment it said so.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts a program whose first line ends with `http://ADDRESS`.
    ///
    /// # Errors
    /// If it cannot be started or ends without such a line.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        let begun = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|reason| format!("cannot start {:?}: {reason}", command.get_program()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            // The rest of its words is not read: both servers say little, and the pipe holds it.
            let mut out = BufReader::new(out);
            out.read_line(&mut line)?;
            // The pipe stays open with the process: a closed one would fail its later writes.
            std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        }
        let address = line
            .trim_end()
            .rsplit_once("http://")
            .and_then(|(_, address)| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!(
                "{:?} did not say where it listens but {line:?}",
                command.get_program()
            )
            .into());
        };
        Ok(Self {
            child,
            address,
            ready_after: begun.elapsed(),
        })
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// If it does not, or not cleanly.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        self.ask_to_stop()?;
        let deadline = Instant::now() + STOPPING;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("the server ended with {status}").into())
                };
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("the server did not stop".into())
    }

    #[cfg(unix)]
    fn ask_to_stop(&mut self) -> Result<(), Failure> {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = Pid::from_child(&self.child);
        Ok(kill_process(pid, Signal::TERM)?)
    }

    #[cfg(not(unix))]
    fn ask_to_stop(&mut self) -> Result<(), Failure> {
        Err("stopping a server cleanly needs signals".into())
    }

    /// The processor time that it has used, in user and kernel; `None` where the system does not
    /// say. Unlike a rate it moves little with what else the machine does.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        machine::processor_time(&self.child.id().to_string())
    }

    /// Lets the most that its memory was begin anew, where the system can.
    pub(crate) fn forget_most_memory(&self) {
        // Without it the figure is that of the whole run so far, never too small.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }

    /// Its resident memory in bytes, and the most that it ever was; `None` where the system does
    /// not say.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
            Some(kibibytes * 1_024)
        };
        Some(Memory {
            now: field("VmRSS:")?,
            most: field("VmHWM:")?,
        })
    }
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Memory {
    /// At the time of asking.
    pub(crate) now: u64,
    /// The most that it ever was.
    pub(crate) most: u64,
}

impl Memory {
    /// With another figure for the most, if that is higher.
    pub(crate) fn with_most(self, most: Option<u64>) -> Self {
        Self {
            most: self.most.max(most.unwrap_or(0)),
            ..self
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; nothing is left to do then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
