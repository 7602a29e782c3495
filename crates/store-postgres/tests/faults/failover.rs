//! A primary that is lost, and a synchronous standby that takes over.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use test_postgres::{Cluster, is_installed};

use crate::world::{World, check, options};

/// A primary whose commits wait for its standby.
fn pair() -> (Cluster, Cluster) {
    let mut primary = Cluster::new();
    primary.start();
    let mut standby = Cluster::standby_of(&primary);
    standby.start();
    primary.configure("synchronous_standby_names = 'standby'");
    let mut admin = primary.connect("postgres");
    admin.batch_execute("SELECT pg_reload_conf()").unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    while admin.query_one(synchronous, &[]).unwrap().get::<_, i64>(0) == 0 {
        assert!(Instant::now() < deadline, "the standby does not follow");
        std::thread::sleep(Duration::from_millis(50));
    }
    (primary, standby)
}

fn promote(standby: &Cluster) {
    let promoted = standby
        .connect("postgres")
        .query_one("SELECT pg_promote()", &[])
        .unwrap();
    assert!(promoted.get::<_, bool>(0));
}

#[test]
fn writes_follow_the_new_primary() {
    if !is_installed() {
        return;
    }
    let (mut primary, standby) = pair();
    let directory = |cluster: &Cluster| cluster.socket().parent().unwrap().display().to_string();
    let url = format!(
        "postgres://postgres@/postgres?host={},{}&target_session_attrs=read-write",
        directory(&primary),
        directory(&standby)
    );
    let world = World::new(&url, options());
    let written = world.under_load(0, || {
        primary.kill();
        promote(&standby);
    });
    check(&standby.url("postgres"), written);
}

/// A commit whose wait for the standby is broken off is not acknowledged before the standby has it.
#[test]
fn a_commit_that_the_standby_lacks_is_not_acknowledged() {
    if !is_installed() {
        return;
    }
    let (primary, mut standby) = pair();
    let url = primary.url("postgres");
    let world = World::new(&url, options());
    for (n, break_off) in ["pg_cancel_backend", "pg_terminate_backend"]
        .into_iter()
        .enumerate()
    {
        standby.stop();
        let (tell, told) = mpsc::channel();
        let command = world.command(n);
        world.runtime.spawn(async move {
            // The test may have failed already.
            let _ = tell.send(command.await);
        });
        let mut admin = primary.connect("postgres");
        admin
            .batch_execute("SET synchronous_commit = local")
            .unwrap();
        let broken_off = format!(
            "SELECT count({break_off}(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        );
        let deadline = Instant::now() + Duration::from_secs(30);
        while admin.query_one(&broken_off, &[]).unwrap().get::<_, i64>(0) == 0 {
            assert!(Instant::now() < deadline, "no commit waits for the standby");
            std::thread::sleep(Duration::from_millis(10));
        }
        let early = told.recv_timeout(Duration::from_secs(1));
        assert!(
            early.is_err(),
            "{break_off}: acknowledged by one machine alone"
        );
        standby.start();
        let outcome = told.recv_timeout(Duration::from_secs(60)).unwrap();
        outcome.unwrap();
        check(&url, n + 1);
    }
}
