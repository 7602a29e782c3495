use super::*;
use crate::eval::tests::values::{identical, value};
use Function as F;

#[track_caller]
fn check(function: Function, arguments: &[&str], expected: Result<&str, EvalError>) {
    let context = Context::new(DateTimeOffset::MIN);
    let arguments: Vec<Value> = arguments.iter().map(|text| value(text)).collect();
    let references: Vec<&Value> = arguments.iter().collect();
    let found = call(&context, function, &references);
    match (&found, expected) {
        (Ok(found), Ok(expected)) => {
            let same = identical(found, &value(expected));
            assert!(
                same,
                "{function:?} {arguments:?}: {found:?}, not {expected}"
            );
        }
        (found, expected) => assert_eq!(found, &expected.map(value), "{function:?}"),
    }
}

#[test]
fn strings() {
    for (function, arguments, expected) in [
        (F::Concat, &["'Berlin'", "', '"][..], "'Berlin, '"),
        (F::Contains, &["'Alfreds Futterkiste'", "'Alfreds'"], "true"),
        (F::Contains, &["'Alfreds'", "'alfreds'"], "false"),
        (F::Contains, &["'x'", "''"], "true"),
        (
            F::EndsWith,
            &["'Alfreds Futterkiste'", "'Futterkiste'"],
            "true",
        ),
        (F::StartsWith, &["'Alfreds'", "'Alfr'"], "true"),
        (F::IndexOf, &["'Alfreds'", "'lfreds'"], "1"),
        (F::IndexOf, &["'😀ß'", "'ß'"], "1"),
        (F::IndexOf, &["'Alfreds'", "'x'"], "-1"),
        (F::Length, &["'Alfreds Futterkiste'"], "19"),
        (F::Length, &["'😀ß'"], "2"),
        (
            F::Substring,
            &["'Alfreds Futterkiste'", "1"],
            "'lfreds Futterkiste'",
        ),
        (F::Substring, &["'Alfreds'", "1", "2"], "'lf'"),
    ] {
        check(function, arguments, Ok(expected));
    }
}

#[test]
fn substrings_and_cases() {
    for (function, arguments, expected) in [
        (F::Substring, &["'Alfreds'", "7"][..], "''"),
        (F::Substring, &["'Alfreds'", "8"], "''"),
        (
            F::Substring,
            &["'Alfreds'", "5", "9223372036854775807"],
            "'ds'",
        ),
        (F::Substring, &["'Alfreds'", "-2"], "'ds'"),
        (F::Substring, &["'Alfreds'", "-2", "1"], "'d'"),
        (F::Substring, &["'Alfreds'", "-9"], "'Alfreds'"),
        (
            F::Substring,
            &["'Alfreds'", "-9223372036854775808", "1"],
            "'A'",
        ),
        (F::Substring, &["'Alfreds'", "0", "0"], "''"),
        (F::Substring, &["'Alfreds'", "1.0"], "null"),
        (F::ToLower, &["'ÄSSE İ Σ'"], "'ässe i σ'"),
        (F::ToUpper, &["'größe ŉ ᾳ ǆ'"], "'GRÖßE ŉ ᾼ Ǆ'"),
        (F::Trim, &["'\u{A0}\t a b\u{2003}\n'"], "'a b'"),
        (F::Length, &["null"], "null"),
        (F::Concat, &["'a'", "null"], "null"),
        (F::Concat, &["'a'", "1"], "null"),
        (F::Length, &["1"], "null"),
    ] {
        check(function, arguments, Ok(expected));
    }
    let negative = Err(EvalError::NegativeLength);
    check(F::Substring, &["'Alfreds'", "1", "-1"], negative.clone());
    check(F::Substring, &["[1,2]", "1", "-1"], negative);
}

