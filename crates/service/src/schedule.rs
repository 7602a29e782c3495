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

/// When a script runs next. The order is that of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Next {
    /// At the next check-in.
    Now,
    /// At the first check-in after this instant, in ticks.
    At(i64),
    /// Not any more.
    Never,
}

impl Next {
    /// Whether that is now or has passed.
    pub(crate) fn is_due(self, now: DateTimeOffset) -> bool {
        match self {
            Self::Now => true,
            Self::At(ticks) => ticks <= now.ticks,
            Self::Never => false,
        }
    }
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

    /// When a script with this schedule runs next that ran last at an instant (ticks; none: never).
    /// A missed run happens as soon as the device is back. Without a schedule, a script runs at
    /// every check-in.
    pub(crate) fn next(&self, schedule: &Value, last: Option<i64>, now: DateTimeOffset) -> Next {
        let Value::Complex(schedule) = schedule else {
            return Next::Now;
        };
        let interval = schedule
            .values
            .get(self.interval)
            .and_then(Value::as_i64)
            .unwrap_or(0)
            .max(1);
        match schedule.of {
            of if of == self.hourly => every(interval.saturating_mul(TICKS_PER_HOUR), last),
            of if of == self.daily => self.daily(schedule, interval, last),
            of if of == self.once => self.once(schedule, last, now),
            _ => Next::Now,
        }
    }

    fn time_of(&self, schedule: &ComplexValue) -> i64 {
        match schedule.values.get(self.time) {
            Some(Value::TimeOfDay(time)) => time.ticks,
            _ => 0,
        }
    }

    /// Every `interval` days at a time: the first such instant after the last run. The first run
    /// counts as missed: it happens at once.
    fn daily(&self, schedule: &ComplexValue, interval: i64, last: Option<i64>) -> Next {
        let Some(last) = last else { return Next::Now };
        let day = last.div_euclid(TICKS_PER_DAY);
        let time = self.time_of(schedule);
        let at = |day: i64| day.saturating_mul(TICKS_PER_DAY).saturating_add(time);
        // A run before the day's time, outside of the schedule, leaves the day's run to come.
        let day = if last < at(day) {
            day
        } else {
            day.saturating_add(interval)
        };
        Next::At(at(day))
    }

    fn once(&self, schedule: &ComplexValue, last: Option<i64>, now: DateTimeOffset) -> Next {
        let at = match schedule.values.get(self.date) {
            Some(Value::Date(date)) => i64::from(date.days)
                .saturating_mul(TICKS_PER_DAY)
                .saturating_add(self.time_of(schedule)),
            _ => now.ticks,
        };
        last.map_or(Next::At(at), |_| Next::Never)
    }
}

/// So many ticks after the last run.
pub(crate) fn every(interval: i64, last: Option<i64>) -> Next {
    last.map_or(Next::Now, |last| Next::At(last.saturating_add(interval)))
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

    fn check(json: &str, last: Option<&str>, now: &str, expected: Next) {
        let model = crate::model().unwrap();
        let schedules = Schedules::of(&model).unwrap();
        let next = schedules.next(&schedule(&model, json), last.map(|t| at(t).ticks), at(now));
        assert_eq!(next, expected, "{json} last {last:?} now {now}");
    }

    fn next(text: &str) -> Next {
        Next::At(at(text).ticks)
    }

    #[test]
    fn due_when_the_instant_has_come() {
        let now = at("2026-03-01T10:00:00Z");
        assert!(Next::Now.is_due(now));
        assert!(next("2026-03-01T10:00:00Z").is_due(now));
        assert!(!next("2026-03-01T10:00:00.0000001Z").is_due(now));
        assert!(!Next::Never.is_due(now));
        assert!(Next::Now < Next::At(i64::MIN) && Next::At(i64::MAX) < Next::Never);
    }

    #[test]
    fn hourly() {
        let json =
            r##"{"@odata.type":"#microsoft.graph.deviceHealthScriptHourlySchedule","interval":2}"##;
        check(json, None, "2026-03-01T10:00:00Z", Next::Now);
        let last = Some("2026-03-01T09:00:00Z");
        let expected = next("2026-03-01T11:00:00Z");
        check(json, last, "2026-03-01T10:00:00Z", expected);
        check(json, last, "2026-03-09T10:00:00Z", expected);
        for interval in ["-5", "0"] {
            let json = json.replace('2', interval);
            check(
                &json,
                last,
                "2026-03-01T09:30:00Z",
                next("2026-03-01T10:00:00Z"),
            );
        }
        let json = json.replace('2', "2147483647");
        let last = Some("9999-12-31T23:59:59Z");
        let Next::At(far) = every(i64::MAX, last.map(|t| at(t).ticks)) else {
            panic!("a run long ago is followed by one")
        };
        assert_eq!(far, i64::MAX);
        check(&json, None, "2026-03-01T10:00:00Z", Next::Now);
    }

    #[test]
    fn daily() {
        let json = r##"{"@odata.type":"#microsoft.graph.deviceHealthScriptDailySchedule","interval":1,"time":"18:00:00.0000000","useUtc":true}"##;
        let now = "2026-03-09T03:00:00Z";
        check(json, None, now, Next::Now);
        check(
            json,
            Some("2026-03-01T18:05:00Z"),
            now,
            next("2026-03-02T18:00:00Z"),
        );
        check(
            json,
            Some("2026-03-01T18:00:00Z"),
            now,
            next("2026-03-02T18:00:00Z"),
        );
        // Ran early, outside the schedule: the day's run is still to come.
        check(
            json,
            Some("2026-03-02T08:00:00Z"),
            now,
            next("2026-03-02T18:00:00Z"),
        );
        let json = json.replace("\"interval\":1", "\"interval\":3");
        check(
            &json,
            Some("2026-03-01T18:05:00Z"),
            now,
            next("2026-03-04T18:00:00Z"),
        );
    }

    #[test]
    fn once() {
        let json = r##"{"@odata.type":"#microsoft.graph.deviceHealthScriptRunOnceSchedule","interval":1,"date":"2026-03-05","time":"10:00:00","useUtc":true}"##;
        let now = "2026-03-05T09:59:59Z";
        check(json, None, now, next("2026-03-05T10:00:00Z"));
        check(json, Some("2026-03-04T00:00:00Z"), now, Next::Never);
    }

    #[test]
    fn without_a_schedule_at_every_check_in() {
        check(
            "null",
            Some("2026-03-06T00:00:00Z"),
            "2026-03-06T00:00:01Z",
            Next::Now,
        );
    }
}
