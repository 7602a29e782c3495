//! A person signs in: a password, then a one-time password, then a session that the browser keeps.

use std::time::SystemTime;

use axum::body::Body;
use engine::exchange::users::{Holder, Session, TotpOutcome, User, Users};
use http::{HeaderValue, Response, StatusCode, header};
use odata::Error;

use super::Asked;
use super::cookies::{Cookie, FORM_FIELD, FormToken};
use super::form::Form;
use super::pages::{Field, Page, see_other};
use super::secret::{new_secret, secret_digest};
use super::totp;
use crate::auth::seconds;

/// How many seconds a browser stays signed in, and how many it has for the one-time password.
const SIGNED_IN: u64 = 12 * 3_600;
const HALFWAY: u64 = 300;
/// The field of forms that says what is sent.
pub(super) const STEP: &str = "step";
/// Parameters that ask to sign in anew: who has done so goes on without them.
const ANEW: [&str; 2] = ["prompt", "max_age"];

const WRONG: &str = "The name or the password is wrong.";
const WRONG_CODE: &str = "The code is wrong, or was used before. Wait for the next one.";
const TOO_MANY: &str = "Too many attempts failed. Try again in a minute.";
const PAUSED: &str = "Too many codes were wrong. Try again in five minutes.";
pub(super) const NOT_OURS: &str =
    "The form has expired, or came from another site. Go back, and begin again.";

/// Where people come in.
pub(super) struct Door<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) users: &'a dyn Users,
    /// What people sign in to.
    pub(super) purpose: &'a str,
    /// The name that is filled in.
    pub(super) hint: Option<&'a str>,
    /// Where forms may lead in the end, beside this server.
    pub(super) leads_to: Option<String>,
    /// How many seconds ago one may have signed in at the most.
    pub(super) max_age: Option<u64>,
}

/// Who comes in.
pub(super) enum Entry {
    /// Who has signed in, and when.
    In(Holder),
    /// Nobody yet; what the browser is answered.
    Answer(Response<Body>),
}

