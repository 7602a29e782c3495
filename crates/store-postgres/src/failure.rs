//! What the database's errors mean: to the client of a request, and to the group of commands.

use odata::{Error, ErrorCode};
use postgres::error::SqlState;

/// What an error means for the transaction that it came up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Another transaction is in the way, or the command needs the database for itself: what was
    /// done is to be done again, alone.
    Conflict,
    /// The connection is gone, or leads to a server that cannot serve: another one may.
    Lost,
}

/// What an error means for its transaction, if more than that one statement failed.
pub(crate) fn trouble(error: &postgres::Error, closed: bool) -> Option<Trouble> {
    let Some(state) = error.code() else {
        let broken =
            std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
        return (closed || broken || error.is_closed()).then_some(Trouble::Lost);
    };
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
    if conflicts.contains(&state) {
        Some(Trouble::Conflict)
    } else if gone.contains(&state) || state.code().starts_with("08") {
        Some(Trouble::Lost)
    } else {
        None
    }
}

/// The error as one of the request: what is the database's condition is not the client's fault.
pub(crate) fn failure(error: &postgres::Error, closed: bool) -> Error {
    let state = error.code();
    if state == Some(&SqlState::QUERY_CANCELED) {
        let message = "The query took longer than it may. Narrow its filter, or order by the key.";
        return Error::bad_request(message);
    }
    let short_of = state.is_some_and(|state| {
        // Insufficient resources, and errors of the system below: a full disk, failed I/O.
        state.code().starts_with("53") || state.code().starts_with("58")
    });
    if short_of || trouble(error, closed).is_some() {
        return unavailable(&describe(error));
    }
    Error::internal(describe(error))
}

/// The database's message with its state and detail; the client's own error without one.
pub(crate) fn describe(error: &postgres::Error) -> String {
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
