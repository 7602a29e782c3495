//! A resource path, bound segment by segment (OData 4.01 URL Conventions, section 4).

use edm::{ItemType, OperationKind, Primitive, StructuredId, TypeRef};

use super::binder::{Binder, unsupported};
use super::suggest::did_you_mean;
use super::syntax::{Arguments, PathSegment, SegmentForm, SystemSegment};
use crate::Error;
use crate::path::{PathKind, Resource, ResourcePath, Segment, Target};

/// Binds a path: what it addresses.
pub(super) fn bind_path<'a>(
    binder: &Binder<'_, 'a>,
    segments: &'a [PathSegment<'a>],
) -> Result<Resource, Error> {
    let Some(first) = segments.first() else {
        return Ok(Resource::ServiceDocument);
    };
    let rest = segments.get(1..).unwrap_or_default();
    if let SegmentForm::System(system) = first.form {
        return at_root(binder, system, first, rest);
    }
    let mut walk = Walk::from_root(binder, first, segments.len())?;
    let mut rest = rest;
    while let Some(segment) = rest.first() {
        let taken = walk.step(segment, rest)?;
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(Resource::Path(ResourcePath {
        segments: walk.bound,
        kind: walk.kind,
        target: walk.target,
    }))
}

/// A path that begins with a reserved name.
fn at_root<'a>(
    binder: &Binder<'_, 'a>,
    system: SystemSegment,
    first: &PathSegment<'a>,
    rest: &[PathSegment<'a>],
) -> Result<Resource, Error> {
    match (system, rest) {
        (SystemSegment::Metadata, []) => Ok(Resource::Metadata),
        (SystemSegment::Batch, []) => Ok(Resource::Batch),
        (SystemSegment::Entity, []) => Ok(Resource::EntityById { cast: None }),
        (SystemSegment::Entity, [cast]) => {
            let item = binder.model.find_type_by_url_name(cast.text);
            match item {
                Some(ItemType::Entity(of)) => Ok(Resource::EntityById { cast: Some(of) }),
                _ => Err(Error::bad_request(format!(
                    "'{}' behind $entity is no entity type.",
                    cast.text
                ))
                .with_target(cast.text)),
            }
        }
        (SystemSegment::Metadata | SystemSegment::Batch | SystemSegment::Entity, [next, ..]) => {
            Err(Error::not_found(format!(
                "Nothing can follow {} in a path, not '{}'.",
                first.text, next.text
            )))
        }
        (SystemSegment::All, _) => Err(unsupported("The path segment '$all'")),
        _ => Err(Error::bad_request(format!(
            "The path segment '{}' cannot stand at the service root.",
            first.text
        ))
        .with_target(first.text)),
    }
}

/// Where a path has come to.
pub(super) struct Walk<'b, 'm, 'a> {
    pub(super) binder: &'b Binder<'m, 'a>,
    pub(super) bound: Vec<Segment>,
    pub(super) kind: PathKind,
    pub(super) target: Option<Target>,
    /// Why no segment may follow, if none may.
    pub(super) ended: Option<&'static str>,
}

/// What a segment that may carry parentheses says.
pub(super) type NamedSegment<'a> = (&'a str, Option<&'a Arguments<'a>>);

impl<'b, 'm, 'a> Walk<'b, 'm, 'a> {
    fn from_root(
        binder: &'b Binder<'m, 'a>,
        first: &'a PathSegment<'a>,
        length: usize,
    ) -> Result<Self, Error> {
        let mut walk = Self {
            binder,
            bound: Vec::with_capacity(length + 1),
            kind: PathKind::Count,
            target: None,
            ended: None,
        };
        let (name, arguments) = named(first)?;
        let model = binder.model;
        if let Some(id) = model.find_singleton(name) {
            walk.bound.push(Segment::Singleton(id));
            walk.at_entity(model.singleton(id).of);
            no_arguments(name, arguments)?;
        } else if let Some(id) = model.find_entity_set(name) {
            walk.bound.push(Segment::EntitySet(id));
            walk.at_collection(model.entity_set(id).of, arguments)?;
        } else if let Some(import) = model.find_import(name) {
            let overloads = model.find_operations(None, &import.operation);
            walk.at_operation(binder.operation(&overloads, name, arguments)?);
        } else {
            return Err(walk.no_resource(name));
        }
        walk.key_behind_call(first)?;
        Ok(walk)
    }

    /// `f(…)(key)`: a member of what a function returns.
    pub(super) fn key_behind_call(&mut self, segment: &'a PathSegment<'a>) -> Result<(), Error> {
        match &segment.form {
            SegmentForm::CallWithKey(name, _, key) => self.key_behind(name, key),
            _ => Ok(()),
        }
    }

    /// A key predicate right behind a call or `$filter(…)`.
    fn key_behind(&mut self, name: &str, key: &'a Arguments<'a>) -> Result<(), Error> {
        match (self.ended, self.target) {
            (
                None,
                Some(Target {
                    item: ItemType::Entity(of),
                    collection: true,
                }),
            ) => self.at_collection(of, Some(key)),
            _ => no_arguments(name, Some(key)),
        }
    }

    fn no_resource(&self, name: &str) -> Error {
        let model = self.binder.model;
        let names = model.singletons().map(|(_, s)| s.name.as_str());
        let names = names.chain(model.entity_sets().map(|(_, s)| s.name.as_str()));
        let names = names.chain(model.imports().iter().map(|i| i.name.as_str()));
        let message = format!(
            "The service has no resource '{name}'.{}",
            did_you_mean(name, names)
        );
        Error::not_found(message).with_target(name)
    }

