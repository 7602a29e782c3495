//! `runstate app`: registers applications, and prints their secrets once.

use std::fs;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use engine::Core;
use engine::access::Reach;
use engine::exchange::{Application, Credential, Proof};
use jiff::Timestamp;
use server::auth::TokenRequest;
use server::authority::{PublicKey, new_secret, secret_hash};
use service::identity::{NewApplication, Registry, SigningKeys};
use tokio::runtime::Runtime;

use crate::Failure;
use crate::cli::{AppCommand, AppCreateArguments, AppPlace, CredentialArguments, Grants};
use crate::wire;

/// How many characters of a secret tell it from others.
const HINT: usize = 4;

/// Carries the command out in the database of the servers.
pub(crate) fn run(command: &AppCommand) -> Result<ExitCode, Failure> {
    Runtime::new()?.block_on(carry_out(command))?;
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(command: &AppCommand) -> Result<(), Failure> {
    match command {
        AppCommand::Create(arguments) => create(arguments).await,
        AppCommand::List(place) => {
            let registry = registry(place)?;
            show(&registry.list().await?, registry.now())
        }
        AppCommand::Rotate(arguments) => {
            let id = &arguments.application.id;
            let core = core(&arguments.application.place)?;
            let registry = Registry::new(Arc::clone(&core))?;
            let (credential, secret) = credential(&registry, &arguments.credential)?;
            let overlap = registry.now().saturating_add(arguments.overlap.as_secs());
            let until = (!arguments.now).then_some(overlap);
            registry.add_credential(id, credential, until).await?;
            show_secret(core, id, secret.as_deref()).await
        }
        AppCommand::Grant(arguments) => {
            check(&arguments.grants)?;
            let (roles, scopes) = (&arguments.grants.roles, &arguments.grants.scopes);
            let granted = (roles.clone(), scopes.clone());
            let tags = arguments.grants.role_scope_tags.clone();
            let registry = registry(&arguments.application.place)?;
            Ok(registry
                .grant(&arguments.application.id, granted, tags)
                .await?)
        }
        AppCommand::Disable(at) => Ok(registry(&at.place)?.set_disabled(&at.id, true).await?),
        AppCommand::Enable(at) => Ok(registry(&at.place)?.set_disabled(&at.id, false).await?),
        AppCommand::Delete(at) => Ok(registry(&at.place)?.delete(&at.id).await?),
    }
}

fn core(place: &AppPlace) -> Result<Arc<Core>, Failure> {
    wire::core(&place.data.data_dir, place.database.url.as_ref())
}

fn registry(place: &AppPlace) -> Result<Registry, Failure> {
    Ok(Registry::new(core(place)?)?)
}

async fn create(arguments: &AppCreateArguments) -> Result<(), Failure> {
    check(&arguments.grants)?;
    let core = core(&arguments.place)?;
    let registry = Registry::new(Arc::clone(&core))?;
    let (credential, secret) = match arguments.public_client {
        true => (None, None),
        false => {
            let (credential, secret) = credential(&registry, &arguments.credential)?;
            (Some(credential), secret)
        }
    };
    let new = NewApplication {
        display_name: arguments.name.clone(),
        roles: arguments.grants.roles.clone(),
        role_scope_tag_ids: arguments.grants.role_scope_tags.clone(),
        scopes: arguments.grants.scopes.clone(),
        redirect_uris: arguments.redirect_uris.clone(),
        public_client: arguments.public_client,
    };
    let id = registry.create(new, credential).await?;
    show_secret(core, &id, secret.as_deref()).await
}

/// Whether tokens can say what is granted.
fn check(grants: &Grants) -> Result<(), Failure> {
    let request = TokenRequest {
        subject: "application".to_owned(),
        roles: grants.roles.clone(),
        scopes: grants.scopes.clone(),
        reach: match grants.role_scope_tags.is_empty() {
            true => Reach::Everything,
            false => Reach::RoleScopeTags(grants.role_scope_tags.iter().cloned().collect()),
        },
        application: None,
        expires: std::time::Duration::from_secs(60),
    };
    Ok(request.check()?)
}

/// The credential that was asked for, and its secret, if it has one.
fn credential(
    registry: &Registry,
    arguments: &CredentialArguments,
) -> Result<(Credential, Option<String>), Failure> {
    let now = registry.now();
    let mut expires_at = now.saturating_add(arguments.expires.as_secs());
    let (proof, hint, secret) = match &arguments.public_key {
        None => {
            let secret = new_secret()?;
            let hint = secret.chars().take(HINT).collect();
            (Proof::SecretHash(secret_hash(&secret)), hint, Some(secret))
        }
        Some(file) => {
            let named = |reason: String| format!("{}: {reason}", file.display());
            let text = fs::read(file).map_err(|reason| named(reason.to_string()))?;
            let key = PublicKey::from_pem(&text).map_err(|reason| named(reason.to_string()))?;
            if let Some(end) = key.not_after() {
                if end <= now {
                    return Err(named("the certificate has expired".to_owned()).into());
                }
                expires_at = expires_at.min(end);
            }
            let hint = key.thumbprint().chars().take(2 * HINT).collect();
            (Proof::PublicKey(key.der().to_vec()), hint, None)
        }
    };
    let made = Credential {
        id: uuid::Uuid::new_v4().to_string(),
        proof,
        hint,
        created_at: now,
        expires_at,
    };
    Ok((made, secret))
}

/// What a client needs, as the variables that Microsoft's libraries read.
async fn show_secret(core: Arc<Core>, id: &str, secret: Option<&str>) -> Result<(), Failure> {
    let tenant = SigningKeys::new(core)?.tenant().await?;
    let mut out = anstream::stdout();
    writeln!(out, "AZURE_TENANT_ID={tenant}")?;
    writeln!(out, "AZURE_CLIENT_ID={id}")?;
    if let Some(secret) = secret {
        writeln!(out, "AZURE_CLIENT_SECRET={secret}")?;
        out.flush()?;
        writeln!(
            anstream::stderr(),
            "The secret is shown this once: only its hash is kept."
        )?;
    }
    Ok(())
}

/// A line each, and one for each credential.
fn show(applications: &[Application], now: u64) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    for application in applications {
        let state = if application.disabled {
            "disabled"
        } else {
            "enabled"
        };
        let (id, name) = (&application.id, &application.display_name);
        writeln!(
            out,
            "{id}  {state}  {}  {name}",
            date(application.created_at)
        )?;
        for (what, names) in [
            ("roles", &application.roles),
            ("scopes", &application.scopes),
            ("redirect URIs", &application.redirect_uris),
        ] {
            if !names.is_empty() {
                writeln!(out, "  {what}: {}", names.join(", "))?;
            }
        }
        if application.public_client {
            writeln!(out, "  a public client")?;
        }
        if !application.role_scope_tag_ids.is_empty() {
            let tags = application.role_scope_tag_ids.join(", ");
            writeln!(out, "  role scope tags: {tags}")?;
        }
        for credential in &application.credentials {
            let kind = match credential.proof {
                Proof::SecretHash(_) => "secret",
                Proof::PublicKey(_) => "key",
            };
            let ends = if credential.expires_at <= now {
                "ended"
            } else {
                "ends"
            };
            let (hint, end) = (&credential.hint, date(credential.expires_at));
            writeln!(out, "  {kind} {hint}…  {ends} {end}")?;
        }
    }
    Ok(())
}

/// A second since 1970 as people read it.
pub(crate) fn date(second: u64) -> String {
    let second = i64::try_from(second).unwrap_or(i64::MAX);
    Timestamp::from_second(second).map_or_else(|_| "never".to_owned(), |time| time.to_string())
}
