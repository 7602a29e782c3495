//! A private PostgreSQL from the machine's packages: one for each test binary, a fresh database for
//! each test. It ends with the test binary, however that ends.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

/// Makes the cluster, runs the server, and clears up when its input ends, which it does with the
/// process that holds the other end. `initdb` and the server refuse to run as root. The order of
/// texts is a language's, so that what relies on the database's own is found out.
const SCRIPT: &str = r#"
set -eu
dir=$(mktemp -d /tmp/pgtest.XXXXXX)
trap 'rm -rf "$dir"' EXIT
as=""
if [ "$(id -u)" -eq 0 ]; then
  user=postgres
  id "$user" >/dev/null 2>&1 || user=nobody
  as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
  chown "$user" "$dir"
fi
cd "$dir"
$as "$BIN/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync \
  --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US >"$dir/initdb.log" 2>&1 ||
  { cat "$dir/initdb.log" >&2; exit 1; }
$as "$BIN/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off \
  -c max_connections=400 -c shared_buffers=64MB -c log_min_messages=panic \
  >"$dir/server.log" 2>&1 </dev/null &
server=$!
echo "$dir"
cat >/dev/null
kill -QUIT "$server" 2>/dev/null || true
wait "$server" || true
"#;

/// A running PostgreSQL.
pub(crate) struct PostgresServer {
    socket: String,
    /// Its input is held open: the server runs for as long as that.
    _child: Child,
}

/// The server of this test binary; none if the machine has no PostgreSQL.
///
/// Where tests must not be left out (`CI` is set), a missing PostgreSQL is a failure.
pub(crate) fn postgres() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Option<PostgresServer>> = OnceLock::new();
    let server = SERVER.get_or_init(|| programs().map(|programs| start(&programs)));
    if server.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "PostgreSQL is not installed, and nothing may be left out here"
        );
        eprintln!("not run: PostgreSQL is not installed");
    }
    server.as_ref()
}

/// The directory of the newest PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| -> u32 {
        let name = path.parent().and_then(|p| p.file_name());
        name.and_then(|n| n.to_str()?.parse().ok()).unwrap_or(0)
    };
    let packaged = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .max_by_key(version);
    let path = std::env::var_os("PATH").unwrap_or_default();
    packaged.or_else(|| std::env::split_paths(&path).find(|bin| bin.join("initdb").exists()))
}

fn start(programs: &std::path::Path) -> PostgresServer {
    let mut child = Command::new("sh")
        .args(["-c", SCRIPT])
        .env("BIN", programs)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh runs");
    let out = child.stdout.take().expect("the output is piped");
    let mut socket = String::new();
    BufReader::new(out).read_line(&mut socket).expect("a line");
    let socket = socket.trim_end().to_owned();
    assert!(!socket.is_empty(), "PostgreSQL could not be set up");
    let server = PostgresServer {
        socket,
        _child: child,
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Err(error) = Client::connect(&server.url("postgres"), NoTls) {
        assert!(
            Instant::now() < deadline,
            "PostgreSQL does not start: {error}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    server
}

impl PostgresServer {
    fn url(&self, database: &str) -> String {
        let socket = self.socket.replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    /// The address of a new, empty database.
    pub(crate) fn new_database(&self) -> String {
        static MAKING: Mutex<()> = Mutex::new(());
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut client = Client::connect(&self.url("postgres"), NoTls).expect("a connection");
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .expect("a new database");
        self.url(&name)
    }
}
