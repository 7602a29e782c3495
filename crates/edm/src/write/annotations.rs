//! Annotations and their expressions.

use super::xml::Writer;
use crate::annotation::{Annotation, Annotations, Expression};

/// The XML namespace of what a `Schema` contains.
pub(super) const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";

/// The expressions of [`Expression::Literal`] and [`Expression::Path`] as the names of attributes
/// and elements.
const KINDS: [&str; 13] = [
    "AnnotationPath",
    "AnyPropertyPath",
    "Binary",
    "Date",
    "DateTimeOffset",
    "Duration",
    "Guid",
    "ModelElementPath",
    "NavigationPropertyPath",
    "Path",
    "PropertyPath",
    "String",
    "TimeOfDay",
];

/// Writes the annotations of the element that is open.
pub(super) fn write(xml: &mut Writer, annotations: &Annotations) {
    for annotation in &annotations.0 {
        write_one(xml, annotation, None);
    }
}

/// Writes the annotations of the element that is open where no `Schema` gives them their XML
/// namespace.
pub(super) fn write_outside(xml: &mut Writer, annotations: &Annotations) {
    for annotation in &annotations.0 {
        write_one(xml, annotation, Some(EDM));
    }
}

/// Writes an `Annotations` element, unless there is nothing to put into it.
pub(super) fn target(xml: &mut Writer, path: &str, annotations: &[Annotation]) {
    if annotations.is_empty() {
        return;
    }
    xml.open("Annotations", &[("Target", path)]);
    for annotation in annotations {
        write_one(xml, annotation, None);
    }
    xml.close();
}

fn write_one(xml: &mut Writer, annotation: &Annotation, namespace: Option<&str>) {
    let mut attributes: Vec<_> = namespace.map(|n| ("xmlns", n)).into_iter().collect();
    attributes.push(("Term", annotation.term.as_str()));
    attributes.extend(annotation.qualifier.as_deref().map(|q| ("Qualifier", q)));
    if annotation.implied {
        xml.open("Annotation", &attributes);
    } else {
        valued(xml, "Annotation", attributes, &annotation.value);
    }
    write(xml, &annotation.annotations);
    xml.close();
}

/// Opens an element with a value: as an attribute, if it is simple, else as an element within.
fn valued(
    xml: &mut Writer,
    element: &'static str,
    attributes: Vec<(&str, &str)>,
    value: &Expression,
) {
    match simple(value) {
        Some((kind, text)) => {
            let mut all: Vec<(&str, &str)> = attributes;
            all.push((kind, &text));
            xml.open(element, &all);
        }
        None => {
            xml.open(element, &attributes);
            expression(xml, value);
        }
    }
}

/// The name and the text of an expression that can be an attribute.
fn simple(value: &Expression) -> Option<(&'static str, String)> {
    Some(match value {
        Expression::Bool(value) => ("Bool", value.to_string()),
        Expression::Int(value) => ("Int", value.to_string()),
        Expression::String(text) => ("String", text.clone()),
        Expression::Number(text) if text.contains(['e', 'E', 'I', 'N']) => ("Float", text.clone()),
        Expression::Number(text) => ("Decimal", text.clone()),
        Expression::EnumMember(text) => ("EnumMember", text.clone()),
        Expression::Path(kind, _) if kind == "LabeledElementReference" => return None,
        Expression::Literal(kind, text) | Expression::Path(kind, text) => {
            let kind = KINDS.iter().find(|k| *k == kind).copied();
            // Only these are read, and nothing else makes expressions.
            (kind.unwrap_or("String"), text.clone())
        }
        Expression::Null
        | Expression::Collection(_)
        | Expression::Record(..)
        | Expression::Dynamic(_) => return None,
    })
}

fn expression(xml: &mut Writer, value: &Expression) {
    match value {
        Expression::Null => xml.empty("Null", &[]),
        Expression::Collection(items) => {
            xml.open("Collection", &[]);
            for item in items {
                expression(xml, item);
            }
            xml.close();
        }
        Expression::Dynamic(dynamic) => {
            let attributes: Vec<_> = dynamic
                .attributes
                .iter()
                .map(|(name, text)| (*name, text.as_str()))
                .collect();
            xml.open(dynamic.operator, &attributes);
            for operand in &dynamic.operands {
                expression(xml, operand);
            }
            write(xml, &dynamic.annotations);
            xml.close();
        }
        Expression::Path(kind, name) if kind == "LabeledElementReference" => {
            xml.text("LabeledElementReference", name);
        }
        Expression::Record(ty, values) => record(xml, ty.as_deref(), values),
        other => {
            if let Some((kind, text)) = simple(other) {
                xml.text(kind, &text);
            }
        }
    }
}

/// Writes a record; annotations stand among its values under names with `@`.
fn record(xml: &mut Writer, ty: Option<&str>, values: &[(String, Expression)]) {
    let attributes: Vec<_> = ty.map(|t| ("Type", t)).into_iter().collect();
    xml.open("Record", &attributes);
    for (name, value) in values.iter().filter(|(name, _)| !name.contains('@')) {
        valued(xml, "PropertyValue", vec![("Property", name)], value);
        embedded(xml, name, values);
        xml.close();
    }
    embedded(xml, "", values);
    xml.close();
}

/// Writes the annotations of one of a record's properties or of another annotation, or with `""`
/// those of the record. Each name is one `@` longer than what it annotates.
fn embedded(xml: &mut Writer, annotated: &str, values: &[(String, Expression)]) {
    for (name, value) in values {
        let Some((of, term)) = name.rsplit_once('@') else {
            continue;
        };
        if of != annotated {
            continue;
        }
        let (term, qualifier) = term
            .split_once('#')
            .map_or((term, None), |(t, q)| (t, Some(q)));
        let mut attributes = vec![("Term", term)];
        attributes.extend(qualifier.map(|q| ("Qualifier", q)));
        valued(xml, "Annotation", attributes, value);
        embedded(xml, name, values);
        xml.close();
    }
}
