//! The operators, by the standard's examples and rules.

use super::values::{identical, value};
use crate::eval::{EvalError, arithmetic, compare, has, negate};
use crate::expr::{Arithmetic, Comparison};

const COMPARISONS: [Comparison; 6] = [
    Comparison::Eq,
    Comparison::Ne,
    Comparison::Lt,
    Comparison::Le,
    Comparison::Gt,
    Comparison::Ge,
];

/// `T`, `F` or `N` for `eq`, `ne`, `lt`, `le`, `gt`, `ge` of the two.
#[track_caller]
fn check_comparisons(left: &str, right: &str, expected: &str) {
    let found: String = COMPARISONS
        .iter()
        .map(|op| match compare(*op, &value(left), &value(right)) {
            Some(true) => 'T',
            Some(false) => 'F',
            None => 'N',
        })
        .collect();
    assert_eq!(found, expected, "{left} and {right}");
}

#[test]
fn comparisons() {
    const EQUAL: &str = "TFFTFT";
    const LESS: &str = "FTTTFF";
    const GREATER: &str = "FTFFTT";
    const UNEQUAL: &str = "FTFFFF";
    const NULL: &str = "NNNNNN";
    for (left, right, expected) in [
        ("null", "null", "TFFFFF"),
        ("null", "1", UNEQUAL),
        ("'x'", "null", UNEQUAL),
        ("1", "1", EQUAL),
        ("1", "1.0", EQUAL),
        ("1.50", "1.5", EQUAL),
        ("1", "1e0", EQUAL),
        ("0.1", "1e-1", EQUAL),
        ("-0.0", "0", EQUAL),
        ("-1.5", "-1.25", LESS),
        ("-10.5", "-9.5", LESS),
        ("9.99", "10", LESS),
        ("10", "9.99", GREATER),
        ("12345678901234567890.1", "12345678901234567890.09", GREATER),
        ("INF", "INF", EQUAL),
        ("-INF", "-1e308", LESS),
        ("INF", "9223372036854775807", GREATER),
        ("NaN", "NaN", UNEQUAL),
        ("NaN", "1", UNEQUAL),
        ("false", "true", LESS),
        ("'a'", "'B'", GREATER),
        ("'a'", "'ab'", LESS),
        ("'\u{FFFD}'", "'\u{10000}'", LESS),
        ("2024-01-01T00:00:00Z", "2024-01-01T02:00:00.0+02:00", EQUAL),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:01", GREATER),
        ("09:30", "09:30:00.0", EQUAL),
        ("P1D", "PT24H", EQUAL),
        ("-P1D", "PT0S", LESS),
        ("2024-01-31", "2024-02-01", LESS),
        ("flags:1", "flags:2", LESS),
        ("[1,2]", "[1.0,2]", "TFNNNN"),
        ("[1,2]", "[2,1]", "FTNNNN"),
        ("[1,2]", "[1]", "FTNNNN"),
        ("1", "'1'", NULL),
        ("true", "1", NULL),
        ("2024-01-01", "2024-01-01T00:00Z", NULL),
        ("1", "flags:1", NULL),
    ] {
        check_comparisons(left, right, expected);
    }
}

#[test]
fn flags() {
    for (left, right, expected) in [
        ("flags:5", "flags:1", Some(true)),
        ("flags:5", "flags:5", Some(true)),
        ("flags:5", "flags:2", Some(false)),
        ("flags:5", "flags:3", Some(false)),
        ("flags:5", "flags:0", Some(true)),
        ("null", "flags:1", None),
        ("flags:1", "null", None),
    ] {
        assert_eq!(has(&value(left), &value(right)), expected, "{left} {right}");
    }
}

#[track_caller]
fn check_arithmetic(expression: &str, expected: Result<&str, EvalError>) {
    let parts: Vec<&str> = expression.split(' ').collect();
    let [left, op, right] = parts[..] else {
        panic!("{expression}")
    };
    let op = match op {
        "add" => Arithmetic::Add,
        "sub" => Arithmetic::Sub,
        "mul" => Arithmetic::Mul,
        "div" => Arithmetic::Div,
        "divby" => Arithmetic::DivBy,
        _ => Arithmetic::Mod,
    };
    let found = arithmetic(op, &value(left), &value(right));
    match (&found, expected) {
        (Ok(found), Ok(expected)) => {
            assert!(
                identical(found, &value(expected)),
                "{expression}: {found:?}"
            );
        }
        (found, expected) => assert_eq!(found, &expected.map(value), "{expression}"),
    }
}

#[test]
fn arithmetic_of_numbers() {
    for (expression, expected) in [
        ("2.55 add 2.45", Ok("5.00")),
        ("2.55 sub 0.55", Ok("2.00")),
        ("2.55 mul 2.0", Ok("5.100")),
        ("2.55 div 2.55", Ok("1d")),
        ("5 div 2", Ok("2")),
        ("-5 div 2", Ok("-2")),
        ("5 divby 2", Ok("2.5")),
        ("10 mod 5", Ok("0")),
        ("-7 mod 3", Ok("-1")),
        ("7 mod -3", Ok("1")),
        ("-7.5 mod 2", Ok("-1.5")),
        ("-7.5e0 mod 2", Ok("-1.5e0")),
        ("1 div 3.0", Ok("0.33333333333333333333333333333333333333")),
        ("2 divby 3", Ok("0.66666666666666666666666666666666666667")),
        (
            "-2 divby 3",
            Ok("-0.66666666666666666666666666666666666667"),
        ),
        ("1 add 1.5e0", Ok("2.5e0")),
        ("0.1 add 1e-1", Ok("2e-1")),
        (
            "12345678901234567890.123456789012345678 add 0.000000000000000001",
            Ok("12345678901234567890.123456789012345679"),
        ),
        ("null add 1", Ok("null")),
        ("1 mod null", Ok("null")),
        ("null div 0", Ok("null")),
        ("'1' add 1", Ok("null")),
        ("true add true", Ok("null")),
    ] {
        check_arithmetic(expression, expected);
    }
}

