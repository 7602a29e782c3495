//! For tests: a private PostgreSQL from the machine's packages. One for each test binary with a
//! fresh database for each test ([`postgres()`]), or a [`Cluster`] of its own that a test may kill,
//! restart and fail over, behind a [`Proxy`] that cuts connections at a commit.
//!
//! Whatever goes wrong here ends the test with a panic that says so.

mod cluster;
mod proxy;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

pub use cluster::Cluster;
pub use proxy::{Fate, Proxy};

/// The server that the tests of a binary share.
pub struct PostgresServer {
    cluster: Cluster,
}

/// The server of this test binary; none if the machine has no PostgreSQL.
///
/// # Panics
/// Where tests must not be left out (`CI` is set) and there is no PostgreSQL.
pub fn postgres() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Option<PostgresServer>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        is_installed().then(|| {
            let mut cluster = Cluster::new();
            // What is lost in a crash is not what most tests look at, and syncs take time.
            cluster.configure("fsync = off");
            cluster.start();
            PostgresServer { cluster }
        })
    });
    server.as_ref()
}

/// The address of a new database where `RUNSTATE_TEST_DATABASE` says `postgres`; none where it says
/// nothing or `sqlite`.
///
/// # Panics
/// If it says something else, or there is no PostgreSQL.
pub fn chosen_database() -> Option<String> {
    match std::env::var("RUNSTATE_TEST_DATABASE").as_deref() {
        Ok("postgres") => Some(postgres().expect("PostgreSQL is there").new_database()),
        Ok(other) if other != "sqlite" => panic!("RUNSTATE_TEST_DATABASE is {other}"),
        _ => None,
    }
}

/// Whether the machine has PostgreSQL; says so if not.
///
/// # Panics
/// Where tests must not be left out (`CI` is set) and there is none.
pub fn is_installed() -> bool {
    let installed = programs().is_some();
    if !installed {
        assert!(
            std::env::var_os("CI").is_none(),
            "PostgreSQL is not installed, and nothing may be left out here"
        );
        eprintln!("not run: PostgreSQL is not installed");
    }
    installed
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

impl PostgresServer {
    /// The address of a new, empty database.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new_database(&self) -> String {
        static MAKING: Mutex<()> = Mutex::new(());
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut client = self.cluster.connect("postgres");
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .expect("a new database");
        self.cluster.url(&name)
    }

    /// Its unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.cluster.socket()
    }
}
