//! Connections that are lost right before and right after a commit reaches the server.

use std::time::Duration;

use store_postgres::Options;
use test_postgres::{Fate, Proxy, postgres};

use crate::world::{World, check, options};

fn proxied() -> Option<(Proxy, String, String)> {
    let server = postgres()?;
    let url = server.new_database();
    let proxy = Proxy::before(&server.socket());
    let database = url.rsplit_once('/').unwrap().1.to_owned();
    let through = proxy.url(&database);
    Some((proxy, through, url))
}

#[test]
fn a_commit_in_doubt_is_settled_by_its_record() {
    const LATE: Duration = Duration::from_millis(400);
    for (fates, name) in [
        (vec![Fate::LostBefore], "before"),
        (vec![Fate::LostAfter], "after"),
        (vec![Fate::Late(LATE)], "late"),
        (
            vec![Fate::LostBefore, Fate::LostAfter],
            "before, then after",
        ),
        (vec![Fate::LostBefore; 5], "again and again"),
    ] {
        let Some((proxy, through, url)) = proxied() else {
            return;
        };
        let one = Options {
            writers: 1,
            ..options()
        };
        let world = World::new(&through, one);
        proxy.doom(&fates);
        world.write(0).unwrap();
        assert_eq!(proxy.doomed(), fates.len(), "{name}");
        check(&url, 1);
        world.write(1).unwrap();
        // What comes late comes to nothing.
        std::thread::sleep(if name == "late" {
            2 * LATE
        } else {
            Duration::ZERO
        });
        check(&url, 2);
    }
}

#[test]
fn groups_in_doubt_under_load() {
    let Some((proxy, through, url)) = proxied() else {
        return;
    };
    let world = World::new(&through, options());
    let written = world.under_load(0, || {
        for round in 0..10 {
            let late = Fate::Late(Duration::from_millis(5 * round));
            let fates = [Fate::LostAfter, Fate::LostBefore, late];
            proxy.doom(&fates);
            while proxy.doomed() < 3 * (usize::try_from(round).unwrap() + 1) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    });
    drop(world);
    check(&url, written);
}

#[test]
fn connections_that_are_cut_again_and_again() {
    let Some((proxy, through, url)) = proxied() else {
        return;
    };
    let world = World::new(&through, options());
    let written = world.under_load(0, || {
        for n in 0..40 {
            proxy.cut();
            std::thread::sleep(Duration::from_millis(10 + n));
        }
    });
    drop(world);
    check(&url, written);
}

#[test]
fn records_of_old_groups_go() {
    let Some(server) = postgres() else { return };
    let url = server.new_database();
    let mut client = {
        drop(World::new(&url, options()));
        postgres::Client::connect(&url, postgres::NoTls).unwrap()
    };
    client
        .batch_execute(
            "TRUNCATE committed_group; INSERT INTO committed_group \
             SELECT gen_random_uuid(), now() - interval '90 minutes', 1 \
             FROM generate_series(1, 1000)",
        )
        .unwrap();
    let model = service::model().unwrap();
    let tables = service::tables(&model).unwrap();
    let target = store_postgres::Target::parse(&url).unwrap();
    let clock = std::sync::Arc::new(store::clock::SystemClock);
    let days = tables.find("remediation_day").unwrap();
    let store = store_postgres::Postgres::open(&target, options(), model, tables, clock).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let key = [edm::Value::from("script"), edm::Value::Integer(1)];
    let written = store::write(&store, move |transaction| {
        transaction.exists(days, &key)?;
        Ok(())
    });
    runtime.block_on(written).unwrap();
    drop(store);
    let left = client.query_one("SELECT count(*) FROM committed_group", &[]);
    assert_eq!(left.unwrap().get::<_, i64>(0), 1, "its own");
}
