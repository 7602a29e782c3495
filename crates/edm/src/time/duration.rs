//! `Edm.Duration`.

use std::fmt;
use std::str::FromStr;

use super::TimeError;
use super::calendar::{TICKS_PER_DAY, TICKS_PER_SECOND};
use super::scan::Scanner;

const SYNTAX: TimeError = TimeError::Syntax("duration", "P1DT2H3M4.5S");
const OVERFLOW: TimeError = TimeError::Range("the duration");

/// A signed duration of days to parts of a second (ABNF `durationValue`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Duration {
    /// Ticks of 100 nanoseconds.
    pub ticks: i64,
}

impl Duration {
    /// No time at all, `PT0S`.
    pub const ZERO: Self = Self { ticks: 0 };

    /// Parses `[-]P[nD][T[nH][nM][n[.f]S]]` with at least one part (as `xs:dayTimeDuration`
    /// demands, which CSDL 3.3 refers to), letters in either case.
    ///
    /// # Errors
    /// A text of another form, more than 64 bits of ticks (29,000 years), or a precision beyond
    /// 100 nanoseconds.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let mut scanner = Scanner::new(text);
        let negative = scanner.eat(b'-');
        if !scanner.eat(b'P') {
            return Err(SYNTAX);
        }
        let mut parts = Parts {
            ticks: 0,
            negative,
            any: false,
        };
        let mut pending = scanner.number();
        if pending.is_some() {
            parts.unit(&mut scanner, &mut pending, b'D', TICKS_PER_DAY)?;
            if pending.is_some() {
                return Err(SYNTAX);
            }
        }
        if scanner.eat(b'T') {
            parts.any = false;
            pending = scanner.number();
            parts.unit(&mut scanner, &mut pending, b'H', 3600 * TICKS_PER_SECOND)?;
            parts.unit(&mut scanner, &mut pending, b'M', 60 * TICKS_PER_SECOND)?;
            parts.seconds(&mut scanner, pending)?;
        }
        if parts.any && scanner.at_end() {
            Ok(Self { ticks: parts.ticks })
        } else {
            Err(SYNTAX)
        }
    }
}

/// A duration while it is read. Ticks are added with the sign, so that `i64::MIN` can be read.
struct Parts {
    ticks: i64,
    negative: bool,
    any: bool,
}

impl Parts {
    fn add(&mut self, count: Option<i64>, ticks: i64) -> Result<(), TimeError> {
        let part = count.and_then(|n| n.checked_mul(ticks)).ok_or(OVERFLOW)?;
        let sum = if self.negative {
            self.ticks.checked_sub(part)
        } else {
            self.ticks.checked_add(part)
        };
        self.ticks = sum.ok_or(OVERFLOW)?;
        self.any = true;
        Ok(())
    }

    /// Adds the pending number if its unit follows, and reads the next number.
    fn unit(
        &mut self,
        scanner: &mut Scanner<'_>,
        pending: &mut Option<Option<i64>>,
        letter: u8,
        ticks: i64,
    ) -> Result<(), TimeError> {
        let Some(count) = *pending else { return Ok(()) };
        if !scanner.eat(letter) {
            return Ok(());
        }
        self.add(count, ticks)?;
        *pending = if letter == b'D' {
            None
        } else {
            scanner.number()
        };
        Ok(())
    }

    fn seconds(
        &mut self,
        scanner: &mut Scanner<'_>,
        pending: Option<Option<i64>>,
    ) -> Result<(), TimeError> {
        let Some(count) = pending else { return Ok(()) };
        self.add(count, TICKS_PER_SECOND)?;
        if scanner.eat(b'.') {
            let (ticks, _) = scanner.fraction(usize::MAX).ok_or(SYNTAX)??;
            self.add(Some(ticks), 1)?;
        }
        if scanner.eat(b'S') {
            Ok(())
        } else {
            Err(SYNTAX)
        }
    }
}

impl fmt::Display for Duration {
    /// The canonical form: no parts of zero, no zeros at the end of the fraction, `PT0S`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.ticks.unsigned_abs();
        let (day, second) = (
            TICKS_PER_DAY.unsigned_abs(),
            TICKS_PER_SECOND.unsigned_abs(),
        );
        let (days, rest) = (ticks / day, ticks % day);
        f.write_str(if self.ticks < 0 { "-P" } else { "P" })?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if rest == 0 {
            return if days == 0 {
                f.write_str("T0S")
            } else {
                Ok(())
            };
        }
        f.write_str("T")?;
        let (hours, minutes) = (rest / (3600 * second), rest / (60 * second) % 60);
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        let (seconds, fraction) = (rest / second % 60, rest % second);
        if fraction > 0 {
            let digits = format!("{fraction:07}");
            write!(f, "{seconds}.{}S", digits.trim_end_matches('0'))
        } else if seconds > 0 {
            write!(f, "{seconds}S")
        } else {
            Ok(())
        }
    }
}

impl FromStr for Duration {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}
