//! Paths (OData 4.01 URL Conventions, section 5.1.1.15): what is behind nothing is nothing.

use std::borrow::Cow;

use edm::Value;

use super::super::dynamic::{dynamic, typed};
use super::super::error::EvalError;
use super::super::instance::{Instance, Scope};
use super::super::operand::Operand;
use super::super::operators::same;
use super::super::search::matches;
use super::{Evaluator, owned};
use crate::expr::{Expr, Path, Root, Step};
use crate::query::Search;

impl<'m> Evaluator<'m> {
    /// What a path leads to.
    pub(in crate::eval) fn path<'s>(
        &self,
        path: &'s Path,
        scope: &Scope<'s>,
    ) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        let start = match &path.root {
            Root::Service(segments) => self.service_root(segments)?,
            root => match scope.subject(root) {
                Some(subject) => subject.into(),
                None => return Err(EvalError::Unavailable("A range variable".to_owned())),
            },
        };
        if let Operand::Instance(instance) = &start
            && instance.hides(&path.steps)
        {
            return Ok(Operand::null());
        }
        self.walk(start, &path.steps, scope)
    }

    /// Goes on from a place, step by step.
    pub(in crate::eval) fn walk<'s>(
        &self,
        start: Operand<'s>,
        steps: &'s [Step],
        scope: &Scope<'s>,
    ) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        let mut at = start;
        for step in steps {
            self.step()?;
            at = match step {
                Step::Count => {
                    let count = at.into_items().len();
                    owned(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
                }
                Step::Filter(predicate) => self.filtered(at, predicate, scope)?,
                Step::Search(search) => self.searched(at, search)?,
                Step::Key(key) => self.member(at, key)?,
                // Of a collection as a whole: it is of none of the types.
                Step::Typed(primitive) => match at {
                    Operand::Value(value) => Operand::Value(typed(value, *primitive)),
                    _ => Operand::null(),
                },
                _ => self.each(at, step)?,
            };
        }
        Ok(at)
    }

    /// A step from an item, or from every item of a collection to all that they lead to.
    fn each<'s>(&self, at: Operand<'s>, step: &'s Step) -> Result<Operand<'s>, EvalError> {
        let is_many = matches!(&at, Operand::Many(_))
            || matches!(&at, Operand::Value(value) if matches!(**value, Value::Collection(_)));
        if !is_many {
            return self.single(at, step);
        }
        let mut found = Vec::new();
        for item in at.into_items() {
            self.step()?;
            match self.single(item, step)? {
                next if next.is_null() && matches!(step, Step::Cast(_)) => {}
                next @ Operand::Instance(_) => found.push(next),
                Operand::Value(value) if !matches!(*value, Value::Collection(_)) => {
                    found.push(Operand::Value(value));
                }
                many => found.extend(many.into_items()),
            }
        }
        Ok(Operand::Many(found))
    }

    fn single<'s>(&self, at: Operand<'s>, step: &'s Step) -> Result<Operand<'s>, EvalError> {
        match at {
            Operand::Instance(instance) => self.within_instance(instance, step),
            Operand::Value(value) => Ok(self.within_value(value, step)),
            many @ Operand::Many(_) => self.each(many, step),
        }
    }

    fn within_instance<'s>(
        &self,
        instance: &'s dyn Instance,
        step: &'s Step,
    ) -> Result<Operand<'s>, EvalError> {
        Ok(match step {
            Step::Property { of, ordinal } => Operand::Value(instance.property(*of, *ordinal)?),
            Step::Navigation { of, index } => instance.navigation(*of, *index)?.into(),
            Step::Dynamic(name) => instance
                .dynamic(name)
                .map_or_else(Operand::null, Operand::Value),
            Step::Cast(wanted) if self.is_a(instance.of(), *wanted) => Operand::Instance(instance),
            Step::Typed(_)
            | Step::Cast(_)
            | Step::Key(_)
            | Step::Filter(_)
            | Step::Search(_)
            | Step::Count => Operand::null(),
        })
    }

    /// A step within a complex value; null from any other.
    fn within_value<'s>(&self, value: Cow<'s, Value>, step: &'s Step) -> Operand<'s> {
        if let Step::Dynamic(name) = step {
            return Operand::Value(dynamic(value, name));
        }
        let Value::Complex(complex) = &*value else {
            return Operand::null();
        };
        match step {
            Step::Cast(wanted) if self.model.is_a(complex.of, *wanted) => Operand::Value(value),
            Step::Property { of, ordinal } if self.model.is_a(complex.of, *of) => {
                let place = *ordinal;
                match value {
                    Cow::Borrowed(Value::Complex(complex)) => complex
                        .values
                        .get(place)
                        .map_or_else(Operand::null, |value| Operand::Value(Cow::Borrowed(value))),
                    Cow::Owned(Value::Complex(mut complex)) if place < complex.values.len() => {
                        owned(complex.values.swap_remove(place))
                    }
                    _ => Operand::null(),
                }
            }
            _ => Operand::null(),
        }
    }

    /// `$filter(…)` (section 4.12): the items for which it holds.
    fn filtered<'s>(
        &self,
        at: Operand<'s>,
        predicate: &'s Expr,
        scope: &Scope<'s>,
    ) -> Result<Operand<'s>, EvalError>
    where
        'm: 's,
    {
        let mut kept = Vec::new();
        for item in at.into_items() {
            self.step()?;
            let holds = match item.subject() {
                Some(subject) => self.truth(predicate, &scope.nested(subject))?,
                None => None,
            };
            if holds == Some(true) {
                kept.push(item);
            }
        }
        Ok(Operand::Many(kept))
    }

    /// `$search` of a collection: the instances and strings that match.
    fn searched<'s>(&self, at: Operand<'s>, search: &Search) -> Result<Operand<'s>, EvalError> {
        let mut kept = Vec::new();
        for item in at.into_items() {
            self.step()?;
            let matches = match &item {
                Operand::Instance(instance) => matches(search, &instance.searchable()?),
                Operand::Value(value) => {
                    let text: Option<&str> = value.as_str();
                    matches(search, text.as_slice())
                }
                Operand::Many(_) => false,
            };
            if matches {
                kept.push(item);
            }
        }
        Ok(Operand::Many(kept))
    }

    /// The member of a collection that has this key; null if none has.
    fn member<'s>(&self, at: Operand<'s>, key: &[Value]) -> Result<Operand<'s>, EvalError> {
        for item in at.into_items() {
            self.step()?;
            if let Operand::Instance(instance) = &item
                && self.has_key(*instance, key)?
            {
                return Ok(item);
            }
        }
        Ok(Operand::null())
    }

    fn has_key(&self, instance: &dyn Instance, key: &[Value]) -> Result<bool, EvalError> {
        let Some(of) = instance.of() else {
            return Ok(false);
        };
        let ordinals = &self.model.structured(of).key;
        for (ordinal, wanted) in ordinals.iter().zip(key) {
            if !same(&*instance.property(of, *ordinal)?, wanted) {
                return Ok(false);
            }
        }
        Ok(ordinals.len() == key.len())
    }
}
