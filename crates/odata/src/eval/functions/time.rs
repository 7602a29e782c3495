//! Functions of dates, times and durations (section 5.1.1.8): the parts of a date-time are those
//! of the offset that it is written with.

use edm::Value;
use edm::time::{Date, DateTimeOffset, Form, TICKS_PER_DAY, TICKS_PER_SECOND, TimeOfDay};

use crate::expr::Function;

/// `9999-12-31T23:59:59.9999999Z`.
pub(super) const MAX: DateTimeOffset = DateTimeOffset {
    ticks: 3_652_059 * TICKS_PER_DAY - 1,
    form: Form::UTC_TICKS,
};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;

/// The function's value; null for what it does not take.
pub(super) fn call(function: Function, value: &Value) -> Value {
    match (function, value) {
        (Function::TotalSeconds, Value::Duration(duration)) => seconds(duration.ticks),
        (Function::TotalOffsetMinutes, Value::DateTimeOffset(instant)) => {
            Value::Integer(instant.form.offset_minutes().into())
        }
        (Function::Date, Value::DateTimeOffset(instant)) => {
            let (year, month, day) = instant.local_ymd();
            Date::from_ymd(year, month, day).map_or(Value::Null, Value::Date)
        }
        (Function::Time, Value::DateTimeOffset(instant)) => Value::TimeOfDay(TimeOfDay {
            ticks: instant.local_time_ticks(),
            precision: instant.form.precision(),
        }),
        (Function::Year | Function::Month | Function::Day, Value::Date(date)) => {
            of_date(function, date.ymd())
        }
        (Function::Year | Function::Month | Function::Day, Value::DateTimeOffset(instant)) => {
            of_date(function, instant.local_ymd())
        }
        (_, Value::DateTimeOffset(instant)) => of_time(function, instant.local_time_ticks()),
        (_, Value::TimeOfDay(time)) => of_time(function, time.ticks),
        _ => Value::Null,
    }
}

fn of_date(function: Function, (year, month, day): (i64, i64, i64)) -> Value {
    Value::Integer(match function {
        Function::Year => year,
        Function::Month => month,
        _ => day,
    })
}

fn of_time(function: Function, ticks: i64) -> Value {
    match function {
        Function::Hour => Value::Integer(ticks / (60 * MINUTE)),
        Function::Minute => Value::Integer(ticks / MINUTE % 60),
        Function::Second => Value::Integer(ticks / TICKS_PER_SECOND % 60),
        Function::FractionalSeconds => seconds(ticks % TICKS_PER_SECOND),
        _ => Value::Null,
    }
}

/// Ticks as a decimal number of seconds, without zeros at its end.
fn seconds(ticks: i64) -> Value {
    let sign = if ticks < 0 { "-" } else { "" };
    let second = TICKS_PER_SECOND.unsigned_abs();
    let (whole, fraction) = (ticks.unsigned_abs() / second, ticks.unsigned_abs() % second);
    if fraction == 0 {
        return Value::Decimal(format!("{sign}{whole}"));
    }
    let digits = format!("{fraction:07}");
    Value::Decimal(format!("{sign}{whole}.{}", digits.trim_end_matches('0')))
}
