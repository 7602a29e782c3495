//! Kill -9, in the middle of concurrent writes and of the first start.

use std::process::Stdio;

use super::server::Data;
use super::workload::{a_while, check, check_file, new_script, write_while};

#[test]
fn every_acknowledged_write_survives_a_kill() {
    let data = Data::new();
    let server = data.serve();
    let script = new_script(&mut server.client());
    server.stop();
    let mut all = Vec::new();
    for round in 0..5 {
        let server = data.serve();
        check(&mut server.client(), &script, &all);
        let pid = server.pid();
        let prefix = format!("round{round}");
        let written = write_while(&[&server], &script, &prefix, 8, || {
            a_while(120 + 70 * round);
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        });
        server.wait();
        assert!(
            written.iter().any(|one| one.is_some()),
            "nothing was written: {written:?}"
        );
        all.extend(written);
    }
    let server = data.serve();
    check(&mut server.client(), &script, &all);
    server.stop();
    check_file(&data);
}

#[test]
fn a_first_start_that_is_killed_can_be_repeated() {
    for milliseconds in 0..12 {
        let data = Data::new();
        let mut child = data.command(&[]).stderr(Stdio::null()).spawn().unwrap();
        a_while(milliseconds * 2);
        child.kill().unwrap();
        child.wait().unwrap();
        let server = data.serve();
        new_script(&mut server.client());
        server.stop();
        check_file(&data);
    }
}
