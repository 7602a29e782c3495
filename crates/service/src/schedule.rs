//! When a script is due: schedules of remediations, and the rules of the other families.

use edm::time::{DateTimeOffset, TICKS_PER_DAY};
use edm::{ComplexValue, Model, StructuredId, Value};

use crate::columns::property;
use crate::graph::GraphError;

const TICKS_PER_HOUR: i64 = TICKS_PER_DAY / 24;

/// The schedule types of the model. Times are UTC: the server does not know a device's zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedules {
    hourly: StructuredId,
    daily: StructuredId,
    once: StructuredId,
    interval: usize,
    time: usize,
    date: usize,
}

/// When a script runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Now; and, if known, when next.
    Now(Option<i64>),
    /// Not before this instant, in ticks; never, if there is none.
    Later(Option<i64>),
}

impl Schedules {
    pub(crate) fn of(model: &Model) -> Result<Self, GraphError> {
        let find = |name: &str| {
            model
                .find_structured(&format!("microsoft.graph.deviceHealthScript{name}"))
                .ok_or_else(|| GraphError(format!("the model has no deviceHealthScript{name}")))
        };
        let (hourly, daily, once) = (
            find("HourlySchedule")?,
            find("DailySchedule")?,
            find("RunOnceSchedule")?,
        );
        Ok(Self {
            hourly,
            daily,
            once,
            interval: property(model.structured(hourly), "interval")?,
            time: property(model.structured(daily), "time")?,
            date: property(model.structured(once), "date")?,
        })
    }

    /// Whether a schedule is due, for a script that ran last at an instant (ticks; none: never).
    /// A missed run happens as soon as the device is back. Without a schedule, a script runs at
    /// every check-in.
    pub(crate) fn due(&self, schedule: &Value, last: Option<i64>, now: DateTimeOffset) -> Due {
        let Value::Complex(schedule) = schedule else {
            return Due::Now(None);
        };
        let interval = schedule
            .values
            .get(self.interval)
            .and_then(Value::as_i64)
            .unwrap_or(0)
            .max(1);
        match schedule.of {
            of if of == self.hourly => every(interval.saturating_mul(TICKS_PER_HOUR), last, now),
            of if of == self.daily => self.daily(schedule, interval, last, now),
            of if of == self.once => self.once(schedule, last, now),
            _ => Due::Now(None),
        }
    }

    fn time_of(&self, schedule: &ComplexValue) -> i64 {
        match schedule.values.get(self.time) {
            Some(Value::TimeOfDay(time)) => time.ticks,
            _ => 0,
        }
    }

    /// Every `interval` days at a time: the first such instant after the last run.
    fn daily(
        &self,
        schedule: &ComplexValue,
        interval: i64,
        last: Option<i64>,
        now: DateTimeOffset,
    ) -> Due {
        let time = self.time_of(schedule);
        let at = |day: i64| day.saturating_mul(TICKS_PER_DAY).saturating_add(time);
        let day = |ticks: i64| ticks.div_euclid(TICKS_PER_DAY);
        let next = match last {
            // Before the first run, the latest instant of the day that has passed counts.
            None if at(day(now.ticks)) <= now.ticks => at(day(now.ticks)),
            None => at(day(now.ticks) - 1),
            Some(last) if last < at(day(last)) => at(day(last)),
            Some(last) => at(day(last).saturating_add(interval)),
        };
        if next > now.ticks {
            return Due::Later(Some(next));
        }
        let today = at(day(now.ticks));
        let coming = if today > now.ticks {
            today
        } else {
            at(day(now.ticks).saturating_add(interval))
        };
        Due::Now(Some(coming))
    }

    fn once(&self, schedule: &ComplexValue, last: Option<i64>, now: DateTimeOffset) -> Due {
        if last.is_some() {
            return Due::Later(None);
        }
        let day = match schedule.values.get(self.date) {
            Some(Value::Date(date)) => i64::from(date.days),
            _ => return Due::Now(None),
        };
        let at = day
            .saturating_mul(TICKS_PER_DAY)
            .saturating_add(self.time_of(schedule));
        if at <= now.ticks {
            Due::Now(None)
        } else {
            Due::Later(Some(at))
        }
    }
}

