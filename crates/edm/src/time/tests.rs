use proptest::prelude::*;

use super::*;

/// What a text prints as once parsed, or why it is refused.
type Outcome = Result<&'static str, TimeError>;
const SYNTAX: Outcome = Err(TimeError::Syntax("", ""));
const RANGE: Outcome = Err(TimeError::Range(""));
const TOO_PRECISE: Outcome = Err(TimeError::TooPrecise);

fn outcome<T: ToString>(result: Result<T, TimeError>) -> Result<String, TimeError> {
    result.map(|value| value.to_string())
}

/// Whether a parser gives the text back (`Ok`), gives another, or refuses it for the right reason:
/// an error matches by kind.
#[track_caller]
fn check(text: &str, result: Result<String, TimeError>, expected: Result<&str, TimeError>) {
    let same_kind = match (&result, &expected) {
        (Ok(value), Ok(expected)) => value == expected,
        (Err(a), Err(b)) => std::mem::discriminant(a) == std::mem::discriminant(b),
        _ => false,
    };
    assert!(same_kind, "{text}: {result:?} instead of {expected:?}");
}

const DATE_TIMES: &[(&str, Outcome)] = &[
    (
        "2017-01-01T00:02:30.8589467+03:00",
        Ok("2017-01-01T00:02:30.8589467+03:00"),
    ),
    ("2012-09-03T13:52Z", Ok("2012-09-03T13:52Z")),
    ("2012-09-03T13:52-08:30", Ok("2012-09-03T13:52-08:30")),
    ("2012-09-03t13:52:07z", Ok("2012-09-03T13:52:07Z")),
    ("2012-09-03T13:52:07.0Z", Ok("2012-09-03T13:52:07.0Z")),
    (
        "2012-09-03T13:52:07.120-00:00",
        Ok("2012-09-03T13:52:07.120-00:00"),
    ),
    (
        "2012-09-03T13:52:07.120+00:00",
        Ok("2012-09-03T13:52:07.120+00:00"),
    ),
    (
        "2012-09-03T13:52:07.123456700000Z",
        Ok("2012-09-03T13:52:07.1234567Z"),
    ),
    ("2012-09-03T13:52:07.000000000001Z", TOO_PRECISE),
    ("2012-09-03T13:52:07.12345678Z", TOO_PRECISE),
    ("2012-09-03T13:52:07.0000000000000Z", SYNTAX),
    ("0001-01-01T00:00:00Z", Ok("0001-01-01T00:00:00Z")),
    ("0001-01-01T00:00:00+23:59", Ok("0001-01-01T00:00:00+23:59")),
    (
        "9999-12-31T23:59:59.9999999-23:59",
        Ok("9999-12-31T23:59:59.9999999-23:59"),
    ),
    ("0000-02-29T00:00Z", Ok("0000-02-29T00:00Z")),
    ("2000-02-29T00:00Z", Ok("2000-02-29T00:00Z")),
    ("1900-02-29T00:00Z", RANGE),
    ("2023-02-30T00:00:00Z", RANGE),
    ("2023-00-01T00:00:00Z", RANGE),
    ("2023-13-01T00:00:00Z", RANGE),
    ("2023-04-31T00:00:00Z", RANGE),
    ("2023-04-00T00:00:00Z", RANGE),
    ("2011-12-31T24:00:00Z", RANGE),
    ("2011-12-31T23:60:00Z", RANGE),
    ("1972-06-30T23:59:60Z", RANGE),
    ("2011-12-31T23:00:00+24:00", RANGE),
    ("2011-12-31T23:00:00+23:60", RANGE),
    ("-0001-01-01T00:00Z", RANGE),
    ("10000-01-01T00:00Z", RANGE),
    ("2011-12-31T23:00:00", SYNTAX),
    ("2011-12-31T23:00:00.Z", SYNTAX),
    ("2011-12-31 23:00:00Z", SYNTAX),
    ("2011-12-31T23:00:00Z ", SYNTAX),
    ("2011-12-31T23:00:00+0100", SYNTAX),
    ("2011-12-31T23:00:00%2B01:00", SYNTAX),
    ("2011-1-31T23:00:00Z", SYNTAX),
    ("2011-12-31", SYNTAX),
    ("２011-12-31T23:00:00Z", SYNTAX),
    ("", SYNTAX),
];

#[test]
fn date_times() {
    for (text, expected) in DATE_TIMES {
        check(text, outcome(DateTimeOffset::parse(text)), *expected);
    }
}

#[test]
fn dates() {
    for (text, expected) in [
        ("2012-09-10", Ok("2012-09-10")),
        ("0000-12-31", Ok("0000-12-31")),
        ("0001-01-01", Ok("0001-01-01")),
        ("9999-12-31", Ok("9999-12-31")),
        ("2024-02-29", Ok("2024-02-29")),
        ("2100-02-29", RANGE),
        ("10000-01-01", RANGE),
        ("-0001-01-01", RANGE),
        ("2012-09-10T", SYNTAX),
        ("2012/09/10", SYNTAX),
        ("201-09-10", SYNTAX),
        ("", SYNTAX),
    ] {
        check(text, outcome(Date::parse(text)), expected);
    }
    assert_eq!(Date::parse("0000-12-31").map(|d| d.days), Ok(-1));
    assert_eq!(Date::MIN.to_string(), "0001-01-01");
    assert_eq!(Date::from_ymd(10_000, 1, 1), None);
}

