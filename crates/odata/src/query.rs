//! System query options, bound to the model (OData 4.01 URL Conventions, section 5).

use edm::{StructuredId, TypeRef};

use crate::apply::Transformation;
use crate::expr::{Expr, Path, Step};

/// The system query options of one request, or those nested in an item of `$expand` or `$select`.
/// They apply in the order of section 5.1: `$apply`, `$compute`, `$search` and `$filter`,
/// `$count`, `$orderby`, `$skip`, `$top`, `$expand`, `$select`, `$format`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryOptions {
    /// `$apply` (Data Aggregation 4.0, section 3), one transformation after the other; empty if
    /// not given.
    pub apply: Vec<Transformation>,
    /// `$compute` (section 5.1.5).
    pub compute: Vec<Compute>,
    /// `$filter` (section 5.1.2): a Boolean expression.
    pub filter: Option<Expr>,
    /// `$search` (section 5.1.8).
    pub search: Option<Search>,
    /// `$orderby` (section 5.1.6), most significant first.
    pub orderby: Vec<OrderBy>,
    /// `$select` (section 5.1.4); `None` if not given: every structural property.
    pub select: Option<Selection>,
    /// `$expand` (section 5.1.3).
    pub expand: Vec<ExpandItem>,
    /// `$top`.
    pub top: Option<u64>,
    /// `$skip`.
    pub skip: Option<u64>,
    /// `$count=true`.
    pub count: bool,
    /// `$skiptoken`, opaque here.
    pub skip_token: Option<String>,
    /// `$deltatoken`, opaque here.
    pub delta_token: Option<String>,
    /// `$format`, as written.
    pub format: Option<String>,
    /// `$id`, as written: the entity that `/$ref` or `$entity` is about.
    pub id: Option<String>,
    /// `$index` (section 5.1.10): the place in an ordered collection; from the end if negative.
    pub index: Option<i64>,
    /// `$schemaversion` (section 5.1.12), as written.
    pub schema_version: Option<String>,
    /// Options of the service's own, in document order: those whose names are no system query
    /// option's, alias's or parameter's.
    pub custom: Vec<(String, String)>,
}

/// One item of `$compute`: a dynamic property of every instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Compute {
    /// What it is.
    pub expr: Expr,
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeRef,
}

/// A `$search` expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// A word or a phrase.
    Term(String),
    /// `NOT`.
    Not(Box<Search>),
    /// `AND`, also where nothing stands between two terms.
    And(Box<Search>, Box<Search>),
    /// `OR`.
    Or(Box<Search>, Box<Search>),
}

/// One item of `$orderby`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// What to order by.
    pub expr: Expr,
    /// `desc`.
    pub descending: bool,
}

/// `$select`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// `*`: every structural property, dynamic ones included.
    pub all: bool,
    /// The other items, none twice.
    pub items: Vec<SelectItem>,
    /// Bound operations whose control information is asked for, by name or all those of a
    /// namespace (`Namespace.*`); none twice. They select no data.
    pub operations: Vec<String>,
}

/// One item of `$select`: steps of type casts and complex properties, then what is selected: a
/// structural, dynamic or navigation property.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// The path.
    pub path: Path,
    /// The options nested behind it (for complex values and collections).
    pub options: QueryOptions,
}

/// One item of `$expand`: a navigation property with its own options.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandItem {
    /// Type casts and complex properties before the navigation property.
    pub prefix: Vec<Step>,
    /// The type that declares or inherits the navigation property.
    pub of: StructuredId,
    /// Its index in that type's `navigation`.
    pub index: usize,
    /// Whether it leads to many.
    pub collection: bool,
    /// A cast behind it: only instances of this derived type.
    pub cast: Option<StructuredId>,
    /// What is shown of it.
    pub form: ExpandForm,
    /// `$levels` (section 5.1.3.1.8): how often the item is expanded in what it leads to.
    pub levels: Option<Levels>,
    /// The nested options; `$levels` is in `levels`.
    pub options: QueryOptions,
}

/// What an item of `$expand` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ExpandForm {
    /// The entities.
    #[default]
    Entities,
    /// `/$ref`: references to them.
    References,
    /// `/$count`: how many there are.
    Count,
}

/// `$levels`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// This many; at least 1.
    Number(u64),
    /// `max`: as many as the service allows.
    Max,
}
