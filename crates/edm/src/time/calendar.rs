//! The proleptic Gregorian calendar as day numbers; day 0 is 0001-01-01.

/// Ticks of 100 nanoseconds in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks of 100 nanoseconds in a day.
pub const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Days from 0001-01-01 to 1970-01-01.
pub(super) const UNIX_EPOCH_DAYS: i64 = 719_162;

const DAYS_IN_400_YEARS: i64 = 146_097;
const DAYS_IN_100_YEARS: i64 = 36_524;
const DAYS_IN_4_YEARS: i64 = 1_461;

fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// The number of days in a month; 0 for a month that does not exist.
fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

/// The day number of a date; `None` if the date does not exist.
pub(super) fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    if day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let before = year - 1;
    let years =
        365 * before + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    let months: i64 = (1..month).map(|m| days_in_month(year, m)).sum();
    Some(years + months + day - 1)
}

/// The year, month and day of a day number.
pub(super) fn date_of(day_number: i64) -> (i64, i64, i64) {
    let eras = day_number.div_euclid(DAYS_IN_400_YEARS);
    let mut rest = day_number.rem_euclid(DAYS_IN_400_YEARS);
    // The last century of an era and the last year of four years are a day longer: hence `min`.
    let centuries = (rest / DAYS_IN_100_YEARS).min(3);
    rest -= centuries * DAYS_IN_100_YEARS;
    let fours = rest / DAYS_IN_4_YEARS;
    rest -= fours * DAYS_IN_4_YEARS;
    let ones = (rest / 365).min(3);
    rest -= ones * 365;
    let year = 400 * eras + 100 * centuries + 4 * fours + ones + 1;
    let mut month = 1;
    while rest >= days_in_month(year, month) {
        rest -= days_in_month(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}
