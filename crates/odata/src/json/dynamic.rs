//! Dynamic properties: those that an instance of an open type has beyond what its type declares
//! (OData CSDL 4.01, section 6.3), and objects that are of no type. A value whose type JSON does
//! not tell says it in `name@odata.type` (OData JSON Format 4.01, section 4.6.3).

use edm::{
    DynamicProperty, ItemType, Model, Primitive, StructuredId, TypeRef, Value, is_identifier,
};

use super::fault::{Fallible, Fault, excerpt};
use super::name::{Name, classify};
use super::read_primitive::refuse_nul;
use super::read_value::{Reader, Source};
use super::shape::type_control;
use super::style::{Metadata, Style};
use super::tree::{Node, parse};
use super::write::{write_stored_value, write_string, write_value};
use crate::Error;
use crate::eval::compare_decimals;

/// The most dynamic properties of an instance.
const MOST: usize = 128;
/// The most bytes that they take as they are stored.
const MOST_BYTES: usize = 256 * 1024;
/// Up to here every whole number has a binary64 of its own (2^53).
const EXACT: u64 = 9_007_199_254_740_992;

/// The dynamic properties of an instance after a change: null removes one, what is not named stays.
///
/// # Errors
/// 400 for more of them than an instance may have, or larger ones.
pub fn change_dynamic(
    model: &Model,
    old: &Value,
    changes: &[DynamicProperty],
) -> Result<Value, Error> {
    let mut all = match old {
        Value::Dynamic(all) => all.clone(),
        _ => Vec::new(),
    };
    for change in changes {
        let known = all.iter_mut().find(|known| known.name == change.name);
        match known {
            _ if change.value.is_null() => all.retain(|known| known.name != change.name),
            Some(known) => *known = change.clone(),
            None => all.push(change.clone()),
        }
    }
    if all.is_empty() {
        return Ok(Value::Null);
    }
    if all.len() > MOST {
        return Err(Error::bad_request(format!(
            "An instance has at most {MOST} dynamic properties; this would be {}.",
            all.len()
        )));
    }
    let all = Value::Dynamic(all);
    let mut text = Vec::new();
    write_stored_value(&mut text, model, &TypeRef::of(ItemType::Untyped), &all);
    if text.len() > MOST_BYTES {
        return Err(Error::bad_request(format!(
            "The dynamic properties of an instance take at most {MOST_BYTES} bytes of JSON; these take {}.",
            text.len()
        )));
    }
    Ok(all)
}

/// The value of a dynamic property out of what the store keeps: the text of a column with such
/// properties, or of a complex value of an open type. Null if there is none of this name.
///
/// # Errors
/// As [`value_from_json_text`](super::value_from_json_text).
pub fn dynamic_from_json_text(model: &Model, text: &str, name: &str) -> Result<Value, Error> {
    let Node::Object(mut members) = parse(text.as_bytes())? else {
        return Err(Error::internal("dynamic properties that are no object"));
    };
    let Some(at) = members.iter().position(|(known, _)| known == name) else {
        return Ok(Value::Null);
    };
    let (_, node) = members.swap_remove(at);
    let reader = Reader {
        model,
        source: Source::Store,
    };
    let value = annotated(&members, name).and_then(|of| reader.dynamic_value(of, node));
    let unreadable = |fault: Fault| {
        let reason = fault.into_text();
        Error::internal(format!(
            "the stored property {name} is unreadable: {reason}"
        ))
    };
    value.map(|(_, value)| value).map_err(unreadable)
}

/// Reads the value of one dynamic property where it stands by itself, `{"@odata.type": …, "value":
/// …}` (section 11): the type is that of the object.
///
/// # Errors
/// 400 for a value that is not of its type, and for a type that none can be of.
pub fn read_dynamic(
    model: &Model,
    name: &str,
    annotation: Option<&str>,
    node: Node,
) -> Result<DynamicProperty, Error> {
    let (ty, value) = Reader::of_client(model)
        .dynamic_value(annotation, node)
        .map_err(Fault::into_error)?;
    let name = name.to_owned();
    Ok(DynamicProperty { name, ty, value })
}

/// Writes dynamic properties, a comma between them: `"name":…`, with its type before it where JSON
/// does not tell that.
pub fn write_dynamic<'p>(
    out: &mut Vec<u8>,
    model: &Model,
    style: Style,
    properties: impl IntoIterator<Item = &'p DynamicProperty>,
) {
    let write = |out: &mut Vec<u8>, ty: &TypeRef, value: &Value| {
        write_value(out, model, style, ty, value);
    };
    write_each(out, model, style.metadata, properties, write);
}

