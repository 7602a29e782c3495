//! Functions and comparisons of collections and complex values on PostgreSQL: of JSON in a form in
//! which equal values are equal.

use edm::{ItemType, Model, Primitive, StructuredId, TypeRef};
use odata::Error;
use odata::expr::Function;

use super::super::fragment::{Fragment, item_of};
use super::Compiler;
use crate::table::{ColumnKind, kind_of};

impl Compiler<'_> {
    /// A function of a collection (OData 4.01 URL Conventions, sections 5.1.1.5 and 5.1.1.6).
    pub(super) fn collection_function(
        &self,
        function: Function,
        arguments: &[Fragment],
        ty: &TypeRef,
    ) -> Result<Fragment, Error> {
        let compared = match function {
            Function::Contains => "(odata_place({0}, {1}) >= 0)",
            Function::IndexOf => "odata_place({0}, {1})",
            Function::StartsWith => {
                "(odata_slice({0}, 0, CAST(jsonb_array_length({1}) AS BIGINT)) = {1})"
            }
            Function::EndsWith => "odata_ends_with({0}, {1})",
            Function::HasSubset => "odata_has_subset({0}, {1})",
            Function::HasSubsequence => "odata_has_subsequence({0}, {1})",
            _ => "",
        };
        if !compared.is_empty() {
            let comparable = arguments.iter().map(|argument| self.comparable(argument));
            let Some(parts) = comparable.collect::<Option<Vec<_>>>() else {
                return Err(self.unserved_collection(function, arguments));
            };
            let parts: Vec<&Fragment> = parts.iter().collect();
            return Ok(Fragment::join(ty.clone(), compared, &parts));
        }
        let text = match (function, arguments.len()) {
            (Function::Length, _) => "CAST(jsonb_array_length({0}) AS BIGINT)",
            (Function::Concat, _) => "({0} || {1})",
            (Function::Substring, 2) => "odata_slice({0}, {1}, 9223372036854775807)",
            (Function::Substring, _) => "odata_slice({0}, {1}, {2})",
            _ => return Err(self.unserved_collection(function, arguments)),
        };
        let parts: Vec<&Fragment> = arguments.iter().collect();
        Ok(Fragment::join(ty.clone(), text, &parts))
    }

    fn unserved_collection(&self, function: Function, arguments: &[Fragment]) -> Error {
        let of = arguments
            .first()
            .map(|first| self.model.type_name(&first.ty));
        let of = of.unwrap_or_default();
        self.unsupported(&format!("The function '{}' of {of}", function.as_str()))
    }

    /// JSON that is equal where the values are; `None` for types of which a value may be written in
    /// several ways at any depth.
    pub(super) fn comparable(&self, json: &Fragment) -> Option<Fragment> {
        if json.kind != ColumnKind::Json {
            return None;
        }
        let item = item_of(&json.ty);
        let form = match kind_of(&item) {
            ColumnKind::DateTimeOffset => "instant",
            ColumnKind::TimeOfDay => "time",
            ColumnKind::Duration => "duration",
            ColumnKind::Decimal => "decimal",
            _ => {
                let is_plain = is_plain(self.model, item.item, &mut Vec::new());
                return is_plain.then(|| json.clone());
            }
        };
        let text = format!("odata_comparable({{0}}, '{form}')");
        let mut found = Fragment::join(json.ty.clone(), &text, &[json]);
        found.nullable = json.nullable;
        Some(found)
    }
}

/// Whether equal values of a type are the same JSON: numbers are compared by value there.
fn is_plain(model: &Model, item: ItemType, around: &mut Vec<StructuredId>) -> bool {
    let Some(of) = item.structured() else {
        return match item {
            ItemType::Primitive(primitive) => !matches!(
                primitive,
                Primitive::DateTimeOffset
                    | Primitive::Decimal
                    | Primitive::TimeOfDay
                    | Primitive::Duration
                    | Primitive::Stream
                    | Primitive::Geo(_)
            ),
            ItemType::Enum(id) => !model.enum_type(id).is_flags,
            _ => false,
        };
    };
    if around.contains(&of) {
        return true;
    }
    around.push(of);
    let ty = model.structured(of);
    let properties = ty.properties.iter();
    let mut derived = ty.derived.iter();
    properties
        .clone()
        .all(|property| is_plain(model, property.ty.item, around))
        && derived.all(|derived| {
            let ty = model.structured(*derived);
            is_plain(model, ty.item_type(*derived), around)
        })
}
