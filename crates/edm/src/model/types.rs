//! Types and their members.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{EnumId, StructuredId, TypeDefinitionId};
use crate::annotation::Annotations;
use crate::primitive::Primitive;
use crate::value::Value;

/// An enumeration type (CSDL section 10).
#[derive(Clone, Debug, PartialEq)]
pub struct EnumType {
    /// The qualified name, without alias.
    pub name: String,
    /// Whether values combine members.
    pub is_flags: bool,
    /// The underlying integer type.
    pub underlying: Primitive,
    /// The members in document order.
    pub members: Vec<EnumMember>,
    /// Its annotations.
    pub annotations: Annotations,
}

/// A member of an enumeration type.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumMember {
    /// The member's name.
    pub name: String,
    /// Its numeric value.
    pub value: i64,
    /// Its annotations.
    pub annotations: Annotations,
}

/// What a structured type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructuredKind {
    /// An entity type (CSDL section 6).
    Entity,
    /// A complex type (CSDL section 9).
    Complex,
}

/// An entity or complex type.
#[derive(Clone, Debug, PartialEq)]
pub struct StructuredType {
    /// The qualified name, without alias.
    pub name: String,
    /// Entity or complex.
    pub kind: StructuredKind,
    /// The type it derives from.
    pub base: Option<StructuredId>,
    /// The types that derive directly from it.
    pub derived: Vec<StructuredId>,
    /// Whether it can have no instances of its own.
    pub is_abstract: bool,
    /// Whether instances may carry undeclared properties.
    pub is_open: bool,
    /// Whether it is a media entity type.
    pub has_stream: bool,
    /// The key's properties as ordinals, inherited if the base has them.
    pub key: Vec<usize>,
    /// All structural properties, inherited ones first: an index here is the property's ordinal,
    /// and it is the same in every derived type.
    pub properties: Vec<Property>,
    /// How many of `properties` are inherited.
    pub inherited_properties: usize,
    /// The ordinal of the property that holds the dynamic properties, if the type is open: see
    /// [`Property::is_dynamic`].
    pub dynamic: Option<usize>,
    /// All navigation properties, inherited ones first.
    pub navigation: Vec<NavigationProperty>,
    /// How many of `navigation` are inherited.
    pub inherited_navigation: usize,
    /// Its annotations.
    pub annotations: Annotations,
    pub(crate) property_names: HashMap<String, usize>,
    pub(crate) navigation_names: HashMap<String, usize>,
}

/// A structural property (CSDL section 7).
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The type with its facets.
    pub ty: TypeRef,
    /// What an absent property gets: `DefaultValue`, else null for a nullable one, else the
    /// type's zero (an empty string, 0, false, the first enumeration member, an empty collection,
    /// `0001-01-01T00:00:00Z`, a complex value of such).
    pub default: Value,
    /// Whether CSDL gives a `DefaultValue`.
    pub has_default: bool,
    /// `Core.Computed`: made by the service; a value that a client sends is ignored.
    pub computed: bool,
    /// `Core.Immutable`: set on create, later values are ignored.
    pub immutable: bool,
    /// Its annotations.
    pub annotations: Annotations,
    /// The `DefaultValue` as written.
    pub(crate) default_text: Option<String>,
}

/// A navigation property (CSDL section 8).
#[derive(Clone, Debug, PartialEq)]
pub struct NavigationProperty {
    /// The name.
    pub name: String,
    /// The entity type it leads to.
    pub target: StructuredId,
    /// Whether it leads to many.
    pub collection: bool,
    /// Whether a single-valued one may lead to nothing.
    pub nullable: bool,
    /// Whether the targets live in the source (`ContainsTarget`).
    pub contains_target: bool,
    /// The path of the navigation property that leads back (`Partner`), as written.
    pub partner: Option<String>,
    /// Pairs of a property of this type and the property of the target that it must equal
    /// (`ReferentialConstraint`).
    pub referential_constraints: Vec<(String, String)>,
    /// The annotations of the constraints, in their order.
    pub(crate) constraint_annotations: Vec<Annotations>,
    /// What happens to the targets when the source is deleted (`OnDelete`): `Cascade`, `None`,
    /// `SetDefault` or `SetNull`.
    pub on_delete: Option<String>,
    /// The annotations of `OnDelete`.
    pub(crate) on_delete_annotations: Annotations,
    /// Its annotations.
    pub annotations: Annotations,
}

/// The type of a property, parameter or result: the item type, whether it is a collection of it,
/// whether null is allowed (for a collection: among its items), and the facets.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeRef {
    /// The type, or that of the items.
    pub item: ItemType,
    /// Whether it is a collection of the item type.
    pub collection: bool,
    /// Whether null is allowed.
    pub nullable: bool,
    /// Length, precision, scale.
    pub facets: Facets,
}

/// A type without facets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemType {
    /// A primitive type.
    Primitive(Primitive),
    /// An enumeration type.
    Enum(EnumId),
    /// A complex type.
    Complex(StructuredId),
    /// An entity type.
    Entity(StructuredId),
    /// `Edm.Untyped`: anything.
    Untyped,
}

