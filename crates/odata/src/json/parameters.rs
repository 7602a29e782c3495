//! The parameters of an action (OData JSON Format 4.01, section 17).

use edm::{ItemType, Model, Operation, OperationId, Parameter, Value};

use super::fault::{Fallible, Fault};
use super::name::{Name, classify};
use super::read::{EntityPayload, RequestKind};
use super::read_value::{Reader, Source};
use super::tree::Node;
use crate::Error;

/// What a parameter of an action is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// Null.
    Null,
    /// A value of a primitive, enumeration or complex type, or a collection of such.
    Value(Value),
    /// An entity.
    Entity(EntityPayload),
    /// A collection of entities.
    Entities(Vec<EntityPayload>),
}

/// Binds the body of an action's invocation: the parameters that are given, by index in
/// [`Operation::parameters`], in document order. Without a body none is given.
///
/// # Errors
/// 400 naming the parameter: unknown, required but missing, or of the wrong type.
pub fn read_parameters(
    model: &Model,
    operation: OperationId,
    body: Option<Node>,
) -> Result<Vec<(usize, Argument)>, Error> {
    let reader = Reader {
        model,
        source: Source::Client,
    };
    parameters(reader, model.operation(operation), body).map_err(Fault::into_error)
}

fn parameters(
    reader: Reader<'_>,
    operation: &Operation,
    body: Option<Node>,
) -> Fallible<Vec<(usize, Argument)>> {
    let members = match body {
        None => Vec::new(),
        Some(Node::Object(members)) => members,
        Some(other) => return Err(Fault::expected("an object of parameters", other.kind())),
    };
    // The binding parameter is what the URL addresses; a body cannot give it.
    let expected = usize::from(operation.is_bound)..operation.parameters.len();
    let mut arguments = Vec::with_capacity(members.len());
    for (name, node) in members {
        let Name::Property(given) = classify(&name) else {
            continue;
        };
        let (index, parameter) = expected
            .clone()
            .zip(
                operation
                    .parameters
                    .get(expected.clone())
                    .unwrap_or_default(),
            )
            .find(|(_, parameter)| parameter.name == given)
            .ok_or_else(|| {
                Fault::new(format!("{} has no such parameter", operation.name)).at(&name)
            })?;
        let argument = argument(reader, parameter, node).map_err(|fault| fault.at(&name))?;
        arguments.push((index, argument));
    }
    for index in expected {
        let parameter = &operation.parameters[index];
        if !parameter.optional && !arguments.iter().any(|(given, _)| *given == index) {
            let reason = format!("this parameter of {} is required", operation.name);
            return Err(Fault::new(reason).at(&parameter.name));
        }
    }
    Ok(arguments)
}

fn argument(reader: Reader<'_>, parameter: &Parameter, node: Node) -> Fallible<Argument> {
    let ty = &parameter.ty;
    match (ty.item, node) {
        (_, Node::Null) if ty.nullable => Ok(Argument::Null),
        (ItemType::Entity(id), Node::Array(items)) if ty.collection => reader
            .entities(id, items, RequestKind::Create)
            .map(Argument::Entities),
        (ItemType::Entity(_), other) if ty.collection => {
            let what = format!("an array ({})", reader.model.type_name(ty));
            Err(Fault::expected(&what, other.kind()))
        }
        (ItemType::Entity(id), node) => reader
            .entity(id, node, RequestKind::Create)
            .map(Argument::Entity),
        (_, node) => reader.value(ty, node).map(Argument::Value),
    }
}

#[cfg(test)]
mod tests;
