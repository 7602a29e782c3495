//! A complex value in the body of an update: what stands in it changes, what does not stays as it
//! is (OData 4.01 Protocol, section 11.4.3).

use edm::{ComplexValue, DynamicProperty, ItemType, Model, StructuredId, TypeRef, Value};

use super::dynamic::change_dynamic;
use super::fault::{Fallible, Fault};
use super::name::{Name, classify};
use super::read_value::{Reader, undeclared};
use super::tree::Node;
use crate::Error;

/// What an update says of a complex value.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexPatch {
    /// The declared type.
    declared: StructuredId,
    /// The type that `@odata.type` names.
    named: Option<StructuredId>,
    /// What is said of its properties, by ordinal.
    values: Vec<(usize, Patch)>,
}

/// What an update says of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// Its new value.
    Value(Value),
    /// What changes of a complex value.
    Complex(ComplexPatch),
    /// What changes of the dynamic properties of an instance of an open type: null removes one.
    Dynamic(Vec<DynamicProperty>),
}

impl Patch {
    /// The value as it is after the update.
    ///
    /// # Errors
    /// 400 as [`ComplexPatch::applied`] and [`change_dynamic`].
    pub fn applied(&self, model: &Model, old: &Value) -> Result<Value, Error> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Complex(patch) => patch.applied(model, old),
            Self::Dynamic(changes) => change_dynamic(model, old, changes),
        }
    }
}

impl ComplexPatch {
    /// The value as it is after the update. A value of another type, and null, begin anew.
    ///
    /// # Errors
    /// 400 if there is nothing to change and the type that would be made is abstract.
    pub fn applied(&self, model: &Model, old: &Value) -> Result<Value, Error> {
        let kept = match old {
            Value::Complex(old) if self.named.is_none_or(|of| of == old.of) => Some(old),
            _ => None,
        };
        let mut value = match kept {
            Some(old) => old.as_ref().clone(),
            None => blank(model, self.named.unwrap_or(self.declared))?,
        };
        for (ordinal, patched) in &self.values {
            let Some(place) = value.values.get_mut(*ordinal) else {
                return Err(Error::internal("a complex value without its property"));
            };
            *place = patched.applied(model, place)?;
        }
        Ok(Value::Complex(Box::new(value)))
    }
}

fn blank(model: &Model, of: StructuredId) -> Result<ComplexValue, Error> {
    let ty = model.structured(of);
    if ty.is_abstract {
        return Err(Error::bad_request(format!(
            "{} is abstract: '@odata.type' is needed to make a value.",
            ty.name
        )));
    }
    let values = ty.properties.iter().map(|p| p.default.clone()).collect();
    Ok(ComplexValue { of, values })
}

/// Reads an update of a complex value.
///
/// # Errors
/// As [`read_value`](super::read_value).
pub fn read_complex_patch(
    model: &Model,
    declared: StructuredId,
    node: Node,
) -> Result<ComplexPatch, Error> {
    Reader::of_client(model)
        .complex_patch(declared, node)
        .map_err(Fault::into_error)
}

impl Reader<'_> {
    pub(super) fn complex_patch(
        self,
        declared: StructuredId,
        node: Node,
    ) -> Fallible<ComplexPatch> {
        let Node::Object(mut members) = node else {
            let what = format!("an object ({})", self.model.structured(declared).name);
            return Err(Fault::expected(&what, node.kind()));
        };
        let named = self.instance_type(declared, &members)?;
        let ty = self.model.structured(named.unwrap_or(declared));
        let mut values = Vec::with_capacity(members.len());
        let dynamic = self.take_dynamic(named.unwrap_or(declared), &mut members)?;
        if let Some(ordinal) = ty.dynamic.filter(|_| !dynamic.is_empty()) {
            values.push((ordinal, Patch::Dynamic(dynamic)));
        }
        for (name, node) in members {
            match classify(&name) {
                Name::Property(property) => {
                    let ordinal = ty
                        .property(property)
                        .ok_or_else(|| undeclared(ty).at(&name))?;
                    let patched = self
                        .patched(&ty.properties[ordinal].ty, node)
                        .map_err(|fault| fault.at(&name))?;
                    values.push((ordinal, patched));
                }
                Name::PropertyControl(_, "bind" | "delta") => {
                    return Err(Fault::new("not supported within a complex value").at(&name));
                }
                Name::Control(_) | Name::PropertyControl(..) | Name::Ignored => {}
            }
        }
        Ok(ComplexPatch {
            declared,
            named,
            values,
        })
    }

    fn patched(self, ty: &TypeRef, node: Node) -> Fallible<Patch> {
        match (ty.item, &node) {
            (ItemType::Complex(of), Node::Object(_)) if !ty.collection => {
                self.complex_patch(of, node).map(Patch::Complex)
            }
            _ => self.value(ty, node).map(Patch::Value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::tree::parse;
    use super::super::{Style, read_value, write_value};
    use super::*;

    #[test]
    fn what_is_not_said_stays() {
        let model = sample::everything();
        let of = sample::structured(model, "limits");
        let ty = TypeRef::of(ItemType::Complex(of));
        let check = |old: &str, patch: &str, expected: &str| {
            let node = |text: &str| parse(text.as_bytes()).expect("the case is JSON");
            let old = read_value(model, &ty, node(old)).expect("the old value is valid");
            let patch = read_complex_patch(model, of, node(patch)).expect("the patch is valid");
            let new = patch.applied(model, &old).expect("the patch applies");
            let mut out = Vec::new();
            write_value(&mut out, model, Style::default(), &ty, &new);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{patch:?}");
        };
        let old = r#"{"text": "A", "price": 1.5}"#;
        check(
            old,
            r#"{"text":"B"}"#,
            r#"{"text":"B","bytes":null,"price":1.5}"#,
        );
        check(
            old,
            r#"{"text":null}"#,
            r#"{"text":null,"bytes":null,"price":1.5}"#,
        );
        check(old, "{}", r#"{"text":"A","bytes":null,"price":1.5}"#);
        check(
            "null",
            r#"{"text":"C"}"#,
            r#"{"text":"C","bytes":null,"price":null}"#,
        );
    }
}