/// As [`write_dynamic`], with another way to write the values.
pub(super) fn write_each<'p>(
    out: &mut Vec<u8>,
    model: &Model,
    metadata: Metadata,
    properties: impl IntoIterator<Item = &'p DynamicProperty>,
    write: impl Fn(&mut Vec<u8>, &TypeRef, &Value),
) {
    for (at, property) in properties.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if let Some(text) = dynamic_type(model, metadata, &property.ty) {
            write_string(out, &format!("{}@odata.type", property.name));
            out.push(b':');
            write_string(out, &text);
            out.push(b',');
        }
        write_string(out, &property.name);
        out.push(b':');
        // A complex value says its own type: the model tells a client none.
        let ty = match property.ty.item {
            ItemType::Complex(_) if !property.ty.collection => &TypeRef::of(ItemType::Untyped),
            _ => &property.ty,
        };
        write(out, ty, &property.value);
    }
}

/// The `@odata.type` of a dynamic value, where JSON does not tell it.
#[must_use]
pub fn dynamic_type(model: &Model, metadata: Metadata, ty: &TypeRef) -> Option<String> {
    let told = ty.item == ItemType::Untyped && (metadata != Metadata::Full || !ty.collection);
    (metadata != Metadata::None && !told)
        .then(|| type_control(model, ty))
        .flatten()
}

impl Reader<'_> {
    /// Takes out of an object's members what its open type does not declare. Null is kept: what it
    /// means is for who changes an instance to say. None for a type that is not open.
    pub(super) fn take_dynamic(
        self,
        of: StructuredId,
        members: &mut Vec<(String, Node)>,
    ) -> Fallible<Vec<DynamicProperty>> {
        let ty = self.model.structured(of);
        if ty.dynamic.is_none() {
            return Ok(Vec::new());
        }
        let is_dynamic = |name: &str| match classify(name) {
            Name::Property(name) => {
                ty.property(name).is_none() && ty.navigation_property(name).is_none()
            }
            _ => false,
        };
        if !members.iter().any(|(name, _)| is_dynamic(name)) {
            return Ok(Vec::new());
        }
        let (dynamic, rest) = std::mem::take(members)
            .into_iter()
            .partition(|(name, _)| is_dynamic(name));
        *members = rest;
        let declared = |name: &str| self.model.dynamic_property(of, name).is_none();
        self.dynamic_members(dynamic, members, declared)
    }

    /// Properties with their types, which stand among `others`.
    fn dynamic_members(
        self,
        members: Vec<(String, Node)>,
        others: &[(String, Node)],
        declared: impl Fn(&str) -> bool,
    ) -> Fallible<Vec<DynamicProperty>> {
        let mut found = Vec::with_capacity(members.len());
        for (name, node) in members {
            let property = || {
                if !is_identifier(&name) {
                    return Err(Fault::new("the name is no identifier"));
                }
                if declared(&name) {
                    return Err(Fault::new(
                        "a derived type declares a property of this name: '@odata.type' must say that this is of it",
                    ));
                }
                self.dynamic_value(annotated(others, &name)?, node)
            };
            let (ty, value) = property().map_err(|fault| fault.at(&name))?;
            found.push(DynamicProperty { name, ty, value });
        }
        Ok(found)
    }

    /// A value and its type, which is named or what JSON tells.
    fn dynamic_value(self, annotation: Option<&str>, node: Node) -> Fallible<(TypeRef, Value)> {
        let named = annotation.map(|text| self.dynamic_type(text)).transpose()?;
        let value = match (&named, &node) {
            (_, Node::Null) => return Ok((TypeRef::of(ItemType::Untyped), Value::Null)),
            (Some(ty), Node::Array(_)) if ty.item == ItemType::Untyped && !ty.collection => {
                return Err(Fault::expected("a value of Edm.Untyped", "a collection"));
            }
            (None, _) => return self.untyped(node),
            (Some(ty), _) if ty.item == ItemType::Untyped && !ty.collection => {
                return self.untyped(node);
            }
            (Some(ty), Node::Array(_)) if ty.item == ItemType::Untyped => self.untyped(node)?.1,
            (Some(ty), _) => self.value(ty, node)?,
        };
        if self.source == Source::Client {
            finite(&value)?;
        }
        Ok((
            named.unwrap_or_else(|| TypeRef::of(ItemType::Untyped)),
            value,
        ))
    }

    /// `#Int64`, `#Collection(ns.type)`, or with the URL of the metadata document before the `#`.
    fn dynamic_type(self, text: &str) -> Fallible<TypeRef> {
        let name = text.rsplit_once('#').map_or(text, |(_, name)| name);
        let inner = name.strip_prefix("Collection(");
        let collection = inner.is_some();
        let name = match inner {
            Some(inner) => inner.strip_suffix(')').unwrap_or_default(),
            None => name,
        };
        let built_in = |name: &str| match name {
            "Edm.Untyped" => Some(ItemType::Untyped),
            _ => Primitive::from_name(name).map(ItemType::Primitive),
        };
        let item = match name.contains('.') {
            true => built_in(name).or_else(|| self.model.find_type_by_url_name(name)),
            false => built_in(&format!("Edm.{name}")),
        };
        let no_value = |item: &ItemType| {
            use Primitive::{Any, Stream};
            matches!(
                item,
                ItemType::Entity(_) | ItemType::Primitive(Stream | Any)
            )
        };
        let item = item.filter(|item| !no_value(item)).ok_or_else(|| {
            Fault::new(format!(
                "'{}' in '@odata.type' is no type that a dynamic property can be of: a primitive, enumeration or complex type",
                excerpt(text)
            ))
        })?;
        Ok(TypeRef {
            collection,
            ..TypeRef::of(item)
        })
    }

    /// A value of the type that JSON tells: numbers are `Edm.Double`.
    pub(super) fn untyped(self, node: Node) -> Fallible<(TypeRef, Value)> {
        let of = |primitive| TypeRef::primitive(primitive);
        Ok(match node {
            Node::Null => (TypeRef::of(ItemType::Untyped), Value::Null),
            Node::Bool(truth) => (of(Primitive::Boolean), Value::Boolean(truth)),
            Node::String(text) => {
                refuse_nul(&text)?;
                (of(Primitive::String), Value::String(text))
            }
            Node::Integer(_) | Node::Unsigned(_) | Node::Float(_) | Node::Digits(_) => {
                (of(Primitive::Double), Value::Double(double(&node)?))
            }
            Node::Array(items) => {
                let items = items.into_iter().enumerate().map(|(at, item)| {
                    let item = self.untyped(item).map_err(|fault| fault.at_index(at));
                    item.map(|(_, value)| value)
                });
                let ty = TypeRef {
                    collection: true,
                    ..TypeRef::of(ItemType::Untyped)
                };
                (ty, Value::Collection(items.collect::<Fallible<_>>()?))
            }
            Node::Object(members) => self.untyped_object(members)?,
        })
    }

    /// An object: of the complex type that it names, or of none.
    fn untyped_object(self, mut members: Vec<(String, Node)>) -> Fallible<(TypeRef, Value)> {
        let own = members
            .iter()
            .find(|(name, _)| classify(name) == Name::Control("type"));
        if let Some((name, node)) = own {
            let text = text_of(node).map_err(|fault| fault.at(name))?;
            let ty = self.dynamic_type(text).map_err(|fault| fault.at(name))?;
            if ty.item.structured().is_none() || ty.collection {
                return Err(Fault::new("an object is of a complex type").at(name));
            }
            let value = self.value(&ty, Node::Object(members))?;
            return Ok((ty, value));
        }
        let bound = members
            .iter()
            .find(|(name, _)| matches!(classify(name), Name::PropertyControl(_, "bind" | "delta")));
        if let Some((name, _)) = bound {
            return Err(Fault::new("not supported within a dynamic property").at(name));
        }
        let is_property = |name: &str| matches!(classify(name), Name::Property(_));
        let (properties, others) = std::mem::take(&mut members)
            .into_iter()
            .partition(|(name, _)| is_property(name));
        let mut found = self.dynamic_members(properties, &others, |_| false)?;
        found.retain(|property| !property.value.is_null());
        Ok((TypeRef::of(ItemType::Untyped), Value::Dynamic(found)))
    }
}

