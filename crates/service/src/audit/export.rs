//! The events as lines: JSON, which an outsider can verify, or CSV for people.

use std::io::{self, Write};
use std::sync::Arc;

use engine::Core;
use odata::Error;
use serde_json::Value as Json;
use store::{Order, Row, Select};

use super::{Audit, canonical};
use crate::exports::cells;
use crate::graph::Graph;

/// Events that are read at once.
const SLICE: u64 = 500;

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One event a line, in the canonical text of which its hash is made, with `hash` beside it.
    JsonLines,
    /// RFC 4180, with a line for each changed property. What a spreadsheet would take for a formula is
    /// marked as text.
    Csv,
}

/// The columns of CSV.
const COLUMNS: [&str; 17] = [
    "serverId",
    "sequence",
    "activityDateTime",
    "activityType",
    "category",
    "auditActorType",
    "userId",
    "applicationId",
    "ipAddress",
    "correlationId",
    "resourceType",
    "resourceId",
    "resourceName",
    "property",
    "oldValue",
    "newValue",
    "hash",
];

/// Writes every event, server by server, oldest first. Memory does not grow with their number.
///
/// # Errors
/// What the database or the output says.
pub async fn export(
    core: &Arc<Core>,
    graph: &Graph,
    format: ExportFormat,
    out: &mut (dyn Write + Send),
) -> Result<u64, Error> {
    if format == ExportFormat::Csv {
        line(out, &COLUMNS).map_err(Error::internal)?;
    }
    let (mut after, mut count) = (None, 0);
    loop {
        let rows = slice(core, graph, after.take()).await?;
        for row in &rows {
            let object = canonical::object(&core.model, &core.tables, &graph.audit.columns, row)?;
            let hash = row[graph.audit.columns.hash].as_str().unwrap_or_default();
            let written = match format {
                ExportFormat::JsonLines => json_line(out, object, hash),
                ExportFormat::Csv => csv_lines(out, &object, hash),
            };
            written.map_err(Error::internal)?;
        }
        count += rows.len() as u64;
        match rows.last() {
            Some(row) if rows.len() as u64 == SLICE => after = Some(row.clone()),
            _ => return out.flush().map_err(Error::internal).map(|()| count),
        }
    }
}

/// The events behind one.
async fn slice(core: &Arc<Core>, graph: &Graph, after: Option<Row>) -> Result<Vec<Row>, Error> {
    let (shared, audit) = (Arc::clone(core), Arc::clone(&graph.audit));
    core.read(move |reader| {
        let Audit { columns, .. } = audit.as_ref();
        let table = shared.tables.table(columns.events);
        let mut select = Select::all(columns.events, table.columns.len());
        let order = [columns.server, columns.sequence];
        select.order = order.map(|column| Order::column(column, false)).into();
        let after = after.as_ref();
        select.after = after.map(|row| order.map(|column| row[column].clone()).into());
        select.limit = Some(SLICE);
        let mut rows = Vec::new();
        reader.select(&select, &mut |cells| {
            rows.push(store::cell::decode_row(&shared.model, table, cells)?);
            Ok(())
        })?;
        Ok(rows)
    })
    .await
}

fn json_line(out: &mut (dyn Write + Send), mut object: Json, hash: &str) -> io::Result<()> {
    if let Json::Object(members) = &mut object {
        members.insert("hash".to_owned(), Json::from(hash));
    }
    writeln!(out, "{}", canonical::text(&object))
}

/// A line for each changed property; one for a resource, or an event, that has none.
fn csv_lines(out: &mut (dyn Write + Send), object: &Json, hash: &str) -> io::Result<()> {
    let (event, nothing) = (&object["event"], [Json::Null]);
    let many = |value: &'_ Json| value.as_array().filter(|items| !items.is_empty()).cloned();
    for resource in many(&event["resources"]).unwrap_or(nothing.to_vec()) {
        for property in many(&resource["modifiedProperties"]).unwrap_or(nothing.to_vec()) {
            let actor = &event["actor"];
            let values = [
                &object["serverId"],
                &object["sequence"],
                &event["activityDateTime"],
                &event["activityType"],
                &event["category"],
                &actor["auditActorType"],
                &actor["userId"],
                &actor["applicationId"],
                &actor["ipAddress"],
                &event["correlationId"],
                &resource["auditResourceType"],
                &resource["resourceId"],
                &resource["displayName"],
                &property["displayName"],
                &property["oldValue"],
                &property["newValue"],
            ];
            let mut texts: Vec<String> = values.iter().map(|value| cell(value)).collect();
            texts.push(hash.to_owned());
            line(out, &texts)?;
        }
    }
    Ok(())
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn line<T: AsRef<str>>(out: &mut (dyn Write + Send), texts: &[T]) -> io::Result<()> {
    let mut line = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            line.push(b',');
        }
        cells::text_cell(&mut line, text.as_ref());
    }
    line.extend_from_slice(b"\r\n");
    out.write_all(&line)
}
