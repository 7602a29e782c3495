//! Paths in expressions (OData 4.01 URL Conventions, section 5.1.1.15).

use edm::{Primitive, StructuredId, TypeRef, Value};

use super::Expr;
use crate::path::Segment;
use crate::query::Search;

/// A path: where it starts and how it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Where it starts.
    pub root: Root,
    /// The steps in order; none for the root itself.
    pub steps: Vec<Step>,
    /// What it leads to.
    pub ty: TypeRef,
}

/// Where a path starts.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// At the instance at hand: the item of the collection that the option is about. A path
    /// without any prefix starts here, and so does `$this` (section 5.1.1.14.4).
    Instance,
    /// `$it` (section 5.1.1.14.1) where it differs from [`Root::Instance`]: in an option nested in
    /// `$expand` or `$select`, the instance that the resource path identifies.
    It,
    /// A range variable, by the number of lambda operators around the one that declares it.
    Variable(usize),
    /// `$root` (section 5.1.1.14.3): another resource of the service.
    Service(Vec<Segment>),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A structural property.
    Property {
        /// The type that the path has come to.
        of: StructuredId,
        /// The property's ordinal in it.
        ordinal: usize,
    },
    /// A navigation property.
    Navigation {
        /// The type that the path has come to.
        of: StructuredId,
        /// The property's index in its `navigation`.
        index: usize,
    },
    /// A property that the type does not declare: one that `$compute` or `$apply` made, or, behind
    /// the property that holds them ([`edm::StructuredType::dynamic`]), the dynamic property of an
    /// open type.
    Dynamic(String),
    /// Behind a dynamic property: its value if it is of this type, a number as `Edm.Double`; null
    /// for any other.
    Typed(Primitive),
    /// A cast to a derived type (section 5.1.1.10.1): nothing if the instance is of another.
    Cast(StructuredId),
    /// The member of a collection that has this key.
    Key(Vec<Value>),
    /// `$filter(…)` of a collection (section 4.12): its items are [`Root::Instance`] in it.
    Filter(Box<Expr>),
    /// `$search` of a collection, where it stands in the parentheses behind `$count`.
    Search(Search),
    /// `$count` (section 4.8), or the number of items that the options in parentheses behind it
    /// leave: they come before it as [`Step::Filter`] and [`Step::Search`].
    Count,
}

impl Path {
    /// The instance at hand.
    #[must_use]
    pub fn instance(ty: TypeRef) -> Self {
        Self {
            root: Root::Instance,
            steps: Vec::new(),
            ty,
        }
    }

    /// The ordinal of the property, if the path is nothing but a property of the instance at hand.
    #[must_use]
    pub fn own_property(&self) -> Option<(StructuredId, usize)> {
        match (&self.root, self.steps.as_slice()) {
            (Root::Instance, [Step::Property { of, ordinal }]) => Some((*of, *ordinal)),
            _ => None,
        }
    }

    /// The navigation properties that the path goes through.
    pub fn navigation(&self) -> impl Iterator<Item = (StructuredId, usize)> {
        self.steps.iter().filter_map(|step| match step {
            Step::Navigation { of, index } => Some((*of, *index)),
            _ => None,
        })
    }
}
