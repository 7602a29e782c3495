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
    segments: &[PathSegment<'a>],
) -> Result<Resource, Error> {
    let Some(first) = segments.first() else {
        return Ok(Resource::ServiceDocument);
    };
    if let SegmentForm::System(system) = first.form {
        return match (system, segments.get(1)) {
            (SystemSegment::Metadata, None) => Ok(Resource::Metadata),
            (SystemSegment::Batch, None) => Ok(Resource::Batch),
            (SystemSegment::Metadata | SystemSegment::Batch, Some(next)) => {
                Err(Error::not_found(format!(
                    "Nothing can follow {} in a path, not '{}'.",
                    first.text, next.text
                )))
            }
            _ => Err(unsupported(&format!(
                "The path segment '{}' at the service root",
                first.text
            ))),
        };
    }
    let mut walk = Walk::from_root(binder, first, segments.len())?;
    let mut rest = segments.get(1..).unwrap_or_default();
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

/// Where a path has come to.
struct Walk<'b, 'm, 'a> {
    binder: &'b Binder<'m, 'a>,
    bound: Vec<Segment>,
    kind: PathKind,
    target: Option<Target>,
    /// Why no segment may follow, if none may.
    ended: Option<&'static str>,
}

/// What a segment that may carry parentheses says.
type NamedSegment<'s, 'a> = (&'s str, Option<&'s Arguments<'a>>);

impl<'b, 'm, 'a> Walk<'b, 'm, 'a> {
    fn from_root(
        binder: &'b Binder<'m, 'a>,
        first: &PathSegment<'a>,
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
            let names = model.singletons().map(|(_, s)| s.name.as_str());
            let names = names.chain(model.entity_sets().map(|(_, s)| s.name.as_str()));
            let names = names.chain(model.imports().iter().map(|i| i.name.as_str()));
            let message = format!(
                "The service has no resource '{name}'.{}",
                did_you_mean(name, names)
            );
            return Err(Error::not_found(message).with_target(name));
        }
        Ok(walk)
    }

    /// Binds the next segment, and more if it begins a compound key; says how many.
    fn step(
        &mut self,
        segment: &PathSegment<'a>,
        rest: &[PathSegment<'a>],
    ) -> Result<usize, Error> {
        if let Some(reason) = self.ended {
            return Err(
                Error::not_found(format!("'{}' leads nowhere: {reason}.", segment.text))
                    .with_target(segment.text),
            );
        }
        let Some(Target { item, collection }) = self.target else {
            return Err(Error::not_found(format!(
                "'{}' leads nowhere: there is no result.",
                segment.text
            )));
        };
        if let SegmentForm::System(system) = segment.form {
            self.system(system, segment.text, item, collection)?;
            return Ok(1);
        }
        match item {
            ItemType::Entity(of) if collection => self.behind_collection(of, segment, rest),
            ItemType::Entity(of) | ItemType::Complex(of) if !collection => {
                self.behind_one(of, named(segment)?)?;
                Ok(1)
            }
            _ => Err(Error::not_found(format!(
                "'{}' leads nowhere: {}{} has no such part.",
                segment.text,
                if collection {
                    "a collection of "
                } else {
                    "a value of type "
                },
                self.binder.name(item)
            ))
            .with_target(segment.text)),
        }
    }

    /// Behind many entities: an operation on them, a cast, or a key.
    fn behind_collection(
        &mut self,
        of: StructuredId,
        segment: &PathSegment<'a>,
        rest: &[PathSegment<'a>],
    ) -> Result<usize, Error> {
        let model = self.binder.model;
        if let Some((name, arguments)) = name_of(segment) {
            let overloads = model.find_operations(Some((of, true)), name);
            if !overloads.is_empty() {
                self.at_operation(self.binder.operation(&overloads, name, arguments)?);
                return Ok(1);
            }
            if let Some(derived) = model.find_structured(name).filter(|id| model.is_a(*id, of)) {
                self.bound.push(Segment::Cast(derived));
                self.at_collection(derived, arguments)?;
                return Ok(1);
            }
        }
        let (key, taken) = self.binder.key_as_segment(of, rest)?;
        self.bound.push(Segment::Key(key));
        self.at_entity(of);
        Ok(taken)
    }

    /// Behind one entity or complex value: a navigation property, a property, an operation, or a
    /// cast.
    fn behind_one(
        &mut self,
        of: StructuredId,
        (name, arguments): NamedSegment<'_, 'a>,
    ) -> Result<(), Error> {
        let model = self.binder.model;
        let ty = model.structured(of);
        if let Some(index) = ty.navigation_property(name)
            && let Some(property) = ty.navigation.get(index)
        {
            self.bound.push(Segment::Navigation { of, index });
            if property.collection {
                return self.at_collection(property.target, arguments);
            }
            self.at_entity(property.target);
            return no_arguments(name, arguments);
        }
        if let Some(ordinal) = ty.property(name)
            && let Some(property) = ty.properties.get(ordinal)
        {
            self.bound.push(Segment::Property { of, ordinal });
            self.at_value(property.ty.clone());
            return no_arguments(name, arguments);
        }
        let overloads = model.find_operations(Some((of, false)), name);
        if !overloads.is_empty() {
            self.at_operation(self.binder.operation(&overloads, name, arguments)?);
            return Ok(());
        }
        if let Some(item) = model.find_type_by_url_name(name)
            && let Some(derived) = item.structured().filter(|id| model.is_a(*id, of))
        {
            self.bound.push(Segment::Cast(derived));
            match item {
                ItemType::Complex(_) => self.at_value(TypeRef::of(item)),
                _ => self.at_entity(derived),
            }
            return no_arguments(name, arguments);
        }
        Err(self.unknown(of, name))
    }

    fn unknown(&self, of: StructuredId, name: &str) -> Error {
        let model = self.binder.model;
        let ty = model.structured(of);
        let names = ty.navigation.iter().map(|n| n.name.as_str());
        let names = names.chain(ty.properties.iter().map(|p| p.name.as_str()));
        let operations = model.operations().map(|(_, o)| o);
        let operations = operations.filter(|o| {
            o.bound_to()
                .is_some_and(|(to, many)| !many && model.is_a(of, to))
        });
        let names = names.chain(operations.flat_map(|o| [o.short_name(), o.name.as_str()]));
        Error::not_found(format!(
            "Resource not found for the segment '{name}': the type {} has nothing of that name.{}",
            ty.name,
            did_you_mean(name, names)
        ))
        .with_target(name)
    }

    fn system(
        &mut self,
        system: SystemSegment,
        text: &str,
        item: ItemType,
        collection: bool,
    ) -> Result<(), Error> {
        let has_stream = |of| self.binder.model.structured(of).has_stream;
        let (segment, kind) = match (system, item) {
            (SystemSegment::Count, _) if collection => (Segment::Count, PathKind::Count),
            (SystemSegment::Ref, ItemType::Entity(of)) if collection => {
                (Segment::Reference, PathKind::ReferenceCollection(of))
            }
            (SystemSegment::Ref, ItemType::Entity(of)) => {
                (Segment::Reference, PathKind::Reference(of))
            }
            (SystemSegment::Value, ItemType::Entity(of)) if !collection && has_stream(of) => {
                (Segment::Value, PathKind::Stream)
            }
            (SystemSegment::Value, ItemType::Primitive(_) | ItemType::Enum(_)) if !collection => {
                let ty = match &self.kind {
                    PathKind::Property(ty) => ty.clone(),
                    _ => TypeRef::of(item),
                };
                (Segment::Value, PathKind::PropertyValue(ty))
            }
            (SystemSegment::Other, _) => {
                return Err(unsupported(&format!("The path segment '{text}'")));
            }
            _ => {
                let many = if collection {
                    "a collection of "
                } else {
                    "one "
                };
                return Err(Error::bad_request(format!(
                    "The path segment '{text}' cannot stand behind {many}{}.",
                    self.binder.name(item)
                ))
                .with_target(text));
            }
        };
        if segment == Segment::Value {
            self.target = None;
        }
        self.bound.push(segment);
        self.kind = kind;
        self.ended = Some("nothing can follow $count, $ref or $value");
        Ok(())
    }

    fn at_entity(&mut self, of: StructuredId) {
        self.kind = PathKind::Entity(of);
        self.target = Some(Target {
            item: ItemType::Entity(of),
            collection: false,
        });
    }

    /// At many entities, or at one of them if a key stands behind the name.
    fn at_collection(
        &mut self,
        of: StructuredId,
        key: Option<&Arguments<'a>>,
    ) -> Result<(), Error> {
        if let Some(key) = key {
            let key = self.binder.key_predicate(of, key)?;
            self.bound.push(Segment::Key(key));
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

    fn at_value(&mut self, ty: TypeRef) {
        if ty.item == ItemType::Primitive(Primitive::Stream) && !ty.collection {
            self.kind = PathKind::Stream;
            self.target = None;
            self.ended = Some("nothing can follow a stream property");
        } else {
            self.target = Some(target(&ty));
            self.kind = PathKind::Property(ty);
        }
    }

    fn at_operation(&mut self, segment: Segment) {
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
fn name_of<'s, 'a>(segment: &'s PathSegment<'a>) -> Option<NamedSegment<'s, 'a>> {
    match &segment.form {
        SegmentForm::Name => Some((segment.text, None)),
        SegmentForm::Call(name, arguments) => Some((name, Some(arguments))),
        _ => None,
    }
}

/// The name and parentheses of a segment that must have some.
///
/// # Errors
/// 400 where the segment begins like a call and is none; 404 for text that is no name.
fn named<'s, 'a>(segment: &'s PathSegment<'a>) -> Result<NamedSegment<'s, 'a>, Error> {
    name_of(segment).ok_or_else(|| match &segment.form {
        SegmentForm::Key(Some(error)) => error.clone().into_error("path"),
        _ => {
            let message = format!("Resource not found for the segment '{}'.", segment.text);
            Error::not_found(message).with_target(segment.text)
        }
    })
}

/// 400 for parentheses behind what takes none.
fn no_arguments(name: &str, arguments: Option<&Arguments<'_>>) -> Result<(), Error> {
    match arguments {
        Some(_) => Err(
            Error::bad_request(format!("'{name}' takes neither a key nor parameters."))
                .with_target(name),
        ),
        None => Ok(()),
    }
}
