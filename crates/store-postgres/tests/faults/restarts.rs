//! PostgreSQL is killed, stopped and started again under load.

use std::time::Duration;

use test_postgres::{Cluster, is_installed};

use crate::world::{World, check, options};

#[test]
fn a_database_that_dies_and_comes_back() {
    if !is_installed() {
        return;
    }
    let mut cluster = Cluster::new();
    cluster.start();
    let url = cluster.url("postgres");
    let world = World::new(&url, options());
    let mut written = 0;
    for end in [Cluster::kill, Cluster::stop_at_once, Cluster::stop] {
        written += world.under_load(written, || {
            end(&mut cluster);
            std::thread::sleep(Duration::from_millis(300));
            cluster.start();
        });
        check(&url, written);
    }
}
