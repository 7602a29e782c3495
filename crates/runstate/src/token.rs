//! `runstate token`: prints a token, and nothing else.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use engine::Core;
use engine::exchange::LONGEST_SERVED;
use server::auth::{Issued, KeyEncryptionKey, KeySet, TokenRequest, issue};
use tokio::runtime::Runtime;

use crate::Failure;
use crate::cli::TokenArguments;
use crate::wire;

/// Issues the token with the key of the database, which is made if it is not there: the server that
/// is started later uses the same.
pub(crate) fn run(arguments: &TokenArguments) -> Result<ExitCode, Failure> {
    let request = TokenRequest {
        subject: arguments.subject().to_owned(),
        roles: arguments.roles.clone(),
        scopes: arguments.scopes.clone(),
        reach: arguments.reach(),
        application: None,
        expires: arguments.expires,
    };
    request.check()?;
    let place = &arguments.place;
    let seal = wire::seal(&place.seal)?;
    let issued = Runtime::new()?.block_on(async {
        let core = wire::core(&place.data.data_dir, place.database.url.as_ref())?;
        sign(core, seal, &request).await
    })?;
    writeln!(anstream::stdout(), "{}", issued.token)?;
    Ok(ExitCode::SUCCESS)
}

/// Issues a token with the key of a database, and has the key kept until it expires.
pub(crate) async fn sign(
    core: Arc<Core>,
    seal: Option<KeyEncryptionKey>,
    request: &TokenRequest,
) -> Result<Issued, Failure> {
    let keys = wire::signing_keys(core, seal.as_ref()).await?;
    let set = KeySet::read(Arc::new(keys.clone()), seal).await?;
    let issued = issue(&set, request, SystemTime::now())?;
    if request.expires > LONGEST_SERVED {
        keys.note_token(&issued.key_id, issued.expires_at).await?;
    }
    Ok(issued)
}
