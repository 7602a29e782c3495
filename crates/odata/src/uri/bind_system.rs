//! Segments with `$` in a resource path (OData 4.01 URL Conventions, sections 4.6 to 4.14).

use edm::{ItemType, TypeRef};

use super::bind_path::Walk;
use super::bind_scope::{Instance, Scope};
use super::syntax::{Expr, PathSegment, SegmentForm, SystemSegment};
use crate::Error;
use crate::path::{PathKind, Segment};

impl<'a> Walk<'_, '_, 'a> {
    /// `$count`, `$ref`, `$value`, `$each`.
    pub(super) fn system(
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
            (SystemSegment::Each, ItemType::Entity(of)) if collection => {
                (Segment::Each, PathKind::EntityCollection(of))
            }
            (SystemSegment::Value, ItemType::Entity(of)) if !collection && has_stream(of) => {
                (Segment::Value, PathKind::Stream)
            }
            // What is untyped may turn out to be primitive.
            (
                SystemSegment::Value,
                ItemType::Primitive(_) | ItemType::Enum(_) | ItemType::Untyped,
            ) if !collection => {
                let ty = match &self.kind {
                    PathKind::Property(ty) => ty.clone(),
                    _ => TypeRef::of(item),
                };
                (Segment::Value, PathKind::PropertyValue(ty))
            }
            (SystemSegment::Other, _) => {
                let message = format!("There is no path segment '{text}'.");
                return Err(Error::bad_request(message).with_target(text));
            }
            _ => return Err(self.misplaced(text, item, collection)),
        };
        if segment == Segment::Value {
            self.target = None;
        }
        self.bound.push(segment);
        self.kind = kind;
        if self.bound.last() != Some(&Segment::Each) {
            self.ended = Some("nothing can follow $count, $ref or $value");
        }
        Ok(())
    }

    /// `$filter(…)` (section 4.12): the collection stays what it is.
    pub(super) fn filter(
        &mut self,
        predicate: &'a Expr<'a>,
        text: &str,
        item: ItemType,
        collection: bool,
    ) -> Result<(), Error> {
        if !collection {
            return Err(self.misplaced(text, item, collection));
        }
        let instance = Instance::of(item);
        let condition = self.binder.boolean(Scope::new(&instance), predicate)?;
        self.bound.push(Segment::Filter(Box::new(condition)));
        if let ItemType::Entity(of) = item {
            self.kind = PathKind::EntityCollection(of);
        }
        Ok(())
    }

    /// Behind a stream property: its bytes, once more.
    pub(super) fn stream_value(&mut self, segment: &PathSegment<'a>) -> Result<(), Error> {
        if segment.form != SegmentForm::System(SystemSegment::Value) {
            return Err(Error::not_found(format!(
                "'{}' leads nowhere: nothing but $value can follow a stream property.",
                segment.text
            ))
            .with_target(segment.text));
        }
        self.bound.push(Segment::Value);
        self.ended = Some("nothing can follow $value");
        Ok(())
    }

    fn misplaced(&self, text: &str, item: ItemType, collection: bool) -> Error {
        let many = if collection {
            "a collection of "
        } else {
            "one "
        };
        Error::bad_request(format!(
            "The path segment '{text}' cannot stand behind {many}{}.",
            self.binder.name(item)
        ))
        .with_target(text)
    }
}
