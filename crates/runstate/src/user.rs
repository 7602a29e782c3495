//! `runstate user`: makes users, and prints once what they sign in with.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use engine::access::Reach;
use engine::exchange::users::User;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use server::auth::TokenRequest;
use server::authority::{
    hash_password, new_one_time_code, new_totp_secret, one_time_code_digest, totp_uri,
};
use service::identity::{NewUser, SigningKeys, UserRegistry};
use tokio::runtime::Runtime;

use crate::Failure;
use crate::app::date;
use crate::cli::{
    AppPlace, FirstArguments, PasswordArguments, UserCommand, UserCreateArguments, UserGrants,
    UserTotpArguments,
};
use crate::wire;

/// What authenticators show beside the user's name.
const ISSUER: &str = "Runstate";
/// The most of standard input that is read for a password, in bytes.
const PASSWORD_LIMIT: u64 = 4_096;
/// Where passwords are set, and where the first administrator is made, behind the tenant.
const PASSWORD_PAGE: &str = "/account/password";
pub(crate) const FIRST_PAGE: &str = "/account/first-administrator";

/// Carries the command out in the database of the servers.
pub(crate) fn run(command: &UserCommand) -> Result<ExitCode, Failure> {
    Runtime::new()?.block_on(carry_out(command))?;
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(command: &UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create(arguments) => create(arguments).await,
        UserCommand::List(place) => show(&registry(place)?.list().await?),
        UserCommand::Password(arguments) => {
            let (user, given) = (&arguments.user, &arguments.password);
            let registry = registry(&user.place)?;
            match hash(given)? {
                Some(hash) => Ok(registry.set_password(&user.name, hash).await?),
                None => show_code(&registry, &user.place, (&user.name, given.expires)).await,
            }
        }
        UserCommand::Totp(arguments) => totp(arguments).await,
        UserCommand::Grant(arguments) => {
            check(&arguments.grants)?;
            let (user, grants) = (&arguments.user, &arguments.grants);
            let (scopes, tags) = (grants.scopes.clone(), grants.role_scope_tags.clone());
            let registry = registry(&user.place)?;
            Ok(registry.grant(&user.name, scopes, tags).await?)
        }
        UserCommand::Disable(user) => Ok(registry(&user.place)?
            .set_disabled(&user.name, true)
            .await?),
        UserCommand::Enable(user) => Ok(registry(&user.place)?
            .set_disabled(&user.name, false)
            .await?),
        UserCommand::Delete(user) => Ok(registry(&user.place)?.delete(&user.name).await?),
        UserCommand::FirstAdministrator(arguments) => first_administrator(arguments).await,
    }
}

fn registry(place: &AppPlace) -> Result<UserRegistry, Failure> {
    let core = wire::core(&place.data.data_dir, place.database.url.as_ref())?;
    Ok(UserRegistry::new(core)?)
}

/// Whether tokens can say what is granted.
fn check(grants: &UserGrants) -> Result<(), Failure> {
    let request = TokenRequest {
        subject: "user".to_owned(),
        roles: Vec::new(),
        scopes: grants.scopes.clone(),
        reach: match grants.role_scope_tags.is_empty() {
            true => Reach::Everything,
            false => Reach::RoleScopeTags(grants.role_scope_tags.iter().cloned().collect()),
        },
        application: None,
        expires: Duration::from_secs(60),
    };
    Ok(request.check()?)
}

async fn create(arguments: &UserCreateArguments) -> Result<(), Failure> {
    check(&arguments.grants)?;
    let (user, given) = (&arguments.user, &arguments.password);
    let password = hash(given)?;
    let has_password = password.is_some();
    let registry = registry(&user.place)?;
    let display_name = arguments.display_name.as_ref();
    let new = NewUser {
        name: user.name.clone(),
        display_name: display_name.unwrap_or(&user.name).clone(),
        scopes: arguments.grants.scopes.clone(),
        role_scope_tag_ids: arguments.grants.role_scope_tags.clone(),
        password,
    };
    let id = registry.create(new).await?;
    writeln!(anstream::stdout(), "{id}")?;
    match has_password {
        true => Ok(()),
        false => show_code(&registry, &user.place, (&user.name, given.expires)).await,
    }
}

