//! Clients that send much and finish nothing: the server's memory stays bounded, and it serves on.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::Server;

const MEBIBYTE: usize = 1 << 20;
/// What the server may hold, in MiB.
const HELD: usize = 16;
/// How much the server may grow: what it may hold, and what each connection costs by itself.
const GROWTH: usize = 160 * MEBIBYTE;

/// The memory of the server that is resident, in bytes.
fn resident(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kibibytes = line.split_ascii_whitespace().nth(1).unwrap();
    kibibytes.parse::<usize>().unwrap() << 10
}

/// Opens connections from several threads, and sends the same bytes on each. What the server makes
/// of them is not waited for.
fn flood(server: &Server, connections: usize, bytes: &[u8]) -> Vec<TcpStream> {
    const THREADS: usize = 8;
    let open = |_| {
        let stream = TcpStream::connect(server.address()).ok()?;
        let patience = Some(Duration::from_secs(20));
        stream.set_write_timeout(patience).ok()?;
        // The server may have closed it already.
        let _ = (&stream).write_all(bytes);
        Some(stream)
    };
    std::thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| (0..connections / THREADS).filter_map(open).collect());
        let threads: Vec<_> = (0..THREADS).map(spawn).collect();
        let opened = threads
            .into_iter()
            .flat_map(|t| -> Vec<TcpStream> { t.join().unwrap() });
        opened.collect()
    })
}

/// Takes as many open files as the system allows: other tests run in this process, too.
fn allow_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, most).unwrap();
}

fn serves_again(server: &Server) {
    let begun = Instant::now();
    while server.get("/beta/deviceManagement").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it serves again");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn memory_is_bounded_whatever_comes() {
    allow_open_files();
    let held = format!("--max-bytes-held={}", HELD * MEBIBYTE);
    let server = Server::start_with(&[&held, "--max-connections-per-address=5000"]);
    serves_again(&server);
    let before = resident(&server);
    let check = |flood: &str, sent: usize| {
        let grown = resident(&server).saturating_sub(before);
        assert!(
            grown < GROWTH,
            "{flood}: {grown} bytes more, of {sent} that were sent"
        );
    };

    let half = format!("GET /beta HTTP/1.1\r\nx: {}", "y".repeat(120_000));
    let heads = flood(&server, 2_000, half.as_bytes());
    check("half heads", 2_000 * half.len());
    let silent = flood(&server, 1_000, b"");
    check("silent connections", 0);
    drop((heads, silent));
    serves_again(&server);

    let token = server.issue(&["--role", crate::support::READ_WRITE]);
    let head = format!(
        "POST /beta/deviceManagement/deviceHealthScripts HTTP/1.1\r\nHost: a\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        MEBIBYTE + 1
    );
    let body = [head.into_bytes(), vec![b' '; MEBIBYTE]].concat();
    let bodies = flood(&server, 400, &body);
    check("half bodies", 400 * body.len());
    drop(bodies);
    serves_again(&server);
}

#[test]
fn it_is_healthy_and_ready_while_others_hold_on() {
    let server = Server::start_with(&["--max-connections-per-address=5000"]);
    let heads = flood(
        &server,
        1_000,
        b"POST /beta/deviceManagement HTTP/1.1\r\nHost: a\r\n",
    );
    let nobody = server.client_with(None);
    assert_eq!(nobody.get("/health").expect_json(200)["status"], "ok");
    assert_eq!(nobody.get("/ready").expect_json(200)["status"], "ready");
    assert_eq!(server.get("/beta/deviceManagement").status, 200);
    drop(heads);
}
