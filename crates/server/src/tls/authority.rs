//! A certificate authority of the data directory, for servers that have no certificate.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::TlsError;
use crate::private_file::{Readers, read_or_create};

/// The file of the authority's certificate, which clients are to trust, in its directory.
pub const CA_FILE: &str = "ca.pem";
const KEY_FILE: &str = "ca-key.pem";
/// What whoever reads the authority's key can do.
const HARM: &str = "pose as this server";

const DAY: Duration = Duration::from_secs(86_400);
/// How long the authority's certificate holds.
const AUTHORITY_HOLDS: Duration = DAY.saturating_mul(3_650);
/// How long a server's certificate holds, and how long it is shown.
const SERVER_HOLDS: Duration = DAY.saturating_mul(90);
const SHOWN_FOR: Duration = DAY.saturating_mul(30);
/// Clients whose clocks are behind must not find a certificate of the future.
const BEHIND: Duration = DAY;

/// What a server is reached by: a DNS name or an address (RFC 5280, section 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectName(SanType);

/// A text that is neither a DNS name nor an address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("write a DNS name such as graph.example.com or an IP address, without scheme and port")]
pub struct NoName;

impl From<IpAddr> for SubjectName {
    fn from(address: IpAddr) -> Self {
        Self(SanType::IpAddress(address))
    }
}

impl FromStr for SubjectName {
    type Err = NoName;

    /// # Errors
    /// [`NoName`].
    fn from_str(text: &str) -> Result<Self, NoName> {
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(address.into());
        }
        let is_label = |label: &str| {
            let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            (1..=63).contains(&label.len()) && label.bytes().all(known)
        };
        if text.len() > 253 || !text.split('.').all(is_label) {
            return Err(NoName);
        }
        let name = Ia5String::try_from(text).map_err(|_| NoName)?;
        Ok(Self(SanType::DnsName(name)))
    }
}

impl fmt::Display for SubjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            SanType::IpAddress(address) => address.fmt(f),
            SanType::DnsName(name) => f.write_str(name.as_str()),
            _ => Err(fmt::Error),
        }
    }
}

/// The authority with its key, and the names that it certifies.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    names: Vec<SubjectName>,
    due: SystemTime,
}

impl Authority {
    /// The authority of a directory, which is made on first use.
    pub(super) fn load_or_create(
        directory: &Path,
        names: Vec<SubjectName>,
    ) -> Result<Self, TlsError> {
        let content = |name: &str, reason: String| TlsError::Content {
            path: directory.join(name),
            reason,
        };
        let key = read_or_create(directory, KEY_FILE, Readers::Owner(HARM), || {
            let key = KeyPair::generate().map_err(make)?;
            Ok::<_, TlsError>(key.serialize_pem())
        })?;
        let key = KeyPair::from_pem(&key)
            .map_err(|error| content(KEY_FILE, format!("it is no private key in PEM: {error}")))?;
        let pem = read_or_create(directory, CA_FILE, Readers::Everyone, || {
            let mut parameters = parameters(&key);
            hold(&mut parameters, SystemTime::now(), AUTHORITY_HOLDS);
            let certificate = parameters.self_signed(&key).map_err(make)?;
            Ok::<_, TlsError>(certificate.pem())
        })?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| content(CA_FILE, format!("it is no certificate in PEM: {error}")))?;
        Ok(Self {
            issuer: Issuer::new(parameters(&key), key),
            certificate,
            names,
            due: SystemTime::UNIX_EPOCH,
        })
    }

    /// A certificate for the server's names, with a key that is written nowhere.
    pub(super) fn issue(&mut self) -> Result<CertifiedKey, TlsError> {
        let now = SystemTime::now();
        let key = KeyPair::generate().map_err(make)?;
        let mut parameters = CertificateParams::default();
        parameters.subject_alt_names = self.names.iter().map(|name| name.0.clone()).collect();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "Runstate");
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        hold(&mut parameters, now, SERVER_HOLDS);
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(make)?;
        let der = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let chain = vec![certificate.der().clone(), self.certificate.clone()];
        let certified = CertifiedKey::from_der(chain, der, &default_provider())
            .map_err(|error| TlsError::Make(error.to_string()))?;
        self.due = now + SHOWN_FOR;
        Ok(certified)
    }

    /// Whether the certificate that was issued last is to be followed by another.
    pub(super) fn is_due(&self) -> bool {
        let now = SystemTime::now();
        // A clock that was set back far would otherwise keep what does not hold yet.
        now >= self.due || now + SHOWN_FOR + BEHIND < self.due
    }
}

/// What of the authority's certificate does not depend on time: its name follows from its key, so
/// that issuer and certificate fit as long as the key does.
fn parameters(key: &KeyPair) -> CertificateParams {
    let digest = digest(&SHA256, key.public_key_raw());
    let name: String = digest.as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut parameters = CertificateParams::default();
    parameters
        .distinguished_name
        .push(DnType::CommonName, format!("Runstate local CA {name}"));
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

/// Has a certificate hold from a day ago for so long, by days in UTC.
fn hold(parameters: &mut CertificateParams, now: SystemTime, how_long: Duration) {
    let day = |at: SystemTime| {
        let at = Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let date = at.to_zoned(TimeZone::UTC).date();
        let part = |n: i8| n.unsigned_abs();
        date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    parameters.not_before = day(now - BEHIND);
    parameters.not_after = day(now + how_long);
}

fn make(error: rcgen::Error) -> TlsError {
    TlsError::Make(error.to_string())
}
