//! Date-times as both sides write them here: UTC with seven digits, in 100 ns ticks since
//! 0001-01-01. The floor has its own few lines for it, so that it does not move with the product.

use std::fmt;

/// Ticks of 100 ns in a second.
pub(crate) const TICKS_A_SECOND: u64 = 10_000_000;
const SECONDS_A_DAY: u64 = 86_400;
/// From 0001-01-01 to 1970-01-01.
const DAYS_TO_UNIX: u64 = 719_162;
/// From 0000-03-01 to 0001-01-01: years that begin in March end in their leap day.
const DAYS_FROM_MARCH: u64 = 306;
const DAYS_OF_400_YEARS: u64 = 146_097;

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(u64);

impl Instant {
    /// An instant of the Unix epoch.
    pub(crate) const fn from_unix_seconds(seconds: u64) -> Self {
        Self((DAYS_TO_UNIX * SECONDS_A_DAY + seconds) * TICKS_A_SECOND)
    }

    /// An instant of ticks since 0001-01-01.
    pub(crate) const fn from_ticks(ticks: u64) -> Self {
        Self(ticks)
    }

    /// Ticks since 0001-01-01.
    pub(crate) const fn ticks(self) -> u64 {
        self.0
    }

    /// A later instant.
    pub(crate) const fn plus(self, ticks: u64) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// Reads `YYYY-MM-DDThh:mm:ss.fffffffZ`; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let marks = [
            (4, b'-'),
            (7, b'-'),
            (10, b'T'),
            (13, b':'),
            (16, b':'),
            (19, b'.'),
            (27, b'Z'),
        ];
        if bytes.len() != 28 || marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
            return None;
        }
        let number = |from: usize, to: usize| {
            bytes[from..to].iter().try_fold(0u64, |sum, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| sum * 10 + u64::from(digit - b'0'))
            })
        };
        let days = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = days * SECONDS_A_DAY + hour * 3_600 + minute * 60 + second;
        Some(Self(seconds * TICKS_A_SECOND + number(20, 27)?))
    }
}

/// Days since 0001-01-01 of a date of the Gregorian calendar.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    if year == 0 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let (eras, year) = (year / 400, year % 400);
    let days = eras * DAYS_OF_400_YEARS + year * 365 + year / 4 - year / 100 + of_year;
    days.checked_sub(DAYS_FROM_MARCH)
}

/// Year, month and day of days since 0001-01-01.
fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_FROM_MARCH;
    let (eras, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = eras * 400 + year;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

/// The date of days since 0001-01-01, such as `2026-01-01`.
pub(crate) fn date(days: i64) -> String {
    let (year, month, day) = date_of(u64::try_from(days).unwrap_or(0));
    format!("{year:04}-{month:02}-{day:02}")
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, fraction) = (self.0 / TICKS_A_SECOND, self.0 % TICKS_A_SECOND);
        let (year, month, day) = date_of(seconds / SECONDS_A_DAY);
        let second = seconds % SECONDS_A_DAY;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{fraction:07}Z",
            second / 3_600,
            second / 60 % 60,
            second % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        for (text, ticks) in [
            ("0001-01-01T00:00:00.0000000Z", 0),
            (
                "1970-01-01T00:00:00.0000001Z",
                DAYS_TO_UNIX * SECONDS_A_DAY * TICKS_A_SECOND + 1,
            ),
            (
                "2024-02-29T23:59:59.9999999Z",
                Instant::from_unix_seconds(1_709_251_200).ticks() - 1,
            ),
            (
                "2026-01-01T00:00:00.0000000Z",
                Instant::from_unix_seconds(1_767_225_600).ticks(),
            ),
        ] {
            assert_eq!(Instant::parse(text).map(Instant::ticks), Some(ticks));
            assert_eq!(Instant::from_ticks(ticks).to_string(), text);
        }
        for bad in [
            "",
            "2026-01-01T00:00:00Z",
            "2026-13-01T00:00:00.0000000Z",
            "2026-01-01T24:00:00.0000000Z",
            "2026-01-01T00:00:00.00000é0Z",
        ] {
            assert_eq!(Instant::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_day_round_trips() {
        for day in (0..3_652_059).step_by(13) {
            let (year, month, of_month) = date_of(day);
            assert_eq!(days_of(year, month, of_month), Some(day));
        }
    }
}
