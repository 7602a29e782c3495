//! `/ready` tells the truth: of a database that works, is away, fills up, is of another version or
//! can only be read.

use std::time::{Duration, Instant};

use test_postgres::{Cluster, Proxy, is_installed, postgres};

use crate::support::{Answer, Client, Request, Server};

/// Longer than an answer counts.
const LATER: Duration = Duration::from_millis(1_100);

fn ask(server: &Server) -> Answer {
    std::thread::sleep(LATER);
    server
        .client_with(None)
        .exchange(&Request::new("GET", "/ready"))
}

fn refused(server: &Server) {
    let begun = Instant::now();
    let answer = ask(server);
    assert!(begun.elapsed() < Duration::from_secs(6), "{answer:?}");
    assert_eq!(answer.header("retry-after"), Some("5"), "{answer:?}");
    let message = answer.expect_error(503, "ServiceUnavailable");
    assert_eq!(message, "The server cannot take requests at the moment.");
    assert_eq!(server.get("/health").status, 200);
}

/// Asks until the server is ready.
fn comes_back(server: &Server) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while ask(server).status != 200 {
        assert!(Instant::now() < deadline, "the server does not come back");
    }
}

#[test]
fn a_server_that_works_is_ready() {
    let server = Server::start();
    let nobody = server.client_with(None);
    let answer = nobody.get("/ready");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.expect_json(200)["status"], "ready");
    for method in ["POST", "DELETE", "PATCH"] {
        let answer = nobody.send(&Request::new(method, "/ready"));
        answer.expect_error(405, "MethodNotAllowed");
    }
}

#[test]
fn a_storm_of_probes_is_cheap() {
    let server = Server::start();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let nobody: Client = server.client_with(None);
                for _ in 0..200 {
                    assert_eq!(nobody.get("/ready").status, 200);
                }
            });
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn tables_of_another_version_are_not_ready() {
    let server = Server::start();
    assert_eq!(ask(&server).status, 200);
    server.set_schema_version(1_000);
    refused(&server);
    server.set_schema_version(1);
    comes_back(&server);
}

#[test]
fn a_database_that_is_away_is_not_ready() {
    let Some(database) = postgres() else { return };
    let url = database.new_database();
    let proxy = Proxy::before(&database.socket());
    let through = proxy.url(url.rsplit_once('/').expect("a database").1);
    let server = Server::start_on(through, &["--database-wait", "1s"]);
    assert_eq!(ask(&server).status, 200);
    proxy.take_away(true);
    refused(&server);
    refused(&server);
    proxy.take_away(false);
    comes_back(&server);
    // A connection that is lost between two probes is no outage.
    proxy.cut();
    assert_eq!(ask(&server).status, 200);
}

#[test]
fn a_database_that_cannot_keep_writes_is_not_ready() {
    if !is_installed() {
        return;
    }
    let mut cluster = Cluster::new();
    cluster.start();
    let server = Server::start_on(cluster.url("postgres"), &["--database-wait", "1s"]);
    assert_eq!(ask(&server).status, 200);
    let mut client = cluster.connect("postgres");
    let mut configure = |setting: &str| {
        client.batch_execute(setting).expect("it may be set");
        client
            .batch_execute("SELECT pg_reload_conf()")
            .expect("it is read again");
    };
    // A synchronous standby that is not there: a commit would wait for it for ever.
    configure("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    refused(&server);
    configure("ALTER SYSTEM RESET synchronous_standby_names");
    comes_back(&server);
    configure("ALTER SYSTEM SET default_transaction_read_only = on");
    refused(&server);
    configure("ALTER SYSTEM RESET default_transaction_read_only");
    comes_back(&server);
}
