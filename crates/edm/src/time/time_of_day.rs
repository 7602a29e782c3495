//! `Edm.TimeOfDay`.

use std::fmt;
use std::str::FromStr;

use super::TimeError;
use super::calendar::TICKS_PER_DAY;
use super::clock::{self, Precision};
use super::scan::Scanner;

const SYNTAX: TimeError = TimeError::Syntax("time of day", "18:00:00.0000000");
/// The factor that makes room for the precision's code below the ticks.
const CODE_SPACE: i64 = 16;

/// A time of day (ABNF `timeOfDayValue`); ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay {
    /// Ticks of 100 nanoseconds since midnight, less than [`super::TICKS_PER_DAY`].
    pub ticks: i64,
    /// How finely it is written.
    pub precision: Precision,
}

impl TimeOfDay {
    /// `00:00:00`.
    pub const MIN: Self = Self {
        ticks: 0,
        precision: Precision::Seconds(0),
    };

    /// Parses `hh:mm`, `hh:mm:ss` or `hh:mm:ss.f` with 1 to 12 fraction digits, of which those
    /// beyond the seventh must be zero (and are not kept).
    ///
    /// # Errors
    /// A text of another form, a time that does not exist (`24:00`, second 60), or a precision
    /// beyond 100 nanoseconds.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let mut scanner = Scanner::new(text);
        let (ticks, precision) = clock::read(&mut scanner).ok_or(SYNTAX)??;
        if scanner.at_end() {
            Ok(Self { ticks, precision })
        } else {
            Err(SYNTAX)
        }
    }

    /// One number that holds time and precision, and orders as the times do.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        self.ticks.clamp(0, TICKS_PER_DAY - 1) * CODE_SPACE + self.precision.code()
    }

    /// The inverse of [`Self::to_i64`]; `None` for a number that it never gives.
    #[must_use]
    pub fn from_i64(packed: i64) -> Option<Self> {
        let ticks = packed.div_euclid(CODE_SPACE);
        let precision = Precision::from_code(packed.rem_euclid(CODE_SPACE))?;
        (0..TICKS_PER_DAY)
            .contains(&ticks)
            .then_some(Self { ticks, precision })
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        clock::write(f, self.ticks.rem_euclid(TICKS_PER_DAY), self.precision)
    }
}

impl FromStr for TimeOfDay {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}
