//! What is counted.

use std::hint::black_box;

use edm::{Model, StructuredId, Value};
use odata::json::{self, RequestKind, Style};
use odata::query::QueryOptions;
use odata::uri::{self, Limits};
use store::cell::{Cell, decode, encode};
use store::{Cells, Dialect, Order, Row, Select, Table, TableId, Tables};

use super::Failure;

const CSDL: &str = include_str!("../../../schema/deviceManagement.csdl.xml");
const MAP: &str = include_str!("../../../schema/storage.toml");
const TYPE: &str = "microsoft.graph.deviceHealthScriptDeviceState";
const TABLE: &str = "device_health_script_device_state";
const SCRIPT: &str = "6b1f0c2e-8f7d-4a53-9c1b-2f3e4d5c6b7a";
const STATE: &str = "0d9c8b7a-6f5e-4d3c-8b2a-190817263544";
const FILTER: &str = "detectionState eq 'fail' and lastStateUpdateDateTime ge 2026-01-01T00:00:00Z \
    and not contains(preRemediationDetectionScriptOutput,'free')";
const REPORT: &str = r#"{"detectionState":"fail","lastStateUpdateDateTime":"2026-01-02T03:04:05.1234567Z","lastSyncDateTime":"2026-01-02T03:04:05.1234567Z","preRemediationDetectionScriptOutput":"C: 12 % free, cache 8000000000 bytes","preRemediationDetectionScriptError":"","remediationScriptError":"","postRemediationDetectionScriptOutput":"C: 31 % free","postRemediationDetectionScriptError":"","remediationState":"success"}"#;

/// How often a work is done while it is counted.
pub(super) const TIMES: u64 = 50;
/// Rows of a page.
const PAGE: usize = 100;

/// The names of all works.
pub(super) const NAMES: [&str; 8] = [
    "parse: a filter",
    "parse: a body",
    "bind: the URL of a state",
    "bind: the URL of a filtered page",
    "bind: a body",
    "emit: a page by key",
    "emit: a filtered page",
    "serialize: a page of 100",
];

/// A work, made ready: it does itself once.
pub(super) struct Work(Box<dyn Fn()>);

impl Work {
    /// The work of a name.
    ///
    /// # Errors
    /// If there is none, or it does not come to what it should.
    pub(super) fn new(name: &str) -> Result<Self, Failure> {
        let limits = Limits::default();
        let model = Model::from_csdl(CSDL)?;
        let work: Box<dyn Fn()> = match name {
            "parse: a filter" => {
                uri::filter(FILTER, &limits).map_err(|_| "the filter is wrong")?;
                Box::new(move || drop(black_box(uri::filter(black_box(FILTER), &limits))))
            }
            "parse: a body" => {
                json::parse(REPORT.as_bytes())?;
                Box::new(|| drop(black_box(json::parse(black_box(REPORT.as_bytes())))))
            }
            "bind: the URL of a state" => {
                of_url(model, limits, format!("/{SCRIPT}:{STATE}"), None)?
            }
            "bind: the URL of a filtered page" => {
                let query = format!(
                    "$filter={}&$orderby=lastStateUpdateDateTime%20desc&$select=id,detectionState&$top=100",
                    FILTER.replace(' ', "%20")
                );
                of_url(model, limits, String::new(), Some(query))?
            }
            "bind: a body" => of_body(model)?,
            "emit: a page by key" => of_select(model, None)?,
            "emit: a filtered page" => of_select(model, Some(FILTER.replace(' ', "%20")))?,
            "serialize: a page of 100" => of_page(model)?,
            other => return Err(format!("there is no work '{other}'").into()),
        };
        Ok(Self(work))
    }

    /// Does it as often as it is counted, after a first time that is not.
    pub(super) fn run(&self) {
        (self.0)();
        counted_section(&*self.0);
    }
}

/// Callgrind counts from its beginning to its end, by its name.
#[inline(never)]
fn counted_section(work: &dyn Fn()) {
    for _ in 0..TIMES {
        work();
    }
}

fn of_url(
    model: Model,
    limits: Limits,
    rest: String,
    query: Option<String>,
) -> Result<Box<dyn Fn()>, Failure> {
    let path = format!("deviceManagement/deviceHealthScripts/{SCRIPT}/deviceRunStates{rest}");
    uri::parse_request(&model, &limits, &path, query.as_deref())?;
    Ok(Box::new(move || {
        let bound = uri::parse_request(&model, &limits, black_box(&path), query.as_deref());
        drop(black_box(bound));
    }))
}

