use std::path::PathBuf;

use agent::run::Outcome;
use agent::{RemediationState, RunState, ScriptFamily};
use clap::Parser;

use super::*;
use crate::cli::{AgentCommand, Cli, Command};

fn arguments(more: &[&str]) -> AgentRunArguments {
    let line = ["runstate", "agent", "run", "--server", "http://localhost:1"];
    match Cli::try_parse_from(line.iter().chain(more))
        .unwrap()
        .command
    {
        Command::Agent(AgentCommand::Run(arguments)) => *arguments,
        other => panic!("{other:?}"),
    }
}

#[test]
fn where_the_token_comes_from() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "from-file\n").unwrap();
    let file = file.to_str().unwrap();
    let variable = || Some(OsString::from("from-variable"));
    let expected = |text| Token::new(text).unwrap();

    let token = |more: &[&str], variable| match credential(&arguments(more), variable) {
        Ok(Credential::Token(token)) => token,
        other => panic!("{other:?}"),
    };
    assert!(token(&["--token", "from-line"], variable()) == expected("from-line"));
    assert!(token(&["--token-file", file], variable()) == expected("from-file"));
    assert!(token(&[], variable()) == expected("from-variable"));

    let enrolls = |more: &[&str], variable| match credential(&arguments(more), variable) {
        Ok(Credential::Key(enrolling)) => enrolling.token,
        other => panic!("{other:?}"),
    };
    assert!(enrolls(&[], None).is_none());
    let taken = enrolls(&["--enrollment-token", "from-line"], variable());
    assert!(taken == Some(expected("from-line")));
    let taken = enrolls(&["--enrollment-token-file", file], None);
    assert!(taken == Some(expected("from-file")));

    let error = credential(&arguments(&["--token-file", "/nowhere"]), variable());
    assert!(error.unwrap_err().to_string().contains("/nowhere"));
    assert!(credential(&arguments(&["--token", "a b"]), None).is_err());
}

#[test]
fn passes_are_not_made_in_step() {
    let every = Duration::from_secs(300);
    for _ in 0..100 {
        let wait = around(every).as_secs();
        assert!((270..=330).contains(&wait), "{wait}");
    }
}

#[test]
fn every_option_reaches_the_agent() {
    let given = arguments(&[
        "--device-name",
        "n",
        "--device-key",
        "k",
        "--serial-number",
        "s",
        "--group",
        "g1",
        "--group",
        "g2",
        "--user-id",
        "u",
        "--user-principal-name",
        "u@example.com",
        "--state-dir",
        "sd",
        "--work-dir",
        "wd",
        "--timeout",
        "90s",
        "--output-limit",
        "7",
        "--ca-file",
        "ca",
        "--insecure-http",
    ]);
    let taken = options(&given, Token::new("t").unwrap().into());
    assert_eq!(taken.server, "http://localhost:1");
    assert_eq!(taken.device_name.as_deref(), Some("n"));
    assert_eq!(taken.device_key.as_deref(), Some("k"));
    assert_eq!(taken.serial_number.as_deref(), Some("s"));
    assert_eq!(taken.groups, ["g1", "g2"]);
    assert_eq!(taken.user_id.as_deref(), Some("u"));
    assert_eq!(taken.user_principal_name.as_deref(), Some("u@example.com"));
    assert_eq!(taken.state_dir, Some(PathBuf::from("sd")));
    assert_eq!(taken.work_dir, Some(PathBuf::from("wd")));
    assert_eq!(taken.timeout, Duration::from_secs(90));
    assert_eq!(taken.output_limit, 7);
    assert_eq!(taken.ca_file, Some(PathBuf::from("ca")));
    assert!(taken.allow_http);
}

#[test]
fn what_is_not_given_is_the_agents_default() {
    let taken = options(&arguments(&[]), Token::new("t").unwrap().into());
    let defaults = Options::new("http://localhost:1", Token::new("t").unwrap());
    assert_eq!(format!("{taken:?}"), format!("{defaults:?}"));
}

#[test]
fn a_pass_reads_well() {
    let report = RunReport {
        script_id: "s".to_owned(),
        display_name: "Mend".to_owned(),
        family: ScriptFamily::Health,
        state_id: "s:d".to_owned(),
        run_state: RunState::Fail,
        remediation_state: Some(RemediationState::Success),
        duration: Duration::from_secs(1),
    };
    let execution = Execution {
        outcome: Outcome::Exited(1),
        stdout: "\n\u{1b}[31mbroken\u{7}\nmore".to_owned(),
        stdout_is_cut: false,
        stderr: String::new(),
        duration: Duration::from_millis(120),
    };
    let mut console = Console(Vec::new());
    console.enrolled("d", "laptop\u{202e}\nEnrolled as root");
    console.due(0);
    console.due(1);
    console.due(2);
    console.running("Mend", Phase::Detection);
    console.finished("Mend", Phase::Detection, &execution);
    console.ran(&report);
    console.ran(&RunReport {
        remediation_state: None,
        run_state: RunState::Success,
        ..report.clone()
    });
    console.unreported(&report, "503");
    console.skipped("x", "unknown family");
    console.retrying("no answer", Duration::from_millis(1500));
    let expected = "\
Enrolled as laptop\u{fffd}\u{fffd}Enrolled as root, device d.
Nothing is due.
1 script is due:
2 scripts are due:
  Mend: detection …
  Mend: detection: The script exited with code 1. (0.12 s)
    | \u{fffd}[31mbroken\u{fffd}
  Mend: fail, remediation success; reported as s:d
  Mend: success; reported as s:d
  Mend: could not be reported: 503
  script x: skipped: unknown family
no answer; again in 1.5 s
";
    assert_eq!(String::from_utf8(console.0).unwrap(), expected);
}

#[test]
fn long_texts_are_cut() {
    let long = "ä".repeat(401);
    assert_eq!(
        Printable(&long).to_string(),
        format!("{}…", "ä".repeat(400))
    );
    assert_eq!(Printable(&long[2..]).to_string(), "ä".repeat(400));
}
