//! Values of any type of the model from JSON: null, collections, enumerations, complex values
//! (OData JSON Format 4.01, section 7).

use edm::{
    ComplexValue, EnumId, EnumType, ItemType, Model, StructuredId, StructuredType, TypeRef, Value,
};

use super::dynamic::change_dynamic;
use super::fault::{Fallible, Fault, excerpt};
use super::name::{Name, classify};
use super::read_primitive;
use super::tree::{Node, parse};
use crate::Error;

/// Who wrote the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A request: every rule of the model holds.
    Client,
    /// We did: limits may have been tightened since, and enumeration values without a name are
    /// numbers in a string.
    Store,
}

/// Reads a value of a type from a request.
///
/// # Errors
/// 400 naming what is wrong and where; the path is relative to the value.
pub fn read_value(model: &Model, ty: &TypeRef, node: Node) -> Result<Value, Error> {
    Reader {
        model,
        source: Source::Client,
    }
    .value(ty, node)
    .map_err(Fault::into_error)
}

/// Reads back what [`write_stored_value`](super::write_stored_value) or
/// [`write_value`](super::write_value) wrote: the text of a column that holds a complex value or
/// a collection. Properties that the type has got since have their defaults.
///
/// # Errors
/// 500 if it is no such text: then the database is damaged or of another model.
pub fn value_from_json_text(model: &Model, ty: &TypeRef, text: &str) -> Result<Value, Error> {
    let unreadable = |reason: String| {
        Error::internal(format!(
            "stored text of {} is unreadable: {reason}",
            model.type_name(ty)
        ))
    };
    let node = parse(text.as_bytes()).map_err(|e| unreadable(e.message))?;
    Reader {
        model,
        source: Source::Store,
    }
    .value(ty, node)
    .map_err(|fault| unreadable(fault.into_text()))
}

/// Binds JSON to the types of a model.
#[derive(Clone, Copy)]
pub(super) struct Reader<'m> {
    pub(super) model: &'m Model,
    pub(super) source: Source,
}

impl<'m> Reader<'m> {
    pub(super) fn of_client(model: &'m Model) -> Self {
        let source = Source::Client;
        Self { model, source }
    }
}

