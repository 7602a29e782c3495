//! What the model says that a collection does not allow at all: `Insertable`, `Updatable` and
//! `Deletable` of the Capabilities vocabulary. Who may do what is another matter: see
//! [`crate::permissions`].

use std::collections::HashMap;

use edm::{Model, StructuredId};
use http::Method;
use odata::path::{PathKind, ResourcePath, Segment};
use odata::{Error, ErrorCode};

const CAPABILITIES: &str = "Org.OData.Capabilities.V1";

/// The changes that a collection or singleton refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Refused {
    insert: bool,
    update: bool,
    delete: bool,
}

impl Refused {
    fn any(self) -> bool {
        self != Self::default()
    }

    /// The methods that are left on a collection.
    fn on_collection(self) -> &'static str {
        match (self.insert, self.update) {
            (false, false) => "GET, HEAD, POST, PATCH",
            (false, true) => "GET, HEAD, POST",
            (true, false) => "GET, HEAD, PATCH",
            (true, true) => "GET, HEAD",
        }
    }

    /// The methods that are left on an entity or a part of one.
    fn on_entity(self) -> &'static str {
        match (self.update, self.delete) {
            (false, false) => "GET, HEAD, PATCH, PUT, DELETE",
            (false, true) => "GET, HEAD, PATCH, PUT",
            (true, false) => "GET, HEAD, DELETE",
            (true, true) => "GET, HEAD",
        }
    }
}

/// The restrictions of a model, by the container path and by the type of the entities that live
/// there.
#[derive(Debug, Default)]
pub(crate) struct Restrictions {
    paths: HashMap<String, Refused>,
    homes: HashMap<StructuredId, Refused>,
}

impl Restrictions {
    /// Reads a model's annotations.
    pub(crate) fn of(model: &Model) -> Self {
        let container = model.container_name();
        let mut found = Self::default();
        let sets = model.entity_sets().map(|(_, set)| (&set.name, set.of));
        for (name, of) in sets {
            let refused = read(model, &format!("{container}/{name}"));
            if refused.any() {
                found.paths.insert(name.clone(), refused);
            }
            // The first set of a type is where its entities live.
            found.homes.entry(of).or_insert(refused);
        }
        for (_, singleton) in model.singletons() {
            let refused = read(model, &format!("{container}/{}", singleton.name));
            if refused.any() {
                found.paths.insert(singleton.name.clone(), refused);
            }
        }
        found
    }

    /// Whether entities of a type can only be read where they live.
    pub(crate) fn only_reads(&self, of: StructuredId) -> bool {
        let refused = self.homes.get(&of);
        refused.is_some_and(|refused| refused.update && refused.delete)
    }

    /// Whether a method may change what a path addresses.
    ///
    /// # Errors
    /// 405 with the methods that are left.
    pub(crate) fn check(
        &self,
        model: &Model,
        path: &ResourcePath,
        method: &Method,
    ) -> Result<(), Error> {
        if *method == Method::GET || matches!(path.kind, PathKind::Action(_)) {
            return Ok(());
        }
        let (name, refused) = self.at(model, path);
        let is_collection = matches!(path.kind, PathKind::EntityCollection(_));
        let is_entity = matches!(path.kind, PathKind::Entity(_))
            || path.segments.last() == Some(&Segment::Each);
        let (is_refused, what) = match *method {
            Method::POST if is_collection => (refused.insert, "created"),
            Method::DELETE if is_entity => (refused.delete, "deleted"),
            Method::OPTIONS => (refused.any(), "changed"),
            _ => (refused.update, "changed"),
        };
        if !is_refused {
            return Ok(());
        }
        let allow = if is_collection && !is_entity {
            refused.on_collection()
        } else {
            refused.on_entity()
        };
        Err(Error {
            allow: Some(allow),
            ..Error::new(
                ErrorCode::MethodNotAllowed,
                format!("Entities of '{name}' cannot be {what}. Allowed: {allow}."),
            )
        })
    }