/// The hash of the password on standard input, if one is to be taken from there.
fn hash(given: &PasswordArguments) -> Result<Option<String>, Failure> {
    if !given.password_stdin {
        return Ok(None);
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(PASSWORD_LIMIT)
        .read_to_string(&mut text)?;
    // Whoever pipes a line does not mean its end.
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    Ok(Some(hash_password(password)?))
}

/// A code for a user's password, and where it is used.
async fn show_code(
    registry: &UserRegistry,
    place: &AppPlace,
    (name, lifetime): (&str, Duration),
) -> Result<(), Failure> {
    let code = new_one_time_code()?;
    let expires_at = registry.now().saturating_add(lifetime.as_secs());
    let digest = one_time_code_digest(&code);
    registry.add_password_code(name, digest, expires_at).await?;
    show_page(place, (&code, expires_at), PASSWORD_PAGE).await
}

async fn first_administrator(arguments: &FirstArguments) -> Result<(), Failure> {
    let registry = registry(&arguments.place)?;
    let (code, expires_at) = first_code(&registry, arguments.expires).await?;
    show_page(&arguments.place, (&code, expires_at), FIRST_PAGE).await
}

/// A new one-time code for the first administrator, and until when it holds.
///
/// # Errors
/// There is a user already, or the database refuses.
pub(crate) async fn first_code(
    registry: &UserRegistry,
    lifetime: Duration,
) -> Result<(String, u64), Failure> {
    let code = new_one_time_code()?;
    let expires_at = registry.now().saturating_add(lifetime.as_secs());
    let digest = one_time_code_digest(&code);
    registry.add_first_code(digest, expires_at).await?;
    Ok((code, expires_at))
}

/// A code, and the page where it is typed.
async fn show_page(place: &AppPlace, (code, end): (&str, u64), page: &str) -> Result<(), Failure> {
    let core = wire::core(&place.data.data_dir, place.database.url.as_ref())?;
    let tenant = SigningKeys::new(core)?.tenant().await?;
    let mut out = anstream::stdout();
    writeln!(out, "{code}")?;
    out.flush()?;
    writeln!(
        anstream::stderr(),
        "The code is used once, until {}, on the server's page /{tenant}{page}",
        date(end)
    )?;
    Ok(())
}

async fn totp(arguments: &UserTotpArguments) -> Result<(), Failure> {
    let user = &arguments.user;
    let registry = registry(&user.place)?;
    if arguments.disable {
        return Ok(registry.set_totp(&user.name, None).await?);
    }
    let secret = new_totp_secret()?;
    let name = user.name.to_ascii_lowercase();
    let uri = totp_uri(ISSUER, &name, &secret);
    // What cannot be shown is not set.
    let drawn = QrCode::new(&uri)?.render::<Dense1x2>().build();
    registry.set_totp(&user.name, Some(secret)).await?;
    let mut out = anstream::stdout();
    writeln!(out, "{uri}")?;
    writeln!(out, "{drawn}")?;
    out.flush()?;
    writeln!(
        anstream::stderr(),
        "Have an authenticator read it now: it is shown this once."
    )?;
    Ok(())
}

/// A few lines each.
fn show(users: &[User]) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    for user in users {
        let state = if user.disabled { "disabled" } else { "enabled" };
        let (id, name, called) = (&user.id, &user.name, &user.display_name);
        writeln!(out, "{name}  {state}  {}  {called}", date(user.created_at))?;
        let password = match user.password {
            Some(_) => "password",
            None => "no password yet",
        };
        let totp = match user.totp_secret {
            Some(_) => ", one-time passwords",
            None => "",
        };
        writeln!(out, "  {id}  {password}{totp}")?;
        writeln!(out, "  scopes: {}", user.scopes.join(", "))?;
        if !user.role_scope_tag_ids.is_empty() {
            let tags = user.role_scope_tag_ids.join(", ");
            writeln!(out, "  role scope tags: {tags}")?;
        }
    }
    Ok(())
}