/// The examples of sections 5.1.1.6.1 and 5.1.1.6.2, and the string functions over collections.
#[test]
fn collections() {
    for (function, arguments, expected) in [
        (F::HasSubset, &["[4,1,3]", "[4,1,3]"][..], "true"),
        (F::HasSubset, &["[4,1,3]", "[1,3,4]"], "true"),
        (F::HasSubset, &["[4,1,3]", "[3,1]"], "true"),
        (F::HasSubset, &["[4,1,3]", "[4,3]"], "true"),
        (F::HasSubset, &["[4,1,3,1]", "[1,1]"], "true"),
        (F::HasSubset, &["[1,2]", "[1,1,2]"], "false"),
        (F::HasSubset, &["[1,null]", "[null]"], "true"),
        (F::HasSubset, &["[NaN]", "[NaN]"], "false"),
        (F::HasSubsequence, &["[4,1,3]", "[4,1,3]"], "true"),
        (F::HasSubsequence, &["[4,1,3]", "[4,1]"], "true"),
        (F::HasSubsequence, &["[4,1,3]", "[4,3]"], "true"),
        (F::HasSubsequence, &["[4,1,3,1]", "[1,1]"], "true"),
        (F::HasSubsequence, &["[4,1,3]", "[1,3,4]"], "false"),
        (F::HasSubsequence, &["[4,1,3]", "[3,1]"], "false"),
        (F::HasSubsequence, &["[1,2]", "[1,1,2]"], "false"),
        (F::Concat, &["[1,2]", "[2]"], "[1,2,2]"),
        (F::Contains, &["[1,2,3]", "[2,3]"], "true"),
        (F::Contains, &["[1,2,3]", "[1,3]"], "false"),
        (F::Contains, &["[1]", "[]"], "true"),
        (F::StartsWith, &["[1,2,3]", "[1,2]"], "true"),
        (F::StartsWith, &["[1]", "[1,2]"], "false"),
        (F::EndsWith, &["[1,2,3]", "[2,3]"], "true"),
        (F::EndsWith, &["[3]", "[2,3]"], "false"),
        (F::IndexOf, &["[1,2,3]", "[2,3]"], "1"),
        (F::IndexOf, &["[1,2,3]", "[4]"], "-1"),
        (F::Length, &["[1,2,3]"], "3"),
        (F::Substring, &["[1,2,3]", "1"], "[2,3]"),
        (F::Substring, &["[1,2,3]", "-2", "1"], "[2]"),
        (F::Substring, &["[1,2,3]", "5"], "[]"),
        (F::Concat, &["[1]", "'x'"], "null"),
        (F::ToLower, &["['A']"], "null"),
    ] {
        check(function, arguments, Ok(expected));
    }
}

#[test]
fn searching_long_collections_is_bounded() {
    let context = Context::new(DateTimeOffset::MIN);
    let long = Value::Collection(vec![Value::Integer(1); 10_000]);
    let found = call(&context, F::Contains, &[&long, &long]);
    assert!(matches!(found, Err(EvalError::Work(_))), "{found:?}");
    let found = call(&context, F::HasSubset, &[&long, &long]);
    assert_eq!(found, Ok(Value::Boolean(true)));
}

#[test]
fn dates_and_times() {
    const INSTANT: &str = "2017-01-01T00:02:30.8589467+03:00";
    for (function, argument, expected) in [
        (F::Year, INSTANT, "2017"),
        (F::Month, INSTANT, "1"),
        (F::Day, INSTANT, "1"),
        (F::Hour, INSTANT, "0"),
        (F::Minute, INSTANT, "2"),
        (F::Second, INSTANT, "30"),
        (F::FractionalSeconds, INSTANT, "0.8589467"),
        (F::TotalOffsetMinutes, INSTANT, "180"),
        (F::TotalOffsetMinutes, "2017-01-01T00:00:00-03:30", "-210"),
        (F::Date, INSTANT, "2017-01-01"),
        (F::Time, INSTANT, "00:02:30.8589467"),
        (F::Year, "1971-05-08", "1971"),
        (F::Month, "1971-05-08", "5"),
        (F::Day, "1971-05-08", "8"),
        (F::Hour, "1971-05-08", "null"),
        (F::Hour, "23:59:58.50", "23"),
        (F::Minute, "23:59:58.50", "59"),
        (F::Second, "23:59:58.50", "58"),
        (F::FractionalSeconds, "23:59:58.50", "0.5"),
        (F::FractionalSeconds, "23:59:58", "0d"),
        (F::Year, "23:59:58", "null"),
        (F::Date, "2017-01-01", "null"),
        (F::TotalSeconds, "P1DT2H3M4.5S", "93784.5"),
        (F::TotalSeconds, "-PT0.0000001S", "-0.0000001"),
        (F::TotalSeconds, "PT0S", "0d"),
        (F::Year, "null", "null"),
        (F::Year, "'2017'", "null"),
    ] {
        check(function, &[argument], Ok(expected));
    }
    check(F::MaxDateTime, &[], Ok("9999-12-31T23:59:59.9999999Z"));
    check(F::MinDateTime, &[], Ok("0001-01-01T00:00:00Z"));
    check(F::Now, &[], Ok("0001-01-01T00:00:00Z"));
}

