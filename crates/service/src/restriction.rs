//! What of scripts and their runs can be granted apart from the rest. Which properties these are, the
//! model says: each names the permission that it needs.

use std::collections::BTreeSet;

/// The term by which a property names its permission.
pub(crate) const TERM: &str = "runstate.restrictedTo";

/// A kind of data that needs a permission of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// What scripts consist of, and their parameters.
    ScriptContent,
    /// What scripts printed on devices.
    ScriptOutput,
}

impl Restriction {
    /// The permission that gives it.
    #[must_use]
    pub fn permission(self) -> &'static str {
        match self {
            Self::ScriptContent => "Runstate.ScriptContent.Read",
            Self::ScriptOutput => "Runstate.ScriptOutput.Read",
        }
    }

    /// The permissions that several of them demand.
    #[must_use]
    pub fn permissions(all: &[Self]) -> BTreeSet<String> {
        all.iter().map(|one| one.permission().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use edm::{ItemType, Primitive};

    use super::*;

    #[test]
    fn the_model_names_these_permissions_and_no_others() {
        let model = crate::model().expect("the model");
        let types = model.structured_types().map(|(_, ty)| ty);
        let properties = types.flat_map(|ty| &ty.properties);
        let named: BTreeSet<String> = properties
            .filter_map(|property| property.annotations.get(TERM)?.as_str())
            .map(str::to_owned)
            .collect();
        let known = [Restriction::ScriptContent, Restriction::ScriptOutput];
        assert_eq!(named, Restriction::permissions(&known));
    }

    /// A new script property of binary content, or of output, is not forgotten: what sounds like one
    /// carries the term.
    #[test]
    fn what_sounds_restricted_is() {
        let model = crate::model().expect("the model");
        for (_, ty) in model.structured_types() {
            for property in &ty.properties {
                let name = property.name.to_ascii_lowercase();
                let sounds = [
                    "scriptcontent",
                    "scriptoutput",
                    "scripterror",
                    "scriptparameters",
                ]
                .iter()
                .any(|part| name.contains(part));
                // Counters and lists of faults tell nothing that a script printed.
                let told = matches!(
                    property.ty.item,
                    ItemType::Primitive(Primitive::String | Primitive::Binary)
                ) || name.ends_with("parameters");
                let restricted = property.annotations.get(TERM).is_some();
                assert!(
                    !sounds || !told || restricted,
                    "{}/{}",
                    ty.name,
                    property.name
                );
            }
        }
    }
}
