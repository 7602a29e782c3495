//! Where a described resource lives.

use edm::{Model, NavigationProperty, StructuredId};
use serde_json::Value;

use super::parameters;

/// A path to entities, as a template.
#[derive(Clone)]
pub(super) struct Place {
    /// The template: `/things/{thing-id}/parts`.
    pub(super) template: String,
    /// The path in the container that permissions stand at.
    pub(super) target: String,
    /// The parameters of the template.
    pub(super) keys: Vec<Value>,
    /// The type of the entities here.
    pub(super) of: StructuredId,
    /// The types on the way, this one included: none is met twice.
    pub(super) types: Vec<StructuredId>,
    /// Whether the way left what contains the entities: then they are only read here.
    pub(super) borrowed: bool,
    /// The first two names on the way.
    pub(super) tag: String,
}

impl Place {
    /// An entity set or a singleton.
    pub(super) fn root(model: &Model, name: &str, of: StructuredId) -> Self {
        Self {
            template: format!("/{name}"),
            target: format!("{}/{name}", model.container_name()),
            keys: Vec::new(),
            of,
            types: vec![of],
            borrowed: false,
            tag: name.to_owned(),
        }
    }

    /// An entity of the collection here, by its key.
    pub(super) fn member(&self, model: &Model) -> Self {
        let mut member = self.clone();
        let (segment, keys) = parameters::key(model, self.of, self.keys.len());
        member.template.push_str(&segment);
        member.keys.extend(keys);
        member
    }

    /// What a navigation property leads to; `None` where the path would not end.
    pub(super) fn along(&self, model: &Model, navigation: &NavigationProperty) -> Option<Self> {
        let meets = |ty: &StructuredId| {
            model.is_a(navigation.target, *ty) || model.is_a(*ty, navigation.target)
        };
        let ends = self.types.len() > super::MAX_DEPTH || self.types.iter().any(meets);
        if ends || self.borrowed {
            return None;
        }
        let mut place = self.clone();
        place.template = format!("{}/{}", self.template, navigation.name);
        place.target = format!("{}/{}", self.target, navigation.name);
        place.of = navigation.target;
        place.types.push(navigation.target);
        place.borrowed = !navigation.contains_target;
        if self.types.len() == 1 {
            place.tag = format!("{}.{}", self.tag, navigation.name);
        }
        Some(place)
    }

    /// An identifier that the method and the template make: unique as they are.
    pub(super) fn operation_id(method: &str, template: &str) -> String {
        let mut id = method.to_owned();
        for c in template.chars() {
            match c {
                '{' | '}' => {}
                c if c.is_ascii_alphanumeric() || matches!(c, '-' | '$' | '.') => id.push(c),
                _ => id.push('_'),
            }
        }
        id
    }
}
