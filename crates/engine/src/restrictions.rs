//! What the model says that a collection does not allow at all: `Insertable`, `Updatable` and
//! `Deletable` of the Capabilities vocabulary. Who may do what is another matter: see
//! [`crate::permissions`].

use std::collections::HashMap;

use edm::{Model, StructuredId};
use http::Method;
use odata::path::{PathKind, ResourcePath, Segment};

const CAPABILITIES: &str = "Org.OData.Capabilities.V1";

/// The changes that a collection or singleton refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Refused {
    insert: bool,
    update: bool,
    delete: bool,
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
        for (_, set) in model.entity_sets() {
            // The first set of a type is where its entities live.
            let refused = read(model, &format!("{container}/{}", set.name));
            found
                .homes
                .entry(set.of)
                .or_insert(refused.unwrap_or_default());
        }
        for (target, _) in model.annotated_targets() {
            let path = target
                .strip_prefix(&container)
                .and_then(|p| p.strip_prefix('/'));
            if let (Some(path), Some(refused)) = (path, read(model, target)) {
                found.paths.insert(path.to_owned(), refused);
            }
        }
        found
    }

    /// Whether entities of a type can only be read where they live.
    pub(crate) fn only_reads(&self, of: StructuredId) -> bool {
        let refused = self.homes.get(&of);
        refused.is_some_and(|refused| refused.update && refused.delete)
    }

    /// Why a method cannot change what a path addresses, if the model says so.
    pub(crate) fn refusal(
        &self,
        model: &Model,
        path: &ResourcePath,
        method: &Method,
    ) -> Option<String> {
        if *method == Method::GET || matches!(path.kind, PathKind::Action(_)) {
            return None;
        }
        let (name, refused) = self.at(model, path);
        let is_collection = matches!(path.kind, PathKind::EntityCollection(_));
        let is_entity = matches!(path.kind, PathKind::Entity(_))
            || path.segments.last() == Some(&Segment::Each);
        let (is_refused, what) = match *method {
            Method::POST if is_collection => (refused.insert, "created"),
            Method::DELETE if is_entity => (refused.delete, "deleted"),
            _ => (refused.update, "changed"),
        };
        is_refused.then(|| format!("Entities of '{name}' cannot be {what}."))
    }

    /// What the last collection or singleton on a path refuses.
    fn at(&self, model: &Model, path: &ResourcePath) -> (String, Refused) {
        let mut at = String::new();
        let mut found = (String::new(), Refused::default());
        // A link belongs to the entity that it begins at.
        let segments = match path.segments.iter().position(|s| *s == Segment::Reference) {
            Some(end) => &path.segments[..end.saturating_sub(1)],
            None => &path.segments,
        };
        for segment in segments {
            let (name, unless_told) = match segment {
                Segment::EntitySet(id) => (&model.entity_set(*id).name, Refused::default()),
                Segment::Singleton(id) => (&model.singleton(*id).name, Refused::default()),
                Segment::Navigation { of, index } => {
                    let navigation = &model.structured(*of).navigation[*index];
                    let home = self.homes.get(&navigation.target).copied();
                    let unless_told = match navigation.contains_target {
                        true => found.1,
                        false => home.unwrap_or_default(),
                    };
                    (&navigation.name, unless_told)
                }
                _ => continue,
            };
            if !at.is_empty() {
                at.push('/');
            }
            at.push_str(name);
            let told = self.paths.get(&at).copied();
            found = (name.clone(), told.unwrap_or(unless_told));
        }
        found
    }
}

/// What the annotations of a container path say, if they say anything of changes.
fn read(model: &Model, path: &str) -> Option<Refused> {
    let annotations = model.target_annotations(path)?;
    let says = |term: &str, property: &str| {
        let restriction = annotations.get(&format!("{CAPABILITIES}.{term}"))?;
        restriction.property(property)?.as_bool()
    };
    let [insert, update, delete] = [
        says("InsertRestrictions", "Insertable"),
        says("UpdateRestrictions", "Updatable"),
        says("DeleteRestrictions", "Deletable"),
    ];
    let any = insert.or(update).or(delete).is_some();
    any.then_some(Refused {
        insert: insert == Some(false),
        update: update == Some(false),
        delete: delete == Some(false),
    })
}

#[cfg(test)]
mod tests {
    use odata::path::Resource;
    use odata::uri::{Limits, parse_request};

    use super::*;

    const MODEL: &str = r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
        <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EntityType Name="e"><Key><PropertyRef Name="k"/></Key><Property Name="k" Type="Edm.Int32" Nullable="false"/>
          <Property Name="p" Type="Edm.String"/><NavigationProperty Name="to" Type="Collection(n.e)"/>
          <NavigationProperty Name="in" Type="Collection(n.e)" ContainsTarget="true"/></EntityType>
        <EntityContainer Name="c"><EntitySet Name="fixed" EntityType="n.e">
          <Annotation Term="Org.OData.Capabilities.V1.InsertRestrictions"><Record><PropertyValue Property="Insertable" Bool="false"/></Record></Annotation>
          <Annotation Term="Org.OData.Capabilities.V1.UpdateRestrictions"><Record><PropertyValue Property="Updatable" Bool="false"/></Record></Annotation>
        </EntitySet><EntitySet Name="free" EntityType="n.e"/></EntityContainer>
        <Annotations Target="n.c/fixed/to">
          <Annotation Term="Org.OData.Capabilities.V1.DeleteRestrictions"><Record><PropertyValue Property="Deletable" Bool="false"/></Record></Annotation>
        </Annotations>
        </Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn the_nearest_collection_that_says_so_refuses() {
        let model = Model::from_csdl(MODEL).expect("a model");
        let restrictions = Restrictions::of(&model);
        let check = |method: Method, path: &str, expected: Option<&str>| {
            let (resource, _) = parse_request(&model, &Limits::default(), path, None).expect(path);
            let Resource::Path(bound) = resource else {
                panic!("{path} is a path")
            };
            let refusal = restrictions.refusal(&model, &bound, &method);
            assert_eq!(refusal.as_deref(), expected, "{method} {path}");
        };
        let created = Some("Entities of 'fixed' cannot be created.");
        let changed = Some("Entities of 'fixed' cannot be changed.");
        check(Method::GET, "fixed", None);
        check(Method::POST, "fixed", created);
        check(Method::PATCH, "fixed(1)", changed);
        check(Method::PUT, "fixed(1)/p", changed);
        check(Method::DELETE, "fixed(1)", None);
        check(Method::POST, "free", None);
        check(Method::DELETE, "free(1)", None);
        // What is led to is refused where it lives, unless its own path says otherwise.
        let to = Some("Entities of 'to' cannot be created.");
        check(Method::POST, "free(1)/to", to);
        check(Method::POST, "fixed(1)/to", None);
        check(
            Method::DELETE,
            "fixed(1)/to(2)",
            Some("Entities of 'to' cannot be deleted."),
        );
        check(Method::POST, "free(1)/to/$ref", None);
        check(Method::POST, "fixed(1)/to/$ref", changed);
        // What is contained is refused with what contains it.
        check(
            Method::POST,
            "fixed(1)/in",
            Some("Entities of 'in' cannot be created."),
        );
        check(Method::POST, "free(1)/in", None);
    }
}
