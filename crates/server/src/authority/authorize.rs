//! The authorization endpoint (RFC 6749, section 3.1; OpenID Connect Core 1.0, section 3.1.2): a person
//! signs in, and the browser takes a code back to the client.

use axum::body::Body;
use engine::exchange::users::{Code, Grant, Users};
use engine::exchange::{Application, Directory};
use http::Response;
use odata::Error;

use super::Asked;
use super::answers::OAuthError;
use super::form::Form;
use super::pages::{Page, see_other};
use super::redirect::{is_registered, source, with_parameters};
use super::scope::Scope;
use super::secret::{new_secret, secret_digest};
use super::sign_in::{Door, Entry, now};

/// How many seconds a code holds: it is exchanged at once.
const LIFETIME: u64 = 300;
/// The longest of what is given back as it came, in bytes.
const LIMIT: usize = 4_096;

/// How the answer comes to the client (OAuth 2.0 Multiple Response Types, section 2.1, and OAuth 2.0
/// Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Query,
    FormPost,
}

/// The way back to a client that is known.
struct Back<'a> {
    uri: &'a str,
    state: Option<&'a str>,
    mode: Mode,
    issuer: &'a str,
}

impl Back<'_> {
    fn answer(&self, parameters: &[(&str, &str)]) -> Response<Body> {
        let mut all = parameters.to_vec();
        all.extend(self.state.map(|state| ("state", state)));
        // Which authority answers: a client of several must not mix them up (RFC 9207).
        all.push(("iss", self.issuer));
        match self.mode {
            Mode::Query => see_other(&with_parameters(self.uri, &all)),
            Mode::FormPost => {
                let page = Page::new("Signing in").leading_to(Some(source(self.uri)));
                let page = page.form(self.uri, &all);
                let page = page.button("Continue", ("", ""));
                page.end_of_form().sending_itself().answer()
            }
        }
    }

    fn refuse(&self, refused: &OAuthError) -> Response<Body> {
        let description = &refused.description;
        self.answer(&[("error", refused.error), ("error_description", description)])
    }
}

/// What a client asks for, as far as it is right.
struct Wanted<'a> {
    challenge: &'a str,
    scope: Scope,
    prompt: Prompt,
    max_age: Option<u64>,
}

/// Whether a person is asked (OpenID Connect Core 1.0, section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prompt {
    IfNeeded,
    Never,
    Always,
}

/// Answers at the authorization endpoint. `form` is what a page of ours sent.
///
/// # Errors
/// What the database says.
pub(super) async fn answer(
    asked: &Asked<'_>,
    (directory, users): (&dyn Directory, &dyn Users),
    form: Option<&Form>,
) -> Result<Response<Body>, Error> {
    let query = asked.parts.uri.query().unwrap_or_default();
    let query = match Form::parse(query) {
        Ok(query) => query,
        Err(refused) => return Ok(Page::refusal(&refused.description).answer()),
    };
    let (application, back) = match way_back(asked, directory, &query).await? {
        Ok(found) => found,
        Err(why) => return Ok(Page::refusal(why).answer()),
    };
    let wanted = match wanted(asked, &application, &query) {
        Ok(wanted) => wanted,
        Err(refused) => return Ok(back.refuse(&refused)),
    };
    let purpose = format!("to go on to {}", application.display_name);
    let door = Door {
        asked,
        users,
        purpose: &purpose,
        hint: query.get("login_hint"),
        leads_to: Some(source(back.uri)),
        max_age: match wanted.prompt {
            Prompt::Always => Some(0),
            _ => wanted.max_age,
        },
    };
    match door.enter(form).await? {
        Entry::In(holder) => {
            let grant = Grant {
                holder,
                application_id: application.id.clone(),
                granted_at: now().max(application.tokens_from),
                scope: query.get("scope").unwrap_or_default().to_owned(),
                nonce: query.get("nonce").map(str::to_owned),
            };
            give(users, (&application, &back), &wanted, grant).await
        }
        Entry::Answer(_) if form.is_none() && wanted.prompt == Prompt::Never => {
            let why = "AADSTS50058: Nobody has signed in, and nobody may be asked to.";
            Ok(back.refuse(&OAuthError::new("login_required", why)))
        }
        Entry::Answer(answer) => Ok(answer),
    }
}

