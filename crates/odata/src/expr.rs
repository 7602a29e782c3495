//! Common expressions, bound to the model: every path resolved to ordinals, every literal typed
//! (OData 4.01 URL Conventions, section 5.1.1).

mod function;
mod path;
mod rewrite;

use edm::{ItemType, TypeRef, Value};

pub use function::Function;
pub use path::{Path, Root, Step};
pub use rewrite::Rewrite;

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
    /// `[a,b]`, or `(a,b)` behind `in` (section 5.1.1.1.12).
    Collection(Vec<Expr>),
    /// A path to a value, an instance or a collection.
    Path(Path),
    /// `eq`, `ne`, `lt`, `le`, `gt`, `ge` (section 5.1.1.1).
    Compare {
        /// The operator.
        op: Comparison,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `has`: whether all the flags are set (section 5.1.1.1.7). Null if either side is.
    Has {
        /// A value of an enumeration type with `IsFlags`.
        value: Box<Expr>,
        /// The flags, of the same type.
        flags: Box<Expr>,
    },
    /// `in` (section 5.1.1.1.12).
    In {
        /// The expression to look for.
        needle: Box<Expr>,
        /// What to look among: [`Expr::Collection`], or a path to a collection.
        among: Box<Expr>,
    },
    /// `and` (section 5.1.1.1.8): false beats null, null beats true.
    And(Box<Expr>, Box<Expr>),
    /// `or` (section 5.1.1.1.9): true beats null, null beats false.
    Or(Box<Expr>, Box<Expr>),
    /// `not` (section 5.1.1.1.10): null stays null.
    Not(Box<Expr>),
    /// `-` (section 5.1.1.2.3), of a number or a duration.
    Negate(Box<Expr>),
    /// `add`, `sub`, `mul`, `div`, `divby`, `mod` (section 5.1.1.2). Null if either side is.
    Arithmetic {
        /// The operator.
        op: Arithmetic,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
        /// The type of the result, by numeric promotion (section 5.1.1.2).
        ty: ItemType,
    },
    /// A canonical function (sections 5.1.1.5 to 5.1.1.12), `cast` and `isof` excepted.
    Call {
        /// The function.
        function: Function,
        /// Its arguments, as many as it takes.
        arguments: Vec<Expr>,
        /// The type of the result.
        ty: TypeRef,
    },
    /// `cast(expression,type)` of a primitive value (section 5.1.1.10.1): null where it cannot be
    /// cast.
    Cast {
        /// What is cast.
        operand: Box<Expr>,
        /// To what.
        ty: TypeRef,
    },
    /// `isof(expression,type)` (section 5.1.1.10.2).
    IsOf {
        /// The instance or value.
        operand: Box<Expr>,
        /// The type that it may be of.
        ty: TypeRef,
    },
    /// `case(condition:result,…)` (section 5.1.1.11.1): the first result whose condition is true,
    /// null if none is.
    Case {
        /// The conditions with their results.
        branches: Vec<(Expr, Expr)>,
        /// The type of the result.
        ty: TypeRef,
    },
    /// `any` and `all` (section 5.1.1.13).
    Lambda {
        /// Whether one or every item must do.
        quantifier: Quantifier,
        /// The collection.
        collection: Path,
        /// What holds of an item, which is the innermost range variable:
        /// [`Root::Variable`] with the number of lambda operators around this one. `None` for
        /// `any()`: whether there is an item at all.
        predicate: Option<Box<Expr>>,
    },
}

/// The lambda operators (section 5.1.1.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// True if the predicate holds for at least one item.
    Any,
    /// True if it holds for every item.
    All,
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

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `add`: numbers; a date-time or date and a duration; durations.
    Add,
    /// `sub`: as `add`; two date-times or two dates make a duration.
    Sub,
    /// `mul`: numbers; a number and a duration.
    Mul,
    /// `div`: numbers, integers truncated towards zero; a duration and a number.
    Div,
    /// `divby`: numbers; integers make a decimal quotient.
    DivBy,
    /// `mod`: numbers; the sign is the dividend's.
    Mod,
}

impl Expr {
    /// The type of the value; `None` for the null literal.
    #[must_use]
    pub fn ty(&self) -> Option<TypeRef> {
        use edm::Primitive::Boolean;
        Some(match self {
            Self::Literal { ty, .. } => TypeRef::of((*ty)?),
            Self::Collection(items) => TypeRef {
                collection: true,
                ..items.iter().find_map(Self::ty)?
            },
            Self::Path(path) => path.ty.clone(),
            Self::Negate(operand) => operand.ty()?,
            Self::Arithmetic { ty, .. } => TypeRef::of(*ty),
            Self::Call { ty, .. } | Self::Cast { ty, .. } | Self::Case { ty, .. } => ty.clone(),
            Self::Compare { .. }
            | Self::Has { .. }
            | Self::In { .. }
            | Self::And(..)
            | Self::Or(..)
            | Self::Not(_)
            | Self::IsOf { .. }
            | Self::Lambda { .. } => TypeRef::primitive(Boolean),
        })
    }
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

impl Arithmetic {
    /// The operator's name in a URL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::DivBy => "divby",
            Self::Mod => "mod",
        }
    }
}
