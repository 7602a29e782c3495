//! System query options, bound to the model (OData 4.01 URL Conventions, section 5).

use edm::StructuredId;

use crate::expr::{Expr, PropertyPath};

/// The system query options of one request, or of one expanded navigation property.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryOptions {
    /// `$filter`: a Boolean expression.
    pub filter: Option<Expr>,
    /// `$orderby`, most significant first.
    pub orderby: Vec<OrderBy>,
    /// `$select`; `None` selects every structural property.
    pub select: Option<Vec<PropertyPath>>,
    /// `$expand`.
    pub expand: Vec<ExpandItem>,
    /// `$top`.
    pub top: Option<u64>,
    /// `$skip`.
    pub skip: Option<u64>,
    /// `$count=true`.
    pub count: bool,
    /// `$skiptoken`, opaque here.
    pub skip_token: Option<String>,
    /// `$format`, as written.
    pub format: Option<String>,
}

/// One item of `$orderby`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// What to order by.
    pub expr: Expr,
    /// `desc`.
    pub descending: bool,
}

/// One item of `$expand`: a navigation property with its own options.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandItem {
    /// The type that declares or inherits the navigation property.
    pub of: StructuredId,
    /// Its index in that type's `navigation`.
    pub index: usize,
    /// Whether it leads to many.
    pub collection: bool,
    /// The nested options.
    pub options: QueryOptions,
}