/// The client, and where it is answered. Until both are known nothing is sent anywhere.
async fn way_back<'a>(
    asked: &'a Asked<'_>,
    directory: &dyn Directory,
    query: &'a Form,
) -> Result<Result<(Application, Back<'a>), &'static str>, Error> {
    let Some(id) = query.get("client_id").filter(|id| id.len() <= LIMIT) else {
        return Ok(Err("The parameter client_id is missing."));
    };
    let Some(application) = directory.application(id.to_ascii_lowercase()).await? else {
        return Ok(Err(
            "AADSTS700016: No application with this client_id is registered.",
        ));
    };
    let Some(uri) = query.get("redirect_uri") else {
        return Ok(Err("The parameter redirect_uri is missing."));
    };
    if !is_registered(&application.redirect_uris, uri) {
        return Ok(Err(
            "AADSTS50011: This redirect_uri is not registered for the application.",
        ));
    }
    let mode = match query.get("response_mode") {
        Some("form_post") => Mode::FormPost,
        _ => Mode::Query,
    };
    let state = query.get("state");
    if state.is_some_and(|state| state.len() > LIMIT) {
        return Ok(Err("The parameter state is too long."));
    }
    let back = Back {
        uri,
        state,
        mode,
        issuer: &asked.issuer,
    };
    Ok(Ok((application, back)))
}

fn wanted<'a>(
    asked: &Asked<'_>,
    application: &Application,
    query: &'a Form,
) -> Result<Wanted<'a>, OAuthError> {
    if application.disabled {
        let why = "AADSTS7000112: The application is disabled.";
        return Err(OAuthError::new("unauthorized_client", why));
    }
    match query.get("response_type") {
        Some("code") => {}
        None => return Err(OAuthError::request("response_type is missing.")),
        Some(_) => {
            let why = "response_type must be code.";
            return Err(OAuthError::new("unsupported_response_type", why));
        }
    }
    if !matches!(
        query.get("response_mode"),
        None | Some("query" | "form_post")
    ) {
        let why = "response_mode must be query or form_post.";
        return Err(OAuthError::request(why));
    }
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
    ] {
        if query.get(name).is_some() {
            return Err(OAuthError::new(error, "Send the parameters themselves."));
        }
    }
    if query.get("nonce").is_some_and(|nonce| nonce.len() > LIMIT) {
        return Err(OAuthError::request("nonce is too long."));
    }
    let max_age = query.get("max_age").map(str::parse).transpose();
    Ok(Wanted {
        challenge: challenge(query)?,
        scope: Scope::parse(query.get("scope").unwrap_or_default(), &asked.origin)?,
        prompt: prompt(query.get("prompt"))?,
        max_age: max_age.map_err(|_| OAuthError::request("max_age must be seconds."))?,
    })
}

/// The challenge of whoever will exchange the code (RFC 7636, section 4.3): everybody needs one.
fn challenge(query: &Form) -> Result<&str, OAuthError> {
    let base64url = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if query.get("code_challenge_method") != Some("S256") {
        let why = "AADSTS9002325: code_challenge_method must be S256 (PKCE).";
        return Err(OAuthError::request(why));
    }
    let challenge = query.get("code_challenge").unwrap_or_default();
    match challenge.len() == 43 && challenge.bytes().all(base64url) {
        true => Ok(challenge),
        false => Err(OAuthError::request(
            "code_challenge must be a SHA-256 in base64url.",
        )),
    }
}

fn prompt(text: Option<&str>) -> Result<Prompt, OAuthError> {
    match text {
        // Consent is the administrator's: it is given where the application is registered.
        None | Some("consent") => Ok(Prompt::IfNeeded),
        Some("none") => Ok(Prompt::Never),
        Some("login" | "select_account") => Ok(Prompt::Always),
        Some(_) => Err(OAuthError::request(
            "prompt must be none, login, select_account or consent.",
        )),
    }
}

/// Gives the client a code, if it can get a token for it.
async fn give(
    users: &dyn Users,
    (application, back): (&Application, &Back<'_>),
    wanted: &Wanted<'_>,
    grant: Grant,
) -> Result<Response<Body>, Error> {
    let name = grant.holder.name.clone();
    let Some(user) = users.user(name).await? else {
        return Ok(Page::refusal("The user is not there any more.").answer());
    };
    if let Err(refused) = wanted.scope.granted(application, &user) {
        return Ok(back.refuse(&refused));
    }
    let secret = new_secret().map_err(Error::internal)?;
    let code = Code {
        grant,
        redirect_uri: back.uri.to_owned(),
        challenge: wanted.challenge.to_owned(),
        expires_at: now().saturating_add(LIFETIME),
        used: false,
        family: None,
    };
    users.keep_code(secret_digest(&secret), code).await?;
    Ok(back.answer(&[("code", &secret)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hash_is_a_challenge() {
        let right = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let check = |query: &str, expected: bool| {
            let query = Form::parse(query).unwrap();
            assert_eq!(challenge(&query).is_ok(), expected, "{query:?}");
        };
        check(
            &format!("code_challenge_method=S256&code_challenge={right}"),
            true,
        );
        check(
            &format!("code_challenge_method=plain&code_challenge={right}"),
            false,
        );
        check(&format!("code_challenge={right}"), false);
        check(
            &format!("code_challenge_method=s256&code_challenge={right}"),
            false,
        );
        check("code_challenge_method=S256", false);
        check("code_challenge_method=S256&code_challenge=abc", false);
        check(
            &format!("code_challenge_method=S256&code_challenge={right}="),
            false,
        );
    }
}
