//! Many connections at once.

use std::sync::atomic::Ordering;
use std::thread;

use crate::fixture::Fixture;

#[test]
fn many_connections_each_get_their_own_answers() {
    const CONNECTIONS: usize = 64;
    const REQUESTS: usize = 50;
    let server = Fixture::start();
    thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let server = &server;
            scope.spawn(move || {
                let mut client = server.connect();
                for request in 0..REQUESTS {
                    let id = format!("{connection}-{request}");
                    let head = server.head("GET", &format!("/beta/{id}"));
                    client.send(format!("{head}client-request-id: {id}\r\n\r\n"));
                    let answer = client.receive();
                    assert_eq!(answer.header("client-request-id"), Some(id.as_str()));
                    let expected = format!("GET http://t.example/beta {id} None");
                    assert!(answer.text().starts_with(&expected), "{}", answer.text());
                }
            });
        }
    });
    assert_eq!(
        server.handled.load(Ordering::SeqCst),
        CONNECTIONS * REQUESTS
    );
}

#[test]
fn a_request_that_hangs_holds_up_no_other() {
    let server = Fixture::start();
    let mut stuck: Vec<_> = (0..100).map(|_| server.connect()).collect();
    for client in &mut stuck {
        client.send(format!("{}\r\n", server.head("GET", "/beta/endless")));
    }
    assert_eq!(server.ask("GET", "/beta/x", "").status, 200);
}
