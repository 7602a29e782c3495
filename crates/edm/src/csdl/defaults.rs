//! The values that absent properties get (see [`Property::default`]).

use std::collections::HashMap;

use super::Fault;
use super::document::Reader;
use super::structured::Declared;
use crate::model::{EnumType, ItemType, Model, Property, StructuredId};
use crate::value::{ComplexValue, Value};

/// How deep complex values may contain complex values by default.
const MAX_DEPTH: usize = 32;
/// How many values the default of a complex type may consist of in all.
const MAX_SIZE: usize = 10_000;

impl Reader {
    /// Sets the default of every property.
    pub(super) fn defaults(&mut self, declared: &[Declared<'_>]) -> Result<(), Fault> {
        let mut defaults = Defaults {
            model: &self.model,
            known: HashMap::new(),
            open: Vec::new(),
        };
        let mut all: Vec<Vec<Value>> = Vec::with_capacity(declared.len());
        for own in declared {
            let properties = &self.model.structured(own.id).properties;
            let values = properties.iter().map(|p| {
                let value = defaults.property(p).map(|(value, _)| value);
                value.map_err(|m| own.element.fault(format!("the default of {}: {m}", p.name)))
            });
            all.push(values.collect::<Result<_, _>>()?);
        }
        for (ty, values) in self.model.structured.iter_mut().zip(all) {
            for (property, value) in ty.properties.iter_mut().zip(values) {
                property.default = value;
            }
        }
        Ok(())
    }
}

struct Defaults<'m> {
    model: &'m Model,
    /// The defaults of complex types, with the number of values in each.
    known: HashMap<StructuredId, (Value, usize)>,
    /// The complex types that are being worked out: one of them again is a circle.
    open: Vec<StructuredId>,
}

impl Defaults<'_> {
    /// A property's default and how many values it consists of.
    fn property(&mut self, property: &Property) -> Result<(Value, usize), String> {
        let ty = &property.ty;
        if let Some(text) = &property.default_text {
            if ty.collection {
                return Err("a collection cannot have a DefaultValue".to_owned());
            }
            return Ok((self.explicit(ty.item, text)?, 1));
        }
        if ty.collection {
            return Ok((Value::Collection(Vec::new()), 1));
        }
        if ty.nullable {
            return Ok((Value::Null, 1));
        }
        match ty.item {
            ItemType::Primitive(primitive) => Ok((Value::zero(primitive), 1)),
            ItemType::Enum(id) => {
                let first = self.model.enum_type(id).members.first();
                Ok((first.map_or(Value::Null, |m| Value::Enum(m.value)), 1))
            }
            ItemType::Complex(id) => self.complex(id),
            ItemType::Entity(_) | ItemType::Untyped => Ok((Value::Null, 1)),
        }
    }

    fn complex(&mut self, id: StructuredId) -> Result<(Value, usize), String> {
        let ty = self.model.structured(id);
        if ty.is_abstract {
            return Ok((Value::Null, 1));
        }
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        if self.open.contains(&id) {
            return Err(format!(
                "{} contains itself without end: make it nullable",
                ty.name
            ));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("complex types nest deeper than {MAX_DEPTH}"));
        }
        self.open.push(id);
        let mut values = Vec::with_capacity(ty.properties.len());
        let mut size = 1;
        for property in &ty.properties {
            let (value, part) = self.property(property)?;
            size += part;
            if size > MAX_SIZE {
                return Err(format!(
                    "{} consists of more than {MAX_SIZE} values",
                    ty.name
                ));
            }
            values.push(value);
        }
        self.open.pop();
        let value = Value::Complex(Box::new(ComplexValue { of: id, values }));
        self.known.insert(id, (value.clone(), size));
        Ok((value, size))
    }

    /// The value of a `DefaultValue` attribute.
    fn explicit(&self, item: ItemType, text: &str) -> Result<Value, String> {
        match item {
            ItemType::Primitive(primitive) => {
                Value::parse(primitive, text).map_err(|e| format!("'{text}' is {e}"))
            }
            ItemType::Enum(id) => enum_value(self.model.enum_type(id), text)
                .map(Value::Enum)
                .ok_or_else(|| format!("'{text}' is not among the enumeration's members")),
            _ => Err("only primitive and enumeration types can have a DefaultValue".to_owned()),
        }
    }
}

/// The value of an enumeration literal: members by name or number, several with `IsFlags`.
fn enum_value(ty: &EnumType, text: &str) -> Option<i64> {
    let member = |part: &str| match ty.member(part) {
        Some(member) => Some(member.value),
        None => part.parse().ok().filter(|n| ty.name_of(*n).is_some()),
    };
    if !ty.is_flags {
        return member(text);
    }
    text.split(',')
        .try_fold(0, |value, part| Some(value | member(part.trim())?))
}
