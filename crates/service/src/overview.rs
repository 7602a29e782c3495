//! Remediations at a glance: `getRemediationSummary` over all of them, `getRemediationHistory` of
//! one. Both read counters that run states move; neither counts rows.

use std::sync::Arc;

use edm::{ComplexValue, Value};
use engine::{Answer, Call, Core, load, locate};
use odata::Error;
use store::clock::utc_day;
use store::{Reader, Row, Select, TableId, cell};

use crate::columns::property;
use crate::graph::Graph;

/// How many days the history shows, today included.
const DAYS: i32 = 30;

/// `getRemediationSummary()`: how many remediations there are, and the sum of the devices that
/// each has remediated. A device that two of them remediated counts twice.
pub(crate) async fn summary(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    let value = core
        .read(move |reader| {
            let target = locate(&shared, reader, &call.binding)?;
            let family = graph
                .layout
                .family(target.table)
                .ok_or_else(|| Error::internal("a summary of what are no scripts"))?;
            let scripts = reader.count(&Select::all(family.table, 0))?;
            let column = column(&shared, family.summary, "issueRemediatedDeviceCount")?;
            let mut devices: i64 = 0;
            each(&shared, reader, family.summary, Vec::new(), |row| {
                let count = row[column].as_i64().unwrap_or(0);
                devices = devices.saturating_add(count.max(0));
            })?;
            let scripts = i64::try_from(scripts).unwrap_or(i64::MAX);
            complex(
                &shared,
                &call,
                &[
                    ("scriptCount", in_range(scripts)),
                    ("remediatedDeviceCount", in_range(devices)),
                ],
            )
        })
        .await?;
    Ok(Answer::Value(value))
}

/// `getRemediationHistory()`: a remediation's last 30 days in UTC, the oldest first, days without
/// runs included.
pub(crate) async fn history(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    let value = core
        .read(move |reader| {
            let target = locate(&shared, reader, &call.binding)?;
            let script = load(&shared, reader, &target)?[graph.id].clone();
            let now = shared.clock.now();
            let today = utc_day(now);
            let mut days = vec![None; DAYS as usize];
            let fixed = vec![(graph.days.script_id, script)];
            each(&shared, reader, graph.days.table, fixed, |row| {
                let ago = i64::from(today) - graph.days.day_of(&row);
                if let Some(place) = usize::try_from(ago).ok().and_then(|ago| days.get_mut(ago)) {
                    *place = Some(row);
                }
            })?;
            let data = (0..DAYS)
                .zip(&days)
                .rev()
                .map(|(ago, row)| graph.days.show(&shared.model, today - ago, row.as_ref()));
            let data = Value::Collection(data.collect());
            let members = [
                ("historyData", data),
                ("lastModifiedDateTime", Value::DateTimeOffset(now)),
            ];
            complex(&shared, &call, &members)
        })
        .await?;
    Ok(Answer::Value(value))
}

/// A count as the model's `Edm.Int32` holds it.
fn in_range(count: i64) -> Value {
    Value::Integer(count.clamp(0, i64::from(i32::MAX)))
}

fn column(core: &Core, table: TableId, name: &str) -> Result<usize, Error> {
    let of = core.tables.table(table).of;
    let of = of.ok_or_else(|| Error::internal("summaries have no type"))?;
    property(core.model.structured(of), name).map_err(Error::internal)
}

/// The value that an operation returns, of these properties.
pub(crate) fn complex(core: &Core, call: &Call, members: &[(&str, Value)]) -> Result<Value, Error> {
    let returns = core.model.operation(call.operation).returns.as_ref();
    let of = returns
        .and_then(|ty| ty.item.structured())
        .ok_or_else(|| Error::internal("an operation that returns no complex value"))?;
    let ty = core.model.structured(of);
    let mut values: Vec<Value> = ty.properties.iter().map(|p| p.default.clone()).collect();
    for (name, value) in members {
        values[property(ty, name).map_err(Error::internal)?] = value.clone();
    }
    Ok(Value::Complex(Box::new(ComplexValue { of, values })))
}

/// Every row of a table with these values.
pub(crate) fn each(
    core: &Core,
    reader: &mut dyn Reader,
    table: TableId,
    fixed: Vec<(usize, Value)>,
    mut sink: impl FnMut(Row),
) -> Result<(), Error> {
    let columns = core.tables.table(table);
    let mut select = Select::all(table, columns.columns.len());
    select.fixed = fixed;
    select.today = core.today();
    reader.select(&select, &mut |cells| {
        sink(cell::decode_row(&core.model, columns, cells)?);
        Ok(())
    })
}
