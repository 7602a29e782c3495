//! SIGTERM under load: a clean end, and nothing acknowledged is missing.

use super::server::Data;
use super::workload::{a_while, check, check_file, new_script, write_while};

#[test]
fn a_stop_under_load_is_clean_and_loses_nothing() {
    let data = Data::new();
    let mut all = Vec::new();
    let mut script = String::new();
    for round in 0..3 {
        let server = data.serve();
        if script.is_empty() {
            script = new_script(&mut server.client());
        }
        let prefix = format!("round{round}");
        let written = write_while(&[&server], &script, &prefix, 8, || {
            a_while(150);
            server.terminate();
        });
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(!log.contains("ERROR"), "{log}");
        assert!(
            written.iter().any(|one| one.is_some()),
            "nothing was written: {written:?}"
        );
        all.extend(written);
        // The file alone is the database: whoever copies it has everything.
        let log = std::fs::metadata(data.path().join("runstate.db-wal"));
        assert_eq!(log.map_or(0, |log| log.len()), 0);
        let server = data.serve();
        check(&mut server.client(), &script, &all);
        server.stop();
    }
    check_file(&data);
}
