//! `$apply`: a read whose rows are made by transformations (OData Extension for Data Aggregation
//! 4.0, section 3).

use edm::{Model, TypeRef, Value};
use odata::Error;
use odata::apply::Transformation;
use odata::expr::Step;

use crate::cell::decode;
use crate::select::{Select, expression_column};
use crate::transaction::Cells;

/// Transformations of the rows of a table.
#[derive(Clone, Debug)]
pub struct Aggregation<'a> {
    /// The rows that go in: its table, conditions, type and time. Columns, order and page are
    /// those of the transformations.
    pub input: Select<'a>,
    /// What is done to them, one after the other.
    pub steps: Vec<&'a Transformation>,
}

/// What takes the rows that come out: their properties, and a row's values of them.
pub type AggregatedSink<'s> = dyn FnMut(&[Aggregated], Vec<Value>) -> Result<(), Error> + 's;

/// A property of the rows that come out.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregated {
    /// How it is named.
    pub name: AggregatedName,
    /// Its type.
    pub ty: TypeRef,
}

/// The name of a property that comes out.
#[derive(Clone, Debug, PartialEq)]
pub enum AggregatedName {
    /// A property of what went in, by its path.
    Path(Vec<Step>),
    /// What `aggregate` or `compute` named.
    Dynamic(String),
}

/// Reads the values of a row, one for each of the properties.
///
/// # Errors
/// As [`decode`].
pub fn decode_aggregated(
    model: &Model,
    columns: &[Aggregated],
    cells: &dyn Cells,
) -> Result<Vec<Value>, Error> {
    let mut at = 0;
    columns
        .iter()
        .map(|column| {
            let column = expression_column("aggregated", column.ty.clone());
            let value = decode(model, &column, cells, at);
            at += column.width();
            value
        })
        .collect()
}
