//! The syntax tree of a URL: what was written, before the model is asked what it means. Names are
//! only names here: whether `Items(1)` is a key or a call, only the model knows.

use std::borrow::Cow;

use super::syntax_error::SyntaxError;

mod apply;
mod expr;
mod options;

pub use apply::{
    AggregateFrom, AggregateItem, GroupElement, Hierarchy, JoinKind, NestedItem, RankMethod,
    Related, Transformation,
};
pub use expr::{Expr, Literal, Member, MemberPath, Operator, PathRoot, Quantifier};
pub use options::{ComputeItem, Levels, Options, OrderItem, PathItem, Search, SystemOption};

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
    /// `name(…)(…)`: the call of a function, and a key predicate behind it.
    CallWithKey(&'a str, Arguments<'a>, Arguments<'a>),
    /// `a=1,b=2`: a key predicate without parentheses.
    Keys(Vec<(Text<'a>, Expr<'a>)>),
    /// A reserved name with `$`.
    System(SystemSegment),
    /// `$filter(…)` (section 4.12), and a key predicate if one stands right behind it.
    Filter(Box<Expr<'a>>, Option<Arguments<'a>>),
    /// `$crossjoin(A,B)` (section 4.15): the names of entity sets, at least one.
    CrossJoin(Vec<Text<'a>>),
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
    /// `$all` (section 4.16).
    All,
    /// `$each` (section 4.14).
    Each,
    /// `$entity` (section 4.3.4).
    Entity,
    /// `$query` (section 4.17).
    Query,
    /// Any other name with `$`.
    Other,
}

impl PathSegment<'_> {
    /// The segment as a place in an ordered collection, counted from the end if negative (section
    /// 4.10, `ordinalIndex`); `None` if it is none, or beyond 64 bits.
    #[must_use]
    pub fn ordinal(&self) -> Option<i64> {
        let digits = self.text.strip_prefix('-').unwrap_or(self.text);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| self.text.parse().ok()).flatten()
    }
}

/// What stands between the parentheses behind a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Arguments<'a> {
    /// By position; none at all for `()`.
    Positional(Vec<Expr<'a>>),
    /// By name, at least one.
    Named(Vec<(Text<'a>, Expr<'a>)>),
}
