//! Which property a path is about.

use edm::{TypeRef, Value};
use http::HeaderValue;
use odata::expr::Expr;
use odata::path::Segment;
use odata::uri::encode_key_predicate;
use odata::{Error, ErrorCode};
use store::Row;

use crate::context::Context;
use crate::core::Core;
use crate::links;
use crate::target::Target;

/// A path to a structural property: the entity's segments, then the property's, the outermost
/// first.
pub(super) struct PropertyPlace<'c> {
    /// The whole path without `/$value` and `/$count`.
    pub(super) segments: &'c [Segment],
    /// The entity.
    pub(super) entity: &'c [Segment],
    /// The properties, each within the one before.
    properties: Vec<(edm::StructuredId, usize)>,
    /// The name of a dynamic property, if the last holds those of an open type and one is meant.
    pub(super) dynamic: Option<&'c str>,
    /// The type of the last.
    pub(super) ty: &'c TypeRef,
    /// Which of its items are meant, if it is a collection.
    pub(super) part: Part<'c>,
}

/// A part of a collection of values.
#[derive(Default)]
pub(super) struct Part<'c> {
    /// Those that hold for all `/$filter(…)` segments (OData 4.01 URL Conventions, section 4.12).
    pub(super) filters: Vec<&'c Expr>,
    /// Of those, the one at a place, from the end if negative (section 4.10).
    pub(super) index: Option<i64>,
}

impl Part<'_> {
    /// Whether it is less than the whole.
    pub(super) fn is_proper(&self) -> bool {
        self.index.is_some() || !self.filters.is_empty()
    }

    /// The item at the place.
    pub(super) fn item<'v>(index: i64, items: &[&'v Value]) -> Option<&'v Value> {
        let from_end = |index: i64| items.len().checked_sub(usize::try_from(-index).ok()?);
        let place = match usize::try_from(index) {
            Ok(place) => place,
            Err(_) => from_end(index)?,
        };
        items.get(place).copied()
    }
}

impl<'c> PropertyPlace<'c> {
    /// # Errors
    /// If the path does not lead to a property.
    pub(super) fn of(context: &'c Context) -> Result<Self, Error> {
        let mut segments = context.path.segments.as_slice();
        if let Some((Segment::Value | Segment::Count, rest)) = segments.split_last() {
            segments = rest;
        }
        let is_property = |segment: &Segment| matches!(segment, Segment::Property { .. });
        let refuse = || Error::bad_request("This path does not lead to a property.");
        let first = segments.iter().position(is_property).ok_or_else(refuse)?;
        let (entity, inner) = segments.split_at(first);
        let mut properties = Vec::with_capacity(inner.len());
        let mut part = Part::default();
        let mut dynamic = None;
        for segment in inner {
            match segment {
                Segment::Property { of, ordinal } if !part.is_proper() => {
                    properties.push((*of, *ordinal));
                }
                Segment::Dynamic(name) => dynamic = Some(name.as_str()),
                Segment::Cast(_) => {}
                Segment::Filter(condition) if part.index.is_none() => part.filters.push(condition),
                Segment::Index(index) if part.index.is_none() => part.index = Some(*index),
                _ => return Err(refuse()),
            }
        }
        let (of, ordinal) = properties.last().copied().ok_or_else(refuse)?;
        let ty = &context.core.model.structured(of).properties[ordinal].ty;
        Ok(Self {
            segments,
            entity,
            properties,
            dynamic,
            ty,
            part,
        })
    }

    /// The path in the context URL: that of the property behind the canonical URL of the entity
    /// (Protocol, section 10.14).
    pub(super) fn context_path(&self, core: &Core, target: &Target, row: &Row) -> String {
        let crossed = self.entity.iter().rev().find_map(|segment| match segment {
            Segment::Navigation { of, index } => {
                Some(&core.model.structured(*of).navigation[*index])
            }
            _ => None,
        });
        let home = crossed
            .filter(|navigation| !navigation.contains_target)
            .and_then(|navigation| core.home(navigation.target));
        let Some(home) = home else {
            return links::canonical_path(core, self.segments);
        };
        let key = encode_key_predicate(&core.model, target.of, &core.key_of(target.of, row));
        let behind = match self.entity.split_last() {
            Some((Segment::Cast(_), uncast)) => uncast.len(),
            _ => self.entity.len(),
        };
        let inner = self.segments.get(behind..).unwrap_or_default();
        format!("{home}{key}/{}", links::canonical_path(core, inner))
    }

    /// `Core.MediaType` of the property; of what is not declared nothing is known.
    pub(super) fn media_type(&self, core: &Core) -> Option<HeaderValue> {
        if self.dynamic.is_some() {
            return None;
        }
        let (of, ordinal) = *self.properties.last()?;
        let property = &core.model.structured(of).properties[ordinal];
        let media = property.annotations.get("Org.OData.Core.V1.MediaType")?;
        HeaderValue::from_str(media.as_str()?).ok()
    }

    /// The column of the outermost property.
    pub(super) fn column(&self, core: &Core, target: &Target) -> Result<usize, Error> {
        let (of, ordinal) = self.properties[0];
        let table = core.tables.table(target.table);
        table
            .column_of(of, ordinal)
            .ok_or_else(|| Error::internal("a property without a column"))
    }

    /// The name of the property.
    pub(super) fn name(&self, core: &Core) -> String {
        let names: Vec<&str> = self
            .properties
            .iter()
            .map(|(of, ordinal)| {
                core.model.structured(*of).properties[*ordinal]
                    .name
                    .as_str()
            })
            .filter(|name| !name.is_empty())
            .chain(self.dynamic)
            .collect();
        names.join("/")
    }

    /// The value within the outermost property's; `None` where a complex value on the way is null.
    pub(super) fn value<'v>(&self, outermost: &'v Value) -> Option<&'v Value> {
        let mut at = outermost;
        for (_, ordinal) in self.properties.iter().skip(1) {
            match at {
                Value::Complex(complex) => at = complex.values.get(*ordinal)?,
                _ => return None,
            }
        }
        Some(at)
    }

    /// Where the value stands within the outermost property's.
    ///
    /// # Errors
    /// 404 where a complex value on the way is null.
    pub(super) fn slot<'v>(
        &self,
        core: &Core,
        outermost: &'v mut Value,
    ) -> Result<&'v mut Value, Error> {
        let mut at = outermost;
        for (_, ordinal) in self.properties.iter().skip(1) {
            let inner = match at {
                Value::Complex(complex) => complex.values.get_mut(*ordinal),
                _ => None,
            };
            at = inner.ok_or_else(|| {
                Error::not_found(format!("'{}' is within a null value.", self.name(core)))
            })?;
        }
        Ok(at)
    }

    /// # Errors
    /// 400 for a property that clients do not change: the key, computed and immutable ones.
    pub(super) fn may_change(&self, core: &Core) -> Result<(), Error> {
        let fixed = self.properties.iter().any(|(of, ordinal)| {
            let ty = core.model.structured(*of);
            let property = &ty.properties[*ordinal];
            property.computed || property.immutable || ty.key.contains(ordinal)
        });
        if !fixed {
            return Ok(());
        }
        let name = self.name(core);
        let message = format!("Property '{name}' is made by the service and cannot be changed.");
        Err(Error::new(ErrorCode::BadRequest, message).with_target(name))
    }
}
