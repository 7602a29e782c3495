//! A run state's row, and its JSON.

use std::io::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Result, Row};

use super::record::{Change, DETECTION, REMEDIATION, Record};
use crate::workload::instant::Instant;

/// A date-time column pair.
pub(super) type Time = (i64, i64);

/// A run state as the product stores it, less the columns that nothing here moves.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) detection: i64,
    pub(super) last_update: Time,
    pub(super) expected: (Option<i64>, Option<i64>),
    pub(super) last_sync: Time,
    /// Detection output and error, remediation error, second detection output and error.
    pub(super) outputs: [Option<String>; 5],
    pub(super) remediation: i64,
    pub(super) filters: Option<String>,
    pub(super) script: String,
    pub(super) key: String,
    pub(super) id_form: i64,
    pub(super) device: String,
    pub(super) counted_day: Option<i64>,
    /// The day of the latest run, and which of that day's counts hold it.
    pub(super) outcome: (Option<i64>, i64),
    pub(super) handed_version: i64,
    pub(super) handed_count: i64,
    pub(super) last_history: Option<i64>,
}

/// The columns of [`State::read`], in order.
pub(super) const COLUMNS: &str = "detection_state, \
    last_state_update_date_time, last_state_update_date_time_form, \
    expected_state_update_date_time, expected_state_update_date_time_form, \
    last_sync_date_time, last_sync_date_time_form, \
    pre_remediation_detection_script_output, pre_remediation_detection_script_error, \
    remediation_script_error, \
    post_remediation_detection_script_output, post_remediation_detection_script_error, \
    remediation_state, assignment_filter_ids, script_id, state_key, id_form, device_id, \
    counted_day, outcome_day, outcome, handed_version, handed_count, last_history_id";

impl State {
    /// The state of a row of [`COLUMNS`].
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            detection: row.get(0)?,
            last_update: (row.get(1)?, row.get(2)?),
            expected: (row.get(3)?, row.get(4)?),
            last_sync: (row.get(5)?, row.get(6)?),
            outputs: [
                row.get(7)?,
                row.get(8)?,
                row.get(9)?,
                row.get(10)?,
                row.get(11)?,
            ],
            remediation: row.get(12)?,
            filters: row.get(13)?,
            script: row.get(14)?,
            key: row.get(15)?,
            id_form: row.get(16)?,
            device: row.get(17)?,
            counted_day: row.get(18)?,
            outcome: (row.get(19)?, row.get(20)?),
            handed_version: row.get(21)?,
            handed_count: row.get(22)?,
            last_history: row.get(23)?,
        })
    }

    /// A new state of a script; `form` is how the database says seven digits and `Z`.
    pub(super) fn new(script: &str, change: Change, form: i64) -> Self {
        let mut state = Self {
            detection: 0,
            last_update: (0, form),
            expected: (None, None),
            last_sync: (0, form),
            outputs: Default::default(),
            remediation: 0,
            filters: Some("[]".to_owned()),
            script: script.to_owned(),
            device: change.key.clone(),
            key: change.key,
            id_form: 1,
            counted_day: None,
            outcome: (None, 0),
            handed_version: 0,
            handed_count: 0,
            last_history: None,
        };
        state.set(change.record, form);
        state
    }

    /// Takes over a record.
    pub(super) fn set(&mut self, record: Record, form: i64) {
        let ticks = |instant: Instant| i64::try_from(instant.ticks()).unwrap_or(i64::MAX);
        self.detection = record.detection_state as i64;
        self.last_update = (ticks(record.last_state_update_date_time), form);
        self.last_sync = (ticks(record.last_sync_date_time), form);
        self.outputs = [
            Some(record.pre_remediation_detection_script_output),
            Some(record.pre_remediation_detection_script_error),
            Some(record.remediation_script_error),
            Some(record.post_remediation_detection_script_output),
            Some(record.post_remediation_detection_script_error),
        ];
        self.remediation = record.remediation_state as i64;
    }

    /// Writes the entity with its context, as the product answers it.
    pub(super) fn write_entity(&self, out: &mut Vec<u8>, authority: &str) {
        write_context(out, authority, &self.script);
        out.extend_from_slice(b"/$entity\",");
        self.write_members(out);
        out.push(b'}');
    }

    fn write_members(&self, out: &mut Vec<u8>) {
        let outputs = self
            .outputs
            .each_ref()
            .map(|output| output.as_deref().map(str::as_bytes));
        Members {
            script: &self.script,
            key: &self.key,
            detection: self.detection,
            last_update: self.last_update.0,
            expected: self.expected.0,
            last_sync: self.last_sync.0,
            outputs,
            remediation: self.remediation,
            filters: self.filters.as_deref().unwrap_or("null"),
        }
        .write(out);
    }
}

