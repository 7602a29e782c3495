//! The binary on a data directory, started under other programs where a test needs that.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::client::Client;

const ROLE: &str = "DeviceManagementConfiguration.ReadWrite.All";

/// A data directory with a token for it.
pub(crate) struct Data {
    directory: TempDir,
    pub(crate) token: String,
}

impl Data {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let printed = Command::new(env!("CARGO_BIN_EXE_runstate"))
            .args(["token", "--role", ROLE, "--data-dir"])
            .arg(directory.path())
            .output()
            .unwrap();
        assert!(printed.status.success(), "{printed:?}");
        let token = String::from_utf8(printed.stdout).unwrap();
        Self {
            directory,
            token: token.trim_end().to_owned(),
        }
    }

    /// Another directory with the same files.
    pub(crate) fn copy(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
        }
        Self {
            directory,
            token: self.token.clone(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("runstate.db")
    }

    /// A server on this directory.
    pub(crate) fn serve(&self) -> Server<'_> {
        self.serve_under(&[])
    }

    /// A server started by a program that becomes it: its arguments come before the server's.
    pub(crate) fn serve_under(&self, program: &[&str]) -> Server<'_> {
        let mut child = self.command(program).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let Some(address) = line.strip_prefix("Runstate listens on http://") else {
            let mut said = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut said);
            panic!("the server does not listen: {line}{said}");
        };
        // What it prints further is of no interest, but it must be able to print it.
        let _ = keep_reading(out);
        Server {
            address: address.trim_end().to_owned(),
            log: child.stderr.take().map(keep_reading),
            child,
            data: self,
        }
    }

    /// The command that starts a server.
    pub(crate) fn command(&self, program: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_runstate");
        let mut words = program.iter().copied().chain([binary]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A log that is read as it comes, so that the server never waits for its reader.
fn keep_reading(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut log = Vec::new();
        let _ = from.read_to_end(&mut log);
        String::from_utf8_lossy(&log).into_owned()
    })
}

/// A running server; it goes with the test whatever becomes of it.
pub(crate) struct Server<'d> {
    pub(crate) address: String,
    child: Child,
    log: Option<JoinHandle<String>>,
    data: &'d Data,
}

impl Server<'_> {
    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.address, &self.data.token).unwrap()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Waits for the end: how it ended, and what stands in the log.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let log = self.log.take().map(|log| log.join().unwrap());
        (status, log.unwrap_or_default())
    }

    /// Ends as by a power cut of this process.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends as it is meant to.
    pub(crate) fn stop(self) -> String {
        self.terminate();
        let (status, log) = self.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        log
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
