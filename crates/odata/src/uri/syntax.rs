//! The syntax tree of a URL: what was written, before the model is asked what it means. Names are
//! only names here: whether `Items(1)` is a key or a call, only the model knows.

use std::borrow::Cow;

use super::syntax_error::SyntaxError;

/// Text out of the URL, copied only where decoding changed it.
pub type Text<'a> = Cow<'a, str>;

/// One segment of a resource path (URL Conventions 4.01, section 4).
#[derive(Clone, Debug, PartialEq)]
pub struct PathSegment<'a> {
    /// The whole segment, decoded: what it means as a key (section 4.3.6, key as segment).
    pub text: &'a str,
    /// What else it may mean.
    pub form: SegmentForm<'a>,
}

/// The forms that a path segment may have.
#[derive(Clone, Debug, PartialEq)]
pub enum SegmentForm<'a> {
    /// An identifier or a qualified name.
    Name,
    /// `name(…)`: a key predicate or the parameters of an operation.
    Call(&'a str, Arguments<'a>),
    /// `a=1,b=2`: a key predicate without parentheses.
    Keys(Vec<(Text<'a>, Expr<'a>)>),
    /// A reserved name with `$`.
    System(SystemSegment),
    /// Nothing but a key. If it began like a call, where it went wrong.
    Key(Option<SyntaxError>),
}

/// Reserved path segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemSegment {
    /// `$metadata`.
    Metadata,
    /// `$batch`.
    Batch,
    /// `$count`.
    Count,
    /// `$ref`.
    Ref,
    /// `$value`.
    Value,
    /// Any other name with `$`.
    Other,
}

/// What stands between the parentheses behind a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Arguments<'a> {
    /// By position; none at all for `()`.
    Positional(Vec<Expr<'a>>),
    /// By name, at least one.
    Named(Vec<(Text<'a>, Expr<'a>)>),
}

/// A common expression (URL Conventions 4.01, section 5.1.1).
#[derive(Clone, Debug, PartialEq)]
pub enum Expr<'a> {
    /// A constant.
    Literal(Literal<'a>),
    /// A path, a function call or an alias.
    Path(MemberPath<'a>),
    /// Operands joined by `and`; at least two.
    And(Vec<Expr<'a>>),
    /// Operands joined by `or`; at least two.
    Or(Vec<Expr<'a>>),
    /// `not`.
    Not(Box<Expr<'a>>),
    /// `-`.
    Negate(Box<Expr<'a>>),
    /// Any other operator.
    Binary(Operator, Box<Expr<'a>>, Box<Expr<'a>>),
    /// `[a,b]`, or `(a,b)` behind `in`.
    List(Vec<Expr<'a>>),
    /// `{"name":value}`.
    Object(Vec<(Text<'a>, Expr<'a>)>),
    /// `case(condition:result,…)`; at least one pair.
    Case(Vec<(Expr<'a>, Expr<'a>)>),
}

/// A binary operator other than `and` and `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as they are written")]
pub enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    DivBy,
    Mod,
    Has,
    In,
}

impl Operator {
    /// Every operator with its name and its rank: the higher, the tighter it binds (section
    /// 5.1.1.16). `or` would be 1, `and` 2, the unary operators 7.
    pub(super) const ALL: [(Self, &'static str, u8); 14] = [
        (Self::Eq, "eq", 3),
        (Self::Ne, "ne", 3),
        (Self::Lt, "lt", 4),
        (Self::Le, "le", 4),
        (Self::Gt, "gt", 4),
        (Self::Ge, "ge", 4),
        (Self::Add, "add", 5),
        (Self::Sub, "sub", 5),
        (Self::Mul, "mul", 6),
        (Self::Div, "div", 6),
        (Self::DivBy, "divby", 6),
        (Self::Mod, "mod", 6),
        (Self::Has, "has", 8),
        (Self::In, "in", 8),
    ];

    /// The operator's name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(op, ..)| *op == self)
            .map_or("", |(_, name, _)| name)
    }

    /// How tightly it binds.
    pub(super) fn rank(self) -> u8 {
        Self::ALL
            .iter()
            .find(|(op, ..)| *op == self)
            .map_or(0, |(.., rank)| *rank)
    }
}

/// A constant, checked to be well-formed, as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// Digits with an optional sign.
    Integer(Text<'a>),
    /// With a decimal point.
    Decimal(Text<'a>),
    /// With an exponent, or `INF`, `-INF`, `NaN`.
    Double(Text<'a>),
    /// What stood between the quotes, a doubled quote being one.
    String(Text<'a>),
    /// A GUID.
    Guid(uuid::Uuid),
    /// `2012-09-03`.
    Date(Text<'a>),
    /// `13:52:00`.
    TimeOfDay(Text<'a>),
    /// `2012-09-03T13:52:00Z`.
    DateTimeOffset(Text<'a>),
    /// What stood between the quotes of `duration'…'`.
    Duration(Text<'a>),
    /// The bytes of `binary'…'`.
    Binary(Vec<u8>),
    /// `Namespace.Type'members'`: the name and what stood between the quotes. Geography and
    /// geometry literals look the same.
    Enum(Text<'a>, Text<'a>),
}

/// A path in an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberPath<'a> {
    /// Where it starts.
    pub root: PathRoot<'a>,
    /// The steps; at least one for an implicit root.
    pub members: Vec<Member<'a>>,
}

/// Where a path starts.
#[derive(Clone, Debug, PartialEq)]
pub enum PathRoot<'a> {
    /// At the instance at hand.
    Implicit,
    /// `$it`.
    It,
    /// `$this`.
    This,
    /// `$root`.
    Root,
    /// `@alias`, without the `@`.
    Alias(Text<'a>),
}

/// One step of a path in an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Member<'a> {
    /// A name, qualified or not; an annotation's with `@` in front.
    Name(Text<'a>),
    /// `name(…)`: a function, or a key predicate.
    Call(Text<'a>, Arguments<'a>),
    /// `any(variable:predicate)` or `all(variable:predicate)`.
    Lambda(Quantifier, Text<'a>, Box<Expr<'a>>),
    /// `any()`.
    Any,
    /// `$count`.
    Count,
    /// `$filter(…)`.
    Filter(Box<Expr<'a>>),
}

/// The lambda operators (section 5.1.1.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// True if the predicate holds for at least one item.
    Any,
    /// True if it holds for every item.
    All,
}

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
    /// Options that the parser keeps as text.
    pub text: Vec<(SystemOption, Text<'a>)>,
    /// Parameter aliases, without the `@`.
    pub aliases: Vec<(Text<'a>, Expr<'a>)>,
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
