//! What names mean in a resource path, by what stands before them (OData 4.01 URL Conventions,
//! section 4).

use edm::{ItemType, StructuredId, TypeRef};

use super::bind_path::{NamedSegment, Walk, name_of, no_arguments};
use super::suggest::did_you_mean;
use super::syntax::PathSegment;
use crate::Error;
use crate::path::{Segment, Target};

impl<'a> Walk<'_, '_, 'a> {
    /// Behind many entities: an operation on them, a cast, or a key.
    pub(super) fn behind_entities(
        &mut self,
        of: StructuredId,
        segment: &'a PathSegment<'a>,
        rest: &'a [PathSegment<'a>],
    ) -> Result<usize, Error> {
        let model = self.binder.model;
        if let Some((name, arguments)) = name_of(segment) {
            let overloads = model.find_operations(Some((of, true)), name);
            if !overloads.is_empty() {
                self.at_operation(self.binder.operation(&overloads, name, arguments)?);
                self.key_behind_call(segment)?;
                return Ok(1);
            }
            if let Some(derived) = self.derived(of, name) {
                self.bound.push(Segment::Cast(derived));
                self.at_collection(derived, arguments)?;
                self.key_behind_call(segment)?;
                return Ok(1);
            }
        }
        let implied = self.implied_key(of);
        let (key, taken) = self.binder.key_as_segment(of, rest, &implied)?;
        self.bound.push(Segment::Key(key));
        self.at_entity(of);
        Ok(taken)
    }

    /// Behind `$each`: an operation on each member (section 4.13).
    pub(super) fn behind_each(
        &mut self,
        of: StructuredId,
        (name, arguments): NamedSegment<'a>,
    ) -> Result<(), Error> {
        let overloads = self.binder.model.find_operations(Some((of, false)), name);
        if overloads.is_empty() {
            return Err(Error::not_found(format!(
                "'{name}' leads nowhere: behind $each stands an operation bound to {}.",
                self.binder.model.structured(of).name
            ))
            .with_target(name));
        }
        self.at_operation(self.binder.operation(&overloads, name, arguments)?);
        // What it returns, it returns for each.
        self.target = self.target.map(|target| Target {
            collection: true,
            ..target
        });
        Ok(())
    }

    /// Behind many complex or primitive values: an operation on them, a cast, or the place of one
    /// of them (section 4.11).
    pub(super) fn behind_values(
        &mut self,
        item: ItemType,
        segment: &'a PathSegment<'a>,
    ) -> Result<(), Error> {
        let model = self.binder.model;
        if let Some(place) = segment.ordinal() {
            self.bound.push(Segment::Index(place));
            self.at_value(TypeRef::of(item));
            return Ok(());
        }
        if let (Some(of), Some((name, arguments))) = (item.structured(), name_of(segment)) {
            let overloads = model.find_operations(Some((of, true)), name);
            if !overloads.is_empty() {
                self.at_operation(self.binder.operation(&overloads, name, arguments)?);
                return Ok(());
            }
            if let Some(derived) = self.derived(of, name) {
                no_arguments(name, arguments)?;
                self.bound.push(Segment::Cast(derived));
                self.at_value(TypeRef {
                    collection: true,
                    ..TypeRef::of(ItemType::Complex(derived))
                });
                return Ok(());
            }
        }
        Err(self.leads_nowhere(segment.text, item, true))
    }

    /// Behind one entity or complex value: a navigation property, a property, an operation, or a
    /// cast.
    pub(super) fn behind_one(
        &mut self,
        of: StructuredId,
        (name, arguments): NamedSegment<'a>,
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
        if let Some(derived) = self.derived(of, name) {
            self.bound.push(Segment::Cast(derived));
            match model.structured(derived).item_type(derived) {
                item @ ItemType::Complex(_) => self.at_value(TypeRef::of(item)),
                _ => self.at_entity(derived),
            }
            return no_arguments(name, arguments);
        }
        if let Some(ordinal) = model.dynamic_property(of, name) {
            self.bound.push(Segment::Property { of, ordinal });
            self.bound.push(Segment::Dynamic(name.to_owned()));
            self.at_value(TypeRef::of(ItemType::Untyped));
            return no_arguments(name, arguments);
        }
        Err(self.unknown(of, name))
    }

    /// The type that a name means, if it is `of` or derives from it.
    fn derived(&self, of: StructuredId, name: &str) -> Option<StructuredId> {
        let model = self.binder.model;
        let named = model.find_type_by_url_name(name)?.structured()?;
        model.is_a(named, of).then_some(named)
    }

    fn unknown(&self, of: StructuredId, name: &str) -> Error {
        let model = self.binder.model;
        let ty = model.structured(of);
        let names = ty.navigation.iter().map(|n| n.name.as_str());
        let properties = ty.properties.iter().filter(|p| !p.is_dynamic());
        let names = names.chain(properties.map(|p| p.name.as_str()));
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
}
