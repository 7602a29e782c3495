//! `Edm.DateTimeOffset`.

use std::fmt;
use std::str::FromStr;

use super::calendar::{TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH_DAYS, date_of};
use super::clock::{self, Precision};
use super::scan::Scanner;
use super::{TimeError, date};

const SYNTAX: TimeError =
    TimeError::Syntax("date-time with offset", "2024-12-31T23:59:59.1234567+02:00");
const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// The greatest offset from UTC that the ABNF allows, in minutes.
const MAX_OFFSET: i16 = 23 * 60 + 59;

/// An instant together with the way it is written (ABNF `dateTimeOffsetValue`).
///
/// Equality and order take the written form into account (order: the instant first);
/// [`Self::same_instant`] and `ticks` do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTimeOffset {
    /// Ticks of 100 nanoseconds since 0001-01-01T00:00:00Z.
    pub ticks: i64,
    /// How it is written.
    pub form: Form,
}

/// How a date-time is written: its offset from UTC and its precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Form {
    zone: Zone,
    precision: Precision,
}

/// How a date-time writes its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Zone {
    /// `Z`.
    Utc,
    /// `-00:00`: UTC too, told apart only to print what was parsed.
    NegativeZero,
    /// Minutes east of UTC, -1439 to 1439; 0 is `+00:00`.
    Offset(i16),
}

impl Form {
    /// `Z` and seconds without a fraction.
    pub const UTC: Self = Self {
        zone: Zone::Utc,
        precision: Precision::Seconds(0),
    };
    /// `Z` and all seven fraction digits, as the service writes its own times.
    pub const UTC_TICKS: Self = Self {
        zone: Zone::Utc,
        precision: Precision::Seconds(7),
    };

    /// A form of a zone and a precision; `None` if the offset or the digits are out of range.
    #[must_use]
    pub fn new(zone: Zone, precision: Precision) -> Option<Self> {
        let offset_fits =
            !matches!(zone, Zone::Offset(m) if m.unsigned_abs() > MAX_OFFSET.unsigned_abs());
        let digits_fit = !matches!(precision, Precision::Seconds(digits) if digits > 7);
        (offset_fits && digits_fit).then_some(Self { zone, precision })
    }

    /// How the offset is written.
    #[must_use]
    pub fn zone(self) -> Zone {
        self.zone
    }

    /// How finely the time is written.
    #[must_use]
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// Minutes east of UTC.
    #[must_use]
    pub fn offset_minutes(self) -> i16 {
        match self.zone {
            Zone::Utc | Zone::NegativeZero => 0,
            Zone::Offset(minutes) => minutes,
        }
    }

    /// A number from 0 to 25,928 that stands for the form: it fits 16 bits, and `Z` with any
    /// number of digits fits one byte.
    #[must_use]
    pub fn to_i32(self) -> i32 {
        let zone = match self.zone {
            Zone::Utc => 0,
            Zone::NegativeZero => 1,
            Zone::Offset(minutes) => 2 + i32::from(minutes) + i32::from(MAX_OFFSET),
        };
        zone * CODES + i32::try_from(self.precision.code()).unwrap_or(0)
    }

    /// The inverse of [`Self::to_i32`]; `None` for a number that it never gives.
    #[must_use]
    pub fn from_i32(number: i32) -> Option<Self> {
        let zone = match number.div_euclid(CODES) {
            0 => Zone::Utc,
            1 => Zone::NegativeZero,
            other => {
                Zone::Offset(i16::try_from(other.checked_sub(2 + i32::from(MAX_OFFSET))?).ok()?)
            }
        };
        Self::new(zone, Precision::from_code(number.rem_euclid(CODES).into())?)
    }
}

const CODES: i32 = 9;
const _: () = assert!(
    CODES as i64 == Precision::CODES,
    "a precision has its own place in the number"
);

impl DateTimeOffset {
    /// `0001-01-01T00:00:00Z`.
    pub const MIN: Self = Self {
        ticks: 0,
        form: Form::UTC,
    };