/// The type that `name@odata.type` says.
fn annotated<'n>(members: &'n [(String, Node)], name: &str) -> Fallible<Option<&'n str>> {
    let is_type = |of: &str| classify(of) == Name::PropertyControl(name, "type");
    let found = members.iter().find(|(of, _)| is_type(of));
    found.map(|(_, node)| text_of(node)).transpose()
}

fn text_of(node: &Node) -> Fallible<&str> {
    match node {
        Node::String(text) => Ok(text),
        other => Err(Fault::expected("the name of a type", other.kind())),
    }
}

/// A number without a type is `Edm.Double`: one that would change is none.
fn double(node: &Node) -> Fallible<f64> {
    let is_exact = |double: &f64| match node {
        Node::Integer(number) => number.unsigned_abs() <= EXACT,
        Node::Digits(text) => compare_decimals(text, &double.to_string()).is_eq(),
        Node::Float(_) => true,
        _ => false,
    };
    node.number().filter(is_exact).ok_or_else(|| {
        Fault::new(
            "the number has more digits than Edm.Double keeps: say its type with '@odata.type'",
        )
    })
}

/// Refuses numbers that no database keeps in JSON.
fn finite(value: &Value) -> Fallible<()> {
    match value {
        Value::Double(number) if !number.is_finite() => Err(Fault::new(
            "NaN and infinities are not stored in dynamic properties",
        )),
        Value::Collection(items) => items.iter().try_for_each(finite),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
