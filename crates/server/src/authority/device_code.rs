//! The device authorization grant (RFC 8628): a device shows a code, and a person who has signed in
//! elsewhere types it.

use aws_lc_rs::error::Unspecified;
use axum::body::Body;
use engine::exchange::users::{Decision, DeviceCode, Holder, Poll, Users};
use engine::exchange::{Application, Directory};
use http::{Response, StatusCode};
use odata::Error;
use serde_json::json;

use super::Asked;
use super::answers::{self, OAuthError};
use super::cookies::{FORM_FIELD, FormToken};
use super::form::Form;
use super::pages::{Field, Page};
use super::scope::Scope;
use super::secret::{new_secret, secret_digest};
use super::sign_in::{Door, Entry, STEP, now, too_many_requests};
use super::token::Failed;
use super::user_token::{self, Held};

/// How many seconds a code holds, and how many a device waits between two questions.
const LIFETIME: u64 = 900;
const INTERVAL: u64 = 5;
/// What codes are made of: no vowels, and nothing that looks like another (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// How often a code that is taken is made anew.
const TRIES: usize = 5;
/// Under what name wrong codes are counted.
const GUESSES: &str = "device code";
const NO_CODE: &str = "There is no such code, or it has expired.";

/// A device begins to wait (RFC 8628, section 3.1).
///
/// # Errors
/// [`Failed`].
pub(super) async fn begin(
    asked: &Asked<'_>,
    (directory, users): (&dyn Directory, &dyn Users),
    form: &Form,
) -> Result<Response<Body>, Failed> {
    let application = user_token::client(asked, directory, form).await?;
    if application.disabled {
        let why = "AADSTS7000112: The application is disabled.";
        return Err(OAuthError::new("unauthorized_client", why).into());
    }
    if !asked.shared.attempts.begin(asked.source.client) {
        return Err(OAuthError::slow_down().into());
    }
    let scope = form.get("scope").unwrap_or_default();
    Scope::parse(scope, &asked.origin)?;
    let secret = new_secret().map_err(Error::internal)?;
    for _ in 0..TRIES {
        let shown = user_code().map_err(Error::internal)?;
        let digest = digest_of(&shown);
        let code = DeviceCode {
            secret: secret_digest(&secret),
            application_id: application.id.clone(),
            granted_at: now().max(application.tokens_from),
            scope: scope.to_owned(),
            expires_at: now().saturating_add(LIFETIME),
            asked_at: 0,
            interval: INTERVAL,
            decision: None,
        };
        if users.keep_device_code(digest.clone(), code).await? {
            let page = format!("{}/oauth2/v2.0/deviceauth", asked.base);
            let message =
                format!("To sign in, open {page} in a browser and type the code {shown}.");
            let body = json!({
                "device_code": format!("{digest}.{secret}"),
                "user_code": shown,
                "verification_uri": page,
                "expires_in": LIFETIME,
                "interval": INTERVAL,
                "message": message,
            });
            return Ok(answers::json(StatusCode::OK, &body));
        }
    }
    Err(Error::internal("all codes are taken").into())
}

/// A device asks for what it waits for (RFC 8628, section 3.4).
///
/// # Errors
/// [`Failed`].
pub(super) async fn poll(
    asked: &Asked<'_>,
    (directory, users): (&dyn Directory, &dyn Users),
    form: &Form,
) -> Result<Response<Body>, Failed> {
    let application = user_token::client(asked, directory, form).await?;
    // Microsoft's libraries of an older kind say `code`.
    let sent = form.get("device_code").or_else(|| form.get("code"));
    let sent = sent.ok_or_else(|| OAuthError::request("device_code is missing."))?;
    let Some((digest, secret)) = sent.split_once('.') else {
        let why = "AADSTS70019: The code is malformed.";
        return Err(OAuthError::new("bad_verification_code", why).into());
    };
    let polled = users.poll(digest.to_owned(), secret_digest(secret), application.id);
    let refuse = |error, why: &str| Err(OAuthError::new(error, why).into());
    match polled.await? {
        Poll::Pending => refuse(
            "authorization_pending",
            "AADSTS70016: Nobody has typed the code yet.",
        ),
        Poll::SlowDown => refuse("slow_down", "Ask less often: by five seconds from now on."),
        Poll::Denied => refuse("access_denied", "The user said no."),
        Poll::Expired => {
            asked.shared.guesses.wrong(asked.source.client).await?;
            refuse(
                "expired_token",
                "AADSTS70020: The code is unknown, has expired, or was used.",
            )
        }
        Poll::Allowed(grant, user, application) => {
            let held = Held {
                grant,
                user,
                application,
            };
            user_token::for_device(asked, users, form, &held).await
        }
    }
}

