//! References to types, with their facets (CSDL sections 4 and 7.2).

use super::Fault;
use super::document::Reader;
use super::names::collection_item;
use super::xml::Element;
use crate::model::{Facets, ItemType, NamedType, TypeDefinitionId, TypeRef};
use crate::primitive::Primitive;

/// The attributes that [`Reader::type_ref`] reads.
pub(super) const TYPE: [&str; 7] = [
    "Type",
    "Nullable",
    "MaxLength",
    "Precision",
    "Scale",
    "Unicode",
    "SRID",
];

impl Reader {
    /// The type that an element's attributes give.
    pub(super) fn type_ref(&self, element: &Element) -> Result<TypeRef, Fault> {
        let written = element.require("Type")?;
        let item = collection_item(written);
        let (ty, definition) = self.resolve(element, item.unwrap_or(written))?;
        let mut facets = facets(element)?;
        if let Some(id) = definition {
            let base = self.model.type_definition(id).facets.clone();
            facets = Facets {
                max_length: facets.max_length.or(base.max_length),
                precision: facets.precision.or(base.precision),
                scale: facets.scale.or(base.scale),
                unicode: facets.unicode.or(base.unicode),
                srid: facets.srid.or(base.srid),
                definition,
            };
        }
        let nullable = element.flag("Nullable", true)?;
        Ok(TypeRef {
            item: ty,
            collection: item.is_some(),
            nullable,
            facets,
        })
    }

    /// The type of a property, which cannot be an entity type.
    pub(super) fn property_type(&self, element: &Element) -> Result<TypeRef, Fault> {
        let ty = self.type_ref(element)?;
        match ty.item {
            ItemType::Entity(_) => {
                Err(element.fault("a property of an entity type must be a NavigationProperty"))
            }
            _ => Ok(ty),
        }
    }

    /// The type of a name, and the type definition that it stands for.
    fn resolve(
        &self,
        element: &Element,
        written: &str,
    ) -> Result<(ItemType, Option<TypeDefinitionId>), Fault> {
        let name = self.names.qualify(written);
        if let Some(named) = self.model.names.get(&name) {
            let definition = match named {
                NamedType::Definition(id) => Some(*id),
                _ => None,
            };
            return Ok((self.model.item_type(*named), definition));
        }
        if let Some(primitive) = Primitive::from_name(&name) {
            return Ok((ItemType::Primitive(primitive), None));
        }
        match name.as_str() {
            "Edm.Untyped" => Ok((ItemType::Untyped, None)),
            "Edm.AnnotationPath"
            | "Edm.AnyPropertyPath"
            | "Edm.ModelElementPath"
            | "Edm.NavigationPropertyPath"
            | "Edm.PropertyPath" => {
                Err(element.fault(format!("the type {name} is for terms only")))
            }
            "Edm.ComplexType" | "Edm.EntityType" => {
                Err(element.fault(format!("the type {name} is not supported")))
            }
            _ => Err(element.fault(format!("the type {name} is not declared"))),
        }
    }
}

/// The facets among an element's attributes.
pub(super) fn facets(element: &Element) -> Result<Facets, Fault> {
    let scale = element.owned("Scale");
    if let Some(scale) = &scale
        && !matches!(scale.as_str(), "variable" | "floating")
        && scale.parse::<u32>().is_err()
    {
        return Err(element.fault("Scale is neither a number nor variable nor floating"));
    }
    let max_length = match element.get("MaxLength") {
        None | Some("max") => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| element.fault("MaxLength is neither a number nor max"))?,
        ),
    };
    let precision = element.get("Precision").map(str::parse).transpose();
    Ok(Facets {
        max_length,
        precision: precision.map_err(|_| element.fault("Precision is not a number"))?,
        scale,
        unicode: if element.get("Unicode").is_some() {
            Some(element.flag("Unicode", true)?)
        } else {
            None
        },
        srid: element.owned("SRID"),
        definition: None,
    })
}