impl Reader<'_> {
    /// A value of a type, null and collections included.
    pub(super) fn value(self, ty: &TypeRef, node: Node) -> Fallible<Value> {
        match node {
            Node::Null => self.null(ty, || self.model.type_name(ty)),
            Node::Array(items) if ty.collection => self.collection(ty, items),
            other if ty.collection => {
                let what = format!("an array ({})", self.model.type_name(ty));
                Err(Fault::expected(&what, other.kind()))
            }
            other => self.item(ty, other),
        }
    }

    /// Null, where it is allowed. A client gives a nullable collection back as null if that is
    /// how it got it.
    fn null(self, ty: &TypeRef, name: impl Fn() -> String) -> Fallible<Value> {
        if ty.nullable || self.source == Source::Store {
            return Ok(Value::Null);
        }
        Err(Fault::new(format!(
            "null is not allowed, a value of {} is expected",
            name()
        )))
    }

    fn collection(self, ty: &TypeRef, items: Vec<Node>) -> Fallible<Value> {
        let mut values = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let value = match item {
                Node::Null => self.null(ty, || self.model.item_name(ty.item).to_owned()),
                item => self.item(ty, item),
            };
            values.push(value.map_err(|f| f.at_index(at))?);
        }
        Ok(Value::Collection(values))
    }

    /// A single value that is not null.
    fn item(self, ty: &TypeRef, node: Node) -> Fallible<Value> {
        match ty.item {
            ItemType::Primitive(primitive) => {
                read_primitive::read(primitive, &ty.facets, node, self.source)
            }
            ItemType::Enum(id) => self.enumeration(id, &node),
            ItemType::Complex(id) => self.complex(id, node),
            // What an open type holds.
            ItemType::Untyped if self.source == Source::Store => {
                self.untyped(node).map(|(_, value)| value)
            }
            ItemType::Entity(_) | ItemType::Untyped => {
                let name = self.model.item_name(ty.item);
                Err(Fault::new(format!("values of {name} cannot stand here")))
            }
        }
    }

    fn enumeration(self, id: EnumId, node: &Node) -> Fallible<Value> {
        let ty = self.model.enum_type(id);
        let Node::String(text) = node else {
            let what = format!("the name of a member of {} ({})", ty.name, ty.allowed());
            return Err(Fault::expected(&what, node.kind()));
        };
        if let Some(member) = ty.member(text) {
            return Ok(Value::Enum(member.value));
        }
        if self.source == Source::Store
            && let Ok(number) = text.parse()
        {
            return Ok(Value::Enum(number));
        }
        let parts = if ty.is_flags {
            text.split(',').map(str::trim).collect()
        } else {
            vec![&**text]
        };
        let mut combined = 0;
        for part in parts {
            if let Some(number) = number_of(ty, part) {
                combined |= number;
                continue;
            }
            let member = ty.member(part).ok_or_else(|| {
                Fault::new(format!(
                    "'{}' is not a member of {}; allowed: {}",
                    excerpt(part),
                    ty.name,
                    ty.allowed()
                ))
            })?;
            combined |= member.value;
        }
        Ok(Value::Enum(combined))
    }

    fn complex(self, declared: StructuredId, node: Node) -> Fallible<Value> {
        let Node::Object(mut members) = node else {
            let what = format!("an object ({})", self.model.structured(declared).name);
            return Err(Fault::expected(&what, node.kind()));
        };
        let of = match self.instance_type(declared, &members)? {
            Some(of) => of,
            None => self.concrete(declared)?,
        };
        let ty = self.model.structured(of);
        let mut values: Vec<Option<Value>> = vec![None; ty.properties.len()];
        let dynamic = self.take_dynamic(of, &mut members)?;
        if let Some(ordinal) = ty.dynamic {
            let made = change_dynamic(self.model, &Value::Null, &dynamic);
            values[ordinal] = Some(made.map_err(|error| Fault::new(error.message))?);
        }
        for (name, node) in members {
            match classify(&name) {
                Name::Property(property) => {
                    let ordinal = ty
                        .property(property)
                        .ok_or_else(|| undeclared(ty).at(&name))?;
                    let value = self
                        .value(&ty.properties[ordinal].ty, node)
                        .map_err(|fault| fault.at(&name))?;
                    values[ordinal] = Some(value);
                }
                Name::PropertyControl(_, "bind" | "delta") => {
                    return Err(Fault::new("not supported within a complex value").at(&name));
                }
                Name::Control(_) | Name::PropertyControl(..) | Name::Ignored => {}
            }
        }
        let values = values
            .into_iter()
            .zip(&ty.properties)
            .map(|(value, property)| value.unwrap_or_else(|| property.default.clone()))
            .collect();
        Ok(Value::Complex(Box::new(ComplexValue { of, values })))
    }

    /// The type that an object's `@odata.type` names, wherever in the object it stands (section
    /// 4.6.3): the declared one or one derived from it, and no abstract one.
    pub(super) fn instance_type(
        self,
        declared: StructuredId,
        members: &[(String, Node)],
    ) -> Fallible<Option<StructuredId>> {
        let mut found = None;
        for (name, node) in members {
            if classify(name) != Name::Control("type") {
                continue;
            }
            let Node::String(text) = node else {
                return Err(Fault::expected("the name of a type", node.kind()).at(name));
            };
            let of = self
                .named_type(declared, text)
                .map_err(|fault| fault.at(name))?;
            if found.is_some_and(|other| other != of) {
                return Err(Fault::new("the object names two types").at(name));
            }
            found = Some(of);
        }
        Ok(found)
    }

    fn named_type(self, declared: StructuredId, text: &str) -> Fallible<StructuredId> {
        // `#ns.type`, or with the URL of the metadata document before the `#`.
        let name = text.rsplit_once('#').map_or(text, |(_, name)| name);
        self.model
            .find_structured(name)
            .filter(|id| self.model.is_a(*id, declared))
            .filter(|id| !self.model.structured(*id).is_abstract)
            .ok_or_else(|| {
                let text = excerpt(text);
                Fault::new(format!(
                    "'{text}' is not allowed here; {}",
                    self.allowed(declared)
                ))
            })
    }

    /// The declared type, if it can have instances of its own.
    pub(super) fn concrete(self, declared: StructuredId) -> Fallible<StructuredId> {
        let ty = self.model.structured(declared);
        if !ty.is_abstract {
            return Ok(declared);
        }
        let allowed = self.allowed(declared);
        Err(Fault::new(format!(
            "{} is abstract, '@odata.type' is needed; {allowed}",
            ty.name
        )))
    }

    fn allowed(self, declared: StructuredId) -> String {
        let mut names = Vec::new();
        let mut open = vec![declared];
        while let Some(id) = open.pop() {
            let ty = self.model.structured(id);
            if !ty.is_abstract {
                names.push(format!("#{}", ty.name));
            }
            open.extend(ty.derived.iter().rev());
        }
        if names.is_empty() {
            return "no type of the model can stand here".to_owned();
        }
        format!("allowed: {}", names.join(", "))
    }
}

/// A value that is given by its number (ABNF `enumMemberValue`), if members have or make it up.
fn number_of(ty: &EnumType, text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    ty.text_of(number).map(|_| number)
}

/// A property that a type does not declare.
pub(super) fn undeclared(ty: &StructuredType) -> Fault {
    Fault::new(format!("{} has no such property", ty.name))
}

#[cfg(test)]
mod tests;
