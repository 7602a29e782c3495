//! The syntax of a body: JSON (RFC 8259) as a tree that keeps the order of members.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::digits;
use super::fault::{Fallible, Fault};
use crate::Error;

/// From this many members on, duplicates are looked for by sorting instead of by pairs.
const MANY_MEMBERS: usize = 24;

/// A JSON value. Nesting is bounded by the parser (128 levels), so code may recurse into it.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits with a sign.
    Integer(i64),
    /// A whole number above that, which fits 64 bits without a sign.
    Unsigned(u64),
    /// Any other number that binary64 keeps.
    Float(f64),
    /// A number with more digits than binary64 keeps, without an exponent, as written.
    Digits(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object: its members in document order, no name twice.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The number as binary64 has it, if it is one.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest binary64 is what a number is where one is wanted"
    )]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Unsigned(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Digits(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What kind of JSON value this is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a Boolean",
            Self::Integer(_) | Self::Unsigned(_) | Self::Float(_) | Self::Digits(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Parses a body that must hold exactly one JSON value.
///
/// # Errors
/// 400 for an empty body, a byte order mark, bytes that are not UTF-8, malformed JSON or anything
/// behind it (with line and column), nesting deeper than 128 levels, and a member name that an
/// object holds twice (RFC 8259 section 4 leaves its meaning open, so none is guessed).
pub fn parse(body: &[u8]) -> Result<Node, Error> {
    match parse_optional(body)? {
        Some(node) => Ok(node),
        None => Err(Error::bad_request("The body is empty; JSON is expected.")),
    }
}

/// Parses a body that may be empty, as that of an action without required parameters.
///
/// # Errors
/// As [`parse`], but for the empty body.
pub fn parse_optional(body: &[u8]) -> Result<Option<Node>, Error> {
    if body.starts_with(b"\xEF\xBB\xBF") {
        return Err(Error::bad_request(
            "The body begins with a byte order mark; send JSON without one.",
        ));
    }
    let text = std::str::from_utf8(body).map_err(|e| {
        Error::bad_request(format!(
            "The body is not UTF-8: bad byte at offset {}.",
            e.valid_up_to()
        ))
    })?;
    if text
        .bytes()
        .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
    {
        return Ok(None);
    }
    let mut node: Node = serde_json::from_str(text)
        .map_err(|e| Error::bad_request(format!("The body is not JSON: {e}.")))?;
    digits::restore(text, &mut node);
    refuse_duplicates(&node).map_err(Fault::into_error)?;
    Ok(Some(node))
}

/// Finds a member name that stands twice in one object.
fn refuse_duplicates(node: &Node) -> Fallible<()> {
    match node {
        Node::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                refuse_duplicates(item).map_err(|f| f.at_index(at))?;
            }
            Ok(())
        }
        Node::Object(members) => {
            if let Some(name) = duplicate(members) {
                return Err(Fault::new("the object holds this member twice").at(name));
            }
            for (name, value) in members {
                refuse_duplicates(value).map_err(|f| f.at(name))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn duplicate(members: &[(String, Node)]) -> Option<&str> {
    if members.len() < MANY_MEMBERS {
        let mut rest = members;
        while let Some(((name, _), tail)) = rest.split_first() {
            if tail.iter().any(|(other, _)| other == name) {
                return Some(name);
            }
            rest = tail;
        }
        return None;
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some(*a),
        _ => None,
    })
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Unsigned(value), Node::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(item) = items.next_element()? {
            nodes.push(item);
        }
        Ok(Node::Array(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(member) = members.next_entry()? {
            nodes.push(member);
        }
        Ok(Node::Object(nodes))
    }
}

#[cfg(test)]
mod tests;
