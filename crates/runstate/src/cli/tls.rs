//! Which certificate the server shows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use server::PublicOrigin;
use server::tls::{CA_FILE, SubjectName, Tls, TlsError};

/// The authority's directory in the data directory.
const DIRECTORY: &str = "tls";

#[derive(Debug, Args)]
pub(crate) struct TlsArguments {
    /// Serve https with the certificate in this PEM file, those of its authorities behind it; it is
    /// read again whenever it changes
    #[arg(long = "tls-cert", value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The PEM file of the certificate's private key
    #[arg(long = "tls-key", value_name = "FILE", requires = "cert", id = "key")]
    key: Option<PathBuf>,
    /// Serve https with a certificate of the server's own authority, which is made in the data
    /// directory on first use and which clients must be told to trust
    #[arg(long = "tls-self-signed", conflicts_with_all = ["cert", "key"])]
    self_signed: bool,
    /// A DNS name or address that the self-signed certificate holds for, beside localhost and those
    /// of --listen and --public-url; repeatable
    #[arg(long = "tls-name", value_name = "NAME", requires = "self_signed")]
    names: Vec<SubjectName>,
}

impl TlsArguments {
    /// The TLS that was asked for.
    ///
    /// # Errors
    /// A certificate or key cannot be read or made.
    pub(crate) fn tls(
        &self,
        data_dir: &Path,
        listen: SocketAddr,
        public: Option<&PublicOrigin>,
    ) -> Result<Option<Tls>, TlsError> {
        if let (Some(cert), Some(key)) = (&self.cert, &self.key) {
            return Tls::from_files(cert, key).map(Some);
        }
        if !self.self_signed {
            return Ok(None);
        }
        let directory = data_dir.join(DIRECTORY);
        Tls::self_signed(&directory, self.subject_names(listen, public)).map(Some)
    }

    /// The file that clients must trust, if it is the server's own.
    pub(crate) fn authority(&self, data_dir: &Path) -> Option<PathBuf> {
        self.self_signed
            .then(|| data_dir.join(DIRECTORY).join(CA_FILE))
    }

    fn subject_names(&self, listen: SocketAddr, public: Option<&PublicOrigin>) -> Vec<SubjectName> {
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let mut names = self.names.clone();
        names.extend("localhost".parse());
        names.extend(loopback.map(SubjectName::from));
        if !listen.ip().is_unspecified() {
            names.push(listen.ip().to_canonical().into());
        }
        names.extend(public.and_then(|origin| origin.host().parse().ok()));
        let mut unique: Vec<SubjectName> = Vec::with_capacity(names.len());
        for name in names {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        unique
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        tls: TlsArguments,
    }

    #[test]
    fn names_of_the_certificate() {
        let check = |line: &str, listen: &str, public: Option<&str>, expected: &[&str]| {
            let line = std::iter::once("runstate").chain(line.split_ascii_whitespace());
            let tls = Line::try_parse_from(line).ok().unwrap().tls;
            let public = public.map(|origin| origin.parse().unwrap());
            let names = tls.subject_names(listen.parse().unwrap(), public.as_ref());
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            assert_eq!(names, expected);
        };
        let local = ["localhost", "127.0.0.1", "::1"];
        check("--tls-self-signed", "127.0.0.1:0", None, &local);
        check("--tls-self-signed", "0.0.0.0:443", None, &local);
        check(
            "--tls-self-signed --tls-name fleet.example --tls-name localhost",
            "10.0.0.1:443",
            Some("https://graph.example:8443"),
            &[
                "fleet.example",
                "localhost",
                "127.0.0.1",
                "::1",
                "10.0.0.1",
                "graph.example",
            ],
        );
    }

    #[test]
    fn what_is_refused() {
        for line in [
            "--tls-cert a",
            "--tls-key a",
            "--tls-self-signed --tls-cert a --tls-key b",
            "--tls-name a",
            "--tls-self-signed --tls-name https://a",
        ] {
            let line = std::iter::once("runstate").chain(line.split_ascii_whitespace());
            assert!(Line::try_parse_from(line).is_err());
        }
    }
}
