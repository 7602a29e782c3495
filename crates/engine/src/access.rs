//! Who is calling, what a request needs, and the proof that the caller has it.

use std::collections::BTreeSet;
use std::sync::Arc;

use odata::{Error, ErrorCode};

use crate::permissions::properties::{self, Needed};

/// The caller of a request, as its verified token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject: the application's, user's or device's id.
    pub subject: String,
    /// The application that the token was issued to, if it says so: the subject itself, or the one
    /// that a user signed in with.
    pub application: Option<String>,
    /// Application permissions (the `roles` claim).
    pub roles: BTreeSet<String>,
    /// Delegated permissions (the `scp` claim).
    pub scopes: BTreeSet<String>,
    /// What its permissions are good for.
    pub reach: Reach,
}

/// How far the permissions of a caller reach: to which entities, whatever they let it do there.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum Reach {
    /// To all that there are.
    #[default]
    Everything,
    /// To what has one of these role scope tags (`roleScopeTagIds`), and what lies under it.
    RoleScopeTags(BTreeSet<String>),
    /// To what is of one device, by the id of its `managedDevice`.
    Device(String),
}

/// What a request needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Of each list, one permission.
    pub(crate) accepted: Vec<Arc<[String]>>,
    /// For single properties that it names, each of these; a device needs none for what is its own.
    pub(crate) properties: Vec<Needed>,
}

/// The proof that a caller may do what a requirement guards. Only [`Caller::permit`] makes one,
/// and whatever touches data takes one: a forgotten check does not compile. To which rows the caller
/// may do it, its core says: that of a caller whose permissions do not reach everything has a store
/// that is confined ([`crate::Core::confined`]).
#[derive(Clone, Copy, Debug)]
pub struct Permit(());

impl Requirement {
    /// Whether any caller could have what it needs.
    pub(crate) fn can_be_met(&self) -> bool {
        !self.accepted.iter().any(|accepted| accepted.is_empty())
    }
}

impl Caller {
    /// Whether it has a permission, as a role or as a scope.
    pub(crate) fn has(&self, permission: &str) -> bool {
        self.roles.contains(permission) || self.scopes.contains(permission)
    }

    /// Checks a requirement.
    ///
    /// # Errors
    /// 403 naming the permissions of which one is needed, or a property and its permission.
    pub fn permit(&self, requirement: &Requirement) -> Result<Permit, Error> {
        let has = |name: &String| self.has(name);
        match requirement
            .accepted
            .iter()
            .find(|accepted| !accepted.iter().any(has))
        {
            None => properties::permit(self, &requirement.properties).map(|()| Permit(())),
            Some(accepted) if accepted.is_empty() => Err(Error::new(
                ErrorCode::Forbidden,
                "No permission gives access to this operation.",
            )),
            Some(accepted) => Err(Error::new(
                ErrorCode::Forbidden,
                format!(
                    "The token lacks the permission for this operation. It needs one of: {}.",
                    accepted.join(", ")
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: &str) -> Caller {
        Caller {
            roles: BTreeSet::from([role.to_owned()]),
            ..Caller::default()
        }
    }

    #[test]
    fn every_list_must_be_met() {
        let of = |names: &[&str]| {
            names
                .iter()
                .map(|n| (*n).to_owned())
                .collect::<Arc<[String]>>()
        };
        let both = Requirement {
            accepted: vec![of(&["A", "B"]), of(&["B", "C"])],
            ..Requirement::default()
        };
        assert!(caller("B").permit(&both).is_ok());
        let refused = caller("A").permit(&both).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Forbidden);
        assert!(refused.message.contains("B, C"), "{}", refused.message);
        assert!(caller("D").permit(&both).is_err());
    }

    #[test]
    fn what_nothing_permits_is_denied() {
        let nothing = Requirement {
            accepted: vec![Arc::new([])],
            ..Requirement::default()
        };
        assert_eq!(
            caller("A").permit(&nothing).unwrap_err().code,
            ErrorCode::Forbidden
        );
    }
}