/// Every so many ticks after the last run.
pub(crate) fn every(interval: i64, last: Option<i64>, now: DateTimeOffset) -> Due {
    let next = last.map_or(now.ticks, |last| last.saturating_add(interval));
    if next > now.ticks {
        return Due::Later(Some(next));
    }
    Due::Now(Some(now.ticks.saturating_add(interval)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTimeOffset {
        DateTimeOffset::parse(text).unwrap()
    }

    fn schedule(model: &Model, json: &str) -> Value {
        let of = model
            .find_structured("microsoft.graph.deviceHealthScriptRunSchedule")
            .unwrap();
        let ty = edm::TypeRef::of(edm::ItemType::Complex(of));
        odata::json::value_from_json_text(model, &ty, json).unwrap()
    }

    fn check(json: &str, last: Option<&str>, now: &str, expected: (bool, Option<&str>)) {
        let model = crate::model().unwrap();
        let schedules = Schedules::of(&model).unwrap();
        let due = schedules.due(&schedule(&model, json), last.map(|t| at(t).ticks), at(now));
        let next = expected.1.map(|t| at(t).ticks);
        let expected = if expected.0 {
            Due::Now(next)
        } else {
            Due::Later(next)
        };
        assert_eq!(due, expected, "{json} last {last:?} now {now}");
    }

    #[test]
    fn hourly() {
        let json =
            r##"{"@odata.type":"#microsoft.graph.deviceHealthScriptHourlySchedule","interval":2}"##;
        check(
            json,
            None,
            "2026-03-01T10:00:00Z",
            (true, Some("2026-03-01T12:00:00Z")),
        );
        let last = Some("2026-03-01T09:00:00Z");
        check(
            json,
            last,
            "2026-03-01T10:00:00Z",
            (false, Some("2026-03-01T11:00:00Z")),
        );
        check(
            json,
            last,
            "2026-03-01T23:00:00Z",
            (true, Some("2026-03-02T01:00:00Z")),
        );
    }

    #[test]
    fn daily() {
        let json = r##"{"@odata.type":"#microsoft.graph.deviceHealthScriptDailySchedule","interval":1,"time":"18:00:00.0000000","useUtc":true}"##;
        let last = Some("2026-03-01T18:05:00Z");
        check(
            json,
            last,
            "2026-03-02T17:00:00Z",
            (false, Some("2026-03-02T18:00:00Z")),
        );
        check(
            json,
            last,
            "2026-03-02T18:00:01Z",
            (true, Some("2026-03-03T18:00:00Z")),
        );
        // Ran early, outside the schedule: the day's run is still to come.
        let early = Some("2026-03-02T08:00:00Z");
        check(
            json,
            early,
            "2026-03-02T17:00:00Z",
            (false, Some("2026-03-02T18:00:00Z")),
        );
        // Away for days: at once.
        check(
            json,
            last,
            "2026-03-09T03:00:00Z",
            (true, Some("2026-03-09T18:00:00Z")),
        );
    }

    #[test]
    fn once() {
        let json = r##"{"@odata.type":"#microsoft.graph.deviceHealthScriptRunOnceSchedule","interval":1,"date":"2026-03-05","time":"10:00:00","useUtc":true}"##;
        check(
            json,
            None,
            "2026-03-05T09:59:59Z",
            (false, Some("2026-03-05T10:00:00Z")),
        );
        check(json, None, "2026-03-06T00:00:00Z", (true, None));
        check(
            json,
            Some("2026-03-06T00:00:00Z"),
            "2026-03-07T00:00:00Z",
            (false, None),
        );
    }

    #[test]
    fn without_a_schedule_at_every_check_in() {
        check(
            "null",
            Some("2026-03-06T00:00:00Z"),
            "2026-03-06T00:00:01Z",
            (true, None),
        );
    }
}
