//! The README's walk works as it stands, pasted into a shell line by line.
#![cfg(test)]
#![cfg(unix)]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

const README: &str = include_str!("../../../README.md");
const ADDRESS: &str = "127.0.0.1:8080";

/// The commands of all blocks of a kind, one after the other.
fn commands(kind: &str) -> String {
    let fence = format!("```sh {kind}\n");
    let blocks = README.split(fence.as_str()).skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0)
        .collect()
}

/// A shell in a directory, as a newcomer's: the binary is on the path, the home is elsewhere.
fn shell(script: &str, directory: &Path) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_runstate")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-euc", script])
        .current_dir(directory)
        .env("HOME", directory)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("no_proxy", "127.0.0.1")
        .env_remove("XDG_STATE_HOME")
        .env_remove("RUST_LOG");
    command
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the walk against a server on a free port.
fn walk(directory: &Path) -> Output {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let serve = commands("serve");
    let serve = format!("exec {} --listen {address}", serve.trim());
    let mut command = shell(&serve, directory);
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    let server = Server(command.spawn().unwrap());
    let begun = Instant::now();
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no server");
        std::thread::sleep(Duration::from_millis(20));
    }
    let script = commands("walk").replace(ADDRESS, &address);
    let output = shell(&script, directory).output().unwrap();
    drop(server);
    output
}

/// Whether the walk's client is there. CI installs it.
fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        assert!(std::env::var_os("CI").is_none(), "curl is missing");
        println!("NOT RUN: curl is missing");
    }
    found
}

#[test]
fn the_walk_works_as_it_stands() {
    if !has_curl() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let output = walk(directory.path());
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}\n{errors}");
    assert_eq!(errors, "");
    let line = |parts: &[&str]| {
        let found = said
            .lines()
            .any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "{parts:?} in one line of:\n{said}");
    };
    line(&[
        "\"detectionState\":\"success\"",
        "\"lastStateUpdateDateTime\":\"2017-01-01T00:02:58.4418045-08:00\"",
        "\"scriptError\":\"Script Error value\"",
    ]);
    line(&["\"runState\":\"fail\"", "\"errorCode\":9"]);
    line(&[
        "\"userPrincipalName\":\"ada@contoso.example\"",
        "\"successDeviceCount\":1",
    ]);
    line(&[
        "2017-01-01T00:02:30.8589467+03:00",
        "\"remediationState\":\"success\"",
    ]);
    line(&["\"id\":\"laptop-2\"", "\"id\":\"laptop-3\""]);
    line(&[
        "\"noIssueDetectedDeviceCount\":2",
        "\"detectionScriptErrorDeviceCount\":1",
    ]);
    line(&["@odata.nextLink"]);
    line(&["\"detectionState\":\"success\",\"devices\":2"]);
    line(&["\"@odata.count\":2", "\"laptop-3\""]);
    line(&["\"responses\"", "\"body\":\"3\""]);
    line(&["\"laptop-2\"", "\"laptop-3\"", "@removed"]);
    line(&["\"status\":\"completed\""]);
    let archive = std::fs::read(directory.path().join("report.zip")).unwrap();
    assert!(archive.starts_with(b"PK"), "the report is a zip");
    line(&["Done: 1 run and reported."]);
    line(&["hello from ", "\"deviceName\""]);
}

#[test]
fn the_two_commands_are_those_of_a_fresh_clone() {
    let build = commands("build");
    assert!(build.contains("cargo run --release -- demo\n"));
    assert!(build.contains("cargo test --workspace\n"));
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let links = README.split("](").skip(1);
    let links: Vec<_> = links.filter_map(|rest| rest.split_once(')')).collect();
    assert!(links.len() >= 3);
    for (link, _) in links.iter().filter(|(link, _)| !link.starts_with("http")) {
        assert!(root.join(link).is_file(), "{link}");
    }
}
