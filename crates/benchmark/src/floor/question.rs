//! The questions that floors answer by one statement each, and their SQL: the same text for both
//! databases but for the marks of parameters.

use super::state::COLUMNS;

/// Rows of a page.
pub(super) const PAGE: usize = 100;

/// A question about a script's states, or about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// The first page of the states in which detection failed.
    Fail,
    /// The first page of the states whose time lies in a range of ticks.
    Range {
        /// The first instant of it.
        from: i64,
        /// The first one behind it.
        to: i64,
    },
    /// The page of the latest times.
    Latest,
    /// The first page with the states' devices.
    Devices,
    /// How many states detection left in which state.
    Groups,
    /// How many states there are.
    Count,
    /// The summary's counters.
    Summary,
    /// What is due on a device.
    Due,
}

impl Question {
    /// One of each.
    pub(super) const ALL: [Self; 8] = [
        Self::Fail,
        Self::Range { from: 0, to: 0 },
        Self::Latest,
        Self::Devices,
        Self::Groups,
        Self::Count,
        Self::Summary,
        Self::Due,
    ];

    /// Whether it has the same statement.
    pub(super) fn is_alike(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// The question of a URL's name and query.
    pub(super) fn parse(name: &str, query: Option<&str>) -> Option<Self> {
        Some(match name {
            "fail" => Self::Fail,
            "range" => {
                let (from, to) = query?.strip_prefix("from=")?.split_once("&to=")?;
                Self::Range {
                    from: from.parse().ok()?,
                    to: to.parse().ok()?,
                }
            }
            "latest" => Self::Latest,
            "devices" => Self::Devices,
            "groups" => Self::Groups,
            "count" => Self::Count,
            "summary" => Self::Summary,
            "due" => Self::Due,
            _ => return None,
        })
    }

    /// Its statement: the id is bound first, the range behind it.
    pub(super) fn sql(self) -> String {
        const STATES: &str = "device_health_script_device_state";
        let page = |condition: &str, order: &str| {
            format!(
                "SELECT {COLUMNS} FROM {STATES} WHERE script_id = $1{condition} \
                 ORDER BY {order} LIMIT 101"
            )
        };
        match self {
            Self::Fail => page(" AND detection_state = 2", "state_key"),
            Self::Range { .. } => page(
                " AND last_state_update_date_time >= $2 AND last_state_update_date_time < $3",
                "state_key",
            ),
            Self::Latest => page("", "last_state_update_date_time DESC, state_key"),
            Self::Devices => {
                let columns: Vec<String> = COLUMNS
                    .split(',')
                    .map(|column| format!("s.{}", column.trim()))
                    .collect();
                format!(
                    "SELECT {}, d.id, d.device_name, d.operating_system FROM {STATES} AS s \
                     LEFT JOIN managed_device AS d ON d.id = s.device_id \
                     WHERE s.script_id = $1 ORDER BY s.state_key LIMIT 101",
                    columns.join(", ")
                )
            }
            Self::Groups => format!(
                "SELECT detection_state, count(*) FROM {STATES} WHERE script_id = $1 \
                 GROUP BY detection_state ORDER BY detection_state"
            ),
            Self::Count => format!("SELECT count(*) FROM {STATES} WHERE script_id = $1"),
            Self::Summary => SUMMARY.to_owned(),
            Self::Due => DUE.to_owned(),
        }
    }
}

/// The counters in the order of [`COUNTERS`], the time of the latest run, and the id.
const SUMMARY: &str = "SELECT s.detection_script_error_device_count, \
    s.detection_script_not_applicable_device_count, s.detection_script_pending_device_count, \
    s.issue_detected_device_count, \
    CAST((SELECT coalesce(sum(d.devices), 0) FROM remediation_day AS d \
      WHERE d.script_id = s.id AND d.day > $2) AS BIGINT), \
    s.issue_remediated_device_count, s.issue_reoccurred_device_count, \
    s.no_issue_detected_device_count, s.remediation_script_error_device_count, \
    s.remediation_skipped_device_count, s.last_script_run_date_time, s.id \
    FROM device_health_script_run_summary AS s WHERE s.id = $1";

/// The counters that a summary shows before the time of its latest run.
pub(super) const COUNTERS: [&str; 10] = [
    "detectionScriptErrorDeviceCount",
    "detectionScriptNotApplicableDeviceCount",
    "detectionScriptPendingDeviceCount",
    "issueDetectedDeviceCount",
    "issueRemediatedCumulativeDeviceCount",
    "issueRemediatedDeviceCount",
    "issueReoccurredDeviceCount",
    "noIssueDetectedDeviceCount",
    "remediationScriptErrorDeviceCount",
    "remediationSkippedDeviceCount",
];
/// How many of them stand before the time of the latest run.
pub(super) const BEFORE_TIME: usize = 7;

/// The assignments, each with the script's version and the device's state, if the device is there:
/// the schedule, the version, the one that the device has got, and how its run ended.
const DUE: &str = "SELECT a.run_schedule, p.content_version, s.handed_version, s.detection_state \
    FROM managed_device AS d CROSS JOIN device_health_script_assignment AS a \
    JOIN device_health_script AS p ON p.id = a.script_id \
    LEFT JOIN device_health_script_device_state AS s \
      ON s.script_id = a.script_id AND s.state_key = d.id WHERE d.id = $1";

/// A row of [`DUE`].
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    pub(super) schedule: String,
    pub(super) version: i64,
    pub(super) handed: Option<i64>,
    pub(super) detection: Option<i64>,
}

impl Assigned {
    /// Whether the script is due on a day such as `2026-01-01`, by a schedule that runs once: no
    /// other is in the workload.
    pub(super) fn is_due(&self, today: &str) -> bool {
        const PENDING: i64 = 4;
        let has_run = self.handed == Some(self.version) && self.detection != Some(PENDING);
        let lies_ahead = || {
            serde_json::from_str::<serde_json::Value>(&self.schedule)
                .ok()
                .and_then(|schedule| Some(schedule.get("date")?.as_str()? > today))
                .unwrap_or(false)
        };
        !has_run && !lies_ahead()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_of_urls() {
        let range = Question::Range { from: 1, to: 2 };
        for (name, query, expected) in [
            ("fail", None, Some(Question::Fail)),
            ("range", Some("from=1&to=2"), Some(range)),
            ("range", Some("from=1"), None),
            ("range", None, None),
            ("else", None, None),
        ] {
            assert_eq!(Question::parse(name, query), expected, "{name}");
        }
    }

    #[test]
    fn what_is_due() {
        let assigned = |schedule: &str, handed, detection| Assigned {
            schedule: schedule.to_owned(),
            version: 1,
            handed,
            detection,
        };
        let (past, ahead) = (r#"{"date":"2020-01-01"}"#, r#"{"date":"2099-01-01"}"#);
        for (assigned, expected) in [
            (assigned(ahead, None, None), false),
            (assigned(past, None, None), true),
            (assigned(past, Some(1), Some(4)), true),
            (assigned(past, Some(1), Some(1)), false),
            (assigned(past, Some(0), Some(1)), true),
            (assigned("", None, None), true),
        ] {
            assert_eq!(assigned.is_due("2026-11-22"), expected, "{assigned:?}");
        }
    }
}
