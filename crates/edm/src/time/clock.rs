//! The time within a day, and how finely it was written.

use std::fmt;

use super::TimeError;
use super::calendar::TICKS_PER_SECOND;
use super::scan::Scanner;

const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
/// The most fraction digits that the ABNF's `fractionalSeconds` allows.
const FRACTION_LIMIT: usize = 12;

/// How finely a time was written: `13:52`, `13:52:07`, or with 1 to 7 fraction digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// Hours and minutes only.
    Minutes,
    /// Seconds with this many fraction digits, 0 to 7.
    Seconds(u8),
}

impl Precision {
    /// How many codes there are: 0 to 7 are the fraction digits, 8 stands for no seconds.
    pub(super) const CODES: i64 = 9;

    pub(super) fn code(self) -> i64 {
        match self {
            Self::Minutes => 8,
            Self::Seconds(digits) => i64::from(digits.min(7)),
        }
    }

    pub(super) fn from_code(code: i64) -> Option<Self> {
        match u8::try_from(code).ok()? {
            8 => Some(Self::Minutes),
            digits @ 0..=7 => Some(Self::Seconds(digits)),
            _ => None,
        }
    }

    /// This precision, or the coarsest one that shows all of `ticks`: printing never cuts.
    pub(super) fn showing(self, ticks: i64) -> Self {
        let fraction = ticks.rem_euclid(TICKS_PER_SECOND);
        let needed = (0..=7)
            .find(|d| fraction % 10_i64.pow(7 - u32::from(*d)) == 0)
            .unwrap_or(7);
        match self {
            Self::Minutes if ticks.rem_euclid(TICKS_PER_MINUTE) == 0 => Self::Minutes,
            Self::Minutes => Self::Seconds(needed),
            Self::Seconds(digits) => Self::Seconds(digits.min(7).max(needed)),
        }
    }
}

/// Reads `hh:mm[:ss[.f]]`: the ticks since midnight and the precision; `None` is a syntax error.
pub(super) fn read(scanner: &mut Scanner<'_>) -> Option<Result<(i64, Precision), TimeError>> {
    let hours = scanner.digits(2)?;
    if !scanner.eat(b':') {
        return None;
    }
    let minutes = scanner.digits(2)?;
    if hours > 23 || minutes > 59 {
        return Some(Err(TimeError::Range("the time of day")));
    }
    let ticks = hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE;
    if !scanner.eat(b':') {
        return Some(Ok((ticks, Precision::Minutes)));
    }
    let seconds = scanner.digits(2)?;
    if seconds > 59 {
        return Some(Err(TimeError::Range("the second")));
    }
    let ticks = ticks + seconds * TICKS_PER_SECOND;
    if !scanner.eat(b'.') {
        return Some(Ok((ticks, Precision::Seconds(0))));
    }
    let fraction = scanner.fraction(FRACTION_LIMIT)?;
    Some(fraction.map(|(part, digits)| (ticks + part, Precision::Seconds(digits))))
}

/// Writes ticks since midnight as `hh:mm[:ss[.f]]`.
pub(super) fn write(f: &mut fmt::Formatter<'_>, ticks: i64, precision: Precision) -> fmt::Result {
    let (hours, minutes) = (ticks / TICKS_PER_HOUR, ticks / TICKS_PER_MINUTE % 60);
    write!(f, "{hours:02}:{minutes:02}")?;
    let Precision::Seconds(digits) = precision.showing(ticks) else {
        return Ok(());
    };
    write!(f, ":{:02}", ticks / TICKS_PER_SECOND % 60)?;
    if digits > 0 {
        let fraction = ticks % TICKS_PER_SECOND / 10_i64.pow(7 - u32::from(digits));
        write!(f, ".{fraction:0width$}", width = usize::from(digits))?;
    }
    Ok(())
}
