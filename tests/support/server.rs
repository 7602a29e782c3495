//! The real binary, started with a data directory of its own and ended with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jsonwebtoken::EncodingKey;
use tempfile::TempDir;

use super::Client;

/// The permission that opens everything but privileged operations.
pub(crate) const READ_WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

/// The file of a log that is kept.
const LOG: &str = "log.txt";

/// The argument that names what seals signing keys.
const SEAL: &str = "--key-encryption-key";

/// What becomes of what a server logs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    /// The tests' own standard error.
    Shown,
    /// A file, and all of it.
    Kept,
}

/// A running server. It is itself a client with [`READ_WRITE`].
pub(crate) struct Server {
    child: Child,
    /// Held open: the server goes on to print there.
    _out: BufReader<ChildStdout>,
    address: String,
    directory: Arc<TempDir>,
    /// The address of its PostgreSQL database, if it has not the one in its directory.
    database: Option<String>,
    client: Client,
}

impl Server {
    /// A server of its own, on the database that `RUNSTATE_TEST_DATABASE` says: `postgres`, or
    /// SQLite.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with further arguments of `runstate serve`.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        Self::on(
            directory,
            test_postgres::chosen_database(),
            arguments,
            Log::Shown,
        )
    }

    /// Another server on the same database: on PostgreSQL, from a directory of its own.
    pub(crate) fn beside(&self) -> Self {
        let directory = match self.database {
            Some(_) => Arc::new(tempfile::tempdir().unwrap()),
            None => self.directory.clone(),
        };
        Self::on(directory, self.database.clone(), &[], Log::Shown)
    }

    /// A server of its own on a PostgreSQL database, with further arguments of `runstate serve`.
    pub(crate) fn start_on(database: String, arguments: &[&str]) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        Self::on(directory, Some(database), arguments, Log::Shown)
    }

    /// A server on what a directory holds, or on a PostgreSQL database.
    pub(crate) fn start_in(directory: Arc<TempDir>, database: Option<String>) -> Self {
        Self::on(directory, database, &[], Log::Shown)
    }

    /// A server of its own that logs all it ever says, into a file.
    pub(crate) fn start_tracing(arguments: &[&str]) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        Self::on(
            directory,
            test_postgres::chosen_database(),
            arguments,
            Log::Kept,
        )
    }

    /// What a server that traces has said: on standard output, where it is ended for that, and in its
    /// log.
    pub(crate) fn end_and_read(mut self) -> String {
        self.child.kill().unwrap();
        let mut said = self.log();
        self._out.read_to_string(&mut said).unwrap();
        said
    }

    /// The log so far of a server that traces.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data_dir().join(LOG)).unwrap()
    }

    fn on(directory: Arc<TempDir>, database: Option<String>, arguments: &[&str], log: Log) -> Self {
        let (child, out, address) = spawn(directory.path(), database.as_deref(), arguments, log);
        // What opens the server's keys opens those of its commands.
        let seal = arguments.windows(2).find(|pair| pair[0] == SEAL);
        let line = [&["--role", READ_WRITE], seal.unwrap_or_default()].concat();
        let token = token(directory.path(), database.as_deref(), &line);
        let client = Client::new(&address, Some(token));
        Self {
            child,
            _out: out,
            address,
            directory,
            database,
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
        token(self.directory.path(), self.database.as_deref(), arguments)
    }

    /// A client with such a token.
    pub(crate) fn client(&self, arguments: &[&str]) -> Client {
        self.client_with(Some(&self.issue(arguments)))
    }

    /// A client with this token, or without one.
    pub(crate) fn client_with(&self, token: Option<&str>) -> Client {
        Client::new(&self.address, token.map(str::to_owned))
    }

    /// Runs a command of `runstate` on the server's database; answers what it printed.
    #[track_caller]
    pub(crate) fn runstate(&self, line: &[&str]) -> String {
        let output = self.try_runstate(line);
        assert!(output.status.success(), "{line:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same with something on its standard input.
    #[track_caller]
    pub(crate) fn runstate_with_input(&self, line: &[&str], input: &str) -> String {
        let output = self.try_runstate_with_input(line, input);
        assert!(output.status.success(), "{line:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same of a command that may be refused.
    pub(crate) fn try_runstate_with_input(&self, line: &[&str], input: &str) -> Output {
        let mut command = beside(self.directory.path(), self.database.as_deref(), line);
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// What it goes on to print, up to some lines behind one that has this text.
    pub(crate) fn printed_until(mut self, text: &str, more: usize) -> (Self, String) {
        let mut said = String::new();
        while !said.contains(text) {
            assert_ne!(self._out.read_line(&mut said).unwrap(), 0, "{said}");
        }
        for _ in 0..more {
            self._out.read_line(&mut said).unwrap();
        }
        (self, said)
    }

    /// Runs a command of `runstate` on the server's database, which may refuse it.
    pub(crate) fn try_runstate(&self, line: &[&str]) -> Output {
        command(self.directory.path(), self.database.as_deref(), line)
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The address of its PostgreSQL database, if it has one.
    pub(crate) fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.directory.path()
    }

    /// The key that signs the server's tokens.
    pub(crate) fn signing_key(&self) -> EncodingKey {
        let query = "SELECT secret FROM signing_key WHERE secret IS NOT NULL";
        let key: Vec<u8> = match &self.database {
            Some(url) => {
                let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).unwrap();
                client.query_one(query, &[]).unwrap().get(0)
            }
            None => {
                let file = self.data_dir().join("runstate.db");
                let read_only = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
                let database = rusqlite::Connection::open_with_flags(file, read_only).unwrap();
                database.query_row(query, [], |row| row.get(0)).unwrap()
            }
        };
        EncodingKey::from_ec_der(&key)
    }

    /// The only number that a query of the database answers.
    pub(crate) fn count_in_database(&self, query: &str) -> i64 {
        if let Some(url) = &self.database {
            let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).unwrap();
            return client.query_one(query, &[]).unwrap().get(0);
        }
        let file = self.data_dir().join("runstate.db");
        let read_only = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(file, read_only).unwrap();
        database.query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// Changes the database behind the server's back.
    pub(crate) fn execute_in_database(&self, statements: &str) {
        if let Some(url) = &self.database {
            let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).unwrap();
            return client.batch_execute(statements).unwrap();
        }
        let file = self.data_dir().join("runstate.db");
        let database = rusqlite::Connection::open(file).unwrap();
        let patience = std::time::Duration::from_secs(10);
        database.busy_timeout(patience).unwrap();
        database.execute_batch(statements).unwrap();
    }

    /// Says in the database that its tables are of a version, as another program would.
    pub(crate) fn set_schema_version(&self, version: u32) {
        if let Some(url) = &self.database {
            let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).unwrap();
            let update = format!("UPDATE schema_version SET version = {version}");
            return client.batch_execute(&update).unwrap();
        }
        let file = self.data_dir().join("runstate.db");
        let database = rusqlite::Connection::open(file).unwrap();
        database
            .pragma_update(None, "user_version", version)
            .unwrap();
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
    command.env_remove("RUNSTATE_DATABASE");
    command
}

/// Starts the server and reads where it listens from its first line.
fn spawn(
    data_dir: &Path,
    database: Option<&str>,
    arguments: &[&str],
    log: Log,
) -> (Child, BufReader<ChildStdout>, String) {
    let mut command = runstate(&["serve", "--listen", "127.0.0.1:0"], data_dir);
    command.args(arguments);
    if log == Log::Kept {
        let file = std::fs::File::create(data_dir.join(LOG)).unwrap();
        command.stderr(file).env("RUST_LOG", "trace");
    }
    if let Some(database) = database {
        command.env("RUNSTATE_DATABASE", database);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("Runstate listens on http://");
    let address = address.unwrap_or_else(|| panic!("the server said {line:?}"));
    (child, out, address.to_owned())
}

/// A token as the command line prints it.
fn token(data_dir: &Path, database: Option<&str>, arguments: &[&str]) -> String {
    let mut line = vec!["token"];
    line.extend(arguments);
    let output = command(data_dir, database, &line);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// What a command beside the server prints, and how it ends.
fn command(data_dir: &Path, database: Option<&str>, line: &[&str]) -> Output {
    beside(data_dir, database, line).output().unwrap()
}

/// A command on the server's database.
fn beside(data_dir: &Path, database: Option<&str>, line: &[&str]) -> Command {
    let mut command = runstate(line, data_dir);
    if let Some(database) = database {
        command.env("RUNSTATE_DATABASE", database);
    }
    command
}