impl Door<'_> {
    /// Lets in who has signed in, and others do so.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn enter(&self, form: Option<&Form>) -> Result<Entry, Error> {
        if let Some(form) = form {
            let token = self.token()?;
            if !token.is_ours(&self.asked.parts.headers, form) {
                return Ok(Entry::Answer(Page::refusal(NOT_OURS).answer()));
            }
            let answer = match form.get(STEP) {
                Some("password") => Some(self.password(form).await?),
                Some("totp") => Some(self.one_time_password(form).await?),
                Some("restart") => Some(self.restart().await?),
                _ => None,
            };
            if let Some(answer) = answer {
                return Ok(Entry::Answer(answer));
            }
        }
        match self.session().await? {
            Some((session, _)) if !session.complete => self.ask_code(None).map(Entry::Answer),
            Some((session, _)) if self.is_recent(&session.holder) => Ok(Entry::In(session.holder)),
            _ => {
                let name = self.hint.unwrap_or_default();
                self.ask_password(name, None).map(Entry::Answer)
            }
        }
    }

    fn is_recent(&self, holder: &Holder) -> bool {
        let age = now().saturating_sub(holder.since);
        self.max_age.is_none_or(|most| most > 0 && age <= most)
    }

    fn token(&self) -> Result<FormToken, Error> {
        FormToken::of(&self.asked.parts.headers, self.asked.is_secure())
    }

    /// The session that the browser has, if it holds.
    async fn session(&self) -> Result<Option<(Session, User)>, Error> {
        match self.asked.session_digest() {
            Some(digest) => self.users.session(digest).await,
            None => Ok(None),
        }
    }

    async fn password(&self, form: &Form) -> Result<Response<Body>, Error> {
        let (shared, address) = (self.asked.shared, self.asked.source.client);
        let name = form.get("username").unwrap_or_default();
        let password = form.get("password").unwrap_or_default();
        if !shared.attempts.allow_user(address, name) {
            return self
                .ask_password(name, Some(TOO_MANY))
                .map(too_many_requests);
        }
        let user = self.users.user(name.to_owned()).await?;
        let kept = user.as_ref().filter(|user| !user.disabled);
        let kept = kept.and_then(|user| user.password.clone());
        let right = shared.hashing.verify(password.to_owned(), kept).await?;
        let Some(user) = user.filter(|_| right) else {
            shared.attempts.failed_user(address, name);
            tracing::info!(%address, "somebody did not sign in");
            return self.ask_password(name, Some(WRONG));
        };
        let complete = user.totp_secret.is_none();
        self.begin(&user, complete).await
    }

    async fn one_time_password(&self, form: &Form) -> Result<Response<Body>, Error> {
        let (shared, address) = (self.asked.shared, self.asked.source.client);
        let halfway = self.session().await?;
        let Some((session, user)) = halfway.filter(|(session, _)| !session.complete) else {
            return self.ask_password("", Some("It took too long. Begin again."));
        };
        if !shared.attempts.allow_user(address, &user.name) {
            return self.ask_code(Some(TOO_MANY)).map(too_many_requests);
        }
        let code: String = form
            .get("otp")
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let secret = user.totp_secret.as_deref();
        let step = secret.and_then(|secret| totp::step_of(secret, &code, now()));
        match self.users.totp(session.holder, step).await? {
            TotpOutcome::Right => self.begin(&user, true).await,
            TotpOutcome::Wrong => {
                shared.attempts.failed_user(address, &user.name);
                self.ask_code(Some(WRONG_CODE))
            }
            TotpOutcome::Wait => self.ask_code(Some(PAUSED)).map(too_many_requests),
        }
    }

    /// Somebody else signs in.
    async fn restart(&self) -> Result<Response<Body>, Error> {
        self.end().await?;
        let mut answer = see_other(self.asked.target());
        Cookie::Session.set(&mut answer, "", self.asked.is_secure());
        Ok(answer)
    }

    async fn end(&self) -> Result<(), Error> {
        match self.asked.session_digest() {
            Some(digest) => self.users.end_session(digest).await,
            None => Ok(()),
        }
    }

    /// A session of its own for every step: whoever knew the last one knows nothing.
    async fn begin(&self, user: &User, complete: bool) -> Result<Response<Body>, Error> {
        self.end().await?;
        let secret = new_secret().map_err(Error::internal)?;
        let since = now().max(user.tokens_from);
        let lifetime = if complete { SIGNED_IN } else { HALFWAY };
        let session = Session {
            holder: Holder {
                name: user.name.clone(),
                id: user.id.clone(),
                since,
            },
            complete,
            expires_at: since.saturating_add(lifetime),
        };
        let digest = secret_digest(&secret);
        self.users.keep_session(digest, session).await?;
        let target = self.asked.target();
        let mut answer = match complete {
            true => see_other(&without(target, &ANEW)),
            false => see_other(target),
        };
        Cookie::Session.set(&mut answer, &secret, self.asked.is_secure());
        if complete {
            tracing::info!(user = %user.id, address = %self.asked.source.client, "a user signed in");
        }
        Ok(answer)
    }

    fn ask_password(&self, name: &str, problem: Option<&str>) -> Result<Response<Body>, Error> {
        let token = self.token()?;
        let page = Page::new("Sign in")
            .dim(self.purpose)
            .problem(problem)
            .leading_to(self.leads_to.clone())
            .form(self.asked.target(), &[(FORM_FIELD, &token.field())])
            .field(&Field {
                label: "Name",
                hint: "",
                name: "username",
                kind: "text",
                autocomplete: "username",
                value: name,
            })
            .field(&Field {
                label: "Password",
                hint: "",
                name: "password",
                kind: "password",
                autocomplete: "current-password",
                value: "",
            })
            .button("Sign in", (STEP, "password"))
            .end_of_form();
        let mut answer = page.answer();
        token.keep(&mut answer);
        Ok(answer)
    }

    fn ask_code(&self, problem: Option<&str>) -> Result<Response<Body>, Error> {
        let token = self.token()?;
        let page = Page::new("One more step")
            .dim(self.purpose)
            .problem(problem)
            .leading_to(self.leads_to.clone())
            .form(self.asked.target(), &[(FORM_FIELD, &token.field())])
            .field(&Field {
                label: "Code",
                hint: "Six digits that your authenticator shows",
                name: "otp",
                kind: "text",
                autocomplete: "one-time-code",
                value: "",
            })
            .button("Continue", (STEP, "totp"))
            .second_button("Sign in as somebody else", (STEP, "restart"))
            .end_of_form();
        let mut answer = page.answer();
        token.keep(&mut answer);
        Ok(answer)
    }
}

/// Now, in seconds since 1970.
pub(super) fn now() -> u64 {
    seconds(SystemTime::now())
}

/// The same answer to who tried too often.
pub(super) fn too_many_requests(mut answer: Response<Body>) -> Response<Body> {
    *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let wait = HeaderValue::from_static("60");
    answer.headers_mut().insert(header::RETRY_AFTER, wait);
    answer
}

/// A path and query without these parameters.
fn without(target: &str, names: &[&str]) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        // As a server reads it: a name may be encoded.
        super::form::decode(name).is_ok_and(|name| !names.contains(&name.as_str()))
    });
    let kept: Vec<&str> = kept.collect();
    format!("{path}?{}", kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_signed_in_is_not_asked_again() {
        let check = |target: &str, expected: &str| {
            assert_eq!(without(target, &ANEW), expected, "{target}");
        };
        check("/a", "/a");
        check("/a?prompt=login", "/a?");
        check("/a?x=1&prompt=login&y=2&max_age=0", "/a?x=1&y=2");
        check("/a?pr%6Fmpt=login&promptx=1", "/a?promptx=1");
    }
}
