//! `runstate token`: prints a token, and nothing else.

use std::io::Write;
use std::process::ExitCode;
use std::time::SystemTime;

use server::auth::{TokenRequest, issue};

use crate::Failure;
use crate::cli::TokenArguments;
use crate::wire;

/// Issues the token with the key of the database or of the data directory, which is made if it is not
/// there: the server that is started later uses the same.
pub(crate) fn run(arguments: &TokenArguments) -> Result<ExitCode, Failure> {
    let request = TokenRequest {
        subject: arguments.subject().to_owned(),
        roles: arguments.roles.clone(),
        scopes: arguments.scopes.clone(),
        reach: arguments.reach(),
        application: None,
        expires: arguments.expires,
    };
    let database = arguments.database.url.as_ref();
    let key = wire::signing_key(&arguments.data.data_dir, database)?;
    let token = issue(&key, &request, SystemTime::now())?;
    writeln!(anstream::stdout(), "{token}")?;
    Ok(ExitCode::SUCCESS)
}
