//! The real binary, started with a data directory of its own and ended with the test.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use super::Client;

/// The permission that opens everything but privileged operations.
pub(crate) const READ_WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

/// A running server. It is itself a client with [`READ_WRITE`].
pub(crate) struct Server {
    child: Child,
    /// Held open: the server goes on to print there.
    _out: BufReader<ChildStdout>,
    address: String,
    directory: TempDir,
    client: Client,
}

impl Server {
    /// A server of its own.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (child, out, address) = spawn(directory.path());
        let token = token(directory.path(), &["--role", READ_WRITE]);
        let client = Client::new(&address, Some(token));
        Self {
            child,
            _out: out,
            address,
            directory,
            client,
        }
    }

    /// The server that tests share while at least one of them runs. What a test makes there, it
    /// finds by the ids that it was given, since others make the like at the same time.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    /// A token of these arguments of `runstate token`.
    pub(crate) fn issue(&self, arguments: &[&str]) -> String {
        token(self.directory.path(), arguments)
    }

    /// A client with such a token.
    pub(crate) fn client(&self, arguments: &[&str]) -> Client {
        self.client_with(Some(&self.issue(arguments)))
    }

    /// A client with this token, or without one.
    pub(crate) fn client_with(&self, token: Option<&str>) -> Client {
        Client::new(&self.address, token.map(str::to_owned))
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.directory.path()
    }
}

impl Deref for Server {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the test that noticed has failed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn runstate(arguments: &[&str], data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runstate"));
    command.args(arguments).arg("--data-dir").arg(data_dir);
    command.env_remove("RUST_LOG").env_remove("RUNSTATE_TOKEN");
    command
}

/// Starts the server and reads where it listens from its first line.
fn spawn(data_dir: &Path) -> (Child, BufReader<ChildStdout>, String) {
    let mut child = runstate(&["serve", "--listen", "127.0.0.1:0"], data_dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("Runstate listens on http://");
    let address = address.unwrap_or_else(|| panic!("the server said {line:?}"));
    (child, out, address.to_owned())
}

/// A token as the command line prints it.
fn token(data_dir: &Path, arguments: &[&str]) -> String {
    let mut line = vec!["token"];
    line.extend(arguments);
    let output = runstate(&line, data_dir).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}
