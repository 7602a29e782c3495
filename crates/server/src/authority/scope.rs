//! What a client asks for on behalf of a user (RFC 6749, section 3.3; OpenID Connect Core 1.0,
//! section 5.4), and what it gets.

use std::collections::BTreeSet;

use engine::access::Reach;
use engine::exchange::Application;
use engine::exchange::users::User;

use super::answers::OAuthError;
use crate::auth::AUDIENCE;

/// The longest scope, in bytes.
const LIMIT: usize = 4_096;
const DEFAULT: &str = ".default";

/// A scope that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Scope {
    /// Permissions by name; none are all that can be had.
    named: BTreeSet<String>,
    /// Whether all that can be had is asked for.
    all: bool,
    /// An ID token.
    pub(super) openid: bool,
    /// The user's name in it.
    pub(super) profile: bool,
    /// A refresh token.
    pub(super) offline: bool,
}

impl Scope {
    /// Reads a scope. Permissions may have the resource before them, which is Graph or this server.
    ///
    /// # Errors
    /// `invalid_scope`.
    pub(super) fn parse(text: &str, origin: &str) -> Result<Self, OAuthError> {
        let refuse = |why| OAuthError::new("invalid_scope", why);
        if text.len() > LIMIT {
            return Err(refuse("The scope is too long."));
        }
        let mut scope = Self::default();
        for word in text.split_ascii_whitespace() {
            match word {
                "openid" => scope.openid = true,
                "profile" => scope.profile = true,
                // Users have no addresses here.
                "email" => {}
                "offline_access" => scope.offline = true,
                word => {
                    let name = match word.rsplit_once('/') {
                        None => word,
                        Some((resource, name)) if [AUDIENCE, origin].contains(&resource) => name,
                        Some(_) => {
                            return Err(refuse(
                                "AADSTS500011: The scope is of another resource than \
                                 https://graph.microsoft.com or this server.",
                            ));
                        }
                    };
                    if name == DEFAULT {
                        scope.all = true;
                    } else {
                        scope.named.insert(name.to_owned());
                    }
                }
            }
        }
        scope.all |= scope.named.is_empty();
        Ok(scope)
    }

    /// The permissions that an application gets of a user: those that both have and that were asked for.
    ///
    /// # Errors
    /// `invalid_scope` where there are none.
    pub(super) fn granted(
        &self,
        application: &Application,
        user: &User,
    ) -> Result<Vec<String>, OAuthError> {
        let both = application.scopes.iter();
        let both = both.filter(|name| user.scopes.contains(name));
        let asked = both.filter(|name| self.all || self.named.contains(*name));
        let granted: BTreeSet<String> = asked.cloned().collect();
        match granted.is_empty() {
            false => Ok(granted.into_iter().collect()),
            true => Err(OAuthError::new(
                "invalid_scope",
                "AADSTS65001: The user and the application have none of these permissions in common.",
            )),
        }
    }

    /// What of this is left where a refresh token was given for something else (RFC 6749, section 6).
    ///
    /// # Errors
    /// `invalid_scope` for more than was given.
    pub(super) fn within(mut self, given: &Self) -> Result<Self, OAuthError> {
        if given.all {
            return Ok(self);
        }
        if !self.named.is_subset(&given.named) {
            let why = "The scope has more than the refresh token was given for.";
            return Err(OAuthError::new("invalid_scope", why));
        }
        if self.all {
            self.named.clone_from(&given.named);
            self.all = false;
        }
        Ok(self)
    }

    /// How an answer tells what was granted: libraries look what they asked for up in it.
    pub(super) fn told(&self, granted: &[String]) -> String {
        let mut words: Vec<String> = granted
            .iter()
            .map(|name| format!("{AUDIENCE}/{name}"))
            .collect();
        if self.all {
            words.push(format!("{AUDIENCE}/{DEFAULT}"));
        }
        for (asked, word) in [
            (self.openid, "openid"),
            (self.profile, "profile"),
            (self.offline, "offline_access"),
        ] {
            words.extend(asked.then(|| word.to_owned()));
        }
        words.join(" ")
    }
}

