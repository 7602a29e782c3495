//! Common expressions (URL Conventions 4.01, section 5.1.1).

use super::{AggregateItem, Arguments, Options, Text};

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
    pub(in crate::uri) const ALL: [(Self, &'static str, u8); 14] = [
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
    pub(in crate::uri) fn rank(self) -> u8 {
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
    /// `Namespace.Type'members'`: the name and what stood between the quotes.
    Enum(Text<'a>, Text<'a>),
    /// What stood between the quotes of `geography'…'`.
    Geography(Text<'a>),
    /// What stood between the quotes of `geometry'…'`.
    Geometry(Text<'a>),
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
    /// `$these` (Data Aggregation 4.0): the collection that a transformation takes.
    These,
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
    /// `$count`, with the `$filter` and `$search` in parentheses behind it, if any.
    Count(Option<Box<Options<'a>>>),
    /// `$filter(…)`.
    Filter(Box<Expr<'a>>),
    /// A key as segment that could be no name (URL Conventions, section 4.3.6).
    Key(Text<'a>),
    /// A key predicate behind the call of a function: `f()(1)`. It is no step of its own: no slash
    /// stands before it.
    KeyPredicate(Arguments<'a>),
    /// `aggregate(…)` of a collection (Data Aggregation 4.0); the item has no alias.
    Aggregate(Box<AggregateItem<'a>>),
}

impl Member<'_> {
    /// Whether it is a name alone.
    pub(in crate::uri) fn is_name(&self) -> bool {
        matches!(self, Self::Name(_))
    }
}

/// The lambda operators (section 5.1.1.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// True if the predicate holds for at least one item.
    Any,
    /// True if it holds for every item.
    All,
}
