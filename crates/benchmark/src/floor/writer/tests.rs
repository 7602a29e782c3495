use rusqlite::Connection;

use super::super::counters::agree;
use super::super::record::Change;
use super::*;

const FOUNDING: &str = include_str!("../../../../store-sqlite/migrations/0001_founding.sql");

/// The product's tables with a script and one state of it.
fn database(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(FOUNDING).unwrap();
    let first = format!(
        "INSERT INTO device_health_script_run_summary (id) VALUES ('s');
         INSERT INTO device_health_script_device_state (script_id, state_key) VALUES ('s', '{}');",
        crate::workload::key(0)
    );
    connection.execute_batch(&first).unwrap();
}

/// Sends all commands at once and waits for their answers, in order.
fn send(writer: &Sender<Command>, works: Vec<Work>) -> Vec<Result<Outcome, String>> {
    let answers: Vec<_> = works
        .into_iter()
        .map(|work| {
            let (sender, answer) = bounded(1);
            let reply = Box::new(move |outcome| sender.send(outcome).unwrap());
            let script = "s".to_owned();
            let command = Command {
                script,
                work,
                reply,
            };
            writer.send(command).unwrap();
            answer
        })
        .collect();
    answers
        .iter()
        .map(|answer| answer.recv().unwrap())
        .collect()
}

#[test]
fn the_floor_writes_what_the_product_writes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("floor.db");
    database(&path);
    let writer = start(&path).unwrap();
    let inserts = (0..100).map(|n| Work::Insert(Change::made(n, n))).collect();
    let refused = send(&writer, inserts)
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Outcome::Refused)))
        .count();
    assert_eq!(refused, 1, "state 0 is there already");
    let reports = (100..400)
        .map(|n| Work::Report(Change::made(n, n % 100), Extent::Full))
        .chain([Work::Report(Change::made(400, 1_000), Extent::Full)])
        .chain([Work::Bulk(
            (401..501).map(|n| Change::made(n, n % 100)).collect(),
        )])
        .collect();
    let outcomes = send(&writer, reports);
    let written = |outcome: &&Result<Outcome, String>| matches!(outcome, Ok(Outcome::Written(_)));
    assert_eq!(outcomes.iter().filter(written).count(), 300);
    assert!(matches!(outcomes[300], Ok(Outcome::Refused)));
    assert!(matches!(outcomes[301], Ok(Outcome::Many)));
    let connection = Connection::open(&path).unwrap();
    assert!(agree(&connection).unwrap());
    let count = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let runs = count("SELECT count(*) FROM device_health_script_device_state_history");
    assert_eq!(runs, 99 + 300 + 100);
    let logged = count("SELECT count(*) FROM device_health_script_device_state_change");
    assert_eq!(logged, runs);
    let outcomes = count(
        "SELECT (SELECT sum(remediated_device_count + no_issue_device_count * 10 \
           + detect_failed_device_count * 100) FROM remediation_day) - \
         (SELECT sum((outcome >> 2 & 1) + (outcome >> 1 & 1) * 10 + (outcome & 1) * 100) \
           FROM device_health_script_device_state)",
    );
    assert_eq!(outcomes, 0);
    let counted = count(
        "SELECT (SELECT sum(devices) FROM remediation_day) - \
         (SELECT count(*) FROM device_health_script_device_state WHERE counted_day IS NOT NULL)",
    );
    assert_eq!(counted, 0);
    connection
        .execute_batch("UPDATE device_health_script_device_state SET detection_state = 4")
        .unwrap();
    assert!(!agree(&connection).unwrap(), "a drift is seen");
}

#[test]
fn a_failed_group_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("floor.db");
    database(&path);
    let writer = start(&path).unwrap();
    let members = [0, 9].map(|key| Change::made(1, key)).to_vec();
    let outcomes = send(&writer, vec![Work::Bulk(members)]);
    assert!(outcomes[0].is_err(), "state 9 does not exist");
    let connection = Connection::open(&path).unwrap();
    assert!(agree(&connection).unwrap());
    let sql = "SELECT count(*) FROM device_health_script_device_state_history";
    let runs: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(runs, 0);
}
