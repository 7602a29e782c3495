//! What names mean where an expression stands (OData 4.01 URL Conventions, section 5.1.1.14).

use edm::{ItemType, TypeRef};

use crate::expr::{Root, Step};

/// The instances that an option is about.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// Their type.
    pub(super) item: ItemType,
    /// The properties that the type does not declare: those of `$compute` and `$apply`.
    pub(super) dynamic: Vec<(String, TypeRef)>,
    /// What an aggregation has left of the declared properties: these paths, and what lies behind
    /// them. `None`: everything.
    pub(super) visible: Option<Vec<Vec<Step>>>,
}

/// A range variable of a lambda operator.
#[derive(Debug)]
pub(super) struct Variable<'s> {
    pub(super) name: &'s str,
    pub(super) item: ItemType,
    /// The number of lambda operators around the one that declares it.
    pub(super) place: usize,
    pub(super) outer: Option<&'s Variable<'s>>,
}

/// What an expression can name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope<'s> {
    /// The instance at hand; `None` where there is none, as among the parameters of a function.
    pub(super) instance: Option<&'s Instance>,
    /// What `$it` is, where that is not the instance at hand.
    pub(super) it: Option<&'s Instance>,
    /// The range variables, the innermost first.
    pub(super) variables: Option<&'s Variable<'s>>,
    /// Whether a path may go on behind a collection, to the values of all its items: it may where
    /// they are aggregated (Data Aggregation 4.0, section 3.1.1).
    pub(super) through_collections: bool,
}

impl Instance {
    /// Instances of a type with all that it declares.
    pub(super) fn of(item: ItemType) -> Self {
        Self {
            item,
            dynamic: Vec::new(),
            visible: None,
        }
    }

    /// The type of a property that the instances' type does not declare.
    pub(super) fn dynamic(&self, name: &str) -> Option<&TypeRef> {
        let mut known = self.dynamic.iter();
        known.find(|(known, _)| known == name).map(|(_, ty)| ty)
    }

    /// Whether a path from the instance leads to something that it still has.
    pub(super) fn shows(&self, steps: &[Step]) -> bool {
        match (&self.visible, steps.first()) {
            (None, _) | (_, None | Some(Step::Dynamic(_))) => true,
            (Some(visible), _) => visible.iter().any(|path| steps.starts_with(path)),
        }
    }
}

impl<'s> Scope<'s> {
    /// The scope of an option about these instances.
    pub(super) fn new(instance: &'s Instance) -> Self {
        Self {
            instance: Some(instance),
            ..Self::default()
        }
    }

    /// The scope of what is nested in this one and about other instances: `$it` stays what it is.
    pub(super) fn within<'n>(&self, instance: &'n Instance) -> Scope<'n>
    where
        's: 'n,
    {
        Scope {
            instance: Some(instance),
            it: self.it.or(self.instance),
            variables: self.variables,
            through_collections: false,
        }
    }

    /// `$it`: where a path to it starts, and what it is.
    pub(super) fn it(&self) -> Option<(Root, &'s Instance)> {
        match self.it {
            Some(it) => Some((Root::It, it)),
            None => self.instance.map(|it| (Root::Instance, it)),
        }
    }

    /// The range variable of a name.
    pub(super) fn variable(&self, name: &str) -> Option<&'s Variable<'s>> {
        let mut at = self.variables;
        while let Some(variable) = at {
            if variable.name == name {
                return Some(variable);
            }
            at = variable.outer;
        }
        None
    }

    /// How many lambda operators are around.
    pub(super) fn lambdas(&self) -> usize {
        self.variables.map_or(0, |variable| variable.place + 1)
    }
}
