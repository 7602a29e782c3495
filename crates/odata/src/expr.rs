//! Common expressions, bound to the model: every path resolved to ordinals, every literal typed
//! (OData 4.01 URL Conventions, section 5.1.1).

use edm::{ItemType, StructuredId, TypeRef, Value};

/// An expression with known types.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant. Its type is what the other side of a comparison asked for, where the literal
    /// allows it (an enumeration member written as a plain string, an integer for a double).
    Literal {
        /// The value.
        value: Value,
        /// Its type; `None` for the null literal.
        ty: Option<ItemType>,
    },
    /// A path to a property of the entity at hand, or of one that single-valued navigation
    /// properties lead to.
    Path(PropertyPath),
    /// `eq`, `ne`, `lt`, `le`, `gt`, `ge` (section 5.1.1.1).
    Compare {
        /// The operator.
        op: Comparison,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `in` (section 5.1.1.1.12).
    In {
        /// The expression to look for.
        needle: Box<Expr>,
        /// The values to look among.
        values: Vec<Expr>,
    },
    /// `and` (section 5.1.1.1.7).
    And(Box<Expr>, Box<Expr>),
    /// `or` (section 5.1.1.1.8).
    Or(Box<Expr>, Box<Expr>),
    /// `not` (section 5.1.1.1.9).
    Not(Box<Expr>),
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`: null equals null.
    Eq,
    /// `ne`: the negation of `eq`.
    Ne,
    /// `lt`: false if either side is null.
    Lt,
    /// `le`: false if either side is null.
    Le,
    /// `gt`: false if either side is null.
    Gt,
    /// `ge`: false if either side is null.
    Ge,
}

/// A path of navigation properties, then structural ones.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyPath {
    /// Single-valued navigation properties to follow first: the type and the index in it.
    pub navigation: Vec<(StructuredId, usize)>,
    /// Structural properties, each but the last complex: the type and the ordinal in it.
    pub properties: Vec<(StructuredId, usize)>,
    /// The type of the last property.
    pub ty: TypeRef,
}

impl Comparison {
    /// The operator's name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
        }
    }
}
