//! Dates and times as OData writes them (OData ABNF 4.01, section 7), kept to the last digit.
//!
//! All four types are small and `Copy`, count in whole days or in ticks of 100 nanoseconds, and
//! print what was parsed: a service that answers other digits than it was sent breaks clients
//! that compare texts.

mod calendar;
mod clock;
mod date;
mod date_time;
mod duration;
mod scan;
#[cfg(test)]
mod tests;
mod time_of_day;

pub use calendar::{TICKS_PER_DAY, TICKS_PER_SECOND};
pub use clock::Precision;
pub use date::Date;
pub use date_time::{DateTimeOffset, Form, Zone};
pub use duration::Duration;
pub use time_of_day::TimeOfDay;

/// Why a text is no date, time or duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text does not follow the grammar; the first field is the type, the second an example.
    #[error("not a valid {0}, which looks like {1}")]
    Syntax(&'static str, &'static str),
    /// A part is out of range, such as February 30, 24:00 or second 60.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// Digits of a second beyond the seventh that are not zero: they would be lost.
    #[error("more than 7 fractional digits of a second: the limit is 100 nanoseconds")]
    TooPrecise,
}
