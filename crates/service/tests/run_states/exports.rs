//! Export jobs over time: archives that expire, and jobs that were interrupted.

use std::sync::Arc;
use std::time::Duration;

use edm::Value;
use engine::audit::Origin;
use engine::exchange::Downloads;
use futures_util::StreamExt;
use serde_json::json;
use service::{Archives, Graph};

use super::fixture::World;
use super::history::maintain;

const JOBS: &str = "deviceManagement/reports/exportJobs";

/// Asks for an export; answers its id.
fn ask(world: &World) -> String {
    let body = json!({ "reportName": "DeviceRunStatesByScript" });
    let made = world.post(JOBS, &body);
    made["id"].as_str().unwrap().to_owned()
}

fn graph(world: &World) -> Graph {
    Graph::new(&world.core.model, &world.core.tables).unwrap()
}

/// Works until a job has ended; answers its status.
fn work(world: &World, id: &str) -> String {
    let worker = service::work_on_exports(Arc::downgrade(&world.core), graph(world));
    let worker = world.runtime.spawn(worker);
    let url = format!("{JOBS}/{id}");
    let status = loop {
        let status = world.get(&url)["status"].as_str().unwrap().to_owned();
        if status == "completed" || status == "failed" {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    worker.abort();
    status
}

/// The archive of a completed job, if it can be fetched.
fn fetch(world: &World, id: &str) -> Option<Vec<u8>> {
    let job = world.get(&format!("{JOBS}/{id}"));
    let (_, secret) = job["url"].as_str().unwrap().rsplit_once('/').unwrap();
    let archives = Archives::new(world.core.clone(), graph(world));
    world.runtime.block_on(async {
        let found = archives.open(id.to_owned(), secret.to_owned()).await;
        let mut found = found.unwrap()?;
        let mut bytes = Vec::new();
        while let Some(piece) = found.pieces.next().await {
            bytes.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(bytes.len() as u64, found.length);
        Some(bytes)
    })
}

/// Sets columns of a job, as a server that was interrupted left them.
fn leave(world: &World, id: &str, columns: &[(&'static str, Value)]) {
    let (core, id, columns) = (world.core.clone(), id.to_owned(), columns.to_vec());
    let done = world
        .core
        .write(Origin::server(&world.core), move |transaction| {
            let jobs = core.tables.find("device_management_export_job").unwrap();
            let table = core.tables.table(jobs);
            let key = [Value::from(id.as_str())];
            let old = transaction.get(jobs, &key)?.unwrap();
            let mut new = old.clone();
            for (name, value) in &columns {
                new[table.column(name).unwrap()] = value.clone();
            }
            transaction.update(jobs, &key, table.difference(&old, &new), &new)?;
            let chunks = core.tables.find("export_chunk").unwrap();
            let table = core.tables.table(chunks);
            let mut row = table.blank();
            row[table.column("job_id").unwrap()] = Value::from(id.as_str());
            row[table.column("content").unwrap()] = Value::Binary(b"half of an archive".to_vec());
            transaction.insert(chunks, &row).map(|_| ())
        });
    world.runtime.block_on(done).unwrap();
}

#[test]
fn an_archive_expires_and_its_job_after_it() {
    let world = World::new();
    let id = ask(&world);
    assert_eq!(work(&world, &id), "completed");
    assert!(fetch(&world, &id).unwrap().starts_with(b"PK"));
    maintain(&world);
    assert!(fetch(&world, &id).is_some());
    world.clock.pass_days(1);
    assert!(fetch(&world, &id).is_none());
    maintain(&world);
    world.get(&format!("{JOBS}/{id}"));
    world.clock.pass_days(8);
    maintain(&world);
    let (status, _) = world.ask(http::Method::GET, &format!("{JOBS}/{id}"), None);
    assert_eq!(status, 404);
}

#[test]
fn an_interrupted_job_is_begun_anew_but_not_for_ever() {
    let world = World::new();
    let in_progress = ("status", Value::Enum(2));
    let id = ask(&world);
    leave(
        &world,
        &id,
        &[in_progress.clone(), ("attempts", Value::Integer(1))],
    );
    assert_eq!(work(&world, &id), "completed");
    assert!(fetch(&world, &id).unwrap().starts_with(b"PK"));
    let id = ask(&world);
    leave(&world, &id, &[in_progress, ("attempts", Value::Integer(3))]);
    assert_eq!(work(&world, &id), "failed");
}
