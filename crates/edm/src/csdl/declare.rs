//! What a schema declares: enumeration types, type definitions and terms as a whole, structured
//! types by name, so that the order of the document does not matter.

use super::Fault;
use super::document::Reader;
use super::names::collection_item;
use super::types::{TYPE, facets};
use super::xml::Element;
use crate::annotation::Annotations;
use crate::model::{
    EnumId, EnumMember, EnumType, NamedType, StructuredId, StructuredKind, StructuredType, Term,
    TypeDefinition, TypeDefinitionId, index,
};
use crate::primitive::Primitive;

impl Reader {
    /// Takes up everything that a schema declares; structured types are also appended to
    /// `structured`, to be read when all names are known.
    pub(super) fn declare<'e>(
        &mut self,
        schema: &'e Element,
        structured: &mut Vec<&'e Element>,
    ) -> Result<(), Fault> {
        let namespace = schema.require("Namespace")?;
        for child in &schema.children {
            let named = match child.name.as_str() {
                "EnumType" => NamedType::Enum(self.enum_type(child, namespace)?),
                "TypeDefinition" => NamedType::Definition(self.type_definition(child, namespace)?),
                "EntityType" => self.skeleton(child, namespace, StructuredKind::Entity)?,
                "ComplexType" => self.skeleton(child, namespace, StructuredKind::Complex)?,
                "Term" => {
                    self.term(child, namespace)?;
                    continue;
                }
                "Action" | "Function" | "EntityContainer" | "Annotations" | "Annotation" => {
                    continue;
                }
                _ => return Err(schema.unexpected(child)),
            };
            if matches!(named, NamedType::Structured(_)) {
                structured.push(child);
            }
            let name = format!("{namespace}.{}", child.simple_name()?);
            if self.model.names.insert(name, named).is_some() {
                return Err(child.fault("the name is already taken"));
            }
        }
        Ok(())
    }

    fn enum_type(&mut self, element: &Element, namespace: &str) -> Result<EnumId, Fault> {
        element.only(&[&["Name", "UnderlyingType", "IsFlags"]])?;
        let name = format!("{namespace}.{}", element.simple_name()?);
        let underlying = Primitive::from_name(element.get("UnderlyingType").unwrap_or("Edm.Int32"));
        let underlying = underlying
            .filter(|p| p.integer_range().is_some())
            .ok_or_else(|| element.fault("the underlying type is no integer type"))?;
        let is_flags = element.flag("IsFlags", false)?;
        let mut ty = EnumType {
            is_flags,
            underlying,
            members: Vec::new(),
            annotations: self.annotations(element, &name)?,
            name,
        };
        for child in &element.children {
            match child.name.as_str() {
                "Member" => self.enum_member(element, child, &mut ty)?,
                "Annotation" => {}
                _ => return Err(element.unexpected(child)),
            }
        }
        if ty.members.is_empty() {
            return Err(element.fault("it has no members"));
        }
        self.model.enums.push(ty);
        Ok(EnumId(index(self.model.enums.len() - 1)))
    }

    fn enum_member(&self, of: &Element, element: &Element, ty: &mut EnumType) -> Result<(), Fault> {
        element.only(&[&["Name", "Value"]])?;
        let name = element.simple_name()?;
        let explicit = |e: &&Element| e.name == "Member" && e.get("Value").is_some();
        let value: i64 = match element.get("Value") {
            Some(text) => text
                .parse()
                .map_err(|_| element.fault("the value is no 64-bit integer"))?,
            None if ty.is_flags => {
                return Err(element.fault("a member of a type with IsFlags needs a Value"));
            }
            None if of.children.iter().any(|c| explicit(&c)) => {
                return Err(element.fault("either all members have a Value or none"));
            }
            None => i64::from(index(ty.members.len())),
        };
        if !ty
            .underlying
            .integer_range()
            .is_some_and(|(least, greatest)| (least..=greatest).contains(&value))
        {
            return Err(element.fault(format!(
                "the value is out of the range of {}",
                ty.underlying.name()
            )));
        }
        if ty.member(name).is_some() {
            return Err(element.fault("the name is already taken"));
        }
        let annotations = self.annotations(element, &format!("{}/{name}", ty.name))?;
        ty.members.push(EnumMember {
            name: name.to_owned(),
            value,
            annotations,
        });
        Ok(())
    }

    fn type_definition(
        &mut self,
        element: &Element,
        namespace: &str,
    ) -> Result<TypeDefinitionId, Fault> {
        element.only(&[
            &["Name", "UnderlyingType"],
            TYPE.get(2..).unwrap_or_default(),
        ])?;
        if let Some(child) = element.children.iter().find(|c| c.name != "Annotation") {
            return Err(element.unexpected(child));
        }
        let name = format!("{namespace}.{}", element.simple_name()?);
        let underlying = Primitive::from_name(element.require("UnderlyingType")?)
            .ok_or_else(|| element.fault("the underlying type is not primitive"))?;
        let annotations = self.annotations(element, &name)?;
        self.model.definitions.push(TypeDefinition {
            name,
            underlying,
            facets: facets(element)?,
            annotations,
        });
        Ok(TypeDefinitionId(index(self.model.definitions.len() - 1)))
    }

    /// A structured type of which only the name is known.
    fn skeleton(
        &mut self,
        element: &Element,
        namespace: &str,
        kind: StructuredKind,
    ) -> Result<NamedType, Fault> {
        self.model.structured.push(StructuredType {
            name: format!("{namespace}.{}", element.simple_name()?),
            kind,
            base: None,
            derived: Vec::new(),
            is_abstract: false,
            is_open: false,
            dynamic: None,
            has_stream: false,
            key: Vec::new(),
            properties: Vec::new(),
            inherited_properties: 0,
            navigation: Vec::new(),
            inherited_navigation: 0,
            annotations: Annotations::default(),
            property_names: Default::default(),
            navigation_names: Default::default(),
        });
        Ok(NamedType::Structured(StructuredId(index(
            self.model.structured.len() - 1,
        ))))
    }

    fn term(&mut self, element: &Element, namespace: &str) -> Result<(), Fault> {
        element.only(&[&["Name", "BaseTerm", "DefaultValue", "AppliesTo"], &TYPE])?;
        let name = format!("{namespace}.{}", element.simple_name()?);
        if self.model.terms.iter().any(|t| t.name == name) {
            return Err(element.fault("the name is already taken"));
        }
        let term = Term {
            ty: self
                .names
                .type_expression(element.get("Type").unwrap_or("Edm.String")),
            nullable: element.flag("Nullable", true)?,
            facets: facets(element)?,
            applies_to: element.owned("AppliesTo"),
            base_term: element.get("BaseTerm").map(|t| self.names.qualify(t)),
            default_value: element.owned("DefaultValue"),
            annotations: self.annotations(element, &name)?,
            name,
        };
        self.model.terms.push(term);
        Ok(())
    }

    /// Reads the values that annotations without one take, before any annotation is read.
    pub(super) fn default_terms(&mut self, schemas: &[&Element]) -> Result<(), Fault> {
        for schema in schemas {
            let namespace = schema.require("Namespace")?;
            for term in schema.children.iter().filter(|c| c.name == "Term") {
                let ty = self
                    .names
                    .type_expression(term.get("Type").unwrap_or("Edm.String"));
                let single = collection_item(&ty).is_none();
                if let Some(value) = self.term_default(term, &ty)?.filter(|_| single) {
                    self.term_defaults
                        .insert(format!("{namespace}.{}", term.simple_name()?), value);
                }
            }
        }
        Ok(())
    }
}
