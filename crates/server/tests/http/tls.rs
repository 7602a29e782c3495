//! The server behind TLS: who trusts its authority reaches it, and a certificate that is exchanged
//! breaks nothing off.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use server::Limits;
use server::tls::{CA_FILE, Tls};

use crate::fixture::Fixture;

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A connection that trusts what is in a PEM file, to a server that it calls by this name.
fn connect(address: SocketAddr, trusted: &Path, name: &str) -> Result<Stream, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(trusted).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

fn ask(server: &Fixture, stream: &mut Stream) -> String {
    let head = server.head("GET", "/beta/things");
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    while !text.contains("bytes, sum") {
        let read = stream.read(&mut piece).unwrap();
        assert_ne!(read, 0, "ended: {text}");
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
    text
}

fn self_signed(directory: &Path, limits: Limits) -> Fixture {
    let names = ["localhost", "127.0.0.1"].map(|name| name.parse().unwrap());
    Fixture::with(
        limits,
        Some(Tls::self_signed(directory, names.into()).unwrap()),
    )
}

#[test]
fn who_trusts_the_authority_reaches_the_server_by_its_names() {
    let directory = tempfile::tempdir().unwrap();
    let server = self_signed(directory.path(), Limits::default());
    let ca = directory.path().join(CA_FILE);
    for name in ["localhost", "127.0.0.1"] {
        let mut stream = connect(server.address, &ca, name).unwrap();
        for _ in 0..2 {
            let text = ask(&server, &mut stream);
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            assert!(text.contains("https://t.example/beta"), "{text}");
        }
    }
    let refused = connect(server.address, &ca, "other.example").unwrap_err();
    assert!(refused.to_string().contains("not valid for"), "{refused}");

    let elsewhere = tempfile::tempdir().unwrap();
    drop(self_signed(elsewhere.path(), Limits::default()));
    let stranger = elsewhere.path().join(CA_FILE);
    let refused = connect(server.address, &stranger, "localhost").unwrap_err();
    assert!(refused.to_string().contains("UnknownIssuer"), "{refused}");
}

#[test]
fn another_certificate_in_the_files_is_shown_without_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let files = ["cert.pem", "key.pem"].map(|name| directory.path().join(name));
    let write = || {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        fs::write(&files[0], parameters.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&files[1], key.serialize_pem()).unwrap();
    };
    write();
    let tls = Tls::from_files(&files[0], &files[1]).unwrap();
    let server = Fixture::with(Limits::default(), Some(tls));
    let mut before = connect(server.address, &files[0], "localhost").unwrap();
    ask(&server, &mut before);

    write();
    let until = Instant::now() + Duration::from_secs(30);
    let mut after = loop {
        match connect(server.address, &files[0], "localhost") {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    ask(&server, &mut after);
    ask(&server, &mut before);
}

#[test]
fn what_is_no_handshake_ends_and_holds_up_no_stop() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        head: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = self_signed(directory.path(), limits);
    let mut plain = server.connect();
    plain.send(b"GET /beta HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut silent = server.connect();
    assert!(silent.is_closed(), "nobody waits for a handshake for ever");

    let directory = tempfile::tempdir().unwrap();
    let server = self_signed(directory.path(), Limits::default());
    let waiting = server.connect();
    assert_eq!(server.stop().wait(), 0);
    drop(waiting);
}