#[test]
fn times_of_day() {
    for (text, expected) in [
        ("18:00:00.0000000", Ok("18:00:00.0000000")),
        ("09:30:00", Ok("09:30:00")),
        ("11:22", Ok("11:22")),
        ("23:59:58.123456", Ok("23:59:58.123456")),
        ("00:00:00.00000000", Ok("00:00:00.0000000")),
        ("00:00:00.00000001", TOO_PRECISE),
        ("24:00:00", RANGE),
        ("23:59:60", RANGE),
        ("11", SYNTAX),
        ("11:22:33.", SYNTAX),
        ("11%3A22", SYNTAX),
        ("11:22:33Z", SYNTAX),
    ] {
        check(text, outcome(TimeOfDay::parse(text)), expected);
    }
}

#[test]
fn durations() {
    for (text, expected) in [
        ("P6DT23H59M59.9999S", Ok("P6DT23H59M59.9999S")),
        ("-P1DT2H3M4.5S", Ok("-P1DT2H3M4.5S")),
        ("p1dt2h3m4.50s", Ok("P1DT2H3M4.5S")),
        ("PT0S", Ok("PT0S")),
        ("-P0D", Ok("PT0S")),
        ("PT90M", Ok("PT1H30M")),
        ("PT36H", Ok("P1DT12H")),
        ("PT0.0000001S", Ok("PT0.0000001S")),
        ("PT0.000000100000000000000S", Ok("PT0.0000001S")),
        ("PT0.00000001S", TOO_PRECISE),
        (
            "P10675199DT2H48M5.4775807S",
            Ok("P10675199DT2H48M5.4775807S"),
        ),
        (
            "-P10675199DT2H48M5.4775808S",
            Ok("-P10675199DT2H48M5.4775808S"),
        ),
        ("P922337203685477581D", RANGE),
        ("PT99999999999999999999S", RANGE),
        ("P10675199DT2H48M5.4775808S", RANGE),
        ("+P6D", SYNTAX),
        ("P", SYNTAX),
        ("PT", SYNTAX),
        ("P1DT", SYNTAX),
        ("P1H", SYNTAX),
        ("PT1D", SYNTAX),
        ("PT1M1H", SYNTAX),
        ("PT1.5M", SYNTAX),
        ("PT1.S", SYNTAX),
        ("P1Y", SYNTAX),
        ("P1D ", SYNTAX),
        ("", SYNTAX),
    ] {
        check(text, outcome(Duration::parse(text)), expected);
    }
}

#[test]
fn unix_times() {
    let epoch = DateTimeOffset::from_unix(0, 123_456_789).expect("the epoch");
    assert_eq!(epoch.to_string(), "1970-01-01T00:00:00.1234567Z");
    assert_eq!(
        (epoch.to_unix_seconds(), epoch.subsec_nanos()),
        (0, 123_456_700)
    );
    let before = DateTimeOffset::from_unix(-1, 0).expect("a time");
    assert_eq!(before.to_string(), "1969-12-31T23:59:59.0000000Z");
    assert_eq!(before.to_unix_seconds(), -1);
    let last = DateTimeOffset::from_unix(253_402_300_799, 999_999_999).expect("the last");
    assert_eq!(last.to_string(), "9999-12-31T23:59:59.9999999Z");
    assert_eq!(DateTimeOffset::from_unix(253_402_300_800, 0), None);
    assert_eq!(DateTimeOffset::from_unix(-62_135_596_801, 0), None);
    assert_eq!(DateTimeOffset::from_unix(i64::MAX, 0), None);
    assert_eq!(DateTimeOffset::MIN.to_string(), "0001-01-01T00:00:00Z");
}

#[test]
fn the_same_instant_is_not_the_same_value() {
    let utc = DateTimeOffset::parse("2024-01-01T00:00:00Z").expect("a time");
    let east = DateTimeOffset::parse("2024-01-01T02:00:00+02:00").expect("a time");
    assert!(utc.same_instant(east) && utc != east);
    assert_eq!(east.local_ymd(), (2024, 1, 1));
    assert_eq!(east.local_time_ticks(), 2 * 3600 * TICKS_PER_SECOND);
}

/// A form that is too coarse for the ticks it stands beside: all digits are written regardless.
#[test]
fn printing_never_cuts() {
    let noon = 12 * 3600 * TICKS_PER_SECOND;
    let form = Form::new(Zone::Utc, Precision::Minutes).expect("a form");
    let coarse = DateTimeOffset {
        ticks: noon + 1,
        form,
    };
    assert_eq!(coarse.to_string(), "0001-01-01T12:00:00.0000001Z");
    let coarse = TimeOfDay {
        ticks: noon + 50_000_000,
        precision: Precision::Minutes,
    };
    assert_eq!(coarse.to_string(), "12:00:05");
}

