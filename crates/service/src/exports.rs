//! Export jobs: a report's rows in an archive, made in the background.
//!
//! A report is a collection of the model below `reports`, named as the report: an export's `filter`
//! and `select` are the query options of that collection, and its rows are the collection's.

mod archive;
pub(crate) mod cells;
mod download;
mod pieces;
mod report;
mod slice;
mod work;

use edm::time::DateTimeOffset;
use edm::{Model, Value};
use engine::Scope;
use odata::Error;
use store::{Row, Select, TableId, Tables, Transaction, cell};
use tokio::sync::Notify;

pub use self::download::Archives;
use self::report::Report;
pub(crate) use self::work::clear;
pub use self::work::work;
use crate::columns::{hidden, property, table_named};
use crate::graph::{Graph, GraphError};
use crate::reach;

/// The states of a job.
#[derive(Clone, Copy, Debug)]
struct Status {
    not_started: i64,
    in_progress: i64,
    completed: i64,
    failed: i64,
}

/// The columns of the jobs.
#[derive(Clone, Copy, Debug)]
struct Columns {
    expires: usize,
    filter: usize,
    format: usize,
    report: usize,
    requested: usize,
    search: usize,
    select: usize,
    status: usize,
    url: usize,
    secret: usize,
    origin: usize,
    role_scope_tags: usize,
    lease_until: usize,
    attempts: usize,
    length: usize,
    chunks: usize,
}

/// What archives hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

/// The table of archives' pieces.
#[derive(Clone, Copy, Debug)]
struct Chunks {
    table: TableId,
    job_id: usize,
    chunk: usize,
    content: usize,
}

/// The jobs and the reports that they export.
#[derive(Debug)]
pub(crate) struct Exports {
    pub(crate) jobs: TableId,
    /// The table of the entity that contains jobs and reports.
    pub(crate) container: TableId,
    chunks: Chunks,
    columns: Columns,
    status: Status,
    csv: i64,
    json: i64,
    reports: Vec<Report>,
    /// Rung when a job was asked for.
    wake: Notify,
}

