//! Where a described resource lives.

use edm::{ItemType, Model, StructuredId};
use odata::path::{PathKind, Resource, ResourcePath, Segment, Target};
use serde_json::Value;

use super::parameters;

/// A path to entities, as a template.
#[derive(Clone)]
pub(super) struct Place {
    /// The template: `/things/{thing-id}/parts`.
    pub(super) template: String,
    /// The segments, with keys that name nothing.
    pub(super) segments: Vec<Segment>,
    /// The path in the container that permissions stand at.
    pub(super) target: String,
    /// The parameters of the template.
    pub(super) keys: Vec<Value>,
    /// The type of the entities here.
    pub(super) of: StructuredId,
    /// The types on the way, this one included: none is met twice.
    pub(super) types: Vec<StructuredId>,
    /// Whether the way left what contains the entities: what is behind them is described where
    /// they live.
    pub(super) referred: bool,
    /// The first two names on the way.
    pub(super) tag: String,
}

impl Place {
    /// An entity set or a singleton.
    pub(super) fn root(model: &Model, name: &str, of: StructuredId, segment: Segment) -> Self {
        Self {
            template: format!("/{name}"),
            segments: vec![segment],
            target: format!("{}/{name}", model.container_name()),
            keys: Vec::new(),
            of,
            types: vec![of],
            referred: false,
            tag: name.to_owned(),
        }
    }

    /// An entity of the collection here, by its key.
    pub(super) fn member(&self, model: &Model) -> Self {
        let mut member = self.clone();
        let (segment, keys) = parameters::key(model, self.of, self.keys.len());
        member.template.push_str(&segment);
        member.keys.extend(keys);
        member.segments.push(Segment::Key(Vec::new()));
        member
    }

    /// What a navigation property leads to; `None` where the path would not end.
    pub(super) fn along(&self, model: &Model, index: usize) -> Option<Self> {
        let navigation = model.structured(self.of).navigation.get(index)?;
        let meets = |ty: &StructuredId| {
            model.is_a(navigation.target, *ty) || model.is_a(*ty, navigation.target)
        };
        let ends = self.types.len() > super::MAX_DEPTH || self.types.iter().any(meets);
        if ends || self.referred {
            return None;
        }
        let mut place = self.clone();
        place.template = format!("{}/{}", self.template, navigation.name);
        place.target = format!("{}/{}", self.target, navigation.name);
        let of = self.of;
        place.segments.push(Segment::Navigation { of, index });
        place.of = navigation.target;
        place.types.push(navigation.target);
        place.referred = !navigation.contains_target;
        if self.types.len() == 1 {
            place.tag = format!("{}.{}", self.tag, navigation.name);
        }
        Some(place)
    }

    /// The entities here as a request would address them.
    pub(super) fn resource(&self, kind: PathKind) -> Resource {
        let target = Target {
            item: ItemType::Entity(self.of),
            collection: !matches!(kind, PathKind::Entity(_)),
        };
        Resource::Path(ResourcePath {
            segments: self.segments.clone(),
            kind,
            target: Some(target),
        })
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
