//! The floors behind axum.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use tokio::sync::oneshot;

use super::backend::{Ask, Backend};
use super::batch::{self, Batch};
use super::drive::{Drive, drive};
use super::http::{self, STATES, authority, failed, json, key, outcome};
use super::question::Question;
use super::record::{Bulk, Change, Record};
use super::sql::{Extent, Outcome};
use super::writer::{Command, Work};
use super::{BARE, DRIVE, EXPORT, GROUP};
use crate::Failure;
use crate::cli::FloorArguments;
use crate::operation::QUERY;

/// What the handlers share.
struct Floor {
    backend: Backend,
    states: u64,
}

type Shared = State<Arc<Floor>>;

/// Serves until the process is ended.
///
/// # Errors
/// If the database or the listener cannot be opened.
pub(crate) fn run(arguments: &FloorArguments) -> Result<(), Failure> {
    http::serve(|| async {
        let floor = Floor {
            backend: Backend::open(&arguments.database).await?,
            states: arguments.states,
        };
        Ok(router(Arc::new(floor)))
    })
}

fn router(floor: Arc<Floor>) -> Router {
    Router::new()
        .route(
            &format!("{BARE}{STATES}/{{id}}"),
            axum::routing::patch(bare),
        )
        .route(
            &format!("{GROUP}{STATES}"),
            get(page).post(insert).patch(bulk),
        )
        .route(&format!("{GROUP}{STATES}/{{id}}"), get(entity).patch(full))
        .route(&format!("{GROUP}{QUERY}/{{name}}/{{id}}"), get(question))
        .route(&format!("{GROUP}/$batch"), post(batch))
        .route(&format!("{GROUP}{EXPORT}/{{script}}"), post(exported))
        .route(DRIVE, post(driven))
        .with_state(floor)
}

async fn entity(
    State(floor): Shared,
    Path((script, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let ask = Ask::Entity(&script, key(&script, &id));
    outcome(floor.backend.read(authority(&headers), ask).await)
}

async fn page(
    State(floor): Shared,
    Path(script): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let after = query.as_deref().and_then(|q| q.strip_prefix("after="));
    let ask = Ask::Page(&script, after.unwrap_or(""));
    outcome(floor.backend.read(authority(&headers), ask).await)
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
    if !floor.backend.submit(command) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match outcome.await {
        Ok(Ok(Outcome::Written(state))) => {
            let mut body = Vec::with_capacity(1_024);
            state.write_entity(&mut body, authority(headers));
            json(status, body)
        }
        Ok(Ok(Outcome::Many)) => status.into_response(),
        Ok(Ok(Outcome::Each(states))) => json(StatusCode::OK, batch::answer(&states, headers)),
        Ok(Ok(Outcome::Refused)) => StatusCode::CONFLICT.into_response(),
        Ok(Err(error)) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn question(
    State(floor): Shared,
    Path((name, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(question) = Question::parse(&name, query.as_deref()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let ask = Ask::Question(&id, question);
    outcome(floor.backend.read(authority(&headers), ask).await)
}

async fn batch(State(floor): Shared, headers: HeaderMap, body: Bytes) -> Response {
    match serde_json::from_slice::<Batch>(&body).map(Batch::changes) {
        Ok(Some((script, changes))) => {
            let work = Work::Each(changes);
            answer(&floor, script, work, &headers, StatusCode::OK).await
        }
        Ok(None) => failed(StatusCode::BAD_REQUEST, "no reports of one script"),
        Err(error) => failed(StatusCode::BAD_REQUEST, error),
    }
}

async fn exported(State(floor): Shared, Path(script): Path<String>) -> Response {
    match floor.backend.export(script).await {
        Ok(archive) => json(StatusCode::CREATED, archive),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn driven(State(floor): Shared, body: Bytes) -> Response {
    let wanted: Drive = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => return failed(StatusCode::BAD_REQUEST, error),
    };
    let drive = move || drive(&floor.backend, floor.states, &wanted);
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
