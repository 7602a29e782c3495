//! `Edm.Date`.

use std::fmt;
use std::str::FromStr;

use super::TimeError;
use super::calendar::{date_of, day_number};
use super::scan::Scanner;

const SYNTAX: TimeError = TimeError::Syntax("date", "2024-12-31");

/// A date without a time, of the years 0000 to 9999 (ABNF `dateValue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// Days since 0001-01-01; dates of the year 0000 are negative.
    pub days: i32,
}

impl Date {
    /// 0001-01-01.
    pub const MIN: Self = Self { days: 0 };

    /// The date of a year (0 to 9999), month and day; `None` if there is none.
    #[must_use]
    pub fn from_ymd(year: i64, month: i64, day: i64) -> Option<Self> {
        if !(0..=9999).contains(&year) {
            return None;
        }
        Some(Self {
            days: i32::try_from(day_number(year, month, day)?).ok()?,
        })
    }

    /// The year, the month (1 to 12) and the day of the month (1 to 31).
    #[must_use]
    pub fn ymd(self) -> (i64, i64, i64) {
        date_of(self.days.into())
    }

    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// A text of another form, a date that does not exist, or a year outside 0000 to 9999.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let mut scanner = Scanner::new(text);
        let date = read(&mut scanner).ok_or(SYNTAX)??;
        if scanner.at_end() {
            Ok(date)
        } else {
            Err(SYNTAX)
        }
    }
}

/// Reads `YYYY-MM-DD`; `None` is a syntax error.
pub(super) fn read(scanner: &mut Scanner<'_>) -> Option<Result<Date, TimeError>> {
    if scanner.eat(b'-') {
        return Some(Err(TimeError::Range("a year before 0000")));
    }
    let year = scanner.digits(4)?;
    if scanner.digits(1).is_some() {
        return Some(Err(TimeError::Range("a year after 9999")));
    }
    let month = scanner.eat(b'-').then(|| scanner.digits(2))??;
    let day = scanner.eat(b'-').then(|| scanner.digits(2))??;
    Some(Date::from_ymd(year, month, day).ok_or(TimeError::Range("the month or day")))
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}
