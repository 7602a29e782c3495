//! System query options (URL Conventions 4.01, section 5).

use super::{Expr, Text, Transformation};

/// The system query options of a request or of an expanded item (section 5).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options<'a> {
    /// `$filter`.
    pub filter: Option<Expr<'a>>,
    /// `$orderby`.
    pub orderby: Vec<OrderItem<'a>>,
    /// `$select`.
    pub select: Option<Vec<PathItem<'a>>>,
    /// `$expand`.
    pub expand: Vec<PathItem<'a>>,
    /// `$top`.
    pub top: Option<u64>,
    /// `$skip`.
    pub skip: Option<u64>,
    /// `$count`.
    pub count: Option<bool>,
    /// `$apply`: the transformations in order; empty if not given.
    pub apply: Vec<Transformation<'a>>,
    /// `$compute`.
    pub compute: Vec<ComputeItem<'a>>,
    /// `$search`.
    pub search: Option<Search<'a>>,
    /// `$levels`, of an expanded item.
    pub levels: Option<Levels>,
    /// `$index`.
    pub index: Option<i64>,
    /// Options that are text: `$format`, `$id`, `$skiptoken`, `$deltatoken`, `$schemaversion`;
    /// none twice but `$format`, which a client may repeat.
    pub text: Vec<(SystemOption, Text<'a>)>,
    /// Parameter aliases, without the `@`.
    pub aliases: Vec<(Text<'a>, Expr<'a>)>,
    /// Options whose names begin with neither `$` nor `@` and are no system query option's, in
    /// document order (section 5.2): custom options, or parameters of the function that the path
    /// ends with (`parse_parameter` reads such a value).
    pub custom: Vec<(Text<'a>, Text<'a>)>,
}

/// One item of `$compute` (section 5.1.10).
#[derive(Clone, Debug, PartialEq)]
pub struct ComputeItem<'a> {
    /// What it is.
    pub expr: Expr<'a>,
    /// Its name.
    pub name: Text<'a>,
}

/// A `$search` expression (section 5.1.7).
#[derive(Clone, Debug, PartialEq)]
pub enum Search<'a> {
    /// A word.
    Word(Text<'a>),
    /// `"a phrase"`: what stood between the quotes.
    Phrase(Text<'a>),
    /// `'…'` as the whole expression: what a user has typed, not necessarily well-formed.
    Typed(Text<'a>),
    /// `NOT`.
    Not(Box<Search<'a>>),
    /// Operands joined by `AND` or by nothing; at least two.
    And(Vec<Search<'a>>),
    /// Operands joined by `OR`; at least two.
    Or(Vec<Search<'a>>),
}

/// `$levels` (section 5.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// This many; at least 1.
    Number(u64),
    /// `max`.
    Max,
}

/// One item of `$orderby`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem<'a> {
    /// What to order by.
    pub expr: Expr<'a>,
    /// `desc`.
    pub descending: bool,
}

/// One item of `$select` or `$expand`: names, `*`, `Namespace.*`, `@Namespace.Term`, `$ref`,
/// `$count`, `$value`, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct PathItem<'a> {
    /// The parts between slashes; at least one.
    pub path: Vec<Text<'a>>,
    /// `Namespace.Function(a,b)` in `$select`: the names of the parameters of an overload.
    pub parameters: Option<Vec<Text<'a>>>,
    /// What stood in parentheses behind it, if anything did.
    pub options: Option<Box<Options<'a>>>,
}

/// The names of system query options (section 5; aggregation extension).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as they are written")]
pub enum SystemOption {
    Apply,
    Compute,
    Count,
    DeltaToken,
    Expand,
    Filter,
    Format,
    Id,
    Index,
    Levels,
    OrderBy,
    SchemaVersion,
    Search,
    Select,
    Skip,
    SkipToken,
    Top,
}

impl SystemOption {
    const ALL: [(Self, &'static str); 17] = [
        (Self::Apply, "$apply"),
        (Self::Compute, "$compute"),
        (Self::Count, "$count"),
        (Self::DeltaToken, "$deltatoken"),
        (Self::Expand, "$expand"),
        (Self::Filter, "$filter"),
        (Self::Format, "$format"),
        (Self::Id, "$id"),
        (Self::Index, "$index"),
        (Self::Levels, "$levels"),
        (Self::OrderBy, "$orderby"),
        (Self::SchemaVersion, "$schemaversion"),
        (Self::Search, "$search"),
        (Self::Select, "$select"),
        (Self::Skip, "$skip"),
        (Self::SkipToken, "$skiptoken"),
        (Self::Top, "$top"),
    ];

    /// The option's name, with `$`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(option, _)| *option == self)
            .map_or("", |(_, name)| name)
    }

    /// The option of a name in any case, with or without `$` (OData 4.01 Protocol, section 11.2.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let bare = name.strip_prefix('$').unwrap_or(name);
        let matches = |known: &str| known.get(1..).is_some_and(|k| k.eq_ignore_ascii_case(bare));
        Self::ALL
            .iter()
            .find(|(_, known)| matches(known))
            .map(|(option, _)| *option)
    }
}
