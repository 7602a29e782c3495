//! What the database's errors mean: to the client of a request, and to the group of commands.

use odata::{Error, ErrorCode};
use tokio_postgres::error::{Severity, SqlState};

use crate::client::ClientError;

/// What an error means for the transaction that it came up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another transaction is in the way, or the command needs the database for itself: what was
    /// done is to be done again, alone.
    Conflict,
    /// What the command relies on has no stripe: it is to be done while no other runs.
    Whole,
    /// The connection is gone, or leads to a server that cannot serve: another one may.
    Lost,
}

/// What an error means for its transaction, if more than that one statement failed.
pub(crate) fn trouble(error: &ClientError, closed: bool) -> Option<Trouble> {
    let ClientError::Postgres(error) = error else {
        return Some(Trouble::Lost);
    };
    let Some(db) = error.as_db_error() else {
        let broken =
            std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
        return (closed || broken || error.is_closed()).then_some(Trouble::Lost);
    };
    let state = db.code();
    let conflicts = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::LOCK_NOT_AVAILABLE,
    ];
    let gone = [
        &SqlState::ADMIN_SHUTDOWN,
        &SqlState::CRASH_SHUTDOWN,
        &SqlState::CANNOT_CONNECT_NOW,
        &SqlState::TOO_MANY_CONNECTIONS,
        &SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    let fatal = matches!(
        db.parsed_severity(),
        Some(Severity::Fatal | Severity::Panic)
    );
    if conflicts.contains(&state) {
        Some(Trouble::Conflict)
    } else if closed || fatal || gone.contains(&state) || state.code().starts_with("08") {
        Some(Trouble::Lost)
    } else {
        None
    }
}

/// The error of a read as one of the request.
pub(crate) fn read_failure(error: &ClientError, closed: bool) -> Error {
    if state(error) == Some(&SqlState::QUERY_CANCELED) {
        let message = "The query took longer than it may. Narrow its filter, or order by the key.";
        return Error::bad_request(message);
    }
    failure(error, closed)
}

/// The error as one of the request: what is the database's condition is not the client's fault.
pub(crate) fn failure(error: &ClientError, closed: bool) -> Error {
    if let Some(refused) = refusal(error) {
        return refused;
    }
    let for_now = state(error).is_some_and(|state| {
        // Insufficient resources, an operator's word (a cancelled statement), and errors of the
        // system below: a full disk, failed I/O.
        ["53", "57", "58"]
            .iter()
            .any(|class| state.code().starts_with(class))
    });
    if for_now || trouble(error, closed).is_some() {
        return unavailable(&describe(error));
    }
    Error::internal(describe(error))
}

/// Whether a row was inserted whose key is taken.
pub(crate) fn is_taken(error: &ClientError) -> bool {
    state(error) == Some(&SqlState::UNIQUE_VIOLATION)
}

fn state(error: &ClientError) -> Option<&SqlState> {
    match error {
        ClientError::Postgres(error) => error.code(),
        _ => None,
    }
}

/// What an expression asks for and cannot be computed: the client's mistake.
fn refusal(error: &ClientError) -> Option<Error> {
    let ClientError::Postgres(error) = error else {
        return None;
    };
    let db = error.as_db_error()?;
    let message = match *db.code() {
        SqlState::DIVISION_BY_ZERO => "Division by zero.",
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE => "The result of an operator is out of range.",
        _ if db.code().code() == "OD400" => db.message(),
        // Program limit exceeded: too many columns or arguments, an expression that nests too deeply.
        _ if db.code().code().starts_with("54") => {
            "The query has too many or too deeply nested parts for the database."
        }
        _ => return None,
    };
    Some(Error::bad_request(message))
}

/// The database's message with its state; the client's own error without one.
pub(crate) fn describe(error: &ClientError) -> String {
    let ClientError::Postgres(error) = error else {
        return error.to_string();
    };
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// 503, with the reason for the log.
pub(crate) fn unavailable(reason: &str) -> Error {
    let message = "The database cannot store or read data at the moment. Try again later.";
    Error {
        internal: Some(reason.to_owned()),
        ..Error::new(ErrorCode::ServiceUnavailable, message)
    }
}
