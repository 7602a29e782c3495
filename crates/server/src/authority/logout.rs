//! Signing out (OpenID Connect RP-Initiated Logout 1.0): a person says so, and goes back to the client.

use axum::body::Body;
use engine::exchange::Directory;
use engine::exchange::users::Users;
use http::Response;
use odata::Error;

use super::Asked;
use super::cookies::{Cookie, FORM_FIELD, FormToken};
use super::form::Form;
use super::pages::{Page, see_other};
use super::redirect::{is_registered, source, with_parameters};
use super::sign_in::{NOT_OURS, STEP};

/// The longest of what is given back as it came, in bytes.
const LIMIT: usize = 4_096;

/// Answers at the endpoint. `form` is what its page sent.
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
    let back = match way_back(directory, &query).await? {
        Ok(back) => back,
        Err(why) => return Ok(Page::refusal(why).answer()),
    };
    let secure = asked.is_secure();
    let token = FormToken::of(&asked.parts.headers, secure)?;
    let Some(form) = form else {
        let mut answer = Page::new("Sign out")
            .dim("Applications that you have signed in to go on until their tokens end.")
            .leading_to(back.as_deref().map(source))
            .form(asked.target(), &[(FORM_FIELD, &token.field())])
            .button("Sign out", (STEP, "sign-out"))
            .end_of_form()
            .answer();
        token.keep(&mut answer);
        return Ok(answer);
    };
    if !token.is_ours(&asked.parts.headers, form) {
        return Ok(Page::refusal(NOT_OURS).answer());
    }
    if let Some(digest) = asked.session_digest() {
        users.end_session(digest).await?;
    }
    let mut answer = match back {
        Some(uri) => see_other(&uri),
        None => {
            let page = Page::new("You have signed out");
            page.dim("You may close this page.").answer()
        }
    };
    Cookie::Session.set(&mut answer, "", secure);
    Ok(answer)
}

/// Where the browser goes in the end: nowhere but where the client is registered.
async fn way_back(
    directory: &dyn Directory,
    query: &Form,
) -> Result<Result<Option<String>, &'static str>, Error> {
    let Some(uri) = query.get("post_logout_redirect_uri") else {
        return Ok(Ok(None));
    };
    let Some(id) = query.get("client_id") else {
        return Ok(Err("post_logout_redirect_uri needs client_id beside it."));
    };
    let application = directory.application(id.to_ascii_lowercase()).await?;
    let known = application.is_some_and(|known| is_registered(&known.redirect_uris, uri));
    if !known {
        return Ok(Err(
            "This post_logout_redirect_uri is not registered for the application.",
        ));
    }
    let state = query.get("state").filter(|state| state.len() <= LIMIT);
    let parameters: Vec<_> = state.map(|state| ("state", state)).into_iter().collect();
    Ok(Ok(Some(with_parameters(uri, &parameters))))
}