/// Writes `{"@odata.context":"…/deviceRunStates`, with the quote still open.
pub(super) fn write_context(out: &mut Vec<u8>, authority: &str, script: &str) {
    let _ = write!(
        out,
        "{{\"@odata.context\":\"http://{authority}/beta/$metadata#deviceManagement/\
         deviceHealthScripts('{script}')/deviceRunStates"
    );
}

/// Writes the members of the row at hand straight from the database's page; of [`COLUMNS`].
pub(super) fn write_row(row: &Row<'_>, out: &mut Vec<u8>) -> Result<()> {
    let text = |at: usize| Ok::<_, rusqlite::Error>(row.get_ref(at)?.as_str()?);
    let optional = |at: usize| match row.get_ref(at)? {
        ValueRef::Text(text) => Ok::<_, rusqlite::Error>(Some(text)),
        _ => Ok(None),
    };
    Members {
        script: text(14)?,
        key: text(15)?,
        detection: row.get(0)?,
        last_update: row.get(1)?,
        expected: row.get(3)?,
        last_sync: row.get(5)?,
        outputs: [
            optional(7)?,
            optional(8)?,
            optional(9)?,
            optional(10)?,
            optional(11)?,
        ],
        remediation: row.get(12)?,
        filters: text(13)?,
    }
    .write(out);
    Ok(())
}

/// What an entity shows.
pub(super) struct Members<'a> {
    pub(super) script: &'a str,
    pub(super) key: &'a str,
    pub(super) detection: i64,
    pub(super) last_update: i64,
    pub(super) expected: Option<i64>,
    pub(super) last_sync: i64,
    pub(super) outputs: [Option<&'a [u8]>; 5],
    pub(super) remediation: i64,
    pub(super) filters: &'a str,
}

impl Members<'_> {
    /// Writes them.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let name = |names: &[&'static str], number: i64| {
            let index = usize::try_from(number).unwrap_or(usize::MAX);
            names.get(index).copied().unwrap_or("unknown")
        };
        let _ = write!(
            out,
            "\"@odata.type\":\"#microsoft.graph.deviceHealthScriptDeviceState\",\
             \"id\":\"{}:{}\",\"detectionState\":\"{}\",\"lastStateUpdateDateTime\":",
            self.script,
            self.key,
            name(&DETECTION, self.detection)
        );
        write_time(out, Some(self.last_update));
        out.extend_from_slice(b",\"expectedStateUpdateDateTime\":");
        write_time(out, self.expected);
        out.extend_from_slice(b",\"lastSyncDateTime\":");
        write_time(out, Some(self.last_sync));
        let names: [&[u8]; 5] = [
            b",\"preRemediationDetectionScriptOutput\":",
            b",\"preRemediationDetectionScriptError\":",
            b",\"remediationScriptError\":",
            b",\"postRemediationDetectionScriptOutput\":",
            b",\"postRemediationDetectionScriptError\":",
        ];
        for (name, output) in names.into_iter().zip(self.outputs) {
            out.extend_from_slice(name);
            write_text(out, output);
        }
        let remediation = name(&REMEDIATION, self.remediation);
        let _ = write!(
            out,
            ",\"remediationState\":\"{remediation}\",\"assignmentFilterIds\":{}",
            self.filters
        );
    }
}

/// A date-time, or null.
pub(super) fn write_time(out: &mut Vec<u8>, ticks: Option<i64>) {
    match ticks.and_then(|ticks| u64::try_from(ticks).ok()) {
        Some(ticks) => {
            let _ = write!(out, "\"{}\"", Instant::from_ticks(ticks));
        }
        None => out.extend_from_slice(b"null"),
    }
}

/// A JSON string; text that needs escapes takes serde_json's way.
pub(super) fn write_text(out: &mut Vec<u8>, text: Option<&[u8]>) {
    let Some(text) = text else {
        out.extend_from_slice(b"null");
        return;
    };
    let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
    if text.iter().all(plain) {
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    } else {
        let escaped = serde_json::Value::from(String::from_utf8_lossy(text));
        let _ = write!(out, "{escaped}");
    }
}
