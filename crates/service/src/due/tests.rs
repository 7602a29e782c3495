//! Decisions that need no database; the rest is tested from outside, over HTTP.

use edm::time::DateTimeOffset;

use super::*;

#[test]
fn an_answer_has_a_budget() {
    let check = |sizes: &[usize], expected: usize| {
        assert_eq!(fitting(sizes, 10), expected, "{sizes:?}");
    };
    check(&[], 0);
    check(&[0, 0], 2);
    check(&[10], 1);
    check(&[11], 1);
    check(&[11, 0], 1);
    check(&[4, 6, 1], 2);
    check(&[4, 7, 1], 1);
    check(&[1, usize::MAX, 1], 1);
}

const NOW: i64 = 1_000;

fn check(past: Past, next: Next, retries: i64, expected: Option<Attempt>) {
    let now = DateTimeOffset {
        ticks: NOW,
        form: edm::time::Form::UTC_TICKS,
    };
    assert_eq!(
        attempt(past, next, retries, false, now),
        expected,
        "{past:?} {next:?} {retries}"
    );
}

/// A script that ran in its present version.
fn ran() -> Past {
    Past {
        last: Some(NOW - 10),
        same_version: true,
        handed: 1,
        ..Past::default()
    }
}

#[test]
fn a_script_is_due_when_its_time_has_come() {
    let due = Some(Attempt::Regular);
    check(Past::default(), Next::Now, 0, due);
    check(Past::default(), Next::At(NOW), 0, due);
    check(Past::default(), Next::At(NOW + 1), 0, None);
    check(ran(), Next::At(NOW - 1), 0, due);
    check(ran(), Next::At(NOW + 1), 0, None);
    check(ran(), Next::Never, 0, None);
}

#[test]
fn a_new_version_is_due_unless_the_first_run_is_still_to_come() {
    let changed = Past {
        same_version: false,
        ..ran()
    };
    check(changed, Next::Never, 0, Some(Attempt::Regular));
    let pending = Past {
        pending: true,
        ..changed
    };
    check(pending, Next::Never, 0, Some(Attempt::Regular));
    let never = Past {
        last: None,
        ..changed
    };
    check(never, Next::At(NOW + 1), 0, None);
}

#[test]
fn what_was_not_reported_is_handed_out_again_and_counts_as_no_retry() {
    let pending = Past {
        pending: true,
        handed: 9,
        ..ran()
    };
    check(pending, Next::Never, 0, Some(Attempt::Unreported));
    check(pending, Next::Now, 3, Some(Attempt::Unreported));
}

#[test]
fn failures_are_retried_as_often_as_is_said() {
    let failed = |handed| Past {
        failed: true,
        handed,
        ..ran()
    };
    for (handed, retries, again) in [
        (1, 0, false),
        (1, 1, true),
        (2, 1, false),
        (3, 3, true),
        (4, 3, false),
    ] {
        let expected = again.then_some(Attempt::Retry);
        check(failed(handed), Next::Never, retries, expected);
        check(failed(handed), Next::At(NOW + 1), retries, expected);
    }
    // When the next run is due anyway, the count begins anew.
    check(failed(4), Next::At(NOW), 3, Some(Attempt::Regular));
    check(ran(), Next::Never, 3, None);
    check(failed(1), Next::Never, -1, None);
}

#[test]
fn a_sync_asks_once_more_for_what_failed() {
    let now = DateTimeOffset {
        ticks: NOW,
        form: edm::time::Form::UTC_TICKS,
    };
    let failed = Past {
        failed: true,
        handed: 9,
        ..ran()
    };
    for (past, synced, expected) in [
        (failed, false, None),
        (failed, true, Some(Attempt::Retry)),
        (ran(), true, None),
    ] {
        assert_eq!(attempt(past, Next::Never, 3, synced, now), expected);
    }
}
