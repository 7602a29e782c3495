//! A report: a collection of the model, and what an export asks of it.

use edm::{Model, StructuredId, Value};
use engine::Scope;
use odata::expr::{Comparison, Expr, Root, Step};
use odata::path::{Resource, ResourcePath};
use odata::query::QueryOptions;
use odata::{Error, uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::{TableId, Tables};

use crate::columns::term;
use crate::graph::GraphError;

/// The type whose navigation properties the reports are.
const CONTAINER: &str = "microsoft.graph.deviceManagementReports";
/// Where it is.
const PATH: &str = "deviceManagement/reports";
/// The namespace of the types of reports.
const NAMESPACE: &str = "runstate.";

/// One report.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) name: String,
    pub(super) table: TableId,
    pub(super) of: StructuredId,
    /// The property by whose value an export must be filtered.
    required: Option<usize>,
}

/// What an export reads: its columns in order, and which rows.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) columns: Vec<usize>,
    pub(super) filter: Option<Expr>,
    /// The value of the required property.
    pub(super) fixed: Vec<(usize, Value)>,
}

/// The reports of the model.
pub(super) fn all(model: &Model, tables: &Tables) -> Result<Vec<Report>, GraphError> {
    let missing = || GraphError(format!("the model has no {CONTAINER}"));
    let of = model.find_structured(CONTAINER).ok_or_else(missing)?;
    let mut reports = Vec::new();
    for (index, navigation) in model.structured(of).navigation.iter().enumerate() {
        let ty = model.structured(navigation.target);
        let Some(map) = tables.navigation(model, of, index) else {
            continue;
        };
        if !ty.name.starts_with(NAMESPACE) {
            continue;
        }
        let required = navigation.annotations.get(&term("exportFilter"));
        let required = required.and_then(|path| ty.property(path.as_str()?));
        reports.push(Report {
            name: navigation.name.clone(),
            table: map.table,
            of: navigation.target,
            required,
        });
    }
    Ok(reports)
}

impl Report {
    /// What an export's `filter` and `select` ask for.
    ///
    /// # Errors
    /// 400 naming the property.
    pub(super) fn query(
        &self,
        model: &Model,
        filter: &Value,
        select: &Value,
    ) -> Result<Query, Error> {
        let options = self.options(model, filter.as_str().unwrap_or_default())?;
        let mut fixed = Vec::new();
        if let Some(column) = self.required {
            let value = options.filter.as_ref().and_then(|f| equal(f, column));
            let name = &model.structured(self.of).properties[column].name;
            let value = value.ok_or_else(|| {
                let message = format!(
                    "'filter' must contain {name} eq '…' to export {}.",
                    self.name
                );
                Error::bad_request(message).with_target("filter")
            })?;
            fixed.push((column, value.clone()));
        }
        Ok(Query {
            columns: self.columns(model, select)?,
            filter: options.filter,
            fixed,
        })
    }

    /// What a caller's export selects: what it asks for, if the caller may read it; without a
    /// selection, all that it may read.
    ///
    /// # Errors
    /// 403 naming a property that it may not read.
    pub(super) fn readable(
        &self,
        scope: &Scope<'_>,
        filter: &Value,
        select: &Value,
    ) -> Result<Value, Error> {
        let Some(withheld) = scope.withheld else {
            return Ok(select.clone());
        };
        if let Some(filter) = filter.as_str().filter(|filter| !filter.trim().is_empty()) {
            let (path, options) = self.request(scope.model, filter)?;
            scope.check_readable(&path, &options)?;
        }
        let mut columns = self.columns(scope.model, select)?;
        match select {
            Value::Collection(names) if !names.is_empty() => {
                for column in &columns {
                    scope.check_property(self.of, *column)?;
                }
            }
            _ => columns.retain(|column| !withheld.has(self.of, *column)),
        }
        let properties = &scope.model.structured(self.of).properties;
        let names = columns.into_iter().map(|c| properties[c].name.as_str());
        Ok(Value::Collection(names.map(Value::from).collect()))
    }

    /// The filter as the collection's `$filter`.
    fn options(&self, model: &Model, filter: &str) -> Result<QueryOptions, Error> {
        if filter.trim().is_empty() {
            return Ok(QueryOptions::default());
        }
        self.request(model, filter).map(|(_, options)| options)
    }

    fn request(&self, model: &Model, filter: &str) -> Result<(ResourcePath, QueryOptions), Error> {
        let query = format!("$filter={}", utf8_percent_encode(filter, NON_ALPHANUMERIC));
        let path = format!("{PATH}/{}", self.name);
        let limits = uri::Limits::default();
        let parsed = uri::parse_request(model, &limits, &path, Some(&query));
        let (resource, options) = parsed.map_err(|error| {
            Error::bad_request(format!("'filter': {}", error.message)).with_target("filter")
        })?;
        match resource {
            Resource::Path(path) => Ok((path, options)),
            _ => Err(Error::internal("a report that is no collection")),
        }
    }

    /// The selected columns in the order given, each once; all of them without a selection.
    fn columns(&self, model: &Model, select: &Value) -> Result<Vec<usize>, Error> {
        let ty = model.structured(self.of);
        let names = match select {
            Value::Collection(names) if !names.is_empty() => names,
            _ => return Ok((0..ty.properties.len()).collect()),
        };
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let name = name.as_str().unwrap_or_default();
            let known = ty.properties.iter();
            let column = known
                .map(|p| &p.name)
                .position(|p| p.eq_ignore_ascii_case(name));
            let column = column.ok_or_else(|| {
                let known: Vec<_> = ty.properties.iter().map(|p| p.name.as_str()).collect();
                let message = format!(
                    "'select': '{name}' is no column; there are: {}.",
                    known.join(", ")
                );
                Error::bad_request(message).with_target("select")
            })?;
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        Ok(columns)
    }
}

/// The value that a filter demands a property to have, in all that it lets through.
fn equal(filter: &Expr, column: usize) -> Option<&Value> {
    match filter {
        Expr::And(left, right) => equal(left, column).or_else(|| equal(right, column)),
        Expr::Compare {
            op: Comparison::Eq,
            left,
            right,
        } => match (left.as_ref(), right.as_ref()) {
            (Expr::Path(path), Expr::Literal { value, .. })
            | (Expr::Literal { value, .. }, Expr::Path(path)) => {
                let of_property = matches!(
                    path.steps.as_slice(),
                    [Step::Property { ordinal, .. }] if *ordinal == column
                );
                let own = path.root == Root::Instance && of_property && !value.is_null();
                own.then_some(value)
            }
            _ => None,
        },
        _ => None,
    }
}
