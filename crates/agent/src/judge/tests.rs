//! The decision tables.

use super::*;

fn execution(outcome: Outcome, stdout: &str, stderr: &str) -> Execution {
    Execution {
        outcome,
        stdout: stdout.to_owned(),
        stdout_is_cut: false,
        stderr: stderr.to_owned(),
        duration: Duration::from_secs(1),
    }
}

/// The outcomes of the phases in order; a remediation script exists. Expected: how many of them ran,
/// and the states.
fn check(outcomes: &[Outcome], ran: usize, state: RunState, remediation: RemediationState) {
    let mut phases = Vec::new();
    let health = remediate(true, 2048, &mut |phase| {
        phases.push(phase);
        let outcome = outcomes
            .get(phases.len() - 1)
            .expect("no further run")
            .clone();
        execution(outcome, &format!("{phase} out"), &format!("{phase} err"))
    });
    let expected = [Phase::Detection, Phase::Remediation, Phase::PostDetection];
    assert_eq!(Some(phases.as_slice()), expected.get(..ran), "{outcomes:?}");
    assert_eq!(
        (health.detection_state, health.remediation_state),
        (state, remediation),
        "{outcomes:?}"
    );
    assert_eq!(
        health.duration,
        Duration::from_secs(u64::try_from(ran).unwrap())
    );
    assert_eq!(health.pre_output, "detection out");
    assert!(health.pre_error.ends_with("detection err"));
    assert_eq!(health.remediation_error.is_some(), ran > 1, "{outcomes:?}");
    assert_eq!(health.post_output.is_some(), ran > 2, "{outcomes:?}");
    assert_eq!(health.post_error.is_some(), ran > 2, "{outcomes:?}");
}

/// All that is neither exit code 0 nor 1.
fn errors() -> Vec<Outcome> {
    let mut errors: Vec<_> = [2, 3, 126, 127, 255, -1, i32::MIN]
        .map(Outcome::Exited)
        .into();
    errors.push(Outcome::Signalled(9));
    errors.push(Outcome::TimedOut(Duration::from_secs(60)));
    errors.push(Outcome::Failed("the interpreter /x is missing".to_owned()));
    errors
}

#[test]
fn remediations_are_decided_by_exit_codes() {
    use RemediationState as R;
    use RunState as S;
    let exit = Outcome::Exited;
    check(&[exit(0)], 1, S::Success, R::Skipped);
    check(&[exit(1), exit(0), exit(0)], 3, S::Fail, R::Success);
    check(
        &[exit(1), exit(0), exit(1)],
        3,
        S::Fail,
        R::RemediationFailed,
    );
    check(&[exit(1), exit(1)], 2, S::Fail, R::ScriptError);
    for error in errors() {
        check(std::slice::from_ref(&error), 1, S::ScriptError, R::Skipped);
        check(&[exit(1), error.clone()], 2, S::Fail, R::ScriptError);
        check(&[exit(1), exit(0), error], 3, S::Fail, R::ScriptError);
    }
}

#[test]
fn without_a_remediation_script_there_is_only_detection() {
    let states = [
        (0, RunState::Success),
        (1, RunState::Fail),
        (2, RunState::ScriptError),
    ];
    for (code, state) in states {
        let mut runs = 0;
        let health = remediate(false, 2048, &mut |_| {
            runs += 1;
            execution(Outcome::Exited(code), "", "")
        });
        assert_eq!(
            (health.detection_state, health.remediation_state),
            (state, RemediationState::Skipped)
        );
        assert_eq!(runs, 1);
    }
}

#[test]
fn error_texts_say_what_happened() {
    let check = |outcome: Outcome, stderr: &str, limit: usize, expected: &str| {
        let health = remediate(true, limit, &mut |_| execution(outcome.clone(), "", stderr));
        assert_eq!(health.pre_error, expected, "{outcome:?}");
    };
    check(Outcome::Exited(0), "warning", 99, "warning");
    check(Outcome::Exited(3), "", 99, "The script exited with code 3.");
    check(
        Outcome::Exited(3),
        "oh",
        99,
        "The script exited with code 3.\noh",
    );
    check(
        Outcome::Signalled(9),
        "",
        99,
        "The script was ended by signal 9.",
    );
    check(
        Outcome::TimedOut(Duration::from_secs(60)),
        "",
        99,
        "The script was ended because it ran longer than 60s.",
    );
    check(
        Outcome::Failed("a\0ä".to_owned()),
        "",
        31,
        "The script could not be run: a\u{FFFD}",
    );
}

#[test]
fn a_compliance_script_prints_one_line_of_json() {
    let check = |outcome: Outcome, stdout: &str, is_cut: bool, reason: Option<&str>| {
        let mut execution = execution(outcome, stdout, "");
        execution.stdout_is_cut = is_cut;
        let compliance = comply(execution, 2048);
        let expected = if reason.is_none() {
            RunState::Success
        } else {
            RunState::ScriptError
        };
        assert_eq!(compliance.detection_state, expected, "{stdout:?}");
        assert_eq!(compliance.output, stdout);
        assert!(
            compliance.error.contains(reason.unwrap_or_default()),
            "{}",
            compliance.error
        );
        assert_eq!(
            compliance.error.is_empty(),
            reason.is_none(),
            "{}",
            compliance.error
        );
    };
    let ok = || Outcome::Exited(0);
    check(ok(), r#"{"Version":"1.2","On":true}"#, false, None);
    check(ok(), " {} \r\n", false, None);
    check(ok(), "{}", true, Some("longer than the limit"));
    check(ok(), "", false, Some("nothing"));
    check(ok(), "{}\n{}", false, Some("more than one line"));
    check(ok(), "{\n}", false, Some("more than one line"));
    for wrong in [
        "[]",
        "1",
        "true",
        "{",
        "{}x",
        "{'a':1}",
        "hello",
        &"{\"a\":[".repeat(100_000),
    ] {
        check(ok(), wrong, false, Some("no JSON object"));
    }
    check(Outcome::Exited(1), "{}", false, Some("code 1"));
    for error in errors() {
        check(error, "{}", false, Some("The script"));
    }
}

#[test]
fn other_scripts_are_judged_by_their_exit_code() {
    let check = |outcome: Outcome, state: RunState, code: i32, description: &str| {
        let script = conclude(execution(outcome, "out", "err"), 2048);
        assert_eq!((script.run_state, script.error_code), (state, code));
        assert_eq!(
            (&*script.result_message, &*script.error_description),
            ("out", description)
        );
    };
    check(Outcome::Exited(0), RunState::Success, 0, "err");
    check(Outcome::Exited(1), RunState::Fail, 1, "err");
    check(Outcome::Exited(-5), RunState::Fail, -5, "err");
    check(
        Outcome::Signalled(15),
        RunState::ScriptError,
        143,
        "The script was ended by signal 15.\nerr",
    );
    check(
        Outcome::TimedOut(Duration::from_secs(1)),
        RunState::ScriptError,
        124,
        "The script was ended because it ran longer than 1s.\nerr",
    );
    check(
        Outcome::Failed("no".to_owned()),
        RunState::ScriptError,
        127,
        "The script could not be run: no.\nerr",
    );
}
