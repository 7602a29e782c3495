//! Actions, functions and terms.

use super::{Facets, StructuredId, TypeRef};
use crate::annotation::Annotations;

/// Whether an operation may have side effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// An action: invoked with POST.
    Action,
    /// A function: invoked with GET.
    Function,
}

/// One overload of an action or function (CSDL section 12).
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The qualified name, without alias.
    pub name: String,
    /// Action or function.
    pub kind: OperationKind,
    /// Whether the first parameter is the binding parameter.
    pub is_bound: bool,
    /// Whether a function's result may be composed upon.
    pub is_composable: bool,
    /// The parameters, the binding one first.
    pub parameters: Vec<Parameter>,
    /// The result, if any.
    pub returns: Option<TypeRef>,
    /// The annotations of the result.
    pub return_annotations: Annotations,
    /// The path from the binding parameter to the entity set of the result, as written.
    pub entity_set_path: Option<String>,
    /// Its annotations, those targeted at all overloads included.
    pub annotations: Annotations,
    /// What a function computes, if an expression says it ([`Model::define`](super::Model::define)):
    /// a common expression (OData 4.01 URL Conventions, section 5.1.1) over the binding parameter's
    /// properties and the other parameters, by their names.
    pub definition: Option<String>,
}

/// A parameter of an operation (CSDL section 12.9).
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// The type with its facets.
    pub ty: TypeRef,
    /// Whether it may be left out (`Core.OptionalParameter`, or nullable in an action).
    pub optional: bool,
    /// Its annotations.
    pub annotations: Annotations,
}

/// A term that the model itself defines (CSDL section 14.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The qualified name, without alias.
    pub name: String,
    /// The type as written, without alias: it may belong to another document's vocabulary.
    pub ty: String,
    /// Whether its value may be null.
    pub nullable: bool,
    /// The facets of its type.
    pub facets: Facets,
    /// What it applies to, as written.
    pub applies_to: Option<String>,
    /// The qualified name of the term that it specializes.
    pub base_term: Option<String>,
    /// The value of an annotation that gives none, as written.
    pub default_value: Option<String>,
    /// Its annotations.
    pub annotations: Annotations,
}

impl Operation {
    /// The binding parameter of a bound operation.
    #[must_use]
    pub fn binding(&self) -> Option<&Parameter> {
        if self.is_bound {
            self.parameters.first()
        } else {
            None
        }
    }

    /// The structured type that it is bound to, and whether to a collection of it.
    #[must_use]
    pub fn bound_to(&self) -> Option<(StructuredId, bool)> {
        let ty = &self.binding()?.ty;
        ty.item.structured().map(|id| (id, ty.collection))
    }

    /// The parameters that a caller gives: all but the binding one.
    #[must_use]
    pub fn own_parameters(&self) -> &[Parameter] {
        self.parameters
            .get(usize::from(self.is_bound)..)
            .unwrap_or_default()
    }

    /// The name without its namespace.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}
