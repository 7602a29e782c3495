//! The binary from outside: what it prints, what it serves, how it ends.
#![cfg(test)]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const ROLE: &str = "DeviceManagementConfiguration.ReadWrite.All";

fn runstate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runstate"));
    command.args(arguments);
    command.env_remove("RUST_LOG").env_remove("RUNSTATE_TOKEN");
    command
}

fn output(arguments: &[&str]) -> Output {
    runstate(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A server of its own, ended with the test whatever becomes of it.
struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
}

impl Serving {
    fn start(data_dir: &Path) -> Self {
        Self::with(data_dir, "http", &[])
    }

    fn with(data_dir: &Path, scheme: &str, arguments: &[&str]) -> Self {
        let data_dir = data_dir.to_str().unwrap();
        let mut child = runstate(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line
            .strip_prefix(&format!("Runstate listens on {scheme}://"))
            .unwrap()
            .trim_end();
        Self {
            address: address.to_owned(),
            child,
            out,
        }
    }

    fn ask(&self, target: &str, token: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_printed_token_opens_the_server_of_the_same_directory() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("new/data");
    let arguments = [
        "token",
        "--role",
        ROLE,
        "--data-dir",
        data_dir.to_str().unwrap(),
    ];
    let printed = output(&arguments);
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    assert_eq!(text(&printed.stderr), "");
    let token = text(&printed.stdout).strip_suffix('\n').unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(!token.contains(char::is_whitespace));

    let server = Serving::start(&data_dir);
    assert!(server.ask("/health", "").starts_with("HTTP/1.1 200 "));
    let target = "/beta/deviceManagement/deviceHealthScripts";
    assert!(server.ask(target, "").starts_with("HTTP/1.1 401 "));
    assert!(server.ask(target, &token[1..]).starts_with("HTTP/1.1 401 "));
    let let_in = server.ask(target, token);
    assert!(!let_in.starts_with("HTTP/1.1 40"), "{let_in}");

    let other = Serving::start(&directory.path().join("other"));
    assert!(other.ask(target, token).starts_with("HTTP/1.1 401 "));
}

#[test]
fn the_printed_command_works_as_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("it's a directory");
    let mut server = Serving::start(&data_dir);
    let mut commands = String::new();
    while !commands.contains("curl") {
        assert_ne!(
            server.out.read_line(&mut commands).unwrap(),
            0,
            "{commands}"
        );
    }
    let command = commands
        .lines()
        .find(|line| line.contains("TOKEN=$("))
        .unwrap();
    let script = format!("{command}\nprintf %s \"$TOKEN\"");
    let printed = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let answer = server.ask("/beta/deviceManagement", text(&printed.stdout));
    assert!(!answer.starts_with("HTTP/1.1 401 "), "{answer}");
}

#[test]
fn signals_end_the_server_cleanly() {
    let directory = tempfile::tempdir().unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let begun = Instant::now();
        let mut server = Serving::start(directory.path());
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
        let idle = TcpStream::connect(&server.address).unwrap();
        server.signal(signal);
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        drop(idle);
        assert!(TcpStream::connect(&server.address).is_err());
    }
}

#[test]
fn what_cannot_be_done_is_said_and_is_no_success() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().to_str().unwrap();
    let state_dir = directory.path().join("state");
    let server = Serving::start(directory.path());
    let exposed = tempfile::tempdir().unwrap();
    let exposed_dir = exposed.path().to_str().unwrap();
    output(&["token", "--role", ROLE, "--data-dir", exposed_dir]);
    make_readable(&exposed.path().join("runstate.db"));
    for (arguments, said) in [
        (
            &["serve", "--data-dir", data_dir, "--listen", "0.0.0.0:0"][..],
            "--tls-self-signed",
        ),
        (
            &[
                "serve",
                "--data-dir",
                data_dir,
                "--tls-cert",
                "/none.pem",
                "--tls-key",
                "/none.pem",
            ],
            "/none.pem",
        ),
        (
            &["serve", "--data-dir", data_dir, "--listen", &server.address],
            "cannot listen",
        ),
        (
            &[
                "serve",
                "--data-dir",
                exposed_dir,
                "--listen",
                "127.0.0.1:0",
            ],
            "chmod 600",
        ),
        (
            &[
                "serve",
                "--data-dir",
                "/dev/null/x",
                "--listen",
                "127.0.0.1:0",
            ],
            "/dev/null/x",
        ),
        (&["token", "--data-dir", data_dir], "--role"),
        (
            &["token", "--role", "a b", "--data-dir", data_dir],
            "name of a permission",
        ),
        (
            &[
                "token",
                "--role",
                ROLE,
                "--expires",
                "366d",
                "--data-dir",
                data_dir,
            ],
            "365 days",
        ),
        (
            &[
                "token",
                "--role",
                ROLE,
                "--expires",
                "0s",
                "--data-dir",
                data_dir,
            ],
            "1 second",
        ),
        (&["token", "--role", ROLE, "--expires", "soon"], "90s, 15m"),
        (
            &["token", "--role", ROLE, "--data-dir", exposed_dir],
            "chmod 600",
        ),
        (
            &["agent", "run", "--server", "http://127.0.0.1:1"],
            "RUNSTATE_TOKEN",
        ),
        (
            &[
                "agent",
                "run",
                "--server",
                "ftp://x",
                "--token",
                "t",
                "--state-dir",
                state_dir.to_str().unwrap(),
            ],
            "URL",
        ),
    ] {
        let output = output(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(said),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
}

#[test]
fn a_log_filter_that_is_none_is_refused() {
    let output = runstate(&["token", "--role", ROLE])
        .env("RUST_LOG", "a=b=c")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("RUST_LOG"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn an_agent_with_a_foreign_token_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let server = Serving::start(&directory.path().join("data"));
    let other = directory.path().join("other");
    let printed = output(&[
        "token",
        "--role",
        ROLE,
        "--data-dir",
        other.to_str().unwrap(),
    ]);
    let file = directory.path().join("token");
    std::fs::write(&file, &printed.stdout).unwrap();
    let state_dir = directory.path().join("state");
    let url = format!("http://{}", server.address);
    let output = output(&[
        "agent",
        "run",
        "--server",
        &url,
        "--token-file",
        file.to_str().unwrap(),
        "--state-dir",
        state_dir.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("401") && said.contains("request-id"),
        "{said}"
    );
    assert!(
        !said.contains(text(&printed.stdout).trim_end()),
        "the token is not shown"
    );
}

#[test]
fn an_agent_reaches_a_self_signed_server_whose_authority_it_trusts() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let server = Serving::with(&data_dir, "https", &["--tls-self-signed"]);
    let token = output(&[
        "token",
        "--role",
        ROLE,
        "--data-dir",
        data_dir.to_str().unwrap(),
    ]);
    let state_dir = directory.path().join("state");
    let authority = data_dir.join("tls/ca.pem");
    let run = |more: &[&str]| {
        runstate(&["agent", "run", "--server"])
            .arg(format!("https://{}", server.address))
            .args([
                "--device-key",
                "K",
                "--state-dir",
                state_dir.to_str().unwrap(),
            ])
            .args(more)
            .env("RUNSTATE_TOKEN", text(&token.stdout).trim_end())
            .output()
            .unwrap()
    };
    let stranger = run(&[]);
    assert_eq!(stranger.status.code(), Some(1));
    let said = text(&stranger.stderr);
    assert!(
        said.contains("certificate") || said.contains("UnknownIssuer"),
        "{said}"
    );
    let trusting = run(&["--ca-file", authority.to_str().unwrap()]);
    assert!(trusting.status.success(), "{}", text(&trusting.stderr));
}

fn make_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}

/// `runstate serve | head -1`: the pipe is gone after the line that tells the address.
#[test]
fn a_closed_pipe_does_not_end_the_server() {
    let data = tempfile::tempdir().unwrap();
    let mut child = runstate(&["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        out.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    drop(out);
    let address = text(&line)
        .trim_end()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(child.try_wait().unwrap().is_none(), "the server ended");
    child.kill().unwrap();
    child.wait().unwrap();
}
