//! `$apply` (OData Extension for Data Aggregation 4.0, section 3).

use super::{Arguments, ComputeItem, Expr, MemberPath, OrderItem, Search, Text};

/// A set transformation.
#[derive(Clone, Debug, PartialEq)]
pub enum Transformation<'a> {
    /// `identity`.
    Identity,
    /// `filter(…)`.
    Filter(Expr<'a>),
    /// `search(…)`.
    Search(Search<'a>),
    /// `compute(… as name,…)`.
    Compute(Vec<ComputeItem<'a>>),
    /// `orderby(…)`.
    OrderBy(Vec<OrderItem<'a>>),
    /// `top(…)`.
    Top(u64),
    /// `skip(…)`.
    Skip(u64),
    /// `topcount(limit,by)` and its kin.
    Ranked {
        /// Which.
        method: RankMethod,
        /// The limit.
        limit: Expr<'a>,
        /// What instances are ranked and summed by.
        by: Expr<'a>,
    },
    /// `aggregate(…)`.
    Aggregate(Vec<AggregateItem<'a>>),
    /// `groupby((…),…)`.
    GroupBy {
        /// What to group by; at least one.
        by: Vec<GroupElement<'a>>,
        /// What is done to each group; empty if nothing is said.
        then: Vec<Transformation<'a>>,
    },
    /// `concat(…,…)`: at least two sequences.
    Concat(Vec<Vec<Transformation<'a>>>),
    /// `nest(… as name,…)`, or `addnested(path,… as name,…)`.
    Nest {
        /// The path of `addnested`; empty for `nest`.
        path: Vec<Text<'a>>,
        /// What is nested.
        items: Vec<NestedItem<'a>>,
    },
    /// `join(property as name,…)` or `outerjoin(…)`.
    Join {
        /// Which.
        kind: JoinKind,
        /// The collection-valued property, and perhaps a cast behind it.
        path: Vec<Text<'a>>,
        /// The name of the related instance.
        alias: Text<'a>,
        /// What is done to the related instances; empty if nothing is said.
        then: Vec<Transformation<'a>>,
    },
    /// `ancestors(…)` or `descendants(…)`.
    Related(Box<Related<'a>>),
    /// `traverse(…)`.
    Traverse {
        /// The hierarchy.
        hierarchy: Box<Hierarchy<'a>>,
        /// `preorder`, else `postorder`.
        preorder: bool,
        /// The start nodes; empty if nothing is said.
        start: Vec<Transformation<'a>>,
        /// The order of siblings.
        orderby: Vec<OrderItem<'a>>,
    },
    /// A function of the service as a transformation.
    Function(Text<'a>, Arguments<'a>),
}

/// The transformations that rank instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as they are written")]
pub enum RankMethod {
    BottomCount,
    BottomPercent,
    BottomSum,
    TopCount,
    TopPercent,
    TopSum,
}

impl RankMethod {
    /// Every method with its name.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::BottomCount, "bottomcount"),
        (Self::BottomPercent, "bottompercent"),
        (Self::BottomSum, "bottomsum"),
        (Self::TopCount, "topcount"),
        (Self::TopPercent, "toppercent"),
        (Self::TopSum, "topsum"),
    ];

    /// The method's name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(method, _)| *method == self)
            .map_or("", |(_, name)| name)
    }
}

/// Which join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// `join`: instances without related ones are left out.
    Inner,
    /// `outerjoin`: they are kept.
    Outer,
}

/// One item of `aggregate` (section 3.1).
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateItem<'a> {
    /// What is aggregated: an expression with a method; or without one a path that ends in
    /// `$count` or in the name of a custom aggregate.
    pub expr: Expr<'a>,
    /// The name behind `with`: a standard method's, or a qualified one.
    pub method: Option<Text<'a>>,
    /// `from …`, in order.
    pub from: Vec<AggregateFrom<'a>>,
    /// The name behind `as`; only a custom aggregate may lack it.
    pub alias: Option<Text<'a>>,
}

/// `from properties with method` (section 3.1.6).
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateFrom<'a> {
    /// The grouping properties; at least one.
    pub by: Vec<MemberPath<'a>>,
    /// The method; only a custom aggregate may lack it.
    pub method: Option<Text<'a>>,
}

/// What `groupby` groups by.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupElement<'a> {
    /// A path to a single value.
    Path(MemberPath<'a>),
    /// `rollup(a,b)`; one path alone is the name of a leveled hierarchy.
    Rollup(Vec<MemberPath<'a>>),
    /// `rolluprecursive(hierarchy,…)`: the transformations are empty if nothing is said.
    RollupRecursive(Box<Hierarchy<'a>>, Vec<Transformation<'a>>),
}

/// A recursive hierarchy: `$root/Nodes,Qualifier,path`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hierarchy<'a> {
    /// The collection of nodes: a path that begins with `$root`.
    pub nodes: MemberPath<'a>,
    /// The qualifier of the annotation that describes the hierarchy.
    pub qualifier: Text<'a>,
    /// The path to the node's identifier.
    pub path: MemberPath<'a>,
}

/// `ancestors` or `descendants`.
#[derive(Clone, Debug, PartialEq)]
pub struct Related<'a> {
    /// `ancestors`, else `descendants`.
    pub ancestors: bool,
    /// The hierarchy.
    pub hierarchy: Hierarchy<'a>,
    /// Which instances to start from; one or two sequences.
    pub start: Vec<Vec<Transformation<'a>>>,
    /// How far to go, if not without end.
    pub distance: Option<u64>,
    /// `keep start`.
    pub keep_start: bool,
}

/// One item of `nest` and `addnested`.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedItem<'a> {
    /// The transformations; at least one.
    pub apply: Vec<Transformation<'a>>,
    /// The name of the result.
    pub alias: Text<'a>,
}
