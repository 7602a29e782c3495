use super::*;
use crate::connect::{Target, Timeouts};

fn connect() -> Option<Client> {
    let url = test_postgres::postgres()?.new_database();
    let target = Target::parse(&url).unwrap();
    let mut client = target.connect(Timeouts::default()).unwrap();
    crate::migrate::run(&mut client).unwrap();
    Some(client)
}

fn count(client: &mut Client) -> i64 {
    let statement = client.prepare("SELECT count(*) FROM committed_group", &[]);
    let mut count = -1;
    let none = std::iter::empty::<i32>();
    client
        .query("", &statement.unwrap(), none, |row| {
            count = row.get(0);
            true
        })
        .unwrap();
    count
}

#[test]
fn a_group_is_kept_or_never_will_be() {
    let Some(mut client) = connect() else { return };
    let (kept, lost) = (Uuid::now_v7(), Uuid::now_v7());
    client.batch_execute(&record(kept)).unwrap();
    for _ in 0..2 {
        assert!(was_committed(&mut client, kept).unwrap());
        assert!(!was_committed(&mut client, lost).unwrap());
    }
    assert!(client.batch_execute(&record(lost)).is_err(), "it came late");
}

#[test]
fn old_records_go() {
    let Some(mut client) = connect() else { return };
    client.batch_execute(&record(Uuid::now_v7())).unwrap();
    let old = "UPDATE committed_group SET at = now() - interval '2 hours'";
    client.batch_execute(old).unwrap();
    client.batch_execute(&record(Uuid::now_v7())).unwrap();
    assert_eq!(count(&mut client), 2);
    prune(&mut client).unwrap();
    assert_eq!(count(&mut client), 1);
}
