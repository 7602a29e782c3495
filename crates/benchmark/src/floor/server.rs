//! The floors behind axum.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use axum::serve::ListenerExt;
use bytes::Bytes;
use crossbeam_channel::Sender;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::drive::{Drive, drive};
use super::record::{Bulk, Change, Record};
use super::sql::{Extent, Outcome};
use super::writer::{self, Command, Work};
use super::{BARE, BYTES, DRIVE, GROUP, read};
use crate::Failure;
use crate::cli::FloorArguments;

/// What the handlers share.
struct Floor {
    database: PathBuf,
    states: u64,
    writer: Sender<Command>,
    answers: RwLock<HashMap<String, (StatusCode, Bytes)>>,
}

type Shared = State<Arc<Floor>>;

/// Serves until the process is ended.
///
/// # Errors
/// If the database or the listener cannot be opened.
pub(crate) fn run(arguments: &FloorArguments) -> Result<(), Failure> {
    let floor = Arc::new(Floor {
        database: arguments.database.clone(),
        states: arguments.states,
        writer: writer::start(&arguments.database)?,
        answers: RwLock::default(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
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
        axum::serve(listener, router(floor)).await?;
        Ok(())
    })
}

fn router(floor: Arc<Floor>) -> Router {
    const STATES: &str = "/deviceManagement/deviceHealthScripts/{script}/deviceRunStates";
    Router::new()
        .route("/answers/{operation}/{status}", put(keep_answer))
        .route(&format!("{BYTES}/{{operation}}/{{*rest}}"), any(bytes))
        .route(
            &format!("{BARE}{STATES}/{{id}}"),
            axum::routing::patch(bare),
        )
        .route(
            &format!("{GROUP}{STATES}"),
            get(page).post(insert).patch(bulk),
        )
        .route(&format!("{GROUP}{STATES}/{{id}}"), get(entity).patch(full))
        .route(DRIVE, post(driven))
        .with_state(floor)
}

async fn keep_answer(
    State(floor): Shared,
    Path((operation, status)): Path<(String, u16)>,
    body: Bytes,
) -> StatusCode {
    let Ok(status) = StatusCode::from_u16(status) else {
        return StatusCode::BAD_REQUEST;
    };
    match floor.answers.write() {
        Ok(mut answers) => {
            answers.insert(operation, (status, body));
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn bytes(
    State(floor): Shared,
    Path((operation, _)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    // The body was read to its end, as every server must; nothing looks at it.
    drop(body);
    let answer = floor
        .answers
        .read()
        .ok()
        .and_then(|answers| answers.get(&operation).cloned());
    match answer {
        Some((status, body)) => json(status, body),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

fn failed(status: StatusCode, message: impl ToString) -> Response {
    (status, message.to_string()).into_response()
}

fn authority(headers: &HeaderMap) -> &str {
    headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
}

/// The key of an id `{script}:{key}`.
fn key<'i>(script: &str, id: &'i str) -> &'i str {
    id.strip_prefix(script)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or(id)
}

async fn entity(
    State(floor): Shared,
    Path((script, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let key = key(&script, &id);
    match read::entity(&floor.database, authority(&headers), &script, key) {
        Ok(Some(body)) => json(StatusCode::OK, body),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn page(
    State(floor): Shared,
    Path(script): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let after = query.as_deref().and_then(|q| q.strip_prefix("after="));
    let authority = authority(&headers);
    match read::page(&floor.database, authority, &script, after.unwrap_or("")) {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn bare(
    State(floor): Shared,
    Path(path): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    report(&floor, path, &headers, &body, Extent::Bare).await
}

async fn full(
    State(floor): Shared,
    Path(path): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    report(&floor, path, &headers, &body, Extent::Full).await
}

async fn report(
    floor: &Floor,
    (script, id): (String, String),
    headers: &HeaderMap,
    body: &[u8],
    extent: Extent,
) -> Response {
    let record: Record = match serde_json::from_slice(body) {
        Ok(record) => record,
        Err(error) => return failed(StatusCode::BAD_REQUEST, error),
    };
    let key = key(&script, &id).to_owned();
    let work = Work::Report(Change { key, record }, extent);
    answer(floor, script, work, headers, StatusCode::OK).await
}

async fn insert(
    State(floor): Shared,
    Path(script): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let record: Record = match serde_json::from_slice(&body) {
        Ok(record) => record,
        Err(error) => return failed(StatusCode::BAD_REQUEST, error),
    };
    let Some(id) = &record.id else {
        return failed(StatusCode::BAD_REQUEST, "without an id");
    };
    let key = key(&script, id).to_owned();
    let work = Work::Insert(Change { key, record });
    answer(&floor, script, work, &headers, StatusCode::CREATED).await
}

async fn bulk(
    State(floor): Shared,
    Path(script): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let records = match serde_json::from_slice::<Bulk>(&body) {
        Ok(bulk) => bulk.value,
        Err(error) => return failed(StatusCode::BAD_REQUEST, error),
    };
    let changes = records
        .into_iter()
        .map(|record| {
            let id = record.id.as_deref()?;
            let key = key(&script, id).to_owned();
            Some(Change { key, record })
        })
        .collect::<Option<Vec<_>>>();
    match changes {
        Some(changes) => {
            let work = Work::Bulk(changes);
            answer(&floor, script, work, &headers, StatusCode::NO_CONTENT).await
        }
        None => failed(StatusCode::BAD_REQUEST, "a member without an id"),
    }
}

async fn answer(
    floor: &Floor,
    script: String,
    work: Work,
    headers: &HeaderMap,
    status: StatusCode,
) -> Response {
    let (sender, outcome) = oneshot::channel();
    let reply = Box::new(move |outcome| {
        // A client that has gone away needs no answer.
        let _ = sender.send(outcome);
    });
    let command = Command {
        script,
        work,
        reply,
    };
    if floor.writer.try_send(command).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match outcome.await {
        Ok(Ok(Outcome::Written(state))) => {
            let mut body = Vec::with_capacity(1_024);
            state.write_entity(&mut body, authority(headers));
            json(status, body)
        }
        Ok(Ok(Outcome::Many)) => status.into_response(),
        Ok(Ok(Outcome::Refused)) => StatusCode::CONFLICT.into_response(),
        Ok(Err(error)) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn driven(State(floor): Shared, body: Bytes) -> Response {
    let wanted: Drive = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => return failed(StatusCode::BAD_REQUEST, error),
    };
    let drive = move || drive(&floor.writer, floor.states, &wanted);
    let driven = match tokio::task::spawn_blocking(drive).await {
        Ok(Ok(driven)) => serde_json::to_vec(&driven),
        Ok(Err(error)) => return failed(StatusCode::INTERNAL_SERVER_ERROR, error),
        Err(error) => return failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    };
    match driven {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}