/// How far permissions reach that a user lets an application have: no further than those of either.
///
/// # Errors
/// `access_denied` where the two have no role scope tag in common.
pub(super) fn reach(application: &Application, user: &User) -> Result<Reach, OAuthError> {
    let tags = |tags: &[String]| tags.iter().cloned().collect::<BTreeSet<String>>();
    let (of_application, of_user) = (
        tags(&application.role_scope_tag_ids),
        tags(&user.role_scope_tag_ids),
    );
    let both: BTreeSet<String> = match (of_application.is_empty(), of_user.is_empty()) {
        (true, true) => return Ok(Reach::Everything),
        (true, false) => of_user,
        (false, true) => of_application,
        (false, false) => of_application.intersection(&of_user).cloned().collect(),
    };
    match both.is_empty() {
        false => Ok(Reach::RoleScopeTags(both)),
        true => Err(OAuthError::new(
            "access_denied",
            "The user and the application have no role scope tag in common.",
        )),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const ORIGIN: &str = "https://server.example";

    fn parties(application: &[&str], user: &[&str]) -> (Application, User) {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let application = Application {
            id: "a".to_owned(),
            display_name: String::new(),
            roles: Vec::new(),
            role_scope_tag_ids: Vec::new(),
            scopes: owned(application),
            redirect_uris: Vec::new(),
            public_client: true,
            disabled: false,
            created_at: 0,
            tokens_from: 0,
            credentials: Vec::new(),
        };
        let user = User {
            name: "ada".to_owned(),
            id: "u".to_owned(),
            display_name: String::new(),
            scopes: owned(user),
            role_scope_tag_ids: Vec::new(),
            disabled: false,
            created_at: 0,
            tokens_from: 0,
            password: None,
            totp_secret: None,
        };
        (application, user)
    }

    #[test]
    fn what_both_have_and_was_asked_for() {
        let (application, user) = parties(&["A.Read", "B.Read"], &["B.Read", "C.Read"]);
        let check = |asked: &str, expected: Option<&[&str]>| {
            let scope = Scope::parse(asked, ORIGIN).unwrap();
            let granted = scope.granted(&application, &user).ok();
            let expected = expected.map(|names| names.iter().map(|n| (*n).to_owned()).collect());
            assert_eq!(granted, expected, "{asked}");
        };
        check("", Some(&["B.Read"]));
        check("openid offline_access", Some(&["B.Read"]));
        check("https://graph.microsoft.com/.default", Some(&["B.Read"]));
        check("https://server.example/.default", Some(&["B.Read"]));
        check("B.Read A.Read", Some(&["B.Read"]));
        check("https://graph.microsoft.com/B.Read", Some(&["B.Read"]));
        check("A.Read", None);
        check("C.Read", None);
        check("b.read", None);
        for other in [
            "https://evil.example/.default",
            "x/B.Read",
            "https://graph.microsoft.com//B.Read",
        ] {
            assert!(Scope::parse(other, ORIGIN).is_err(), "{other}");
        }
        assert!(Scope::parse(&"a ".repeat(3_000), ORIGIN).is_err());
    }

    #[test]
    fn a_refresh_asks_for_no_more() {
        let parse = |text: &str| Scope::parse(text, ORIGIN).unwrap();
        let check = |asked: &str, given: &str, expected: Option<&str>| {
            let within = parse(asked).within(&parse(given)).ok();
            assert_eq!(within, expected.map(parse), "{asked} of {given}");
        };
        check("A B", ".default", Some("A B"));
        check("A", "A B", Some("A"));
        check("C", "A B", None);
        check(".default", "A B", Some("A B"));
        check("", "A", Some("A"));
    }

    #[test]
    fn tags_confine_both() {
        let check = |of_application: &[&str], of_user: &[&str], expected: Option<&[&str]>| {
            let (mut application, mut user) = parties(&[], &[]);
            let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
            application.role_scope_tag_ids = owned(of_application);
            user.role_scope_tag_ids = owned(of_user);
            let expected = expected.map(|tags| match tags {
                [] => Reach::Everything,
                tags => Reach::RoleScopeTags(owned(tags).into_iter().collect()),
            });
            assert_eq!(reach(&application, &user).ok(), expected);
        };
        check(&[], &[], Some(&[]));
        check(&["1"], &[], Some(&["1"]));
        check(&[], &["1"], Some(&["1"]));
        check(&["1", "2"], &["2", "3"], Some(&["2"]));
        check(&["1"], &["2"], None);
    }
}