#[test]
fn division_by_zero_and_overflow() {
    let overflow = |op| Err(EvalError::Overflow(op));
    for (expression, expected) in [
        ("1 div 0", Err(EvalError::DivisionByZero)),
        ("1.5 div 0", Err(EvalError::DivisionByZero)),
        ("1 mod 0", Err(EvalError::DivisionByZero)),
        ("1.5 mod 0.0", Err(EvalError::DivisionByZero)),
        ("1e0 mod 0", Err(EvalError::DivisionByZero)),
        ("1e0 div 0", Ok("INF")),
        ("-1e0 div 0", Ok("-INF")),
        ("0e0 div 0", Ok("NaN")),
        ("5 divby 0", Ok("INF")),
        ("-5.5 divby 0", Ok("-INF")),
        ("0 divby 0", Ok("NaN")),
        ("9223372036854775807 add 1", overflow("add")),
        ("-9223372036854775808 sub 1", overflow("sub")),
        ("9223372036854775807 mul 2", overflow("mul")),
        ("-9223372036854775808 div -1", overflow("div")),
        ("-9223372036854775808 mod -1", Ok("0")),
        ("1e127 add 1e308", Ok("1e308")),
        ("1e308 mul 10", Ok("INF")),
    ] {
        check_arithmetic(expression, expected);
    }
    let wide = format!("1{} mul 10.0", "0".repeat(127));
    check_arithmetic(&wide, overflow("mul"));
}

#[test]
fn arithmetic_of_times() {
    let overflow = |op| Err(EvalError::Overflow(op));
    for (expression, expected) in [
        (
            "2024-02-28T23:00:00+02:00 add P1DT2H",
            Ok("2024-03-01T01:00:00+02:00"),
        ),
        ("2024-03-01T01:00:00Z sub P1D", Ok("2024-02-29T01:00:00Z")),
        ("2024-03-01T01:00:00Z sub 2024-02-29T01:00:00Z", Ok("P1D")),
        (
            "2024-03-01T01:00:00Z sub 2024-03-01T01:00:00-01:00",
            Ok("-PT1H"),
        ),
        ("2024-03-01 sub 2024-02-28", Ok("P2D")),
        // Section 5.1.1.2.1: a positive duration smaller than a day is today, or yesterday.
        ("2024-03-01 add PT23H", Ok("2024-03-01")),
        ("2024-03-01 sub PT1H", Ok("2024-02-29")),
        ("2024-03-01 add P1D", Ok("2024-03-02")),
        ("P1D add PT1H", Ok("P1DT1H")),
        ("P1D sub P2D", Ok("-P1D")),
        ("P1D mul 2", Ok("P2D")),
        ("2.5 mul P1D", Ok("P2DT12H")),
        ("P1D mul 5e-1", Ok("PT12H")),
        ("P1D div 2", Ok("PT12H")),
        ("P1D divby 0.25", Ok("P4D")),
        ("PT0.0000001S div 2", Ok("PT0.0000001S")),
        ("-PT0.0000001S div 2", Ok("-PT0.0000001S")),
        ("PT0.0000001S div 3", Ok("PT0S")),
        ("P1D div 0", Err(EvalError::DivisionByZero)),
        ("P1D divby 0e0", Err(EvalError::DivisionByZero)),
        ("P10675199D mul 2", overflow("mul")),
        ("P1D mul INF", overflow("mul")),
        ("P1D mul NaN", overflow("mul")),
        ("9999-12-31 add P1D", overflow("add")),
        ("0000-01-01T00:00:00Z sub PT1S", overflow("sub")),
        ("9999-12-31T23:59:59Z add PT1S", overflow("add")),
        ("9999-12-31T23:59:59+02:00 add PT1S", overflow("add")),
        ("2024-01-01T00:00:00Z add P10675199D", overflow("add")),
        ("0000-01-01 sub P1D", overflow("sub")),
        ("2024-03-01 add 1", Ok("null")),
        ("P1D add 2024-03-01", Ok("null")),
        ("09:30:00 add PT1H", Ok("null")),
        ("P1D mod 2", Ok("null")),
        ("P1D mul null", Ok("null")),
    ] {
        check_arithmetic(expression, expected);
    }
}

#[test]
fn negation() {
    for (operand, expected) in [
        ("1", Ok("-1")),
        ("1.50", Ok("-1.50")),
        ("0.0", Ok("0.0")),
        ("INF", Ok("-INF")),
        ("P1D", Ok("-P1D")),
        ("null", Ok("null")),
        ("'1'", Ok("null")),
        ("-9223372036854775808", Err(EvalError::Overflow("-"))),
    ] {
        assert_eq!(negate(&value(operand)), expected.map(value), "{operand}");
    }
}