/// The facets of a type (CSDL section 7.2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facets {
    /// The greatest length of a string in characters or of binary data in bytes.
    pub max_length: Option<usize>,
    /// Significant digits of a decimal; digits of a second's fraction.
    pub precision: Option<u32>,
    /// Digits right of the decimal point, as written (`variable` and `floating` included).
    pub scale: Option<String>,
    /// `Unicode`, where given.
    pub unicode: Option<bool>,
    /// `SRID`, where given.
    pub srid: Option<String>,
    /// The type definition through which the type was named, if any; its facets are merged in.
    pub definition: Option<TypeDefinitionId>,
}

/// A primitive type with facets under a name of its own (CSDL section 11).
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDefinition {
    /// The qualified name, without alias.
    pub name: String,
    /// The primitive type.
    pub underlying: Primitive,
    /// The facets.
    pub facets: Facets,
    /// Its annotations.
    pub annotations: Annotations,
}

impl Property {
    /// What holds the dynamic properties of instances of an open type (CSDL section 6.3). It is
    /// the last that the type declares itself, by no name, so that no document shows it and no
    /// URL can mean it: a [`Value::Dynamic`], or null where there are none.
    pub(crate) fn of_open_type() -> Self {
        Self {
            name: String::new(),
            ty: TypeRef::of(ItemType::Untyped),
            default: Value::Null,
            has_default: false,
            computed: false,
            immutable: false,
            annotations: Annotations::default(),
            default_text: None,
        }
    }

    /// Whether it is what holds the dynamic properties of an open type, and none that the model
    /// declares.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.name.is_empty()
    }
}

impl TypeRef {
    /// A nullable single value of a type, without facets.
    #[must_use]
    pub fn of(item: ItemType) -> Self {
        Self {
            item,
            collection: false,
            nullable: true,
            facets: Facets::default(),
        }
    }

    /// A nullable single value of a primitive type, without facets.
    #[must_use]
    pub fn primitive(primitive: Primitive) -> Self {
        Self::of(ItemType::Primitive(primitive))
    }
}

impl ItemType {
    /// The structured type, if it is one.
    #[must_use]
    pub fn structured(self) -> Option<StructuredId> {
        match self {
            Self::Complex(id) | Self::Entity(id) => Some(id),
            _ => None,
        }
    }
}

impl EnumType {
    /// The member of a name (case-sensitive, CSDL section 10.3).
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&EnumMember> {
        self.members.iter().find(|m| m.name == name)
    }

    /// The name of a member by its value (the first, if several share it).
    #[must_use]
    pub fn name_of(&self, value: i64) -> Option<&str> {
        self.members
            .iter()
            .find(|m| m.value == value)
            .map(|m| m.name.as_str())
    }

    /// A value as it is written (OData ABNF `enumValue`): the member's name; for flags, the names
    /// of those that make it up, comma-separated, in the order of the model. `None` if no members
    /// make it up.
    #[must_use]
    pub fn text_of(&self, value: i64) -> Option<Cow<'_, str>> {
        if let Some(name) = self.name_of(value) {
            return Some(Cow::Borrowed(name));
        }
        self.flag_names(value)
            .map(|names| Cow::Owned(names.join(",")))
    }

    /// The members that make up a combination; the widest are taken first, so that a member for a
    /// combination stands for its parts.
    fn flag_names(&self, value: i64) -> Option<Vec<&str>> {
        if !self.is_flags {
            return None;
        }
        let mut widest_first: Vec<(usize, &EnumMember)> = self.members.iter().enumerate().collect();
        widest_first.sort_by_key(|(_, member)| std::cmp::Reverse(member.value.count_ones()));
        let mut left = value;
        let mut taken = Vec::new();
        for (place, member) in widest_first {
            let flag = member.value;
            if flag != 0 && value & flag == flag && left & flag != 0 {
                left &= !flag;
                taken.push((place, member.name.as_str()));
            }
        }
        taken.sort_unstable();
        (left == 0 && !taken.is_empty()).then(|| taken.into_iter().map(|(_, name)| name).collect())
    }

    /// The members' names, comma-separated, for messages.
    #[must_use]
    pub fn allowed(&self) -> String {
        self.members
            .iter()
            .map(|m| m.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl StructuredType {
    /// The ordinal of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<usize> {
        self.property_names.get(name).copied()
    }

    /// The index of a navigation property.
    #[must_use]
    pub fn navigation_property(&self, name: &str) -> Option<usize> {
        self.navigation_names.get(name).copied()
    }

    /// The item type of this type, given its own index.
    #[must_use]
    pub fn item_type(&self, id: StructuredId) -> ItemType {
        match self.kind {
            StructuredKind::Entity => ItemType::Entity(id),
            StructuredKind::Complex => ItemType::Complex(id),
        }
    }

    /// The name without its namespace.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}
