//! Entities from JSON: a create, an update, a member of a delta, with what they bind and nest
//! (OData JSON Format 4.01, sections 6 to 8; Protocol 11.4.2 and 11.4.3).

use super::dynamic::change_dynamic;
use super::patch::Patch;
use edm::{
    DynamicProperty, ItemType, Model, NavigationProperty, StructuredId, StructuredType, Value,
};

use super::control::{
    CONTENT_IDS, find_navigation, read_binding, read_content_id, read_control, refuse_two_targets,
};
use super::fault::{Fallible, Fault};
use super::name::{Name, classify};
use super::read_value::{Reader, Source, undeclared};
use super::tree::Node;
use crate::Error;

/// What a body says of an entity: only what stands in it.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityPayload {
    /// The entity's type: the expected one or the one that `@odata.type` names.
    pub of: StructuredId,
    /// Structural properties by ordinal in `of`, in document order, none twice; computed ones
    /// included, for whether they are ignored is the service's to say.
    pub values: Vec<(usize, Value)>,
    /// Of an update: complex properties by ordinal in `of` with what of them changes, and dynamic
    /// properties. They are not in `values`.
    pub patches: Vec<(usize, Patch)>,
    /// `nav@odata.bind`: the navigation property's index in `of` and the entities' URLs as sent.
    /// None for a single-valued one unbinds it (`null` in the body).
    pub bindings: Vec<(usize, Vec<String>)>,
    /// Navigation properties by index in `of` with the entities nested in them.
    pub nested: Vec<(usize, Nested)>,
    /// `@odata.id`: the URL of an entity that is meant, as sent.
    pub id: Option<String>,
    /// `@removed`: a delta says that the entity is gone, or no member any more.
    pub removed: Option<Removal>,
    /// `@odata.etag`, as sent.
    pub etag: Option<String>,
    /// `@Core.ContentID`: what the client calls it in this request.
    pub content_id: Option<String>,
}

/// Why a member of a delta is removed (section 15.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is no member any more; also where no reason is given.
    Changed,
    /// It is deleted.
    Deleted,
}

impl EntityPayload {
    /// A body that says nothing of an entity of this type.
    #[must_use]
    pub fn empty(of: StructuredId) -> Self {
        Self {
            of,
            values: Vec::new(),
            patches: Vec::new(),
            bindings: Vec::new(),
            nested: Vec::new(),
            id: None,
            removed: None,
            etag: None,
            content_id: None,
        }
    }

    /// Whether it says nothing of the entity but which one it is.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        self.values.is_empty()
            && self.patches.is_empty()
            && self.bindings.is_empty()
            && self.nested.is_empty()
    }
}

/// What stands in the place of a navigation property.
#[derive(Clone, Debug, PartialEq)]
pub enum Nested {
    /// `null` for a single-valued one.
    None,
    /// The entity of a single-valued one.
    One(Box<EntityPayload>),
    /// The entities of a collection-valued one.
    Many(Vec<EntityPayload>),
    /// `nav@delta`: what changes of a collection-valued one.
    Delta(Vec<EntityPayload>),
}

/// What the body of an entity is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// It makes an entity: its type must be known and not abstract.
    Create,
    /// It changes one that has a type already: what it does not name stays.
    Update,
    /// It replaces one that has a type already: what it does not name gets its default.
    Replace,
    /// It is a member of a delta payload: it changes, makes or removes one.
    Delta,
}

/// Binds a body to an entity type. Which properties must be present depends on the resource and
/// is not judged here.
///
/// # Errors
/// 400 naming the property for everything that the model does not allow: an unknown property, a
/// wrong type, null where there must be a value, text of the wrong form, a type that is not the
/// expected one or derived from it.
pub fn read_entity(
    model: &Model,
    expected: StructuredId,
    node: Node,
    kind: RequestKind,
) -> Result<EntityPayload, Error> {
    Reader {
        model,
        source: Source::Client,
    }
    .entity(expected, node, kind)
    .map_err(Fault::into_error)
}

