//! `runstate key`: the keys that tokens are signed with.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use engine::exchange::{OwnAuthority, SigningKeyRow, SigningKeys as _};
use server::auth::{KeyEncryptionKey, new_kept};
use service::identity::{NewSigningKey, Rotation, SigningKeys};
use tokio::runtime::Runtime;

use crate::Failure;
use crate::app::date;
use crate::cli::{KeyCommand, KeyPlace, RetireArguments, RotateArguments};
use crate::wire;

/// Carries the command out in the database of the servers.
pub(crate) fn run(command: &KeyCommand) -> Result<ExitCode, Failure> {
    Runtime::new()?.block_on(async {
        match command {
            KeyCommand::List(place) => list(place).await,
            KeyCommand::Rotate(arguments) => rotate(arguments).await,
            KeyCommand::Retire(arguments) => retire(arguments).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The keys of a database that has some, and what seals new ones.
async fn open(place: &KeyPlace) -> Result<(SigningKeys, Option<KeyEncryptionKey>), Failure> {
    let seal = wire::seal(&place.seal)?;
    let core = wire::core(&place.data.data_dir, place.database.url.as_ref())?;
    let keys = wire::signing_keys(Arc::clone(&core), seal.as_ref()).await?;
    Ok((keys, seal))
}

/// A key that is not yet in the database.
fn new_key(seal: Option<&KeyEncryptionKey>) -> Result<NewSigningKey, Failure> {
    let (id, secret) = new_kept(seal)?;
    Ok(NewSigningKey { id, secret })
}

async fn list(place: &KeyPlace) -> Result<(), Failure> {
    let (keys, _) = open(place).await?;
    let found = keys.all().await?;
    let mut out = anstream::stdout();
    for (id, state) in states(&found, keys.now()) {
        writeln!(out, "{id}  {state}")?;
    }
    Ok(())
}

/// Each key and what it is doing, in the order in which they sign.
fn states(found: &OwnAuthority, now: u64) -> Vec<(&str, String)> {
    let live = |index: &usize| {
        found
            .keys
            .get(*index)
            .is_some_and(|key| key.retired_at.is_none())
    };
    let mut indexes = (0..found.keys.len()).filter(live);
    let first = indexes.clone().next();
    let signs = indexes
        .rfind(|index| {
            found
                .keys
                .get(*index)
                .is_some_and(|key| key.signs_from <= now)
        })
        .or(first);
    let keys = found.keys.iter().enumerate();
    keys.map(|(index, key)| (key.id.as_str(), state(key, Some(index) == signs, now)))
        .collect()
}

/// What a key is doing.
fn state(key: &SigningKeyRow, signs: bool, now: u64) -> String {
    let sealed = match &key.secret {
        Some(secret) if secret.sealed => ", sealed",
        _ => "",
    };
    let until = match key.ends_at {
        Some(end) => format!(" until {}", date(end)),
        None => String::new(),
    };
    match key.retired_at {
        Some(at) => format!("retired {}", date(at)),
        None if signs => format!("signs{sealed}"),
        None if key.signs_from > now => format!("signs from {}{sealed}", date(key.signs_from)),
        None => format!("verifies{until}{sealed}"),
    }
}

async fn rotate(arguments: &RotateArguments) -> Result<(), Failure> {
    let (keys, seal) = open(&arguments.place).await?;
    let when = match arguments.now {
        true => Rotation::Now,
        false => Rotation::After(arguments.after.as_secs()),
    };
    let id = keys.rotate(new_key(seal.as_ref())?, when).await?;
    writeln!(anstream::stdout(), "{id}")?;
    Ok(())
}

async fn retire(arguments: &RetireArguments) -> Result<(), Failure> {
    let (keys, seal) = open(&arguments.place).await?;
    let instead = new_key(seal.as_ref())?;
    Ok(keys.retire(&arguments.id, arguments.now, instead).await?)
}

#[cfg(test)]
mod tests {
    use engine::exchange::KeptSecret;

    use super::*;

    #[test]
    fn what_each_key_is_doing() {
        let key = |id: &str, signs_from, ends_at, retired_at, sealed| SigningKeyRow {
            id: id.to_owned(),
            secret: Some(KeptSecret {
                bytes: Vec::new(),
                sealed,
            }),
            created_at: 0,
            signs_from,
            ends_at,
            retired_at,
        };
        let found = OwnAuthority {
            tenant: uuid::Uuid::nil(),
            keys: vec![
                key("old", 0, Some(4_000), None, false),
                key("now", 100, Some(9_000), None, true),
                key("bad", 150, Some(9_000), Some(160), false),
                key("next", 300, None, None, false),
            ],
        };
        let states = states(&found, 200);
        let said: Vec<String> = states
            .iter()
            .map(|(id, state)| format!("{id} {state}"))
            .collect();
        assert_eq!(
            said,
            [
                "old verifies until 1970-01-01T01:06:40Z",
                "now signs, sealed",
                "bad retired 1970-01-01T00:02:40Z",
                "next signs from 1970-01-01T00:05:00Z",
            ]
        );
    }
}
