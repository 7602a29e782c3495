use std::fs;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;

fn pair() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn written(directory: &TempDir, certificate: &str, key: &str) -> (PathBuf, PathBuf) {
    let paths = ["cert.pem", "key.pem"].map(|name| directory.path().join(name));
    fs::write(&paths[0], certificate).unwrap();
    fs::write(&paths[1], key).unwrap();
    paths.into()
}

#[test]
fn names() {
    let check = |text: &str, expected: Option<&str>| {
        let read = text.parse::<SubjectName>().ok();
        assert_eq!(
            read.map(|name| name.to_string()).as_deref(),
            expected,
            "{text}"
        );
    };
    check("graph.example.com", Some("graph.example.com"));
    check("localhost", Some("localhost"));
    check("127.0.0.1", Some("127.0.0.1"));
    check("[::1]", Some("::1"));
    check("::1", Some("::1"));
    let long = "a".repeat(64);
    for bad in ["", "a..b", "a:1", "https://a", "a b", "*.a", "ä", &long] {
        check(bad, None);
    }
}

#[test]
fn files_that_do_not_fit_are_named() {
    let (certificate, key) = pair();
    let (_, other) = pair();
    for (certificate, key, file, reason) in [
        ("", key.as_str(), "cert.pem", "no certificate"),
        (&key, &key, "cert.pem", "no certificate"),
        (&certificate, "", "key.pem", "no private key"),
        (&certificate, &certificate, "key.pem", "no private key"),
        (&certificate, &other, "key.pem", "does not fit"),
        (
            &certificate[..certificate.len() / 2],
            &key,
            "cert.pem",
            "not PEM",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = written(&directory, certificate, key);
        let error = Tls::from_files(&first, &second).unwrap_err().to_string();
        assert!(error.contains(file) && error.contains(reason), "{error}");
    }
    let error = Tls::from_files(Path::new("/absent.pem"), Path::new("/absent.pem"));
    assert!(error.unwrap_err().to_string().contains("/absent.pem"));
}

#[test]
fn only_a_pair_that_fits_takes_the_place_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let (certificate, key) = pair();
    let (first, second) = written(&directory, &certificate, &key);
    let mut files = Files::new(&first, &second);
    files.read().unwrap();
    assert!(files.changed().unwrap().is_none());

    let (certificate, key) = pair();
    fs::write(&first, &certificate).unwrap();
    assert!(files.changed().is_err(), "half of the pair is new");
    fs::write(&second, &key).unwrap();
    assert!(files.changed().unwrap().is_some());
    assert!(files.changed().unwrap().is_none());
}

#[test]
fn an_authority_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("tls");
    let name = || vec!["localhost".parse::<SubjectName>().unwrap()];
    let mut first = Authority::load_or_create(&place, name()).unwrap();
    assert!(first.is_due());
    let one = first.issue().unwrap();
    assert!(!first.is_due());
    let mut again = Authority::load_or_create(&place, name()).unwrap();
    let two = again.issue().unwrap();
    assert_eq!(one.cert[1], two.cert[1], "the authority's own");
    assert_ne!(one.cert[0], two.cert[0], "the server's");

    fs::write(place.join(CA_FILE), "nothing").unwrap();
    let error = Authority::load_or_create(&place, name()).err().unwrap();
    assert!(error.to_string().contains(CA_FILE), "{error}");
}
