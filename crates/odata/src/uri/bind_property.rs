//! Paths to properties in expressions, `$select` and `$orderby`.

use edm::{ItemType, StructuredId, TypeRef};

use super::binder::{Binder, unsupported};
use super::suggest::did_you_mean;
use crate::Error;
use crate::expr::{Path, Root, Step};

impl Binder<'_, '_> {
    /// Follows names from a structured type: single-valued navigation properties, then structural
    /// ones (OData 4.01 URL Conventions, section 5.1.1.15).
    ///
    /// # Errors
    /// 400 for a name that the type at that place does not have, for a path that ends at a
    /// navigation property, and for one that goes on behind many or behind a primitive value.
    pub(super) fn property_path<'n>(
        &self,
        of: StructuredId,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Path, Error> {
        let mut steps: Vec<Step> = Vec::new();
        let mut at: TypeRef = TypeRef::of(self.model.structured(of).item_type(of));
        let mut last = "";
        for name in names {
            let of = self.structured_at(&at, last, name)?;
            let ty = self.model.structured(of);
            if let Some(ordinal) = ty.property(name)
                && let Some(property) = ty.properties.get(ordinal)
            {
                steps.push(Step::Property { of, ordinal });
                at = property.ty.clone();
            } else if let Some(index) = ty.navigation_property(name)
                && let Some(property) = ty.navigation.get(index)
            {
                let hindrance = if property.collection {
                    Some("the collection")
                } else {
                    is_property(&steps).then_some("the complex value's")
                };
                if let Some(what) = hindrance {
                    return Err(
                        unsupported(&format!("A path through {what} '{name}'")).with_target(name)
                    );
                }
                steps.push(Step::Navigation { of, index });
                at = TypeRef::of(ItemType::Entity(property.target));
            } else {
                return Err(self.unknown_property(of, name));
            }
            last = name;
        }
        if !is_property(&steps) {
            return Err(Error::bad_request(format!(
                "'{last}' is a navigation property: the path must go on to a property of {}.",
                self.name(at.item)
            ))
            .with_target(last));
        }
        Ok(Path {
            root: Root::Instance,
            steps,
            ty: at,
        })
    }

    /// The structured type that a path may go on from, to `name`.
    fn structured_at(&self, at: &TypeRef, last: &str, name: &str) -> Result<StructuredId, Error> {
        at.item
            .structured()
            .filter(|_| !at.collection)
            .ok_or_else(|| {
                Error::bad_request(format!(
                    "The path cannot go on to '{name}' behind '{last}', which is of type {}.",
                    self.model.type_name(at)
                ))
                .with_target(name)
            })
    }

    /// 400 for a name that a type does not have.
    pub(super) fn unknown_property(&self, of: StructuredId, name: &str) -> Error {
        let ty = self.model.structured(of);
        let names = ty.properties.iter().map(|p| p.name.as_str());
        let names = names.chain(ty.navigation.iter().map(|n| n.name.as_str()));
        Error::bad_request(format!(
            "The type {} has no property '{name}'.{}",
            ty.name,
            did_you_mean(name, names)
        ))
        .with_target(name)
    }
}

fn is_property(steps: &[Step]) -> bool {
    matches!(steps.last(), Some(Step::Property { .. }))
}
