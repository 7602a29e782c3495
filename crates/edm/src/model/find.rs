//! Looking elements up by name.

use super::is_identifier;
use super::{
    EntitySet, EntitySetId, EnumId, EnumType, ItemType, Model, NamedType, Operation, OperationId,
    OperationImport, Singleton, SingletonId, StructuredId, StructuredType, Term, TypeDefinitionId,
    index,
};
use crate::annotation::Annotations;
use crate::primitive::Primitive;

impl Model {
    /// The ordinal of the property that holds the dynamic property of a name, in a type that is
    /// open; `None` if the type is not, if the name is no identifier, and if the type or one that
    /// derives from it declares a property of the name.
    #[must_use]
    pub fn dynamic_property(&self, of: StructuredId, name: &str) -> Option<usize> {
        let ordinal = self
            .structured(of)
            .dynamic
            .filter(|_| is_identifier(name))?;
        let mut types = vec![of];
        while let Some(ty) = types.pop().map(|id| self.structured(id)) {
            if ty.property(name).is_some() || ty.navigation_property(name).is_some() {
                return None;
            }
            types.extend(&ty.derived);
        }
        Some(ordinal)
    }

    /// Every structured type with its index.
    pub fn structured_types(&self) -> impl Iterator<Item = (StructuredId, &StructuredType)> {
        self.structured
            .iter()
            .enumerate()
            .map(|(i, t)| (StructuredId(index(i)), t))
    }

    /// Every operation overload with its index.
    pub fn operations(&self) -> impl Iterator<Item = (OperationId, &Operation)> {
        self.operations
            .iter()
            .enumerate()
            .map(|(i, o)| (OperationId(index(i)), o))
    }

    /// The singletons of the container with their indexes.
    pub fn singletons(&self) -> impl Iterator<Item = (SingletonId, &Singleton)> {
        self.container
            .singletons
            .iter()
            .enumerate()
            .map(|(i, s)| (SingletonId(index(i)), s))
    }

    /// The entity sets of the container with their indexes.
    pub fn entity_sets(&self) -> impl Iterator<Item = (EntitySetId, &EntitySet)> {
        self.container
            .sets
            .iter()
            .enumerate()
            .map(|(i, s)| (EntitySetId(index(i)), s))
    }

    /// Every enumeration type with its index.
    pub fn enum_types(&self) -> impl Iterator<Item = (EnumId, &EnumType)> {
        self.enums
            .iter()
            .enumerate()
            .map(|(i, e)| (EnumId(index(i)), e))
    }

    /// The terms that the model itself defines.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The action and function imports of the container.
    #[must_use]
    pub fn imports(&self) -> &[OperationImport] {
        &self.container.imports
    }

    /// The structured type of a qualified name.
    #[must_use]
    pub fn find_structured(&self, name: &str) -> Option<StructuredId> {
        match self.names.get(name) {
            Some(NamedType::Structured(id)) => Some(*id),
            _ => None,
        }
    }

    /// The enumeration type of a qualified name.
    #[must_use]
    pub fn find_enum(&self, name: &str) -> Option<EnumId> {
        match self.names.get(name) {
            Some(NamedType::Enum(id)) => Some(*id),
            _ => None,
        }
    }

    /// The type definition of a qualified name.
    #[must_use]
    pub fn find_type_definition(&self, name: &str) -> Option<TypeDefinitionId> {
        match self.names.get(name) {
            Some(NamedType::Definition(id)) => Some(*id),
            _ => None,
        }
    }

    /// The singleton of a name, which is case-sensitive.
    #[must_use]
    pub fn find_singleton(&self, name: &str) -> Option<SingletonId> {
        self.singletons()
            .find(|(_, s)| s.name == name)
            .map(|(id, _)| id)
    }

    /// The entity set of a name, which is case-sensitive.
    #[must_use]
    pub fn find_entity_set(&self, name: &str) -> Option<EntitySetId> {
        self.entity_sets()
            .find(|(_, s)| s.name == name)
            .map(|(id, _)| id)
    }

