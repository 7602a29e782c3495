//! What an export left: fetched by its URL alone, and read.

use std::io::{Cursor, Read};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Answer, Client, Request, Server};

pub(crate) const JOBS: &str = "/beta/deviceManagement/reports/exportJobs";

/// Asks for an export and waits until it is completed; answers the job.
#[track_caller]
pub(crate) fn export(server: &Client, body: &Value) -> Value {
    let job = server.post(JOBS, body).expect_json(201);
    assert_eq!(job["status"], "notStarted");
    assert_eq!(job["url"], Value::Null);
    let url = format!("{JOBS}/{}", job["id"].as_str().unwrap());
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let job = server.get(&url).expect_json(200);
        match job["status"].as_str().unwrap() {
            "completed" => return job,
            "failed" => panic!("{job}"),
            _ => assert!(Instant::now() < patience, "{job}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Fetches a URL without a token.
pub(super) fn fetch(server: &Server, url: &str) -> Answer {
    let (_, rest) = url.split_once("://").unwrap();
    let path = rest.find('/').map(|at| &rest[at..]).unwrap();
    server
        .client_with(None)
        .exchange(&Request::new("GET", path))
}

/// The only file of the archive of a completed job, with its name.
#[track_caller]
pub(crate) fn content(server: &Server, job: &Value) -> (String, String) {
    let answer = fetch(server, job["url"].as_str().unwrap()).expect(200);
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.body)).unwrap();
    assert_eq!(archive.len(), 1);
    let mut file = archive.by_index(0).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    (file.name().unwrap().into_owned(), text)
}
