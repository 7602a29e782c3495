//! What an expression is evaluated for.

use std::borrow::Cow;

use edm::{StructuredId, Value};

use super::error::EvalError;
use super::operand::Operand;
use crate::expr::Step;
use crate::path::Segment;

/// An instance of a structured type, as expressions see it.
pub trait Instance {
    /// The type that it really is of; `None` for one that an aggregation made.
    fn of(&self) -> Option<StructuredId>;

    /// The value of a structural property: its ordinal in a type that the instance is of. Null if
    /// the instance is of a type without it.
    ///
    /// # Errors
    /// [`EvalError::Unavailable`] if the value is not at hand.
    fn property(&self, of: StructuredId, ordinal: usize) -> Result<Cow<'_, Value>, EvalError>;

    /// What a navigation property leads to: its index in a type that the instance is of.
    ///
    /// # Errors
    /// [`EvalError::Unavailable`] if that is not at hand.
    fn navigation(&self, of: StructuredId, index: usize) -> Result<Related<'_>, EvalError>;

    /// The value of a property that the type does not declare; `None` if the instance has none of
    /// this name.
    fn dynamic(&self, _name: &str) -> Option<Cow<'_, Value>> {
        None
    }

    /// Whether an aggregation left out what a path leads to: it is null then.
    fn hides(&self, _steps: &[Step]) -> bool {
        false
    }

    /// The texts that `$search` looks at.
    ///
    /// # Errors
    /// [`EvalError::Unavailable`] if they are not at hand.
    fn searchable(&self) -> Result<Vec<Cow<'_, str>>, EvalError> {
        Ok(Vec::new())
    }
}

/// What a navigation property leads to.
pub enum Related<'a> {
    /// A single-valued one; `None` if it leads to nothing.
    One(Option<&'a dyn Instance>),
    /// A collection-valued one, in its order.
    Many(Vec<&'a dyn Instance>),
}

/// The resources that `$root` leads to.
pub trait ServiceRoot {
    /// The entity, entities or value at a path.
    ///
    /// # Errors
    /// What is not at hand.
    fn resource(&self, path: &[Segment]) -> Result<Operand<'_>, EvalError>;
}

/// What an option is about: an instance, or an item of a collection of values.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    /// An entity or another instance of its own.
    Instance(&'a dyn Instance),
    /// A primitive or complex value.
    Value(&'a Value),
}

/// What names in an expression stand for (OData 4.01 URL Conventions, section 5.1.1.14).
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The instance at hand, `$this`.
    pub(super) instance: Subject<'a>,
    /// `$it`, where it is not the instance at hand.
    pub(super) it: Option<Subject<'a>>,
    /// The range variables.
    pub(super) variables: Option<&'a Variable<'a>>,
}

/// A range variable: the item that a lambda operator is at.
pub(super) struct Variable<'a> {
    pub(super) item: Subject<'a>,
    /// The number of lambda operators around the one that declares it.
    pub(super) place: usize,
    pub(super) outer: Option<&'a Variable<'a>>,
}

impl<'a> Scope<'a> {
    /// The scope of an option about this subject, which is `$it` as well.
    #[must_use]
    pub fn new(subject: Subject<'a>) -> Self {
        Self {
            instance: subject,
            it: None,
            variables: None,
        }
    }

    /// The scope of an option nested in `$expand` or `$select`, which is about an item of what is
    /// expanded or selected: `$it` stays what it was.
    #[must_use]
    pub fn nested(&self, subject: Subject<'a>) -> Self {
        Self {
            instance: subject,
            it: self.it.or(Some(self.instance)),
            variables: self.variables,
        }
    }

    pub(super) fn variable(&self, place: usize) -> Option<Subject<'a>> {
        let mut at = self.variables;
        while let Some(variable) = at {
            if variable.place == place {
                return Some(variable.item);
            }
            at = variable.outer;
        }
        None
    }

    /// The number of lambda operators around.
    pub(super) fn lambdas(&self) -> usize {
        self.variables.map_or(0, |variable| variable.place + 1)
    }
}