impl Reader<'_> {
    pub(super) fn entity(
        self,
        expected: StructuredId,
        node: Node,
        kind: RequestKind,
    ) -> Fallible<EntityPayload> {
        let Node::Object(mut members) = node else {
            let what = format!("an object ({})", self.model.structured(expected).name);
            return Err(Fault::expected(&what, node.kind()));
        };
        let named = self.instance_type(expected, &members)?;
        let of = named.unwrap_or(expected);
        let mut payload = EntityPayload {
            values: Vec::with_capacity(members.len()),
            ..EntityPayload::empty(of)
        };
        let ty = self.model.structured(of);
        let dynamic = self.take_dynamic(of, &mut members)?;
        self.dynamic(&mut payload, ty, dynamic, kind)?;
        for (name, node) in members {
            self.member(&mut payload, ty, &name, node, kind)
                .map_err(|fault| fault.at(&name))?;
        }
        // What only refers to an entity need not say what type that is of.
        if kind == RequestKind::Create && payload.id.is_none() {
            self.concrete(of)?;
        }
        refuse_two_targets(ty, &payload)?;
        Ok(payload)
    }

    /// What a body says of dynamic properties: a change of them, or all that there are.
    fn dynamic(
        self,
        payload: &mut EntityPayload,
        ty: &StructuredType,
        dynamic: Vec<DynamicProperty>,
        kind: RequestKind,
    ) -> Fallible<()> {
        let Some(ordinal) = ty.dynamic.filter(|_| !dynamic.is_empty()) else {
            return Ok(());
        };
        if matches!(kind, RequestKind::Update | RequestKind::Delta) {
            payload.patches.push((ordinal, Patch::Dynamic(dynamic)));
            return Ok(());
        }
        let made = change_dynamic(self.model, &Value::Null, &dynamic);
        let made = made.map_err(|error| Fault::new(error.message))?;
        payload.values.push((ordinal, made));
        Ok(())
    }

    fn member(
        self,
        payload: &mut EntityPayload,
        ty: &StructuredType,
        name: &str,
        node: Node,
        kind: RequestKind,
    ) -> Fallible<()> {
        match classify(name) {
            Name::Property(property) => self.property(payload, ty, property, node, kind),
            Name::Control(control) => read_control(payload, control, node, kind),
            Name::PropertyControl(property, "bind") => {
                let (index, navigation) = find_navigation(ty, property)?;
                if payload.bindings.iter().any(|(other, _)| *other == index) {
                    return Err(Fault::new("bound twice"));
                }
                payload
                    .bindings
                    .push((index, read_binding(navigation, node)?));
                Ok(())
            }
            Name::PropertyControl(property, "delta") => {
                let nested = self.nested_delta(ty, property, node, kind)?;
                payload.nested.push(nested);
                Ok(())
            }
            Name::Ignored if CONTENT_IDS.contains(&name) => {
                payload.content_id = read_content_id(node)?;
                Ok(())
            }
            Name::PropertyControl(..) | Name::Ignored => Ok(()),
        }
    }

    fn property(
        self,
        payload: &mut EntityPayload,
        ty: &StructuredType,
        name: &str,
        node: Node,
        kind: RequestKind,
    ) -> Fallible<()> {
        if let Some(ordinal) = ty.property(name) {
            let declared = &ty.properties[ordinal].ty;
            if let (ItemType::Complex(of), Node::Object(_)) = (declared.item, &node)
                && !declared.collection
                && matches!(kind, RequestKind::Update | RequestKind::Delta)
            {
                let patch = self.complex_patch(of, node)?;
                payload.patches.push((ordinal, Patch::Complex(patch)));
                return Ok(());
            }
            let value = self.value(&ty.properties[ordinal].ty, node)?;
            payload.values.push((ordinal, value));
            return Ok(());
        }
        let index = ty.navigation_property(name).ok_or_else(|| undeclared(ty))?;
        payload
            .nested
            .push((index, self.nested(&ty.navigation[index], node)?));
        Ok(())
    }

    /// `nav@delta` (Protocol 11.4.3.1): only a PATCH can have it.
    fn nested_delta(
        self,
        ty: &StructuredType,
        property: &str,
        node: Node,
        kind: RequestKind,
    ) -> Fallible<(usize, Nested)> {
        let (index, navigation) = find_navigation(ty, property)?;
        if !matches!(kind, RequestKind::Update | RequestKind::Delta) {
            return Err(Fault::new("a nested delta needs a PATCH"));
        }
        match node {
            Node::Array(items) if navigation.collection => {
                let members = self.entities(navigation.target, items, RequestKind::Delta)?;
                Ok((index, Nested::Delta(members)))
            }
            other if navigation.collection => Err(Fault::expected("an array", other.kind())),
            _ => Err(Fault::new("only a collection has a delta")),
        }
    }

    fn nested(self, navigation: &NavigationProperty, node: Node) -> Fallible<Nested> {
        match node {
            Node::Null if !navigation.collection && navigation.nullable => Ok(Nested::None),
            Node::Array(items) if navigation.collection => self
                .entities(navigation.target, items, RequestKind::Create)
                .map(Nested::Many),
            node @ Node::Object(_) if !navigation.collection => {
                let entity = self.entity(navigation.target, node, RequestKind::Create)?;
                Ok(Nested::One(Box::new(entity)))
            }
            other => {
                let name = &self.model.structured(navigation.target).name;
                let what = if navigation.collection {
                    "an array"
                } else {
                    "an object"
                };
                Err(Fault::expected(&format!("{what} ({name})"), other.kind()))
            }
        }
    }

    pub(super) fn entities(
        self,
        expected: StructuredId,
        items: Vec<Node>,
        kind: RequestKind,
    ) -> Fallible<Vec<EntityPayload>> {
        let mut entities = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            entities.push(
                self.entity(expected, item, kind)
                    .map_err(|f| f.at_index(at))?,
            );
        }
        Ok(entities)
    }
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