    /// Binds the next segment, and more if it begins a compound key; says how many.
    fn step(
        &mut self,
        segment: &'a PathSegment<'a>,
        rest: &'a [PathSegment<'a>],
    ) -> Result<usize, Error> {
        if let Some(reason) = self.ended {
            return Err(
                Error::not_found(format!("'{}' leads nowhere: {reason}.", segment.text))
                    .with_target(segment.text),
            );
        }
        if self.kind == PathKind::Stream {
            self.stream_value(segment)?;
            return Ok(1);
        }
        let Some(Target { item, collection }) = self.target else {
            return Err(Error::not_found(format!(
                "'{}' leads nowhere: there is no result.",
                segment.text
            )));
        };
        if let (Some(Segment::Each), ItemType::Entity(of)) = (self.bound.last(), item) {
            self.behind_each(of, named(segment)?)?;
            return Ok(1);
        }
        match &segment.form {
            SegmentForm::System(system) => {
                self.system(*system, segment.text, item, collection)?;
                return Ok(1);
            }
            SegmentForm::Filter(predicate, key) => {
                self.filter(predicate, segment.text, item, collection)?;
                if let Some(key) = key {
                    self.key_behind(segment.text, key)?;
                }
                return Ok(1);
            }
            // Keys begin with no `$`.
            SegmentForm::Key(Some(error)) if segment.text.starts_with('$') => {
                return Err(error.clone().into_error("path"));
            }
            _ => {}
        }
        match item {
            ItemType::Entity(of) if collection => {
                return self.behind_entities(of, segment, rest);
            }
            ItemType::Entity(of) | ItemType::Complex(of) if !collection => {
                self.behind_one(of, named(segment)?)?;
            }
            _ if collection => self.behind_values(item, segment)?,
            _ => return Err(self.leads_nowhere(segment.text, item, collection)),
        }
        self.key_behind_call(segment)?;
        Ok(1)
    }

    pub(super) fn leads_nowhere(&self, text: &str, item: ItemType, collection: bool) -> Error {
        let what = if collection {
            "a collection of "
        } else {
            "a value of type "
        };
        Error::not_found(format!(
            "'{text}' leads nowhere: {what}{} has no such part.",
            self.binder.name(item)
        ))
        .with_target(text)
    }

    pub(super) fn at_entity(&mut self, of: StructuredId) {
        self.kind = PathKind::Entity(of);
        self.target = Some(Target {
            item: ItemType::Entity(of),
            collection: false,
        });
    }

    /// At many entities, or at one of them if a key stands behind the name.
    pub(super) fn at_collection(
        &mut self,
        of: StructuredId,
        key: Option<&'a Arguments<'a>>,
    ) -> Result<(), Error> {
        if let Some(key) = key {
            let implied = self.implied_key(of);
            self.bound.push(self.binder.key_segment(of, key, &implied)?);
            self.at_entity(of);
        } else {
            self.kind = PathKind::EntityCollection(of);
            self.target = Some(Target {
                item: ItemType::Entity(of),
                collection: true,
            });
        }
        Ok(())
    }

    pub(super) fn at_value(&mut self, ty: TypeRef) {
        if ty.item == ItemType::Primitive(Primitive::Stream) && !ty.collection {
            self.kind = PathKind::Stream;
            self.target = None;
        } else {
            self.target = Some(target(&ty));
            self.kind = PathKind::Property(ty);
        }
    }

    pub(super) fn at_operation(&mut self, segment: Segment) {
        if let Segment::Operation { id, .. } = segment {
            let operation = self.binder.model.operation(id);
            self.target = operation.returns.as_ref().map(target);
            self.kind = match operation.kind {
                OperationKind::Action => PathKind::Action(id),
                OperationKind::Function => PathKind::Function(id),
            };
            if operation.kind == OperationKind::Action {
                self.ended = Some("nothing can follow an action");
            } else if !operation.is_composable {
                self.ended = Some("nothing can follow a function that is not composable");
            }
        }
        self.bound.push(segment);
    }
}

fn target(ty: &TypeRef) -> Target {
    Target {
        item: ty.item,
        collection: ty.collection,
    }
}

/// The name and parentheses of a segment, if it has that form.
pub(super) fn name_of<'a>(segment: &'a PathSegment<'a>) -> Option<NamedSegment<'a>> {
    match &segment.form {
        SegmentForm::Name => Some((segment.text, None)),
        SegmentForm::Call(name, arguments) | SegmentForm::CallWithKey(name, arguments, _) => {
            Some((name, Some(arguments)))
        }
        _ => None,
    }
}

/// The name and parentheses of a segment that must have some.
///
/// # Errors
/// 400 where the segment begins like a call and is none; 404 for text that is no name.
fn named<'a>(segment: &'a PathSegment<'a>) -> Result<NamedSegment<'a>, Error> {
    name_of(segment).ok_or_else(|| match &segment.form {
        SegmentForm::Key(Some(error)) => error.clone().into_error("path"),
        SegmentForm::CrossJoin(_) => unsupported("$crossjoin"),
        _ => {
            let message = format!("Resource not found for the segment '{}'.", segment.text);
            Error::not_found(message).with_target(segment.text)
        }
    })
}

/// 400 for parentheses behind what takes none.
pub(super) fn no_arguments(name: &str, arguments: Option<&Arguments<'_>>) -> Result<(), Error> {
    match arguments {
        Some(_) => Err(
            Error::bad_request(format!("'{name}' takes neither a key nor parameters."))
                .with_target(name),
        ),
        None => Ok(()),
    }
}