#[test]
fn rounding() {
    for (number, floor, round, ceiling) in [
        ("0.5", "0d", "1d", "1d"),
        ("-0.5", "-1d", "-1d", "0d"),
        ("31.49", "31d", "31d", "32d"),
        ("-31.51", "-32d", "-32d", "-31d"),
        ("2", "2", "2", "2"),
        ("2.50e0", "2e0", "3e0", "3e0"),
        ("-2.5e0", "-3e0", "-3e0", "-2e0"),
        ("INF", "INF", "INF", "INF"),
        ("NaN", "NaN", "NaN", "NaN"),
        (
            "99999999999999999999.5",
            "99999999999999999999",
            "100000000000000000000",
            "100000000000000000000",
        ),
        ("null", "null", "null", "null"),
        ("'1'", "null", "null", "null"),
    ] {
        check(F::Floor, &[number], Ok(floor));
        check(F::Round, &[number], Ok(round));
        check(F::Ceiling, &[number], Ok(ceiling));
    }
}

#[test]
fn polygons() {
    const SQUARE: &str = "SRID=0;Polygon((0 0,4 0,4 4,0 4,0 0),(1 1,3 1,3 3,1 3,1 1))";
    let square = value(SQUARE);
    let context = Context::new(DateTimeOffset::MIN);
    for (point, expected) in [
        ("0.5 0.5", true),
        ("0 2", true),
        ("4 4", true),
        ("1 2", true),
        ("2 2", false),
        ("5 0", false),
        ("-1 0", false),
        ("2 5", false),
    ] {
        let at = value(&format!("SRID=0;Point({point})"));
        let found = call(&context, F::GeoIntersects, &[&at, &square]);
        assert_eq!(found, Ok(Value::Boolean(expected)), "{point}");
    }
}

#[test]
fn distances() {
    let context = Context::new(DateTimeOffset::MIN);
    let of = |function, shapes: &[&str]| {
        let shapes: Vec<Value> = shapes.iter().map(|text| value(text)).collect();
        match call(&context, function, &shapes.iter().collect::<Vec<_>>()) {
            Ok(Value::Double(length)) => Some(length),
            _ => None,
        }
    };
    let flat = of(F::GeoDistance, &["SRID=0;Point(0 0)", "SRID=0;Point(3 4)"]);
    assert_eq!(flat, Some(5.0));
    let degree = of(
        F::GeoDistance,
        &["SRID=4326;Point(10 0)", "SRID=0;Point(11 0)"],
    );
    assert!(
        degree.is_some_and(|metres| (metres - 111_195.08).abs() < 0.01),
        "{degree:?}"
    );
    let opposite = of(
        F::GeoDistance,
        &["SRID=4326;Point(0 0)", "SRID=4326;Point(180 0)"],
    );
    assert!(
        opposite.is_some_and(|metres| (metres - 20_015_114.4).abs() < 0.1),
        "{opposite:?}"
    );
    let line = of(F::GeoLength, &["SRID=0;LineString(0 0,3 4,3 5)"]);
    assert_eq!(line, Some(6.0));
    assert_eq!(of(F::GeoLength, &["SRID=0;Point(0 0)"]), None);
    assert_eq!(
        of(
            F::GeoDistance,
            &["SRID=4326;Point(0 0)", "SRID=2056;Point(0 0)"]
        ),
        None
    );
}