    /// What the last collection or singleton on a path refuses.
    fn at(&self, model: &Model, path: &ResourcePath) -> (String, Refused) {
        let of_path = |name: &String| self.paths.get(name).copied().unwrap_or_default();
        let mut found = (String::new(), Refused::default());
        // A link belongs to the entity that it begins at.
        let segments = match path.segments.iter().position(|s| *s == Segment::Reference) {
            Some(end) => &path.segments[..end.saturating_sub(1)],
            None => &path.segments,
        };
        for segment in segments {
            match segment {
                Segment::EntitySet(id) => {
                    let name = &model.entity_set(*id).name;
                    found = (name.clone(), of_path(name));
                }
                Segment::Singleton(id) => {
                    let name = &model.singleton(*id).name;
                    found = (name.clone(), of_path(name));
                }
                Segment::Navigation { of, index } => {
                    let navigation = &model.structured(*of).navigation[*index];
                    if !navigation.contains_target {
                        let home = self.homes.get(&navigation.target);
                        found = (navigation.name.clone(), home.copied().unwrap_or_default());
                    }
                }
                _ => {}
            }
        }
        found
    }
}

fn read(model: &Model, path: &str) -> Refused {
    let annotations = model.target_annotations(path);
    let refuses = |term: &str, property: &str| {
        let restriction = annotations.and_then(|a| a.get(&format!("{CAPABILITIES}.{term}")));
        restriction.and_then(|r| r.property(property)?.as_bool()) == Some(false)
    };
    Refused {
        insert: refuses("InsertRestrictions", "Insertable"),
        update: refuses("UpdateRestrictions", "Updatable"),
        delete: refuses("DeleteRestrictions", "Deletable"),
    }
}

#[cfg(test)]
mod tests {
    use odata::path::Resource;
    use odata::uri::{Limits, parse_request};

    use super::*;

    const MODEL: &str = r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
        <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EntityType Name="e"><Key><PropertyRef Name="k"/></Key><Property Name="k" Type="Edm.Int32" Nullable="false"/>
          <Property Name="p" Type="Edm.String"/><NavigationProperty Name="to" Type="Collection(n.e)"/></EntityType>
        <EntityContainer Name="c"><EntitySet Name="fixed" EntityType="n.e">
          <Annotation Term="Org.OData.Capabilities.V1.InsertRestrictions"><Record><PropertyValue Property="Insertable" Bool="false"/></Record></Annotation>
          <Annotation Term="Org.OData.Capabilities.V1.UpdateRestrictions"><Record><PropertyValue Property="Updatable" Bool="false"/></Record></Annotation>
        </EntitySet><EntitySet Name="free" EntityType="n.e"/></EntityContainer>
        </Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn what_the_model_refuses_is_a_405_with_what_is_left() {
        let model = Model::from_csdl(MODEL).expect("a model");
        let restrictions = Restrictions::of(&model);
        let check = |method: Method, path: &str, left: Option<&str>| {
            let (resource, _) = parse_request(&model, &Limits::default(), path, None).expect(path);
            let Resource::Path(bound) = resource else {
                panic!("{path} is a path")
            };
            let refused = restrictions.check(&model, &bound, &method).err();
            assert_eq!(refused.and_then(|e| e.allow), left, "{method} {path}");
        };
        check(Method::GET, "fixed", None);
        check(Method::POST, "fixed", Some("GET, HEAD"));
        check(Method::PATCH, "fixed(1)", Some("GET, HEAD, DELETE"));
        check(Method::PUT, "fixed(1)/p", Some("GET, HEAD, DELETE"));
        check(Method::DELETE, "fixed(1)", None);
        check(Method::POST, "free", None);
        check(Method::DELETE, "free(1)", None);
        check(Method::POST, "free(1)/to", Some("GET, HEAD"));
        check(Method::POST, "free(1)/to/$ref", None);
        check(Method::POST, "fixed(1)/to/$ref", Some("GET, HEAD, DELETE"));
    }
}
