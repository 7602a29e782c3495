//! `runstate revoke`: ends tokens before they expire.

use std::process::ExitCode;

use engine::audit::Origin;
use service::identity;
use tokio::runtime::Runtime;

use crate::Failure;
use crate::cli::RevokeArguments;
use crate::wire;

/// Revokes what was issued to a subject or an application until now.
pub(crate) fn run(arguments: &RevokeArguments) -> Result<ExitCode, Failure> {
    let core = wire::core(&arguments.data.data_dir, arguments.database.url.as_ref())?;
    let (shared, principal) = (core.clone(), arguments.principal.clone());
    let origin = Origin::command_line("revoke", &core);
    Runtime::new()?.block_on(core.write(origin, move |transaction| {
        identity::end(&shared, transaction, &principal)
    }))?;
    Ok(ExitCode::SUCCESS)
}
