//! A PostgreSQL server of a test's own. It ends with the test binary, however that ends.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

/// Makes the data directory, then starts and ends the server as its input says, and clears up when
/// that ends, which it does with the process that holds the other end. `initdb` and the server
/// refuse to run as root. The order of texts is a language's, so that what relies on the database's
/// own is found out.
const SCRIPT: &str = r#"
set -eu
dir=$(mktemp -d /tmp/pgtest.XXXXXX)
server=
trap 'rm -rf "$dir"' EXIT
as=""
if [ "$(id -u)" -eq 0 ]; then
  user=postgres
  id "$user" >/dev/null 2>&1 || user=nobody
  as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
  chown "$user" "$dir"
fi
cd "$dir"
if [ -n "$PRIMARY" ]; then
  $as "$BIN/pg_basebackup" -h "$PRIMARY" -U postgres -D "$dir/data" --write-recovery-conf \
    --checkpoint=fast --no-sync >"$dir/make.log" 2>&1 || { cat "$dir/make.log" >&2; exit 1; }
else
  $as "$BIN/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync \
    --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US >"$dir/make.log" 2>&1 ||
    { cat "$dir/make.log" >&2; exit 1; }
fi
echo "$dir"
signal() {
  if [ -n "$server" ]; then
    kill "-$1" "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
  fi
}
while read -r command; do
  case "$command" in
    start)
      $as "$BIN/postgres" -D "$dir/data" -k "$dir" >>"$dir/server.log" 2>&1 </dev/null &
      server=$!
      echo "$server" ;;
    KILL | QUIT | INT) signal "$command"; echo ended ;;
  esac
done
signal QUIT
"#;

/// The settings of every cluster; what a test adds comes behind and counts.
const SETTINGS: &str = "listen_addresses = ''\nmax_connections = 400\nshared_buffers = 64MB\n\
     log_min_messages = panic\nmax_wal_senders = 4\nwal_keep_size = 64MB\n";

/// How long a start may take.
const START: Duration = Duration::from_secs(60);

/// A PostgreSQL server with its own data, on a unix socket. Dropping it ends it.
pub struct Cluster {
    directory: PathBuf,
    port: u16,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    child: Child,
}

impl Cluster {
    /// The data directory of a new server, which does not run yet.
    ///
    /// # Panics
    /// If there is no PostgreSQL or it cannot make its files.
    #[must_use]
    pub fn new() -> Self {
        let cluster = Self::make(None);
        cluster.configure(SETTINGS);
        cluster
    }

    /// A copy of a running server that follows it under the name `standby`; it does not run yet.
    ///
    /// # Panics
    /// If the copy cannot be made.
    #[must_use]
    pub fn standby_of(primary: &Self) -> Self {
        let cluster = Self::make(Some(&primary.directory));
        let directory = primary.directory.display();
        cluster.configure(&format!(
            "primary_conninfo = 'host={directory} user=postgres application_name=standby'\n\
             synchronous_standby_names = ''"
        ));
        cluster
    }

    fn make(primary: Option<&Path>) -> Self {
        let programs = super::programs().expect("PostgreSQL is installed");
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT])
            .env("BIN", programs)
            .env("PRIMARY", primary.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh runs");
        let mut answers = BufReader::new(child.stdout.take().expect("the output is piped"));
        let mut directory = String::new();
        answers.read_line(&mut directory).expect("a line");
        assert!(
            !directory.trim_end().is_empty(),
            "PostgreSQL could not be set up"
        );
        Self {
            directory: PathBuf::from(directory.trim_end()),
            port: 5432,
            commands: child.stdin.take(),
            answers,
            child,
        }
    }

    /// Adds lines to its configuration, which count from the next start or reload on.
    ///
    /// # Panics
    /// If they cannot be written.
    pub fn configure(&self, lines: &str) {
        let file = self.directory.join("data/postgresql.auto.conf");
        let file = std::fs::OpenOptions::new().append(true).open(file);
        file.and_then(|mut file| writeln!(file, "{lines}"))
            .expect("the configuration can be written");
    }

    /// Writes a file that only the server may read, and returns its path.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write_private(&self, name: &str, content: &str) -> PathBuf {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let path = self.directory.join(name);
        let owner = std::fs::metadata(&self.directory).expect("the directory is there");
        std::fs::write(&path, content)
            .and_then(|()| std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid())))
            .and_then(|()| std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)))
            .expect("a private file");
        path
    }

    /// Replaces who may connect how (`pg_hba.conf`), from the next start or reload on.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn admit(&self, lines: &str) {
        std::fs::write(self.directory.join("data/pg_hba.conf"), lines).expect("pg_hba.conf");
    }

    /// Lets the server listen on a free port of 127.0.0.1, too, from its next start on.
    ///
    /// # Panics
    /// If none is free.
    pub fn listen(&mut self) -> u16 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        self.port = free.local_addr().expect("its address").port();
        self.configure(&format!(
            "listen_addresses = '127.0.0.1'\nport = {}",
            self.port
        ));
        self.port
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    /// If it does not.
    pub fn start(&mut self) {
        let deadline = Instant::now() + START;
        // Right after a kill, the parts of the old server may still be ending.
        while !self.try_start() {
            assert!(Instant::now() < deadline, "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn try_start(&mut self) -> bool {
        let pid: u32 = self.command("start").parse().expect("a process id");
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if self.try_connect("postgres").is_ok() {
                return true;
            }
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            if state.is_empty() || state.contains(") Z ") {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Kills the server (SIGKILL): nothing is flushed, nobody is told.
    ///
    /// # Panics
    /// If its keeper has ended.
    pub fn kill(&mut self) {
        self.command("KILL");
    }

    /// Ends the server at once (an immediate shutdown): every connection is told, nothing is
    /// flushed.
    ///
    /// # Panics
    /// If its keeper has ended.
    pub fn stop_at_once(&mut self) {
        self.command("QUIT");
    }

    /// Ends the server after it has ended its connections and written what it holds (a fast
    /// shutdown).
    ///
    /// # Panics
    /// If its keeper has ended.
    pub fn stop(&mut self) {
        self.command("INT");
    }

    fn command(&mut self, command: &str) -> String {
        let input = self.commands.as_mut().expect("open until the drop");
        writeln!(input, "{command}").expect("the cluster's keeper runs");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        answer.trim_end().to_owned()
    }

    /// A connection as the superuser.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn connect(&self, database: &str) -> Client {
        self.try_connect(database).expect("a connection")
    }

    fn try_connect(&self, database: &str) -> Result<Client, postgres::Error> {
        Client::connect(&self.url(database), NoTls)
    }

    /// The address of a database over the unix socket.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = self.directory.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}:{}/{database}", self.port)
    }

    /// The unix socket itself.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.join(format!(".s.PGSQL.{}", self.port))
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.commands = None;
        // It has nothing left to do but to clear up.
        let _ = self.child.wait();
    }
}
