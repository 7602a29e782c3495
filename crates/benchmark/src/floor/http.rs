//! What all floors answer alike over HTTP: the listener, fixed bytes, JSON and errors.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::Write as _;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, put};
use axum::serve::ListenerExt;
use bytes::Bytes;
use tokio::net::TcpListener;

use super::BYTES;
use crate::Failure;

/// The path of a script's states.
pub(super) const STATES: &str = "/deviceManagement/deviceHealthScripts/{script}/deviceRunStates";

/// The answers of bare axum.
type Answers = Arc<RwLock<HashMap<String, (StatusCode, Bytes)>>>;

/// Serves the routes that are made on the runtime, and bare axum, until the process is ended.
///
/// # Errors
/// If the routes cannot be made, or the listener not be opened.
pub(super) fn serve<R>(routes: impl FnOnce() -> R) -> Result<(), Failure>
where
    R: Future<Output = Result<Router, Failure>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let routes = routes().await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let mut out = std::io::stdout();
        writeln!(
            out,
            "The floor listens on http://{}",
            listener.local_addr()?
        )?;
        out.flush()?;
        let listener = listener.tap_io(|stream| {
            // Without it the answers come late, which the figures would show.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, routes.merge(fixed())).await?;
        Ok(())
    })
}

/// Bare axum: answers that it is taught.
fn fixed() -> Router {
    Router::new()
        .route("/answers/{operation}/{status}", put(keep_answer))
        .route(&format!("{BYTES}/{{operation}}/{{*rest}}"), any(bytes))
        .with_state(Answers::default())
}

async fn keep_answer(
    State(answers): State<Answers>,
    Path((operation, status)): Path<(String, u16)>,
    body: Bytes,
) -> StatusCode {
    let Ok(status) = StatusCode::from_u16(status) else {
        return StatusCode::BAD_REQUEST;
    };
    match answers.write() {
        Ok(mut answers) => {
            answers.insert(operation, (status, body));
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn bytes(
    State(answers): State<Answers>,
    Path((operation, _)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    // The body was read to its end, as every server must; nothing looks at it.
    drop(body);
    let answer = answers
        .read()
        .ok()
        .and_then(|answers| answers.get(&operation).cloned());
    match answer {
        Some((status, body)) => json(status, body),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// JSON with a status.
pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// A failure in plain words.
pub(super) fn failed(status: StatusCode, message: impl Display) -> Response {
    (status, message.to_string()).into_response()
}

/// The host that was asked.
pub(super) fn authority(headers: &HeaderMap) -> &str {
    headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
}

/// The key of an id `{script}:{key}`.
pub(super) fn key<'i>(script: &str, id: &'i str) -> &'i str {
    id.strip_prefix(script)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or(id)
}

/// The answer of a read.
pub(super) fn outcome(read: Result<Option<Vec<u8>>, impl Display>) -> Response {
    match read {
        Ok(Some(body)) => json(StatusCode::OK, body),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}
