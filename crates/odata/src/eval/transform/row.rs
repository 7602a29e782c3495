//! The instances that transformations work on.

use std::borrow::Cow;

use edm::{StructuredId, Value};

use super::super::error::EvalError;
use super::super::instance::{Instance, Related};
use crate::expr::{Path, Step};

/// An instance with the properties that transformations added.
#[derive(Clone)]
pub struct Row<'a> {
    instance: Option<&'a dyn Instance>,
    added: Vec<(String, Value)>,
    /// The paths that are left of the instance; `None`: everything.
    visible: Option<Vec<Vec<Step>>>,
}

impl<'a> Row<'a> {
    /// An instance as it is.
    #[must_use]
    pub fn new(instance: &'a dyn Instance) -> Self {
        Self {
            instance: Some(instance),
            added: Vec::new(),
            visible: None,
        }
    }

    /// An instance of nothing but these properties.
    pub(super) fn of(added: Vec<(String, Value)>) -> Self {
        Self {
            instance: None,
            added,
            visible: Some(Vec::new()),
        }
    }

    /// The properties that were added, in the order of the request.
    #[must_use]
    pub fn added(&self) -> &[(String, Value)] {
        &self.added
    }

    /// The instance below: behind `groupby` the first of the group, which has the values of the
    /// grouping properties for all of it; `None` behind `aggregate`.
    #[must_use]
    pub fn instance(&self) -> Option<&'a dyn Instance> {
        self.instance
    }

    /// Adds a property.
    pub(super) fn add(&mut self, name: &str, value: Value) {
        self.added.push((name.to_owned(), value));
    }

    /// Gives a row that an aggregation of a group made what the group has in common.
    pub(super) fn of_group(
        &mut self,
        first: &Row<'a>,
        properties: &[Path],
        common: &[(String, Value)],
    ) {
        if let Some(visible) = &mut self.visible {
            self.instance = self.instance.or(first.instance);
            let shown = properties.iter().filter(|path| !first.hides(&path.steps));
            visible.extend(shown.map(|path| path.steps.clone()));
            let known: Vec<_> = self.added.iter().map(|(name, _)| name.clone()).collect();
            let missing = common.iter().filter(|(name, _)| !known.contains(name));
            self.added.splice(0..0, missing.cloned());
        }
    }
}

impl Instance for Row<'_> {
    fn of(&self) -> Option<StructuredId> {
        self.instance?.of()
    }

    fn property(&self, of: StructuredId, ordinal: usize) -> Result<Cow<'_, Value>, EvalError> {
        match self.instance {
            Some(instance) => instance.property(of, ordinal),
            None => Ok(Cow::Owned(Value::Null)),
        }
    }

    fn navigation(&self, of: StructuredId, index: usize) -> Result<Related<'_>, EvalError> {
        match self.instance {
            Some(instance) => instance.navigation(of, index),
            None => Ok(Related::One(None)),
        }
    }

    fn dynamic(&self, name: &str) -> Option<Cow<'_, Value>> {
        let added = self.added.iter().rev().find(|(known, _)| known == name);
        match added {
            Some((_, value)) => Some(Cow::Borrowed(value)),
            // What an aggregation left out of an instance is gone.
            None if self.visible.is_some() => None,
            None => self.instance?.dynamic(name),
        }
    }

    fn hides(&self, steps: &[Step]) -> bool {
        let Some(visible) = &self.visible else {
            return false;
        };
        let is_own = matches!(steps.first(), None | Some(Step::Dynamic(_)));
        !is_own && !visible.iter().any(|path| steps.starts_with(path))
    }

    fn searchable(&self) -> Result<Vec<Cow<'_, str>>, EvalError> {
        match self.instance {
            Some(instance) => instance.searchable(),
            None => Ok(Vec::new()),
        }
    }
}
