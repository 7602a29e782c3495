//! Where a request led, in the names of the model: what requests are counted by. Ids, parameters and
//! values are never in it, so that there are few.

use std::sync::{Arc, OnceLock};

use edm::Model;
use odata::path::{Resource, Segment};

/// The most segments of a template: what lies deeper is cut off.
const MOST_SEGMENTS: usize = 12;

/// A place for the template of a request's path, which whoever carries the request out fills. A
/// clone shares it.
#[derive(Clone, Debug, Default)]
pub struct Route(Arc<OnceLock<String>>);

impl Route {
    /// The path as the model writes it, such as `deviceManagement/deviceHealthScripts/{id}`; none if
    /// the request was refused before it was understood.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Says where the request leads; what was said first counts.
    pub(crate) fn leads_to(&self, model: &Model, resource: &Resource) {
        self.0.get_or_init(|| template(model, resource));
    }
}

fn template(model: &Model, resource: &Resource) -> String {
    let path = match resource {
        Resource::ServiceDocument => return "/".to_owned(),
        Resource::Metadata => return "$metadata".to_owned(),
        Resource::Batch => return "$batch".to_owned(),
        Resource::EntityById { .. } => return "$entity".to_owned(),
        Resource::Path(path) => path,
    };
    let mut text = String::with_capacity(64);
    for (at, segment) in path.segments.iter().enumerate() {
        if at == MOST_SEGMENTS {
            text.push_str("/...");
            break;
        }
        if at > 0 {
            text.push('/');
        }
        push(&mut text, model, segment);
    }
    text
}

fn push(text: &mut String, model: &Model, segment: &Segment) {
    let name = match segment {
        Segment::EntitySet(id) => &model.entity_set(*id).name,
        Segment::Singleton(id) => &model.singleton(*id).name,
        Segment::Navigation { of, index } => {
            let navigation = &model.structured(*of).navigation;
            navigation.get(*index).map_or("?", |found| &found.name)
        }
        Segment::Cast(of) => &model.structured(*of).name,
        Segment::Property { of, ordinal } => {
            let properties = &model.structured(*of).properties;
            properties.get(*ordinal).map_or("?", |found| &found.name)
        }
        Segment::Operation { id, .. } => &model.operation(*id).name,
        Segment::Key(_) | Segment::AlternateKey(_) => "{id}",
        Segment::Dynamic(_) => "{property}",
        Segment::Filter(_) => "$filter",
        Segment::Each => "$each",
        Segment::Index(_) => "{index}",
        Segment::Count => "$count",
        Segment::Reference => "$ref",
        Segment::Value => "$value",
    };
    text.push_str(name);
}