impl Exports {
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let missing = |name: &str| GraphError(format!("the model has no {name}"));
        let jobs = table_named(tables, "device_management_export_job")?;
        let table = tables.table(jobs);
        let ty = table.of.ok_or_else(|| missing("export jobs"))?;
        let ty = model.structured(ty);
        let member = |of: &str, name: &str| {
            let id = model.find_enum(&format!("microsoft.graph.{of}"));
            let member = id.and_then(|id| model.enum_type(id).member(name));
            member
                .map(|member| member.value)
                .ok_or_else(|| missing(name))
        };
        let status = |name: &str| member("deviceManagementReportStatus", name);
        let format = |name: &str| member("deviceManagementReportFileFormat", name);
        let chunks = table_named(tables, "export_chunk")?;
        let chunk = tables.table(chunks);
        Ok(Self {
            jobs,
            container: table_named(tables, "device_management_reports")?,
            chunks: Chunks {
                table: chunks,
                job_id: hidden(chunk, "job_id")?,
                chunk: hidden(chunk, "chunk")?,
                content: hidden(chunk, "content")?,
            },
            columns: Columns {
                expires: property(ty, "expirationDateTime")?,
                filter: property(ty, "filter")?,
                format: property(ty, "format")?,
                report: property(ty, "reportName")?,
                requested: property(ty, "requestDateTime")?,
                search: property(ty, "search")?,
                select: property(ty, "select")?,
                status: property(ty, "status")?,
                url: property(ty, "url")?,
                secret: hidden(table, "secret")?,
                origin: hidden(table, "origin")?,
                role_scope_tags: hidden(table, "role_scope_tags")?,
                lease_until: hidden(table, "lease_until")?,
                attempts: hidden(table, "attempts")?,
                length: hidden(table, "length")?,
                chunks: hidden(table, "chunks")?,
            },
            status: Status {
                not_started: status("notStarted")?,
                in_progress: status("inProgress")?,
                completed: status("completed")?,
                failed: status("failed")?,
            },
            csv: format("csv")?,
            json: format("json")?,
            reports: report::all(model, tables)?,
            wake: Notify::new(),
        })
    }

    /// Whether a table holds rows of a report.
    pub(crate) fn is_report(&self, table: TableId) -> bool {
        self.reports.iter().any(|report| report.table == table)
    }

    /// The column that says whose a job is: as [`reach::text_of`] writes it.
    pub(crate) fn owner(&self) -> usize {
        self.columns.role_scope_tags
    }

    /// The tables that hold rows of reports.
    pub(crate) fn tables(&self) -> impl Iterator<Item = TableId> {
        self.reports.iter().map(|report| report.table)
    }

    /// Completes a new job, which must be one that can be done.
    ///
    /// # Errors
    /// 400 naming the property.
    pub(crate) fn insert(
        &self,
        graph: &Graph,
        scope: &Scope<'_>,
        service_root: &str,
        row: &mut Row,
    ) -> Result<(), Error> {
        let columns = self.columns;
        let report = self.report(row)?;
        report.query(scope.model, &row[columns.filter], &row[columns.select])?;
        row[columns.select] = report.readable(scope, &row[columns.filter], &row[columns.select])?;
        self.format(row)?;
        if row[columns.search]
            .as_str()
            .is_some_and(|text| !text.is_empty())
        {
            let message = "'search' is not served; 'filter' selects rows.";
            return Err(Error::bad_request(message).with_target("search"));
        }
        row[graph.id] = Value::String(format!("{}_{}", report.name, scope.ids.new_id()));
        row[columns.requested] = Value::DateTimeOffset(scope.now);
        row[columns.expires] = Value::DateTimeOffset(DateTimeOffset::MIN);
        row[columns.status] = Value::Enum(self.status.not_started);
        row[columns.url] = Value::Null;
        // 244 random bits of the system's.
        let random = || uuid::Uuid::new_v4().simple();
        row[columns.secret] = Value::String(format!("{}{}", random(), random()));
        row[columns.origin] = Value::from(origin(service_root));
        row[columns.role_scope_tags] = Value::String(reach::text_of(scope.reach, scope.withheld));
        self.wake.notify_one();
        Ok(())
    }

    /// A job that goes, goes with its archive.
    pub(crate) fn delete(
        &self,
        transaction: &mut dyn Transaction,
        job: &Value,
    ) -> Result<(), Error> {
        let fixed = [(self.chunks.job_id, job.clone())];
        transaction.delete_where(self.chunks.table, &fixed, u32::MAX)?;
        Ok(())
    }

    /// Removes every job.
    pub(crate) fn delete_all(
        &self,
        transaction: &mut dyn Transaction,
        scope: &Scope<'_>,
    ) -> Result<(), Error> {
        let table = scope.tables.table(self.jobs);
        let mut select = Select::all(self.jobs, 0);
        select.columns.clone_from(&table.key);
        let mut jobs = Vec::new();
        transaction.select(&select, &mut |cells| {
            for column in &table.key {
                let column = &table.columns[*column];
                jobs.push(cell::decode(scope.model, column, cells, 0)?);
            }
            Ok(())
        })?;
        let transaction = transaction.unconfined();
        for job in jobs {
            self.delete(transaction, &job)?;
            transaction.delete(self.jobs, &[job])?;
        }
        Ok(())
    }

    fn report(&self, row: &Row) -> Result<&Report, Error> {
        let name = row[self.columns.report].as_str().unwrap_or_default();
        let report = self.reports.iter().find(|report| report.name == name);
        report.ok_or_else(|| {
            let names: Vec<_> = self.reports.iter().map(|r| r.name.as_str()).collect();
            let message = format!("'reportName' must be one of: {}.", names.join(", "));
            Error::bad_request(message).with_target("reportName")
        })
    }

    fn format(&self, row: &Row) -> Result<Format, Error> {
        match row[self.columns.format].as_i64() {
            Some(format) if format == self.csv => Ok(Format::Csv),
            Some(format) if format == self.json => Ok(Format::Json),
            _ => {
                Err(Error::bad_request("'format' must be one of: csv, json.").with_target("format"))
            }
        }
    }
}

/// The part of a service root before its version.
fn origin(service_root: &str) -> &str {
    service_root
        .rsplit_once('/')
        .map_or(service_root, |(origin, _)| origin)
}
