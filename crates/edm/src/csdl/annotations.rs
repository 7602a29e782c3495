//! Inline annotations and their expressions (CSDL XML section 14).

use super::Fault;
use super::document::Reader;
use super::xml::Element;
use crate::annotation::{Annotation, Annotations, Dynamic, Expression};
use crate::primitive::Primitive;
use crate::value::Value;

/// Expressions that are a single text, as attributes or elements.
pub(super) const SIMPLE: [&str; 18] = [
    "AnnotationPath",
    "AnyPropertyPath",
    "Binary",
    "Bool",
    "Date",
    "DateTimeOffset",
    "Decimal",
    "Duration",
    "EnumMember",
    "Float",
    "Guid",
    "Int",
    "ModelElementPath",
    "NavigationPropertyPath",
    "Path",
    "PropertyPath",
    "String",
    "TimeOfDay",
];

impl Reader {
    /// The annotations within an element.
    pub(super) fn inline(&self, element: &Element) -> Result<Annotations, Fault> {
        let mut annotations = Annotations::default();
        for child in element.children.iter().filter(|c| c.name == "Annotation") {
            if !annotations.add(self.annotation(child, None)?) {
                return Err(child.fault("the term is applied twice"));
            }
        }
        Ok(annotations)
    }

    /// The annotations of a model element: those within it and those targeted at its path.
    pub(super) fn annotations(&self, element: &Element, path: &str) -> Result<Annotations, Fault> {
        let mut annotations = self.inline(element)?;
        for (offset, annotation) in self.targets.at(path) {
            if !annotations.add(annotation.clone()) {
                let message = format!("{path} already has the annotation {}", annotation.term);
                return Err(Fault::new(offset, message));
            }
        }
        Ok(annotations)
    }

    /// Reads an `Annotation`; `qualifier` is that of the surrounding `Annotations`.
    pub(super) fn annotation(
        &self,
        element: &Element,
        qualifier: Option<&str>,
    ) -> Result<Annotation, Fault> {
        element.only(&[&["Term", "Qualifier", "UrlRef"], &SIMPLE])?;
        let term = self.names.qualify(element.require("Term")?);
        let qualified = element.get("Qualifier").unwrap_or("");
        if [term.as_str(), qualified]
            .iter()
            .any(|n| n.contains(['@', '#']))
        {
            return Err(element.fault("the term or its qualifier is not a name"));
        }
        if qualifier.is_some() && element.get("Qualifier").is_some() {
            return Err(element.fault("the surrounding Annotations already has a Qualifier"));
        }
        let qualifier = element.get("Qualifier").or(qualifier).map(str::to_owned);
        let written = self.value_of(element)?;
        let implied = written.is_none();
        // Of another document's terms, those used without a value are tags: true.
        let default = || {
            self.term_defaults
                .get(&term)
                .cloned()
                .unwrap_or(Expression::Bool(true))
        };
        let value = written.unwrap_or_else(default);
        Ok(Annotation {
            term,
            qualifier,
            value,
            implied,
            annotations: self.inline(element)?,
        })
    }

    /// The value of an annotation or property value: an attribute or a child element.
    pub(super) fn value_of(&self, element: &Element) -> Result<Option<Expression>, Fault> {
        let mut values = Vec::new();
        for kind in SIMPLE {
            if let Some(text) = element.get(kind) {
                values.push(self.simple(element, kind, text)?);
            }
        }
        if let Some(url) = element.get("UrlRef") {
            values.push(Expression::Dynamic(Box::new(Dynamic {
                operator: "UrlRef",
                attributes: Vec::new(),
                operands: vec![Expression::String(url.to_owned())],
                annotations: Annotations::default(),
            })));
        }
        for child in element.children.iter().filter(|c| c.name != "Annotation") {
            values.push(self.expression(child)?);
        }
        if values.len() > 1 {
            return Err(element.fault("it has more than one value"));
        }
        Ok(values.pop())
    }

    /// An expression in element notation. Depth is bounded by that of the document.
    pub(super) fn expression(&self, element: &Element) -> Result<Expression, Fault> {
        match element.name.as_str() {
            "Null" if element.children.is_empty() => Ok(Expression::Null),
            "LabeledElementReference" if element.children.is_empty() => {
                let name = self.names.qualify(element.text.trim());
                Ok(Expression::Path("LabeledElementReference".to_owned(), name))
            }
            "Collection" => {
                let items = element.children.iter().map(|c| self.expression(c));
                Ok(Expression::Collection(items.collect::<Result<_, _>>()?))
            }
            "Record" => self.record(element),
            "String" if element.children.is_empty() => Ok(Expression::String(element.text.clone())),
            kind if SIMPLE.contains(&kind) && element.children.is_empty() => {
                self.simple(element, kind, element.text.trim())
            }
            _ => self.dynamic(element),
        }
    }