fn of_body(model: Model) -> Result<Box<dyn Fn()>, Failure> {
    let of = state_type(&model)?;
    let node = json::parse(REPORT.as_bytes())?;
    let payload = json::read_entity(&model, of, node.clone(), RequestKind::Update)?;
    if payload.values.len() != 9 {
        return Err(format!("a body of {} values", payload.values.len()).into());
    }
    Ok(Box::new(move || {
        let node = black_box(&node).clone();
        let payload = json::read_entity(&model, of, node, RequestKind::Update);
        drop(black_box(payload));
    }))
}

fn state_type(model: &Model) -> Result<StructuredId, Failure> {
    Ok(model.find_structured(TYPE).ok_or("the type is gone")?)
}

/// The tables, that of the run states, and how many columns it has.
fn tables(model: &Model) -> Result<(Tables, TableId, usize), Failure> {
    let tables = store::read_map(model, MAP)?;
    let id = tables.find(TABLE).ok_or("the table is gone")?;
    let columns = tables.table(id).columns.len();
    Ok((tables, id, columns))
}

/// A page behind a key, as the engine asks for it.
fn of_select(model: Model, filter: Option<String>) -> Result<Box<dyn Fn()>, Failure> {
    let (tables, id, columns) = tables(&model)?;
    let path = format!("deviceManagement/deviceHealthScripts/{SCRIPT}/deviceRunStates");
    let query = filter.map(|filter| format!("$filter={filter}"));
    let limits = Limits::default();
    let (_, options) = uri::parse_request(&model, &limits, &path, query.as_deref())?;
    let emit = move || {
        let table = tables.table(id);
        let select = page(table, id, columns, &options);
        store::select(&model, &tables, Dialect::Sqlite, black_box(&select), false)
    };
    let statement = emit()?;
    if !statement.sql.contains(" ORDER BY ") {
        return Err(format!("{} has no order", statement.sql).into());
    }
    Ok(Box::new(move || drop(black_box(emit()))))
}

fn page<'o>(table: &Table, id: TableId, columns: usize, options: &'o QueryOptions) -> Select<'o> {
    let mut select = Select::all(id, columns);
    let script = table
        .column("script_id")
        .map(|column| (column, Value::from(SCRIPT)));
    select.fixed.extend(script);
    select.of = table.of;
    select.filter.extend(&options.filter);
    for column in &table.key {
        select.order.push(Order::column(*column, false));
    }
    select.limit = Some(PAGE as u64 + 1);
    select
}

/// The values of a row, as a database gives them.
struct Read(Vec<Cell<'static>>);

impl Cells for Read {
    fn cell(&self, index: usize) -> Result<Cell<'_>, odata::Error> {
        Ok(match &self.0[index] {
            Cell::Text(text) => Cell::Text(text.as_ref().into()),
            other => other.clone(),
        })
    }
}

/// Writes the properties of 100 states from the cells of their rows.
fn of_page(model: Model) -> Result<Box<dyn Fn()>, Failure> {
    let (tables, id, _) = tables(&model)?;
    let of = state_type(&model)?;
    let mut row: Row = tables.table(id).blank();
    let node = json::parse(REPORT.as_bytes())?;
    for (ordinal, value) in json::read_entity(&model, of, node, RequestKind::Update)?.values {
        row[ordinal] = value;
    }
    let mut cells = Vec::new();
    for (column, value) in tables.table(id).columns.iter().zip(&row) {
        encode(&model, column, value, &mut cells)?;
    }
    let read = Read(cells.into_iter().map(Cell::into_owned).collect());
    let write = move || {
        let mut out = Vec::with_capacity(96 << 10);
        for _ in 0..PAGE {
            write_entity(&mut out, &model, of, tables.table(id), black_box(&read))?;
        }
        Ok::<_, odata::Error>(out)
    };
    let length = write()?.len();
    if length < PAGE * REPORT.len() {
        return Err(format!("a page of {length} bytes").into());
    }
    Ok(Box::new(move || drop(black_box(write()))))
}

fn write_entity(
    out: &mut Vec<u8>,
    model: &Model,
    of: StructuredId,
    table: &Table,
    cells: &Read,
) -> Result<(), odata::Error> {
    let mut at = 0;
    for (property, column) in model.structured(of).properties.iter().zip(&table.columns) {
        out.push(if at > 0 { b',' } else { b'{' });
        let value = decode(model, column, cells, at)?;
        at += column.width();
        json::write_string(out, &property.name);
        out.push(b':');
        json::write_value(out, model, Style::default(), &property.ty, &value);
    }
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_work_can_be_done() {
        for name in NAMES {
            Work::new(name).unwrap().0();
        }
        assert!(Work::new("nothing").is_err());
    }
}