#[test]
fn every_form_has_one_number() {
    let mut count = 0;
    for number in i32::from(i16::MIN)..=i32::from(i16::MAX) {
        if let Some(form) = Form::from_i32(number) {
            assert_eq!(form.to_i32(), number);
            count += 1;
        }
    }
    // Z, -00:00 and the offsets from -23:59 to +23:59, by no seconds or 0 to 7 digits.
    assert_eq!(count, (2 + 2 * 1439 + 1) * 9);
    assert_eq!(Form::from_i32(count), None);
    assert_eq!(Form::from_i32(i32::MIN), None);
    assert_eq!(Form::from_i32(i32::MAX), None);
    assert_eq!(Form::new(Zone::Offset(1440), Precision::Minutes), None);
    assert_eq!(Form::new(Zone::Offset(i16::MIN), Precision::Minutes), None);
    assert_eq!(Form::new(Zone::Utc, Precision::Seconds(8)), None);
}

fn time_text() -> impl Strategy<Value = String> {
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,7}"];
    let seconds = (0..60, fraction).prop_map(|(s, f)| format!(":{s:02}{f}"));
    let seconds = prop_oneof![Just(String::new()), seconds];
    (0..24, 0..60, seconds).prop_map(|(h, m, s)| format!("{h:02}:{m:02}{s}"))
}

fn date_text() -> impl Strategy<Value = String> {
    (0..=9999, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

fn zone_text() -> impl Strategy<Value = String> {
    let offset = ("[+-]", 0..24, 0..60).prop_map(|(s, h, m)| format!("{s}{h:02}:{m:02}"));
    prop_oneof![Just("Z".to_owned()), offset]
}

proptest! {
    #[test]
    fn date_times_come_back_and_pack(date in date_text(), time in time_text(), zone in zone_text()) {
        let text = format!("{date}T{time}{zone}");
        let value = DateTimeOffset::parse(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(value.to_string(), text);
        let form = Form::from_i32(value.form.to_i32());
        prop_assert_eq!(form.map(|form| DateTimeOffset { ticks: value.ticks, form }), Some(value));
        prop_assert!(i16::try_from(value.form.to_i32()).is_ok());
    }

    #[test]
    fn times_of_day_come_back_and_pack_in_order(a in time_text(), b in time_text()) {
        let parse = |t: &str| TimeOfDay::parse(t).map_err(|e| TestCaseError::fail(e.to_string()));
        let (x, y) = (parse(&a)?, parse(&b)?);
        prop_assert_eq!(x.to_string(), a);
        prop_assert_eq!(TimeOfDay::from_i64(x.to_i64()), Some(x));
        if x.ticks < y.ticks {
            prop_assert!(x.to_i64() < y.to_i64());
        }
    }

    #[test]
    fn packed_times_of_day_are_checked(packed in any::<i64>()) {
        if let Some(time) = TimeOfDay::from_i64(packed) {
            prop_assert_eq!(time.to_i64(), packed);
        }
    }

    #[test]
    fn every_day_has_one_date(days in -366..3_652_059) {
        let date = Date { days };
        let (year, month, day) = date.ymd();
        prop_assert_eq!(Date::from_ymd(year, month, day), Some(date));
        prop_assert_eq!(Date::parse(&date.to_string()), Ok(date));
    }

    #[test]
    fn durations_come_back(ticks in any::<i64>()) {
        let duration = Duration { ticks };
        prop_assert_eq!(Duration::parse(&duration.to_string()), Ok(duration));
    }

    #[test]
    fn anything_prints(ticks in any::<i64>(), form in 0..25_929, days in any::<i32>()) {
        let form = Form::from_i32(form).ok_or_else(|| TestCaseError::fail("no form"))?;
        let time = TimeOfDay { ticks, precision: form.precision() };
        let texts = [DateTimeOffset { ticks, form }.to_string(), time.to_string(), Date { days }.to_string()];
        prop_assert!(texts.iter().all(|t| t.len() >= 5), "{:?}", texts);
        let value = DateTimeOffset { ticks, form };
        prop_assert_eq!(value.to_unix_seconds().div_euclid(86_400), ticks.div_euclid(TICKS_PER_DAY) - 719_162);
    }

    #[test]
    fn no_text_panics(text in "\\PC*", near in "[-+PTDHMSZtz0-9:.]{0,40}") {
        for text in [&text, &near] {
            // What is accepted prints as a text that is accepted again.
            if let Ok(value) = DateTimeOffset::parse(text) {
                prop_assert_eq!(DateTimeOffset::parse(&value.to_string()), Ok(value));
            }
            if let Ok(value) = Date::parse(text) {
                prop_assert_eq!(Date::parse(&value.to_string()), Ok(value));
            }
            if let Ok(value) = TimeOfDay::parse(text) {
                prop_assert_eq!(TimeOfDay::parse(&value.to_string()), Ok(value));
            }
            if let Ok(value) = Duration::parse(text) {
                prop_assert_eq!(Duration::parse(&value.to_string()), Ok(value));
            }
        }
    }
}
