//! Real processes, as scripts would be them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::*;
use crate::run::Outcome;
use crate::run::process::{KILL_GRACE, TERMINATION_GRACE};

const MINUTE: Duration = Duration::from_secs(60);

fn script(content: &str, timeout: Duration) -> Script<'_> {
    Script {
        content: content.as_bytes(),
        account: Account::System,
        run_as_32_bit: false,
        timeout,
        stdout_limit: 2048,
        stderr_limit: 2048,
    }
}

/// Runs a script in a working directory of its own and checks that nothing is left in it.
fn run_script(script: &Script<'_>) -> Execution {
    let work_dir = tempfile::tempdir().unwrap();
    let execution = UnixRunner::new(work_dir.path().to_owned(), None).run(script);
    let left: Vec<_> = fs::read_dir(work_dir.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    execution
}

fn run(content: &str) -> Execution {
    run_script(&script(content, MINUTE))
}

/// Whether a process runs; an orphan that nobody has buried yet does not.
fn is_alive(pid: &str) -> bool {
    let pid: i32 = pid.trim().parse().expect("a process id");
    if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
        return !stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('Z'));
    }
    test_kill_process(Pid::from_raw(pid).expect("positive")).is_ok()
}

/// A signal takes a moment to arrive.
fn assert_dies(pid: &str) {
    for _ in 0..100 {
        if !is_alive(pid) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("process {pid} is still alive");
}

#[test]
fn an_outcome_is_an_exit_code_or_a_signal() {
    let check = |content: &str, outcome: Outcome, stdout: &str, stderr: &str| {
        let execution = run(content);
        assert_eq!(execution.outcome, outcome, "{content:?}");
        assert_eq!(
            (&*execution.stdout, &*execution.stderr),
            (stdout, stderr),
            "{content:?}"
        );
    };
    check("", Outcome::Exited(0), "", "");
    check("exit 1", Outcome::Exited(1), "", "");
    check(
        "echo out; echo err >&2; exit 255",
        Outcome::Exited(255),
        "out",
        "err",
    );
    check("kill -9 $$", Outcome::Signalled(9), "", "");
    check(
        "#!/bin/sh\r\necho crlf #\r\n",
        Outcome::Exited(0),
        "crlf",
        "",
    );
    check(
        "\u{FEFF}#!/bin/sh -e\nfalse\necho unreached",
        Outcome::Exited(1),
        "",
        "",
    );
    check(
        "#!/usr/bin/env -S cat -n\nx",
        Outcome::Exited(0),
        "     1\t#!/usr/bin/env -S cat -n\n     2\tx",
        "",
    );
    check("cat; echo $?", Outcome::Exited(0), "0", "");
    check(
        r"printf 'a\000b\377\302'",
        Outcome::Exited(0),
        "a\u{FFFD}b\u{FFFD}\u{FFFD}",
        "",
    );
    check(
        "exec >&- 2>&-; sleep 0.2; exit 7",
        Outcome::Exited(7),
        "",
        "",
    );
}

#[test]
fn a_missing_interpreter_is_named() {
    for line in [
        "#!/no/such/program\n",
        "#!/usr/bin/env no-such-program\n",
        "#!/etc\n",
        "#!\n",
    ] {
        let Outcome::Failed(reason) = run(line).outcome else {
            panic!("{line:?} ran")
        };
        assert!(
            reason.contains("missing") || reason.contains("absolute"),
            "{line:?}: {reason}"
        );
    }
    let runner = UnixRunner::new("/no/such/directory".into(), None);
    let Outcome::Failed(reason) = runner.run(&script("", MINUTE)).outcome else {
        panic!("it ran")
    };
    assert!(reason.contains("/no/such/directory"), "{reason}");
}

#[test]
fn the_environment_is_clean() {
    let execution = run("env");
    // What shells set of themselves is theirs.
    let shells = ["PWD", "OLDPWD", "SHLVL", "_"];
    let lines = execution.stdout.lines();
    let mut names: Vec<_> = lines
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    names.retain(|name| !shells.contains(name));
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LANG", "PATH", "TMPDIR"]);
    assert!(std::env::vars_os().count() > 4, "the agent's own has more");
    let execution = run(r#"[ "$TMPDIR" = "$PWD" ] && echo $LANG $PATH"#);
    assert_eq!(execution.stdout, format!("C.UTF-8 {SEARCH_PATH}"));
}

/// Descriptors that whoever started this process left open to it are passed on to all, and cannot
/// be closed without unsafe code; what is the agent's own must not be among them.
#[test]
#[cfg(target_os = "linux")]
fn no_descriptor_of_the_agents_is_inherited() {
    let plain = Command::new("ls").arg("/proc/self/fd").output().unwrap();
    let inherited = String::from_utf8(plain.stdout).unwrap();
    let other = std::thread::spawn(|| run("sleep 1"));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(run("exec ls /proc/self/fd").stdout, inherited.trim_end());
    assert_eq!(other.join().unwrap().outcome, Outcome::Exited(0));
}

#[test]
fn the_directory_is_private_and_goes_away() {
    let work_dir = tempfile::tempdir().unwrap();
    let runner = UnixRunner::new(work_dir.path().to_owned(), None);
    let first = runner
        .run(&script("ls -ld . .. script | cut -c1-10; pwd", MINUTE))
        .stdout;
    let second = runner.run(&script("pwd", MINUTE)).stdout;
    let lines: Vec<_> = first.lines().collect();
    assert_eq!(
        lines.get(..3),
        Some(["drwx------", "drwx------", "-rwx------"].as_slice())
    );
    let path = lines.get(3).expect("a path");
    assert_ne!(*path, second);
    assert!(!Path::new(path).exists());
    // Locked, deep and foreign things in it do not keep it.
    let kept = work_dir.path().join("kept");
    fs::create_dir(&kept).unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o500)).unwrap();
    let content = format!(
        "ln -s {} link; mkdir -p a/b/c; chmod 0 a/b; i=0
         while [ $i -lt 1500 ]; do mkdir d && cd d; i=$((i+1)); done; chmod 0 ..; chmod 0 $TMPDIR",
        kept.display()
    );
    let execution = runner.run(&script(&content, MINUTE));
    assert_eq!(execution.outcome, Outcome::Exited(0), "{execution:?}");
    let left: Vec<_> = fs::read_dir(work_dir.path())
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(left.as_slice(), std::slice::from_ref(&kept));
    assert_eq!(
        fs::metadata(&kept).unwrap().permissions().mode() & 0o777,
        0o500
    );
}

