//! TLS to the database: what each `sslmode` demands of the server's certificate.
#![cfg(test)]

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use store::clock::SystemClock;
use store_postgres::{Options, Postgres, Target};
use test_postgres::{Cluster, is_installed};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server that only speaks TLS, under a name that an authority has certified; its port.
fn serve(cluster: &mut Cluster, authority: &Authority, name: &str) -> u16 {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = cluster.write_private("server.key", &key.serialize_pem());
    let certificate = cluster.write_private("server.crt", &certificate.pem());
    cluster.configure(&format!(
        "ssl = on\nssl_key_file = '{}'\nssl_cert_file = '{}'",
        key.display(),
        certificate.display()
    ));
    cluster.admit(
        "local all all trust\n\
         hostssl all all 127.0.0.1/32 trust\n\
         hostnossl all all 127.0.0.1/32 reject\n",
    );
    let port = cluster.listen();
    cluster.start();
    port
}

fn open(url: &str) -> Result<(), String> {
    let model = service::model().unwrap();
    let tables = service::tables(&model).unwrap();
    let target = Target::parse(url).map_err(|error| error.to_string())?;
    let options = Options {
        writers: 1,
        readers: 1,
        ..Options::default()
    };
    Postgres::open(&target, options, model, tables, Arc::new(SystemClock))
        .map(drop)
        .map_err(|error| format!("{error:?}"))
}

#[test]
fn what_each_mode_demands() {
    if !is_installed() {
        return;
    }
    let (ours, other) = (authority(), authority());
    let mut cluster = Cluster::new();
    let port = serve(&mut cluster, &ours, "localhost");
    let (ours, other): (PathBuf, PathBuf) = (
        cluster.write_private("ours.pem", &ours.pem()),
        cluster.write_private("other.pem", &other.pem()),
    );
    for (host, mode, roots, expected) in [
        ("localhost", "disable", None, Err("pg_hba.conf")),
        ("localhost", "prefer", None, Ok(())),
        ("localhost", "require", None, Ok(())),
        ("localhost", "require", Some(&ours), Ok(())),
        (
            "localhost",
            "require",
            Some(&other),
            Err("InvalidCertificate"),
        ),
        ("127.0.0.1", "require", Some(&ours), Ok(())),
        ("localhost", "verify-ca", Some(&ours), Ok(())),
        ("127.0.0.1", "verify-ca", Some(&ours), Ok(())),
        (
            "localhost",
            "verify-ca",
            Some(&other),
            Err("InvalidCertificate"),
        ),
        ("localhost", "verify-ca", None, Err("UnknownIssuer")),
        ("localhost", "verify-full", Some(&ours), Ok(())),
        (
            "127.0.0.1",
            "verify-full",
            Some(&ours),
            Err("NotValidForName"),
        ),
        (
            "localhost",
            "verify-full",
            Some(&other),
            Err("InvalidCertificate"),
        ),
        ("localhost", "verify-full", None, Err("UnknownIssuer")),
        (
            "localhost",
            "verify-full",
            Some(&PathBuf::from("/no/file")),
            Err("/no/file"),
        ),
    ] {
        let mut url = format!("postgres://postgres@{host}:{port}/postgres?sslmode={mode}");
        if let Some(roots) = roots {
            url.push_str(&format!("&sslrootcert={}", roots.display()));
        }
        match (open(&url), expected) {
            (Ok(()), Ok(())) => {}
            (Err(message), Err(part)) => assert!(message.contains(part), "{url}: {message}"),
            (found, _) => panic!("{url}: {found:?}"),
        }
    }
}