    /// Parses `YYYY-MM-DDThh:mm[:ss[.f]]` followed by `Z` or an offset up to 23:59; `T` and `Z`
    /// in either case. Fraction digits beyond the seventh must be zero, and are not kept.
    ///
    /// # Errors
    /// A text of another form, a date or time that does not exist (February 30, `24:00`, second
    /// 60), a year outside 0000 to 9999, or a precision beyond 100 nanoseconds.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let mut scanner = Scanner::new(text);
        let date = date::read(&mut scanner).ok_or(SYNTAX)??;
        if !scanner.eat(b'T') {
            return Err(SYNTAX);
        }
        let (time, precision) = clock::read(&mut scanner).ok_or(SYNTAX)??;
        let zone = read_zone(&mut scanner).ok_or(SYNTAX)??;
        if !scanner.at_end() {
            return Err(SYNTAX);
        }
        let form = Form { zone, precision };
        let local = i64::from(date.days) * TICKS_PER_DAY + time;
        Ok(Self {
            ticks: local - i64::from(form.offset_minutes()) * TICKS_PER_MINUTE,
            form,
        })
    }

    /// Whether both are the same instant, however they are written.
    #[must_use]
    pub fn same_instant(self, other: Self) -> bool {
        self.ticks == other.ticks
    }

    /// The instant of a Unix time, written with `Z` and seven digits; nanoseconds are cut to
    /// 100, as clocks are. `None` outside the years 0001 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64, nanos: u32) -> Option<Self> {
        let epoch = UNIX_EPOCH_DAYS * TICKS_PER_DAY;
        let ticks = seconds
            .checked_mul(TICKS_PER_SECOND)?
            .checked_add(epoch)?
            .checked_add(i64::from(nanos / 100))?;
        let end = 3_652_059 * TICKS_PER_DAY;
        (0..end).contains(&ticks).then_some(Self {
            ticks,
            form: Form::UTC_TICKS,
        })
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn to_unix_seconds(self) -> i64 {
        self.ticks.div_euclid(TICKS_PER_SECOND) - UNIX_EPOCH_DAYS * 86_400
    }

    /// Nanoseconds within the second of [`Self::to_unix_seconds`].
    #[must_use]
    pub fn subsec_nanos(self) -> u32 {
        u32::try_from(self.ticks.rem_euclid(TICKS_PER_SECOND) * 100).unwrap_or(0)
    }

    /// The date at the written offset, as year, month and day.
    #[must_use]
    pub fn local_ymd(self) -> (i64, i64, i64) {
        date_of(self.local().0)
    }

    /// Ticks since midnight at the written offset.
    #[must_use]
    pub fn local_time_ticks(self) -> i64 {
        self.local().1
    }

    /// The day number and the ticks within the day, at the written offset.
    fn local(self) -> (i64, i64) {
        let offset = i64::from(self.form.offset_minutes()) * TICKS_PER_MINUTE;
        let days = self.ticks.div_euclid(TICKS_PER_DAY);
        let time = self.ticks.rem_euclid(TICKS_PER_DAY) + offset;
        (
            days + time.div_euclid(TICKS_PER_DAY),
            time.rem_euclid(TICKS_PER_DAY),
        )
    }
}

fn read_zone(scanner: &mut Scanner<'_>) -> Option<Result<Zone, TimeError>> {
    if scanner.eat(b'Z') {
        return Some(Ok(Zone::Utc));
    }
    let negative = scanner.eat(b'-');
    if !negative && !scanner.eat(b'+') {
        return None;
    }
    let hours = scanner.digits(2)?;
    let minutes = scanner.eat(b':').then(|| scanner.digits(2))??;
    if hours > 23 || minutes > 59 {
        return Some(Err(TimeError::Range("the offset from UTC")));
    }
    let offset = i16::try_from(hours * 60 + minutes).ok()?;
    Some(Ok(match (negative, offset) {
        (true, 0) => Zone::NegativeZero,
        (true, _) => Zone::Offset(-offset),
        (false, _) => Zone::Offset(offset),
    }))
}

impl fmt::Display for DateTimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, time) = self.local();
        let (year, month, day) = date_of(day);
        write!(f, "{year:04}-{month:02}-{day:02}T")?;
        clock::write(f, time, self.form.precision)?;
        match self.form.zone {
            Zone::Utc => f.write_str("Z"),
            Zone::NegativeZero => f.write_str("-00:00"),
            Zone::Offset(minutes) => {
                let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl FromStr for DateTimeOffset {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}
