//! What is stored and sent: states with keys in random order, and reports that always tell of a
//! new run. Everything follows from a number, so that any answer can be checked.

pub(crate) mod instant;

use std::io::Write;

use instant::{Instant, TICKS_A_SECOND};

/// The time of the report with number 0.
const FIRST_RUN: Instant = Instant::from_unix_seconds(1_767_225_600);

/// The key of a state: the id of a device, a GUID. Neighbouring numbers lie far apart, as the keys
/// of real devices do.
pub(crate) fn key(number: u64) -> String {
    let (high, low) = (mix(number), mix(number ^ 0x5bf0_3635_0b5c_b0e3));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// Which of `states` states the request with this number is about.
pub(crate) fn chosen(number: u64, states: u64) -> u64 {
    mix(number) % states
}

/// A bijection that looks random (SplitMix64's finalizer).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a report says of detection and remediation: half of the runs find nothing, and of the
/// issues found half are mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// `detectionState`.
    pub(crate) detection: &'static str,
    /// `remediationState`.
    pub(crate) remediation: &'static str,
}

/// A device's report of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    number: u64,
}

impl Report {
    /// The report with this number: its time is another one than that of every other number.
    pub(crate) fn new(number: u64) -> Self {
        Self { number }
    }

    /// When the run was.
    pub(crate) fn time(self) -> Instant {
        let ticks = self.number.wrapping_mul(TICKS_A_SECOND / 100 + 1);
        FIRST_RUN.plus(ticks)
    }

    /// How it ended.
    pub(crate) fn outcome(self) -> Outcome {
        let (detection, remediation) = match mix(self.number) % 4 {
            0 => ("fail", "success"),
            1 => ("fail", "remediationFailed"),
            _ => ("success", "skipped"),
        };
        Outcome {
            detection,
            remediation,
        }
    }

    /// Writes the members of the report as JSON, without braces: what an agent reports, less the
    /// id.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let Self { number } = self;
        let Outcome {
            detection,
            remediation,
        } = self.outcome();
        let time = self.time();
        // Writing to a vector cannot fail.
        let _ = write!(
            out,
            "\"detectionState\":\"{detection}\",\"lastStateUpdateDateTime\":\"{time}\",\
             \"lastSyncDateTime\":\"{time}\",\
             \"preRemediationDetectionScriptOutput\":\"C: 12 % free, cache 8{number:09} bytes\",\
             \"preRemediationDetectionScriptError\":\"\",\"remediationScriptError\":\"\",\
             \"postRemediationDetectionScriptOutput\":\"C: 31 % free\",\
             \"postRemediationDetectionScriptError\":\"\",\
             \"remediationState\":\"{remediation}\""
        );
    }

    /// The bytes of the values that a run state holds after this report, as plainly as they can be
    /// written: enumerations and offsets in one byte, instants in eight, GUIDs as text, strings as
    /// they are. Returns all of them, and how many of them are outputs of scripts.
    pub(crate) fn raw_bytes() -> (u64, u64) {
        const GUID: u64 = 36;
        let instants = 3 * (8 + 1);
        let outputs = "C: 12 % free, cache 8000000000 bytes".len() + "C: 31 % free".len();
        let outputs = outputs as u64;
        (2 + instants + 2 * GUID + outputs, outputs)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_and_times_are_distinct() {
        let keys: HashSet<String> = (0..10_000).map(key).collect();
        assert_eq!(keys.len(), 10_000);
        assert!(keys.iter().all(|key| key.len() == 36));
        let times: HashSet<u64> = (0..10_000).map(|n| Report::new(n).time().ticks()).collect();
        assert_eq!(times.len(), 10_000);
    }

    #[test]
    fn a_report_is_json_with_its_outputs_counted() {
        let mut text = b"{".to_vec();
        Report::new(7).write(&mut text);
        text.push(b'}');
        let report: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let outputs: usize = report
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| name.contains("Output") || name.contains("Error"))
            .map(|(_, value)| value.as_str().unwrap().len())
            .sum();
        assert_eq!(outputs as u64, Report::raw_bytes().1);
    }
}
