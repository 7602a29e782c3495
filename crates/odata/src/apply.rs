//! `$apply`, bound to the model (OData Extension for Data Aggregation 4.0, section 3).

use edm::TypeRef;

use crate::expr::{Expr, Path};
use crate::query::{Compute, OrderBy, Search};

/// A set transformation: what it makes is what the next one takes. Behind `aggregate` and
/// `groupby` an instance has only the properties that these name, as
/// [`Step::Dynamic`](crate::expr::Step::Dynamic) or, for grouping properties, by their own paths.
#[derive(Clone, Debug, PartialEq)]
pub enum Transformation {
    /// `identity` (section 3.7).
    Identity,
    /// `filter` (section 3.3.5).
    Filter(Expr),
    /// `search` (section 3.3.6).
    Search(Search),
    /// `compute` (section 3.5.1).
    Compute(Vec<Compute>),
    /// `orderby` (section 3.3.4).
    OrderBy(Vec<OrderBy>),
    /// `top` (section 3.3.7).
    Top(u64),
    /// `skip` (section 3.3.8).
    Skip(u64),
    /// `topcount`, `bottomsum`, … (section 3.3).
    Ranked {
        /// From the greatest (`top…`) or from the least (`bottom…`).
        greatest: bool,
        /// What is counted until the limit is reached.
        measure: RankMeasure,
        /// The limit: a constant.
        limit: Expr,
        /// What instances are ranked and summed by.
        by: Expr,
    },
    /// `aggregate` (section 3.2.1): one instance.
    Aggregate(Vec<Aggregate>),
    /// `groupby` (section 3.2.3).
    GroupBy {
        /// The grouping properties; single-valued paths. Empty makes one group.
        properties: Vec<Path>,
        /// What is done to each group; empty: only the distinct combinations.
        then: Vec<Transformation>,
    },
    /// `concat` (section 3.4.1): the results of all sequences, one behind the other.
    Concat(Vec<Vec<Transformation>>),
}

/// How many times a sequence has an instance in its result at most: `concat` repeats it for each of
/// its sequences, and those that follow one another multiply.
#[must_use]
pub fn repetitions(sequence: &[Transformation]) -> u64 {
    let of = |transformation: &Transformation| match transformation {
        Transformation::Concat(sequences) => {
            let each = sequences.iter().map(|sequence| repetitions(sequence));
            each.fold(0_u64, u64::saturating_add)
        }
        Transformation::GroupBy { then, .. } => repetitions(then),
        _ => 1,
    };
    sequence.iter().map(of).fold(1, u64::saturating_mul)
}

/// What a [`Transformation::Ranked`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankMeasure {
    /// `…count`: instances.
    Count,
    /// `…percent`: the sum of values, as a share of the whole.
    Percent,
    /// `…sum`: the sum of values.
    Sum,
}

/// One item of `aggregate`.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// What is aggregated; with [`Method::Count`] the path whose instances are counted, `None`
    /// for the instances at hand. A path that leads through collections means the values of all
    /// their items.
    pub expr: Option<Expr>,
    /// How.
    pub method: Method,
    /// The name of the result.
    pub name: String,
    /// The type of the result.
    pub ty: TypeRef,
    /// `from`: the aggregate of groups is itself aggregated, in this order (section 3.2.1.6).
    pub from: Vec<From>,
}

/// `from properties with method` (section 3.2.1.6): what is aggregated so far is aggregated for
/// each combination of the properties, and the results by the method.
#[derive(Clone, Debug, PartialEq)]
pub struct From {
    /// The grouping properties; single-valued paths.
    pub properties: Vec<Path>,
    /// The type of what is aggregated so far.
    pub of: TypeRef,
    /// How its results are aggregated.
    pub method: Method,
}

/// The standard aggregation methods (section 3.1.3). Null values are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `$count`, the number of instances.
    Count,
    /// `sum`; null of nothing.
    Sum,
    /// `min`; null of nothing.
    Min,
    /// `max`; null of nothing.
    Max,
    /// `average`; null of nothing.
    Average,
    /// `countdistinct`: of different values or entities.
    CountDistinct,
}