/// Answers the person at the page where codes are typed (RFC 8628, section 3.3). `form` is what it sent.
///
/// # Errors
/// What the database says.
pub(super) async fn page(
    asked: &Asked<'_>,
    (directory, users): (&dyn Directory, &dyn Users),
    form: Option<&Form>,
) -> Result<Response<Body>, Error> {
    let door = Door {
        asked,
        users,
        purpose: "to let a device sign in",
        hint: None,
        leads_to: None,
        max_age: None,
    };
    let holder = match door.enter(form).await? {
        Entry::In(holder) => holder,
        Entry::Answer(answer) => return Ok(answer),
    };
    let Some(typed) = form.and_then(|form| form.get("user_code")) else {
        return ask(asked, &holder, None);
    };
    let (attempts, address) = (&asked.shared.attempts, asked.source.client);
    let guesser = format!("{GUESSES} {}", holder.name);
    if !attempts.allow_user(address, &guesser) {
        let problem = Some("Too many codes were wrong. Try again in a minute.");
        return ask(asked, &holder, problem).map(too_many_requests);
    }
    let digest = digest_of(typed);
    let waiting = users.device_code(digest.clone()).await?;
    let application = match &waiting {
        Some(code) => directory.application(code.application_id.clone()).await?,
        None => None,
    };
    let Some(application) = application.filter(|known| !known.disabled) else {
        attempts.failed_user(address, &guesser);
        return ask(asked, &holder, Some(NO_CODE));
    };
    let decision = match form.and_then(|form| form.get(STEP)) {
        Some("allow") => Decision::Allowed(holder.clone()),
        Some("deny") => Decision::Denied,
        _ => return confirm(asked, &holder, (&application, typed)),
    };
    let allowed = matches!(decision, Decision::Allowed(_));
    match users.decide(digest, decision).await? {
        true => Ok(decided(allowed)),
        false => ask(asked, &holder, Some(NO_CODE)),
    }
}

fn decided(allowed: bool) -> Response<Body> {
    let page = match allowed {
        true => Page::new("It is done").text("The device goes on. You may close this page."),
        false => Page::new("The device was turned away").text("You may close this page."),
    };
    page.answer()
}

fn ask(asked: &Asked<'_>, holder: &Holder, problem: Option<&str>) -> Result<Response<Body>, Error> {
    let token = FormToken::of(&asked.parts.headers, asked.is_secure())?;
    let page = Page::new("Let a device sign in")
        .dim(&format!("as {}", holder.name))
        .problem(problem)
        .form(asked.target(), &[(FORM_FIELD, &token.field())])
        .field(&Field {
            label: "Code",
            hint: "Eight letters that the device shows",
            name: "user_code",
            kind: "text",
            autocomplete: "off",
            value: "",
        })
        .button("Continue", (STEP, "look"))
        .second_button("Sign in as somebody else", (STEP, "restart"))
        .end_of_form();
    let mut answer = page.answer();
    token.keep(&mut answer);
    Ok(answer)
}

/// Whoever was sent here by somebody else notices it here, or not at all (RFC 8628, section 5.4).
fn confirm(
    asked: &Asked<'_>,
    holder: &Holder,
    (application, typed): (&Application, &str),
) -> Result<Response<Body>, Error> {
    let token = FormToken::of(&asked.parts.headers, asked.is_secure())?;
    let hidden = [(FORM_FIELD, token.field()), ("user_code", typed.to_owned())];
    let hidden = hidden
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let page = Page::new("Is this yours?")
        .text(&format!(
            "{} will act as {} on the device that shows this code.",
            application.display_name, holder.name
        ))
        .dim("Go on only if you began this yourself, on a device of your own. Nobody else may ask you to.")
        .form(asked.target(), &hidden)
        .button("Yes, let it sign in", (STEP, "allow"))
        .second_button("No", (STEP, "deny"))
        .end_of_form();
    let mut answer = page.answer();
    token.keep(&mut answer);
    Ok(answer)
}

/// A new code: 34 bits, which hold for minutes and are typed by who has signed in.
fn user_code() -> Result<String, Unspecified> {
    let mut letters = Vec::with_capacity(LENGTH);
    while letters.len() < LENGTH {
        let mut bytes = [0; 1];
        aws_lc_rs::rand::fill(&mut bytes)?;
        // 240 is a multiple of 20: what is above would make some letters likelier.
        let fair = bytes.iter().filter(|byte| **byte < 240);
        let letter = fair.filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
        letters.extend(letter.map(|letter| char::from(*letter)));
    }
    let (first, last) = letters.split_at(LENGTH / 2);
    Ok(format!(
        "{}-{}",
        String::from_iter(first),
        String::from_iter(last)
    ))
}

/// The digest of a code, however somebody typed it.
fn digest_of(typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphabetic);
    let letters: String = letters.map(|c| c.to_ascii_uppercase()).collect();
    secret_digest(&letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_typed_as_people_do() {
        for _ in 0..50 {
            let code = user_code().unwrap();
            let (first, last) = code.split_once('-').unwrap();
            assert_eq!((first.len(), last.len()), (4, 4));
            let known = |c: char| LETTERS.contains(&(c as u8));
            assert!(first.chars().chain(last.chars()).all(known), "{code}");
            let sloppy = format!(" {}{} ", first.to_lowercase(), last);
            assert_eq!(digest_of(&sloppy), digest_of(&code));
        }
        assert_ne!(user_code().unwrap(), user_code().unwrap());
        assert_ne!(digest_of("BCDF-GHJK"), digest_of("BCDF-GHJL"));
    }
}
