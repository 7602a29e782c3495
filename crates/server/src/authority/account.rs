//! Pages where a one-time code that was printed on the host is used: by the first administrator, and by
//! whoever sets a password.

use axum::body::Body;
use engine::exchange::users::{Claimant, Claimed, Users};
use http::Response;
use odata::Error;

use super::Asked;
use super::cookies::{FORM_FIELD, FormToken};
use super::form::Form;
use super::pages::{Field, Page};
use super::secret::one_time_code_digest;
use super::sign_in::{NOT_OURS, too_many_requests};

/// Under what name wrong codes are counted.
const GUESSES: &str = "one-time code";
const NO_CODE: &str = "The code is wrong, has expired, or was used.";
const NOT_FIRST: &str = "The code is wrong, has expired or was used, or the name has more than 64 of \
                         letters, digits and ._@+-, or somebody was first.";
const PASSWORD_HINT: &str = "At least 15 characters; a few words will do";

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// Makes the first administrator.
    First,
    /// Sets a password.
    Password,
}

/// Why nothing was set.
enum Refused {
    /// The password is none.
    Password(String),
    /// The code does not hold.
    Code,
}

impl Account {
    /// Answers at this page. `form` is what it sent.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn answer(
        self,
        asked: &Asked<'_>,
        users: &dyn Users,
        form: Option<&Form>,
    ) -> Result<Response<Body>, Error> {
        let Some(form) = form else {
            return self.ask(asked, "", None);
        };
        let token = FormToken::of(&asked.parts.headers, asked.is_secure())?;
        if !token.is_ours(&asked.parts.headers, form) {
            return Ok(Page::refusal(NOT_OURS).answer());
        }
        let (attempts, address) = (&asked.shared.attempts, asked.source.client);
        let name = form.get("username").unwrap_or_default();
        if !attempts.allow(address, GUESSES) {
            let problem = Some("Too many codes were wrong. Try again in a minute.");
            return self.ask(asked, name, problem).map(too_many_requests);
        }
        match self.set(asked, users, form).await? {
            Ok(name) => Ok(self.done(&name)),
            Err(Refused::Password(why)) => self.ask(asked, name, Some(&why)),
            Err(Refused::Code) => {
                attempts.failed(address, GUESSES);
                tracing::info!(%address, "a one-time code was refused");
                let problem = match self {
                    Self::Password => NO_CODE,
                    Self::First => NOT_FIRST,
                };
                self.ask(asked, name, Some(problem))
            }
        }
    }

    /// Uses a code for a password, and says whose it is now.
    async fn set(
        self,
        asked: &Asked<'_>,
        users: &dyn Users,
        form: &Form,
    ) -> Result<Result<String, Refused>, Error> {
        let password = form.get("password").unwrap_or_default();
        if form.get("repeated") != Some(password) {
            let why = "The two passwords differ.".to_owned();
            return Ok(Err(Refused::Password(why)));
        }
        let password = match asked.shared.hashing.hash(password.to_owned()).await? {
            Ok(hash) => hash,
            Err(refused) => return Ok(Err(Refused::Password(refused.to_string()))),
        };
        let digest = one_time_code_digest(form.get("code").unwrap_or_default());
        let client = Some(asked.source.client);
        if self == Self::Password {
            let set = users.set_password(digest, password, client).await?;
            return Ok(set.ok_or(Refused::Code));
        }
        let name = form.get("username").unwrap_or_default();
        let claimant = Claimant {
            name: name.to_owned(),
            display_name: name.to_owned(),
            password,
        };
        Ok(match users.claim(digest, claimant, client).await? {
            Claimed::Made => Ok(name.to_owned()),
            Claimed::Refused => Err(Refused::Code),
        })
    }

    fn done(self, name: &str) -> Response<Body> {
        let page = Page::new("It is done");
        let page = page.text(&format!("{name} signs in with this password from now on."));
        let next = match self {
            Self::First => {
                "Let applications sign people in with runstate app create --public-client, and ask \
                 for one-time passwords with runstate user totp --enable."
            }
            Self::Password => "You may close this page.",
        };
        page.dim(next).answer()
    }

    fn heading(self) -> (&'static str, &'static str) {
        match self {
            Self::First => (
                "The first administrator",
                "Whoever has the code that the server printed may do everything here.",
            ),
            Self::Password => ("Set a password", "You were given a code for this."),
        }
    }

    fn ask(
        self,
        asked: &Asked<'_>,
        name: &str,
        problem: Option<&str>,
    ) -> Result<Response<Body>, Error> {
        let token = FormToken::of(&asked.parts.headers, asked.is_secure())?;
        let (title, why) = self.heading();
        let field = |label, hint, name, kind, autocomplete, value| Field {
            label,
            hint,
            name,
            kind,
            autocomplete,
            value,
        };
        let mut page = Page::new(title)
            .dim(why)
            .problem(problem)
            .form(asked.target(), &[(FORM_FIELD, &token.field())])
            .field(&field("One-time code", "", "code", "text", "off", ""));
        if self == Self::First {
            let hint = "Letters, digits and ._@+-";
            page = page.field(&field("Name", hint, "username", "text", "username", name));
        }
        let (new, kind) = ("new-password", "password");
        let page = page
            .field(&field("Password", PASSWORD_HINT, kind, kind, new, ""))
            .field(&field("The same again", "", "repeated", kind, new, ""))
            .button("Continue", ("step", "set"))
            .end_of_form();
        let mut answer = page.answer();
        token.keep(&mut answer);
        Ok(answer)
    }
}
