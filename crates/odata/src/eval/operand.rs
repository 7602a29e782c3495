//! What expressions evaluate to.

use std::borrow::Cow;

use edm::Value;

use super::error::EvalError;
use super::instance::{Instance, Related, Subject};

/// What an expression evaluates to: a value, borrowed where one is there, or instances.
#[derive(Clone)]
pub enum Operand<'a> {
    /// A value of any type but an entity type.
    Value(Cow<'a, Value>),
    /// An entity.
    Instance(&'a dyn Instance),
    /// The items that a path leads to.
    Many(Vec<Operand<'a>>),
}

impl<'a> Operand<'a> {
    /// Null.
    #[must_use]
    pub fn null() -> Self {
        Self::Value(Cow::Owned(Value::Null))
    }

    /// Whether this is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Value(value) if value.is_null())
    }

    /// The truth of a Boolean; `None` for null and for what is no Boolean (section 5.1.1.1).
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Value(value) => value.as_bool(),
            _ => None,
        }
    }

    /// The items of a collection; none of null, and what is single is its own only item.
    #[must_use]
    pub fn into_items(self) -> Vec<Self> {
        match self {
            Self::Many(items) => items,
            Self::Value(Cow::Borrowed(Value::Collection(items))) => {
                let items = items.iter();
                items.map(|item| Self::Value(Cow::Borrowed(item))).collect()
            }
            Self::Value(Cow::Owned(Value::Collection(items))) => {
                let items = items.into_iter();
                items.map(|item| Self::Value(Cow::Owned(item))).collect()
            }
            Self::Value(value) if value.is_null() => Vec::new(),
            single => vec![single],
        }
    }

    /// The value.
    ///
    /// # Errors
    /// An entity, which is none.
    pub fn into_value(self) -> Result<Cow<'a, Value>, EvalError> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Instance(_) => Err(EvalError::Unavailable(
                "An entity where a value is needed".to_owned(),
            )),
            Self::Many(items) => {
                let values = items
                    .into_iter()
                    .map(|item| Ok(item.into_value()?.into_owned()));
                let values = values.collect::<Result<Vec<_>, EvalError>>()?;
                Ok(Cow::Owned(Value::Collection(values)))
            }
        }
    }

    /// The item as the subject of an expression; `None` for several.
    pub(super) fn subject(&self) -> Option<Subject<'_>> {
        match self {
            Self::Value(value) => Some(Subject::Value(value)),
            Self::Instance(instance) => Some(Subject::Instance(*instance)),
            Self::Many(_) => None,
        }
    }
}

impl<'a> From<Subject<'a>> for Operand<'a> {
    fn from(subject: Subject<'a>) -> Self {
        match subject {
            Subject::Instance(instance) => Self::Instance(instance),
            Subject::Value(value) => Self::Value(Cow::Borrowed(value)),
        }
    }
}

impl<'a> From<Related<'a>> for Operand<'a> {
    fn from(related: Related<'a>) -> Self {
        match related {
            Related::One(Some(instance)) => Self::Instance(instance),
            Related::One(None) => Self::null(),
            Related::Many(instances) => {
                Self::Many(instances.into_iter().map(Self::Instance).collect())
            }
        }
    }
}

impl From<Option<bool>> for Operand<'_> {
    fn from(truth: Option<bool>) -> Self {
        Self::Value(Cow::Owned(truth.map_or(Value::Null, Value::Boolean)))
    }
}