#[test]
fn a_timeout_ends_the_whole_group() {
    let limit = Duration::from_millis(300);
    let execution = run_script(&script("sleep 600 & echo $!; sleep 600", limit));
    assert_eq!(execution.outcome, Outcome::TimedOut(limit));
    assert!(
        execution.duration < Duration::from_secs(2),
        "{:?}",
        execution.duration
    );
    assert_dies(&execution.stdout);
    // One that ignores SIGTERM is killed after the grace period; so is its child.
    let content = "trap '' TERM; sleep 600 & echo $!; while :; do sleep 0.1; done";
    let execution = run_script(&script(content, limit));
    assert_eq!(execution.outcome, Outcome::TimedOut(limit));
    assert!(
        execution.duration > TERMINATION_GRACE,
        "{:?}",
        execution.duration
    );
    assert!(execution.duration < KILL_GRACE, "{:?}", execution.duration);
    assert_dies(&execution.stdout);
    // One that cleans up in time may say so.
    let execution = run_script(&script(
        "trap 'echo bye; exit 0' TERM; sleep 600 & wait",
        limit,
    ));
    assert_eq!(
        (execution.outcome, &*execution.stdout),
        (Outcome::TimedOut(limit), "bye")
    );
    // A stopped one cannot catch SIGTERM.
    let execution = run_script(&script("kill -STOP $$", limit));
    assert_eq!(execution.outcome, Outcome::TimedOut(limit));
    // One that never stops writing.
    let execution = run_script(&script("exec yes", limit));
    assert_eq!(execution.outcome, Outcome::TimedOut(limit));
    assert_eq!(execution.stdout.len(), 2048);
}

