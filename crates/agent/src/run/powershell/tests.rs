//! The runner with a shell script in the place of PowerShell.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// A runner whose "PowerShell" is a shell script that runs the file after `-File`.
fn runner(root: &Path) -> PowerShellRunner {
    for folder in ["System32", "SysWOW64"] {
        let dir = root.join(folder).join("WindowsPowerShell").join("v1.0");
        fs::create_dir_all(&dir).unwrap();
        let program = dir.join("powershell.exe");
        let text = format!(
            "#!/bin/sh\nexport FOLDER={folder} ALL=\"$*\"\nPATH=/usr/bin:/bin\nshift 6\n. \"$1\"\n"
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    }
    PowerShellRunner {
        work_dir: root.to_owned(),
        system_root: root.to_owned(),
    }
}

fn check(content: &str, bits32: bool, timeout: Duration) -> Execution {
    let root = tempfile::tempdir().unwrap();
    let runner = runner(root.path());
    let execution = runner.run(&Script {
        content: content.as_bytes(),
        account: Account::System,
        run_as_32_bit: bits32,
        timeout,
        stdout_limit: 100,
        stderr_limit: 5,
    });
    assert_eq!(
        fs::read_dir(root.path()).unwrap().count(),
        2,
        "the private directory is removed"
    );
    execution
}

#[test]
fn the_shell_asked_for_runs_the_script() {
    let minute = Duration::from_secs(60);
    let execution = check("echo $FOLDER $TEMP; echo wrong! >&2; exit 3", false, minute);
    assert_eq!(execution.outcome, Outcome::Exited(3));
    assert!(execution.stdout.starts_with("System32 /"), "{execution:?}");
    assert_eq!(execution.stderr, "wrong");
    let execution = check("echo $FOLDER $ALL", true, minute);
    let begin = "SysWOW64 -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File /";
    assert!(execution.stdout.starts_with(begin), "{execution:?}");
    let execution = check("env | grep -c CARGO", false, minute);
    assert_eq!(execution.stdout, "0");
    assert_eq!(
        check("kill -9 $$", false, minute).outcome,
        Outcome::Failed("it ended with signal: 9 (SIGKILL)".to_owned())
    );
}

#[test]
fn a_script_ends_after_its_timeout() {
    let limit = Duration::from_millis(300);
    let execution = check("echo begun; exec sleep 60", false, limit);
    assert_eq!(execution.outcome, Outcome::TimedOut(limit));
    assert_eq!(execution.stdout, "begun");
    assert!(execution.duration < Duration::from_secs(10));
}
