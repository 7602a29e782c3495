//! Traces by OTLP, taken by a small collector.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::{HEALTH, Request, Server, make_script};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector on a free port: its URL, and what it is sent, with the path.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut path, mut length) = (String::new(), 0);
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap_or(0) > 2 {
                if path.is_empty() {
                    path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                }
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            if sender.send((path, body)).is_err() {
                return;
            }
        }
    });
    (url, received)
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_request_is_told_to_the_collector_as_a_part_of_its_trace() {
    let (url, received) = collector();
    let server = Server::start_with(&["--otlp", &url]);
    let (script, id) = make_script(&server, &HEALTH);
    let request = Request::new("GET", &format!("{script}?$select=displayName"))
        .header("traceparent", &format!("00-{TRACE}-{PARENT}-01"));
    let answer = server.send(&request);
    let named = answer.header("traceresponse").unwrap().to_owned();
    assert!(named.starts_with(&format!("00-{TRACE}-")), "{named}");
    assert!(named.ends_with("-01"), "{named}");
    let span = named.split('-').nth(2).unwrap();
    assert_ne!(span, PARENT);
    let request_id = answer.header("request-id").unwrap();
    loop {
        let patience = Duration::from_secs(30);
        let (path, body) = received.recv_timeout(patience).expect("traces are sent");
        assert_eq!(path, "/v1/traces");
        assert!(!holds(&body, id.as_bytes()) && !holds(&body, b"displayName"));
        if holds(&body, &bytes(TRACE)) {
            for part in [bytes(PARENT), bytes(span)] {
                assert!(holds(&body, &part), "{part:?}");
            }
            let route = "GET deviceManagement/deviceHealthScripts/{id}";
            for part in [route, "runstate", request_id, "127.0.0.1"] {
                assert!(holds(&body, part.as_bytes()), "{part}");
            }
            return;
        }
    }
}

#[test]
fn a_collector_that_is_away_keeps_no_request_from_its_answer() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let server = Server::start_with(&["--otlp", &format!("http://{closed}")]);
    for _ in 0..100 {
        let answer = server.get("/beta/deviceManagement");
        assert!(answer.header("traceresponse").is_some());
        answer.expect_json(200);
    }
}

#[test]
fn without_a_collector_there_are_no_traces() {
    let server = Server::shared();
    let request = Request::new("GET", "/beta/deviceManagement")
        .header("traceparent", &format!("00-{TRACE}-{PARENT}-01"));
    assert_eq!(server.send(&request).header("traceresponse"), None);
}