    fn record(&self, element: &Element) -> Result<Expression, Fault> {
        element.only(&[&["Type"]])?;
        let mut values: Vec<(String, Expression)> = Vec::new();
        for child in &element.children {
            match child.name.as_str() {
                "PropertyValue" => {
                    child.only(&[&["Property", "UrlRef"], &SIMPLE])?;
                    let name = child.require("Property")?;
                    if name.contains('@') {
                        return Err(child.fault("the property's name is not an identifier"));
                    }
                    let value = self.value_of(child)?;
                    let value = value.ok_or_else(|| child.fault("it has no value"))?;
                    if values.iter().any(|(n, _)| n == name) {
                        return Err(child.fault("the property has a value already"));
                    }
                    values.push((name.to_owned(), value));
                    self.annotations_as_values(child, name, &mut values)?;
                }
                "Annotation" => {}
                _ => return Err(element.unexpected(child)),
            }
        }
        self.annotations_as_values(element, "", &mut values)?;
        Ok(Expression::Record(
            element.get("Type").map(|t| self.names.qualify(t)),
            values,
        ))
    }

    /// Annotations within a record, named as in CSDL JSON: `property@Term#Qualifier`, and those of
    /// annotations `property@Term#Qualifier@Term`.
    fn annotations_as_values(
        &self,
        element: &Element,
        property: &str,
        values: &mut Vec<(String, Expression)>,
    ) -> Result<(), Fault> {
        flatten(self.inline(element)?, property, values);
        Ok(())
    }

    /// An expression that is a text, checked.
    fn simple(&self, element: &Element, kind: &str, text: &str) -> Result<Expression, Fault> {
        let wrong = |error: crate::LiteralError| element.fault(format!("'{text}' is {error}"));
        let check = |primitive| Value::parse(primitive, text).map_err(wrong);
        Ok(match kind {
            "Bool" => Expression::Bool(matches!(check(Primitive::Boolean)?, Value::Boolean(true))),
            "Int" => match check(Primitive::Int64)? {
                Value::Integer(number) => Expression::Int(number),
                _ => return Err(element.fault("not an integer")),
            },
            "String" => Expression::String(text.to_owned()),
            "Decimal" | "Float" => {
                check(Primitive::Double)?;
                Expression::Number(text.to_owned())
            }
            "EnumMember" => {
                let members: Vec<_> = text
                    .split_whitespace()
                    .map(|m| self.names.path(m))
                    .collect();
                Expression::EnumMember(members.join(" "))
            }
            _ => match Primitive::from_name(&format!("Edm.{kind}")) {
                Some(primitive) => {
                    check(primitive)?;
                    Expression::Literal(kind.to_owned(), text.to_owned())
                }
                None => Expression::Path(kind.to_owned(), self.names.path(text)),
            },
        })
    }

    /// The constant that an annotation without a value gets from its term's `DefaultValue`.
    pub(super) fn term_default(
        &self,
        term: &Element,
        ty: &str,
    ) -> Result<Option<Expression>, Fault> {
        let Some(text) = term.get("DefaultValue") else {
            return Ok(None);
        };
        let kind = match ty {
            "Edm.Boolean" | "Org.OData.Core.V1.Tag" => "Bool",
            "Edm.Byte" | "Edm.SByte" | "Edm.Int16" | "Edm.Int32" | "Edm.Int64" => "Int",
            "Edm.Double" | "Edm.Single" => "Float",
            other => other
                .strip_prefix("Edm.")
                .filter(|k| SIMPLE.contains(k))
                .unwrap_or("String"),
        };
        self.simple(term, kind, text).map(Some)
    }
}

/// Depth is bounded by that of the document.
fn flatten(annotations: Annotations, of: &str, values: &mut Vec<(String, Expression)>) {
    for annotation in annotations.0 {
        let qualifier = annotation
            .qualifier
            .map_or_else(String::new, |q| format!("#{q}"));
        let name = format!("{of}@{}{qualifier}", annotation.term);
        values.push((name.clone(), annotation.value));
        flatten(annotation.annotations, &name, values);
    }
}