    /// The action or function import of a name, which is case-sensitive.
    #[must_use]
    pub fn find_import(&self, name: &str) -> Option<&OperationImport> {
        self.container.imports.iter().find(|i| i.name == name)
    }

    /// The type that a URL names: by its qualified name (primitive types included), or by its
    /// short name if it is in a default namespace (OData 4.01 URL Conventions 4.11).
    ///
    /// A type definition is answered by its underlying type.
    #[must_use]
    pub fn find_type_by_url_name(&self, name: &str) -> Option<ItemType> {
        if let Some(primitive) = Primitive::from_name(name) {
            return Some(ItemType::Primitive(primitive));
        }
        let named = match self.names.get(name) {
            Some(named) => *named,
            None if name.contains('.') => return None,
            None => *self
                .default_namespaces
                .iter()
                .find_map(|namespace| self.names.get(&format!("{namespace}.{name}")))?,
        };
        Some(self.item_type(named))
    }

    /// The type that a resolved name stands for.
    pub(crate) fn item_type(&self, named: NamedType) -> ItemType {
        match named {
            NamedType::Enum(id) => ItemType::Enum(id),
            NamedType::Definition(id) => ItemType::Primitive(self.type_definition(id).underlying),
            NamedType::Structured(id) => self.structured(id).item_type(id),
        }
    }

    /// The overloads of an operation that a URL may mean by `name`: its qualified name, or its
    /// short name if it is in a default namespace.
    ///
    /// With a binding type and whether a collection is bound: those bound to that type or to one
    /// that it derives from, the nearest first (OData 4.01 Protocol 11.5.5). With `None`: the
    /// unbound ones, which URLs reach through imports only.
    #[must_use]
    pub fn find_operations(
        &self,
        bound_to: Option<(StructuredId, bool)>,
        name: &str,
    ) -> Vec<OperationId> {
        let overloads = self
            .operation_names
            .get(name)
            .map_or(&[][..], Vec::as_slice);
        let Some((id, collection)) = bound_to else {
            return overloads
                .iter()
                .copied()
                .filter(|o| !self.operation(*o).is_bound)
                .collect();
        };
        let mut found: Vec<(usize, OperationId)> = overloads
            .iter()
            .filter_map(|o| {
                let (to, many) = self.operation(*o).bound_to()?;
                if many != collection {
                    return None;
                }
                Some((self.distance(id, to)?, *o))
            })
            .collect();
        found.sort_by_key(|(distance, _)| *distance);
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// How many derivations lie between a type and its ancestor; `None` if it is none.
    fn distance(&self, candidate: StructuredId, ancestor: StructuredId) -> Option<usize> {
        let mut at = Some(candidate);
        let mut distance = 0;
        while let Some(id) = at {
            if id == ancestor {
                return Some(distance);
            }
            at = self.structured(id).base;
            distance += 1;
        }
        None
    }

    /// The annotations of a schema, by its namespace.
    #[must_use]
    pub fn schema_annotations(&self, namespace: &str) -> Option<&Annotations> {
        let place = self.namespaces.iter().position(|n| n == namespace)?;
        self.schema_annotations.get(place)
    }

    /// The annotations of the container (`Ns.Container`), of a member of it
    /// (`Ns.Container/Singleton`, inline ones included) or of a path beyond
    /// (`Ns.Container/Singleton/nav`), with the alias replaced.
    #[must_use]
    pub fn target_annotations(&self, target: &str) -> Option<&Annotations> {
        let place = self.target_places.get(target)?;
        self.targets.get(*place).map(|(_, annotations)| annotations)
    }

    /// Everything that `Annotations` elements and container members annotate, by the paths that
    /// [`target_annotations`](Self::target_annotations) takes.
    pub fn annotated_targets(&self) -> impl Iterator<Item = (&str, &Annotations)> {
        let targets = self.targets.iter();
        targets.map(|(target, annotations)| (target.as_str(), annotations))
    }
}
