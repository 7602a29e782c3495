//! Annotations and their expressions (CSDL JSON, section 14).

use super::writer::Writer;
use crate::annotation::{Annotations, Dynamic, Expression};
use crate::decimal::canonical_decimal;
use crate::model::Facets;

/// Writes the annotations of the object that is open, or of the member `of` of it.
pub(super) fn write(json: &mut Writer, of: &str, annotations: &Annotations) {
    for annotation in &annotations.0 {
        let qualifier = annotation.qualifier.as_deref();
        let qualifier = qualifier.map_or_else(String::new, |q| format!("#{q}"));
        let name = format!("{of}@{}{qualifier}", annotation.term);
        expression(json.name(&name), &annotation.value);
        write(json, &name, &annotation.annotations);
    }
}

fn expression(json: &mut Writer, value: &Expression) {
    match value {
        Expression::Null => json.raw("null"),
        Expression::Bool(value) => json.raw(if *value { "true" } else { "false" }),
        Expression::Int(number) => json.raw(&number.to_string()),
        Expression::Number(text) => number(json, text),
        Expression::String(text) | Expression::Literal(_, text) => json.string(text),
        Expression::EnumMember(members) => json.string(&symbolic(members)),
        Expression::Path(kind, path) => match kind.as_str() {
            "Path" => json.object(|json| json.text("$Path", path)),
            "LabeledElementReference" => {
                json.object(|json| json.text("$LabeledElementReference", path));
            }
            _ => json.string(path),
        },
        Expression::Dynamic(dynamic) => json.object(|json| write_dynamic(json, dynamic)),
        Expression::Collection(items) => json.array(|json| {
            for item in items {
                expression(json.item(), item);
            }
        }),
        // Annotations within the record are named as here already.
        Expression::Record(ty, values) => json.object(|json| {
            if let Some(ty) = ty {
                json.text("@type", &format!("#{ty}"));
            }
            for (name, value) in values {
                expression(json.name(name), value);
            }
        }),
    }
}

/// The members without the type: `Ns.Type/Red Ns.Type/Striped` as `Red,Striped`.
fn symbolic(members: &str) -> String {
    let names = members
        .split_whitespace()
        .map(|member| member.rsplit('/').next().unwrap_or(member));
    names.collect::<Vec<_>>().join(",")
}

/// A number as JSON has it; INF and NaN are strings.
pub(super) fn number(json: &mut Writer, text: &str) {
    if let Ok(decimal) = canonical_decimal(text, &Facets::default()) {
        return json.raw(&decimal);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => json.raw(&format!("{number:e}")),
        _ => json.string(text),
    }
}

fn write_dynamic(json: &mut Writer, dynamic: &Dynamic) {
    json.name(&format!("${}", dynamic.operator));
    match (dynamic.operator, dynamic.operands.as_slice()) {
        ("Null", _) => json.raw("null"),
        ("Not" | "Neg" | "Cast" | "IsOf" | "LabeledElement" | "UrlRef", [operand]) => {
            expression(json, operand);
        }
        (_, operands) => json.array(|json| {
            for operand in operands {
                expression(json.item(), operand);
            }
        }),
    }
    for (name, text) in &dynamic.attributes {
        let member = format!("${name}");
        match (*name, super::types::collection_item(text)) {
            ("Type", Some(item)) => {
                json.text(&member, item);
                json.flag("$Collection", true);
            }
            ("MaxLength" | "Precision", _) => number(json.name(&member), text),
            ("Scale", _) if text.parse::<u32>().is_ok() => json.name(&member).raw(text),
            ("Nullable" | "Unicode", _) => json.name(&member).raw(text),
            _ => json.text(&member, text),
        }
    }
    write(json, "", &dynamic.annotations);
}
