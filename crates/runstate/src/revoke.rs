//! `runstate revoke`: ends tokens before they expire.

use std::process::ExitCode;

use service::identity;
use store::write;
use tokio::runtime::Runtime;

use crate::Failure;
use crate::cli::RevokeArguments;
use crate::wire;

/// Revokes what was issued to a subject or an application until now.
pub(crate) fn run(arguments: &RevokeArguments) -> Result<ExitCode, Failure> {
    let core = wire::core(&arguments.data.data_dir, arguments.database.url.as_ref())?;
    let (shared, principal) = (core.clone(), arguments.principal.clone());
    Runtime::new()?.block_on(write(core.store.as_ref(), move |transaction| {
        identity::revoke(&shared.tables, transaction, shared.clock.now(), &principal)
    }))?;
    Ok(ExitCode::SUCCESS)
}
