//! What a crash or a disk leaves at the end of the write-ahead log: bytes that belong to no commit, and
//! commits that cannot be read any more.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::server::Data;
use super::workload::{Written, a_while, check, check_file, new_script, write_while};

/// The head of the log, and a page with the head of its frame.
const HEAD: u64 = 32;
const FRAME: u64 = 24 + 4096;

/// A directory whose server was killed under load: the script, and what was written.
fn crashed() -> (Data, String, Vec<Written>) {
    let data = Data::new();
    let server = data.serve();
    let script = new_script(&mut server.client());
    server.stop();
    let server = data.serve();
    let pid = server.pid();
    let written = write_while(&[&server], &script, "device", 6, || {
        a_while(400);
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    });
    server.wait();
    assert!(written.iter().all(Written::is_some), "{written:?}");
    (data, script, written)
}

fn log(data: &Data) -> std::path::PathBuf {
    data.path().join("runstate.db-wal")
}

fn append(log: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).open(log).unwrap();
    file.write_all(bytes).unwrap();
}

/// Serves what is left, and has it looked at.
fn serve_and_check(data: &Data, script: &str, written: &[Written]) {
    let server = data.serve();
    check(&mut server.client(), script, written);
    // And reports go on.
    let more = write_while(&[&server], script, "after", 2, || a_while(50));
    check(&mut server.client(), script, &more);
    server.stop();
    check_file(data);
}

#[test]
fn what_stands_behind_the_last_commit_means_nothing() {
    let (crashed, script, written) = crashed();
    let whole = std::fs::read(log(&crashed)).unwrap();
    let first = &whole[HEAD as usize..][..FRAME as usize];
    for tail in [
        &[0xAA][..],
        &[0x55; 100],
        &[0; FRAME as usize],
        &vec![0x37; 3 * FRAME as usize + 7],
        // A page that was there before, under the right salt.
        first,
    ] {
        let data = crashed.copy();
        append(&log(&data), tail);
        serve_and_check(&data, &script, &written);
    }
}

#[test]
fn a_damaged_log_is_read_up_to_a_whole_commit() {
    let (crashed, script, written) = crashed();
    let in_doubt: Vec<_> = written.iter().map(Written::in_doubt).collect();
    let length = std::fs::metadata(log(&crashed)).unwrap().len();
    assert!(length > 20 * FRAME, "{length} bytes of log");
    for part in 0..8 {
        let at = HEAD + (length - HEAD) * part / 8 + 77 * part;
        let data = crashed.copy();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(log(&data))
            .unwrap();
        if part % 2 == 0 {
            let mut byte = [0];
            file.seek(SeekFrom::Start(at)).unwrap();
            file.read_exact(&mut byte).unwrap();
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(&[byte[0] ^ 0x10]).unwrap();
        } else {
            file.set_len(at).unwrap();
        }
        drop(file);
        // The disk lost what was acknowledged; no half of it may show.
        serve_and_check(&data, &script, &in_doubt);
    }
}