#[test]
fn what_a_script_leaves_behind_neither_lingers_nor_holds_the_agent() {
    let execution = run("sleep 600 & echo $!");
    assert_eq!(execution.outcome, Outcome::Exited(0));
    assert!(
        execution.duration < Duration::from_millis(900),
        "{:?}",
        execution.duration
    );
    assert_dies(&execution.stdout);
    // One that left the group holds the pipes open; it is not waited for.
    if Path::new("/usr/bin/setsid").exists() {
        let execution = run("setsid sleep 20 & sleep 0.3; echo done");
        assert_eq!(
            (execution.outcome, &*execution.stdout),
            (Outcome::Exited(0), "done")
        );
        assert!(
            execution.duration < Duration::from_secs(5),
            "{:?}",
            execution.duration
        );
    }
}

#[test]
fn endless_output_is_cut_and_blocks_nobody() {
    let content = "head -c 10000000 /dev/zero | tr '\\0' x; head -c 10000000 /dev/zero >&2; exit 3";
    let execution = run(content);
    assert_eq!(execution.outcome, Outcome::Exited(3));
    assert_eq!(execution.stdout, "x".repeat(2048));
    assert!(execution.stdout_is_cut);
    assert_eq!(execution.stderr, "\u{FFFD}".repeat(2048));
    // What fits is whole, beyond the size of a pipe too.
    let mut large = script("head -c 1000000 /dev/zero | tr '\\0' x", MINUTE);
    large.stdout_limit = 1_000_000;
    let execution = run_script(&large);
    assert_eq!(
        (execution.stdout.len(), execution.stdout_is_cut),
        (1_000_000, false)
    );
}

#[test]
fn scripts_run_side_by_side() {
    let threads: Vec<_> = (0..8)
        .map(|number| {
            std::thread::spawn(move || {
                let content = format!("head -c 200000 /dev/zero; echo {number} >&2; exit {number}");
                (number, run(&content))
            })
        })
        .collect();
    for thread in threads {
        let (number, execution) = thread.join().unwrap();
        assert_eq!(execution.outcome, Outcome::Exited(number));
        assert_eq!(execution.stderr, number.to_string());
    }
}

#[test]
fn an_account_is_never_more_than_what_was_asked_for() {
    let mut users = script("id -u; id -G; echo $HOME; echo x >f && ls f", MINUTE);
    users.account = Account::User;
    let work_dir = tempfile::tempdir().unwrap();
    if geteuid().is_root() {
        assert!(
            matches!(run_script(&users).outcome, Outcome::Failed(reason) if reason.contains("root"))
        );
        fs::set_permissions(work_dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let account = UserAccount {
            uid: 65533,
            gid: 65532,
            home: "/".into(),
        };
        let runner = UnixRunner::new(work_dir.path().to_owned(), Some(account));
        let execution = runner.run(&users);
        assert_eq!(execution.stdout, "65533\n65532\n/\nf", "{execution:?}");
        // It cannot put anything in the place of what the agent removes.
        let content = "mv .. ../../moved 2>/dev/null; mv . ../moved 2>/dev/null; ls -d ../run";
        let moving = Script {
            content: content.as_bytes(),
            ..users
        };
        assert_eq!(runner.run(&moving).stdout, "../run");
        assert_eq!(fs::read_dir(work_dir.path()).unwrap().count(), 0);
    } else {
        let execution = run_script(&users);
        assert!(
            execution
                .stdout
                .starts_with(&geteuid().as_raw().to_string()),
            "{execution:?}"
        );
    }
    users.account = Account::Unknown;
    assert!(matches!(run_script(&users).outcome, Outcome::Failed(_)));
}
