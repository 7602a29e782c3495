//! Which store and which service are behind the server: the only place that knows.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use engine::exchange::{Handler, Request, Response};
use odata::{Error, ErrorCode};

use crate::Failure;

/// Opens the service of a data directory.
///
/// # Errors
/// The store cannot be opened.
pub(crate) fn service_handler(_data_dir: &Path) -> Result<Arc<dyn Handler>, Failure> {
    Ok(Arc::new(Unavailable))
}

/// Answers 503 to everything, until the service is wired in.
struct Unavailable;

impl Handler for Unavailable {
    fn handle(
        &self,
        _request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + '_>> {
        Box::pin(async {
            Err(Error::new(
                ErrorCode::ServiceUnavailable,
                "The service is not there yet.",
            ))
        })
    }
}
