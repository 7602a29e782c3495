//! A database that stays away: clients hear so, at once when it has been away for long, and service
//! resumes by itself.

use std::time::{Duration, Instant};

use odata::ErrorCode;
use store_postgres::Options;
use test_postgres::{Proxy, postgres};

use crate::world::{World, check, options};

const PATIENCE: Duration = Duration::from_millis(800);

#[test]
fn a_database_that_is_away_is_a_503_until_it_is_back() {
    let Some(server) = postgres() else { return };
    let url = server.new_database();
    let proxy = Proxy::before(&server.socket());
    let options = Options {
        writers: 2,
        patience: PATIENCE,
        ..options()
    };
    let through = proxy.url(url.rsplit_once('/').unwrap().1);
    let world = World::new(&through, options);
    world.write(0).unwrap();
    proxy.take_away(true);
    let begun = Instant::now();
    let refused = world.write(1).unwrap_err();
    assert_eq!(refused.code, ErrorCode::ServiceUnavailable, "{refused}");
    assert!(begun.elapsed() >= PATIENCE, "it may have come back");
    let refused = world.runtime.block_on(world.read()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::ServiceUnavailable, "{refused}");
    // Now that it has been away for long, nobody waits.
    let begun = Instant::now();
    for n in 0..50 {
        assert!(world.write(2 + n).is_err());
        assert!(world.runtime.block_on(world.read()).is_err());
    }
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    proxy.take_away(false);
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut n = 100;
    while world.write(n).is_err() {
        assert!(Instant::now() < deadline, "service does not resume");
        n += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(world.runtime.block_on(world.read()).is_ok());
    check(&url, 2);
}

/// A commit that stays in doubt is not told as one that failed.
#[test]
fn a_doubt_that_lasts_is_said() {
    let Some(server) = postgres() else { return };
    let url = server.new_database();
    let proxy = Proxy::before(&server.socket());
    let options = Options {
        writers: 1,
        patience: PATIENCE,
        ..options()
    };
    let world = World::new(&proxy.url(url.rsplit_once('/').unwrap().1), options);
    proxy.doom(&[test_postgres::Fate::LostAfter]);
    proxy.leave_after_doom();
    let refused = world.write(0).unwrap_err();
    assert_eq!(refused.code, ErrorCode::ServiceUnavailable, "{refused}");
    assert!(refused.message.contains("not known"), "{refused}");
    check(&url, 1);
}

/// A server that neither answers nor goes is as good as gone.
#[test]
fn a_silent_server_is_given_up() {
    let Some(server) = postgres() else { return };
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = server.new_database();
    let database = url.rsplit_once('/').unwrap().1;
    let proxy = Proxy::before(&server.socket());
    let (silent, real) = (silent.local_addr().unwrap(), proxy.address());
    let through = format!("postgres://postgres@{silent},{real}/{database}?connect_timeout=1");
    let begun = Instant::now();
    let world = World::new(&through, options());
    world.write(0).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30));
    check(&url, 1);
}
