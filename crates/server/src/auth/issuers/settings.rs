//! Which issuers are trusted: a TOML file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use uuid::Uuid;

/// Microsoft Entra's endpoint for the world without the national clouds.
const ENTRA: &str = "https://login.microsoftonline.com";
/// The issuer of Entra's tokens of version 1, with the tenant behind it.
const ENTRA_V1: &str = "https://sts.windows.net";

/// The issuers of a file, each checked.
#[derive(Clone, Debug, Default)]
pub struct Issuers(pub(crate) Vec<Issuer>);

/// An issuer whose tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The `iss` of its tokens and of its discovery document.
    pub(super) name: String,
    /// Where its discovery document is.
    pub(super) discovery: String,
    /// The `aud` of tokens for this server: any of these.
    pub(super) audiences: Vec<String>,
    /// The algorithms of its keys, the likeliest first.
    pub(super) algorithms: Vec<Algorithm>,
    /// The `tid` that tokens must have one of; any if empty.
    pub(super) tenants: Vec<String>,
    /// The claim with application permissions.
    pub(super) roles: String,
    /// The claim with delegated permissions.
    pub(super) scopes: Option<String>,
    /// A PEM file of authorities to trust instead of the well-known ones.
    pub(super) ca_file: Option<PathBuf>,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuersError {
    /// It cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, #[source] io::Error),
    /// It is no TOML of this form.
    #[error("{0}: {1}")]
    Form(PathBuf, #[source] Box<toml::de::Error>),
    /// Something in it means nothing, or too much.
    #[error("{0}: {1}")]
    Meaning(PathBuf, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    entra: Vec<Entra>,
    #[serde(default)]
    openid: Vec<OpenId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entra {
    tenants: Vec<String>,
    audiences: Vec<String>,
    endpoint: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenId {
    issuer: String,
    discovery: Option<String>,
    audiences: Vec<String>,
    #[serde(default)]
    algorithms: Vec<String>,
    #[serde(default)]
    tenants: Vec<String>,
    roles: Option<String>,
    scopes: Option<String>,
    ca_file: Option<PathBuf>,
}

impl Issuers {
    /// Reads a TOML file with tables `[[entra]]` (`tenants`, `audiences`) and `[[openid]]`
    /// (`issuer`, `audiences`, and what differs from the usual).
    ///
    /// # Errors
    /// [`IssuersError`].
    pub fn read(path: &Path) -> Result<Self, IssuersError> {
        let text =
            fs::read_to_string(path).map_err(|error| IssuersError::Read(path.into(), error))?;
        let file: File = toml::from_str(&text)
            .map_err(|error| IssuersError::Form(path.into(), Box::new(error)))?;
        Self::of(file).map_err(|reason| IssuersError::Meaning(path.into(), reason))
    }

    fn of(file: File) -> Result<Self, String> {
        let mut issuers = Vec::new();
        for entra in &file.entra {
            if entra.tenants.is_empty() {
                return Err("[[entra]] needs the id of at least one tenant".to_owned());
            }
            for tenant in &entra.tenants {
                // A name would have to be looked up, and whoever is told it could be another later.
                let tenant = Uuid::try_parse(tenant)
                    .map_err(|_| format!("{tenant:?} is not the id (GUID) of a tenant"))?;
                issuers.extend(of_entra(entra, tenant)?);
            }
        }
        for openid in file.openid {
            issuers.push(of_openid(openid)?);
        }
        for (at, issuer) in issuers.iter().enumerate() {
            if issuers[..at].iter().any(|known| known.name == issuer.name) {
                return Err(format!("{} stands there twice", issuer.name));
            }
        }
        Ok(Self(issuers))
    }
}

/// The two issuers of a tenant: which one signs is the choice of the application that the token is
/// for (`accessTokenAcceptedVersion`).
fn of_entra(entra: &Entra, tenant: Uuid) -> Result<[Issuer; 2], String> {
    let endpoint = entra.endpoint.as_deref().unwrap_or(ENTRA);
    let endpoint = endpoint.trim_end_matches('/');
    let of = |name: String, discovery: String| Issuer {
        name,
        discovery,
        audiences: entra.audiences.clone(),
        algorithms: vec![Algorithm::RS256],
        tenants: vec![tenant.to_string()],
        roles: "roles".to_owned(),
        scopes: Some("scp".to_owned()),
        ca_file: None,
    };
    let well_known = ".well-known/openid-configuration";
    let issuers = [
        of(
            format!("{ENTRA_V1}/{tenant}/"),
            format!("{endpoint}/{tenant}/{well_known}"),
        ),
        of(
            format!("{endpoint}/{tenant}/v2.0"),
            format!("{endpoint}/{tenant}/v2.0/{well_known}"),
        ),
    ];
    issuers.iter().try_for_each(check)?;
    Ok(issuers)
}

fn of_openid(openid: OpenId) -> Result<Issuer, String> {
    let algorithms = match openid.algorithms.is_empty() {
        true => vec![Algorithm::RS256],
        false => openid
            .algorithms
            .iter()
            .map(|name| asymmetric(name))
            .collect::<Result<_, _>>()?,
    };
    let issuer = Issuer {
        discovery: openid.discovery.unwrap_or_else(|| {
            let root = openid.issuer.trim_end_matches('/');
            format!("{root}/.well-known/openid-configuration")
        }),
        name: openid.issuer,
        audiences: openid.audiences,
        algorithms,
        tenants: openid.tenants,
        roles: openid.roles.unwrap_or_else(|| "roles".to_owned()),
        scopes: openid.scopes,
        ca_file: openid.ca_file,
    };
    check(&issuer)?;
    Ok(issuer)
}

fn check(issuer: &Issuer) -> Result<(), String> {
    let name = &issuer.name;
    if issuer.audiences.iter().all(String::is_empty) {
        return Err(format!("{name} needs an audience"));
    }
    is_safe(&issuer.discovery).map_err(|reason| format!("{name}: {reason}"))
}

/// Whether what is read at a URL can be believed: over TLS, or from this machine.
pub(super) fn is_safe(url: &str) -> Result<(), String> {
    let loopback = |rest: &str| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    };
    if url.starts_with("https://") || url.strip_prefix("http://").is_some_and(loopback) {
        return Ok(());
    }
    Err(format!("{url} is not https, and not of this machine"))
}

/// An algorithm with a public key: a shared secret would let whoever checks tokens make them.
fn asymmetric(name: &str) -> Result<Algorithm, String> {
    let known = Algorithm::from_str(name).ok().filter(|algorithm| {
        use Algorithm::{HS256, HS384, HS512};
        !matches!(algorithm, HS256 | HS384 | HS512)
    });
    known.ok_or_else(|| {
        format!(
            "{name:?} is no algorithm for an issuer: RS256, RS384, RS512, PS256, PS384, PS512, \
             ES256, ES384 or EdDSA"
        )
    })
}
