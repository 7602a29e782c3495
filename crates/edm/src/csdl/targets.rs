//! `Annotations` elements, which annotate from outside (CSDL section 14.2.2).

use std::cell::Cell;
use std::collections::HashMap;

use super::Fault;
use super::document::Reader;
use super::names::namespace_of;
use super::xml::Element;
use crate::annotation::{Annotation, Annotations};
use crate::model::{ItemType, NamedType, StructuredId};

/// The annotations that the document targets at paths, in document order.
#[derive(Default)]
pub(super) struct Targets {
    all: Vec<Target>,
    by_path: HashMap<String, Vec<usize>>,
}

struct Target {
    path: String,
    offset: usize,
    annotations: Vec<Annotation>,
    /// Whether a model element has taken them.
    taken: Cell<bool>,
}

impl Targets {
    /// The annotations targeted at a path, each with its offset in the document; marks them taken.
    pub(super) fn at(&self, path: &str) -> impl Iterator<Item = (usize, &Annotation)> {
        let places = self.by_path.get(path).map_or(&[][..], Vec::as_slice);
        let targets = places.iter().filter_map(|place| self.all.get(*place));
        targets.flat_map(|target| {
            target.taken.set(true);
            target.annotations.iter().map(|a| (target.offset, a))
        })
    }
}

impl Reader {
    /// Reads all `Annotations` elements.
    pub(super) fn read_targets(&mut self, schemas: &[&Element]) -> Result<(), Fault> {
        let elements = schemas
            .iter()
            .flat_map(|s| &s.children)
            .filter(|c| c.name == "Annotations");
        for element in elements {
            element.only(&[&["Target", "Qualifier"]])?;
            let mut annotations = Vec::new();
            for child in &element.children {
                if child.name != "Annotation" {
                    return Err(element.unexpected(child));
                }
                annotations.push(self.annotation(child, element.get("Qualifier"))?);
            }
            let path = self.names.target(element.require("Target")?);
            let places = self.targets.by_path.entry(path.clone()).or_default();
            places.push(self.targets.all.len());
            let offset = element.offset();
            self.targets.all.push(Target {
                path,
                offset,
                annotations,
                taken: Cell::new(false),
            });
        }
        Ok(())
    }

    /// Adds annotations to a target that is kept by its path.
    pub(super) fn keep(&mut self, path: &str, annotations: Annotations) {
        if annotations.0.is_empty() {
            return;
        }
        self.kept_at(path).0.extend(annotations.0);
    }

    /// Keeps what no element has taken under its path, after checking that the path names
    /// something: an annotation that misses its target would be a permission that is not asked.
    pub(super) fn remaining_targets(&mut self) -> Result<(), Fault> {
        let targets = std::mem::take(&mut self.targets);
        for target in targets.all.into_iter().filter(|t| !t.taken.get()) {
            let path = &target.path;
            self.check_target(path).map_err(|message| {
                Fault::new(
                    target.offset,
                    format!("<Annotations Target=\"{path}\">: {message}"),
                )
            })?;
            let kept = self.kept_at(path);
            for annotation in target.annotations {
                let term = annotation.term.clone();
                if !kept.add(annotation) {
                    let message = format!("{path} already has the annotation {term}");
                    return Err(Fault::new(target.offset, message));
                }
            }
        }
        Ok(())
    }

    /// The annotations kept for a path so far.
    fn kept_at(&mut self, path: &str) -> &mut Annotations {
        let targets = &mut self.model.targets;
        let place = *self
            .model
            .target_places
            .entry(path.to_owned())
            .or_insert_with(|| {
                targets.push((path.to_owned(), Annotations::default()));
                targets.len() - 1
            });
        // The place was found or made just above.
        &mut targets[place].1
    }

    /// Checks a path that no element has taken.
    fn check_target(&self, path: &str) -> Result<(), String> {
        let (first, rest) = path
            .split_once('/')
            .map_or((path, None), |(f, r)| (f, Some(r)));
        let name = first.split_once('(').map_or(first, |(name, _)| name);
        if !self.names.owns(namespace_of(name)) {
            // What another document's schema declares is not ours to check.
            return if name.contains('.') {
                Ok(())
            } else {
                Err("the target is not a qualified name".to_owned())
            };
        }
        let Some(rest) = rest else {
            return Err("there is no such model element".to_owned());
        };
        if let Some(NamedType::Structured(id)) = self.model.names.get(name) {
            return self.check_path(*id, rest);
        }
        if name != self.model.container_name() {
            return Err("it is no path of a type or of the container".to_owned());
        }
        let (member, rest) = rest
            .split_once('/')
            .map_or((rest, None), |(m, r)| (m, Some(r)));
        let singleton = self
            .model
            .find_singleton(member)
            .map(|id| self.model.singleton(id).of);
        let set = self
            .model
            .find_entity_set(member)
            .map(|id| self.model.entity_set(id).of);
        match (singleton.or(set), rest) {
            (Some(id), Some(rest)) => self.check_path(id, rest),
            _ => Err(format!(
                "the container has no member {member} with such a path"
            )),
        }
    }

    /// Checks a path of properties, navigation properties and type casts from a structured type,
    /// which may end with a term.
    pub(super) fn check_path(&self, start: StructuredId, path: &str) -> Result<(), String> {
        let mut at = Some(start);
        for segment in path.split('/') {
            if segment.starts_with('@') {
                return Ok(());
            }
            let Some(id) = at else {
                return Err(format!(
                    "'{segment}' follows a property that is no structure"
                ));
            };
            at = self.step(id, segment)?;
        }
        Ok(())
    }

    /// Where a path segment leads from a structured type; `None` for a value without structure.
    fn step(&self, id: StructuredId, segment: &str) -> Result<Option<StructuredId>, String> {
        if segment.contains('.') {
            let cast = self
                .model
                .find_structured(segment)
                .filter(|to| self.model.is_a(*to, id));
            return cast
                .map(Some)
                .ok_or_else(|| format!("'{segment}' is no derived type"));
        }
        let ty = self.model.structured(id);
        if let Some(place) = ty.navigation_property(segment) {
            return Ok(ty.navigation.get(place).map(|n| n.target));
        }
        let Some(property) = ty
            .property(segment)
            .and_then(|place| ty.properties.get(place))
        else {
            return Err(format!("{} has no property '{segment}'", ty.name));
        };
        Ok(match property.ty.item {
            ItemType::Complex(id) => Some(id),
            _ => None,
        })
    }
}
