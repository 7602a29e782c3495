//! `runstate demo` from outside: what it prints, what it leaves, where it works.
#![cfg(test)]
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};

/// The demonstration, with `temporary` as the directory for temporary files.
fn demo(temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runstate"));
    command.arg("demo").env("TMPDIR", temporary);
    for variable in ["RUST_LOG", "CLICOLOR_FORCE", "NO_COLOR"] {
        command.env_remove(variable);
    }
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn check_success(output: &Output, temporary: &Path) {
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said), (Some(0), ""));
    let left: Vec<_> = std::fs::read_dir(temporary).unwrap().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn it_tells_what_happens() {
    let temporary = tempfile::tempdir().unwrap();
    let output = demo(temporary.path()).output().unwrap();
    check_success(&output, temporary.path());
    let path = temporary.path().to_str().unwrap();
    let said = text(&output.stdout)
        .replace(path, "{temporary}")
        .replace(env!("CARGO_BIN_EXE_runstate"), "{runstate}");
    insta::assert_snapshot!(redact(&said));
}

/// The text with what differs from run to run and from machine to machine named instead.
fn redact(text: &str) -> String {
    let is_guid = |c: char| c.is_ascii_hexdigit() || c == '-';
    let is_time = |c: char| c.is_ascii_digit() || "-:.TZ".contains(c);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut out = text.to_owned();
    replace_each(
        &mut out,
        "http://127.0.0.1:",
        |c| c.is_ascii_digit(),
        "{port}",
        |port| port != "8080",
    );
    replace_each(&mut out, "runstate-demo-", is_word, "{random}", |_| true);
    replace_each(
        &mut out,
        ", in ",
        |c| c.is_ascii_digit() || c == '.',
        "{seconds}",
        |_| true,
    );
    for before in ["'", "\"", ":"] {
        replace_each(&mut out, before, is_guid, "{guid}", |guid| guid.len() == 36);
        replace_each(&mut out, before, is_time, "{time}", |time| time.len() == 28);
    }
    let lines: Vec<_> = out
        .lines()
        .map(
            |line| match line.strip_suffix(" enrols and asks what is due.") {
                Some(_) => "   {host} enrols and asks what is due.",
                None => line,
            },
        )
        .collect();
    lines.join("\n")
}

/// Puts `name` in place of each longest run of characters of a kind that follows `before`, if it
/// is one of those meant.
fn replace_each(
    text: &mut String,
    before: &str,
    kind: impl Fn(char) -> bool,
    name: &str,
    meant: impl Fn(&str) -> bool,
) {
    let mut from = 0;
    while let Some(at) = text[from..].find(before) {
        let start = from + at + before.len();
        let rest = &text[start..];
        let length = rest.find(|c| !kind(c)).unwrap_or(rest.len());
        if length > 0 && meant(&rest[..length]) {
            text.replace_range(start..start + length, name);
            from = start + name.len();
        } else {
            from = start;
        }
    }
}

#[test]
fn it_runs_many_times_at_once() {
    let temporary = tempfile::tempdir().unwrap();
    let running: Vec<_> = (0..4)
        .map(|_| {
            let mut command = demo(temporary.path());
            command.stdout(std::process::Stdio::piped());
            command
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let ended: Vec<_> = running
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    for output in &ended {
        check_success(output, temporary.path());
    }
}

#[test]
fn it_needs_no_home_and_no_working_directory_and_heeds_no_proxy() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = demo(temporary.path());
    let output = command.env_remove("HOME").output().unwrap();
    check_success(&output, temporary.path());
    let mut command = demo(temporary.path());
    command.env("HOME", "/nonexistent").current_dir("/");
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(variable, "http://127.0.0.1:1");
    }
    check_success(&command.output().unwrap(), temporary.path());
}

#[test]
fn a_directory_of_any_name_will_do() {
    let temporary = tempfile::tempdir().unwrap();
    let strange = temporary.path().join("it's a\n$(exit 9) \u{1b}[31m`dir`");
    std::fs::create_dir(&strange).unwrap();
    let output = demo(&strange).output().unwrap();
    check_success(&output, &strange);
    assert!(!text(&output.stdout).contains('\u{1b}'));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let temporary = tempfile::tempdir().unwrap();
    let plain = demo(temporary.path()).output().unwrap();
    assert!(!text(&plain.stdout).contains('\u{1b}'));
    let forced = demo(temporary.path()).env("CLICOLOR_FORCE", "1").output();
    assert!(text(&forced.unwrap().stdout).contains("\u{1b}["));
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let output = demo(Path::new("/dev/null/nowhere")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("/dev/null/nowhere"), "{said}");
}
