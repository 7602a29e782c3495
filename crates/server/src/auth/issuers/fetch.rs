//! Reads an issuer's keys: discovery (OpenID Connect Discovery 1.0, section 4), then the key set
//! (RFC 7517, section 5). Blocks.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::settings::{Issuer, is_safe};

/// The longest that reading one document may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest document, in bytes.
const LIMIT: u64 = 1 << 20;

/// What is needed of the discovery document.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// The issuer's key set as it is now.
pub(super) fn fetch(issuer: &Issuer) -> Result<JwkSet, String> {
    let client = client(issuer.ca_file.as_deref())?;
    let found: Discovery = read(&client, &issuer.discovery)?;
    // Section 4.3: who could say another issuer's name could sign in its stead.
    if found.issuer != issuer.name {
        return Err(format!(
            "{} says that it is {:?}",
            issuer.discovery, found.issuer
        ));
    }
    is_safe(&found.jwks_uri)?;
    read(&client, &found.jwks_uri)
}

fn client(ca_file: Option<&Path>) -> Result<ureq::Agent, String> {
    let mut config = ureq::Agent::config_builder()
        .max_redirects(0)
        .user_agent(concat!("runstate/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(TIMEOUT));
    if let Some(path) = ca_file {
        let failed = |reason: String| format!("{}: {reason}", path.display());
        let pem = fs::read(path).map_err(|error| failed(error.to_string()))?;
        let mut authorities = Vec::new();
        for item in parse_pem(&pem) {
            if let PemItem::Certificate(one) = item.map_err(|error| failed(error.to_string()))? {
                authorities.push(one);
            }
        }
        let roots = RootCerts::new_with_certs(&authorities);
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    Ok(config.build().new_agent())
}

fn read<T: DeserializeOwned>(client: &ureq::Agent, url: &str) -> Result<T, String> {
    let failed = |error: ureq::Error| format!("{url}: {error}");
    let mut answer = client.get(url).call().map_err(failed)?;
    if answer.status() != 200 {
        return Err(format!("{url}: it answered {}", answer.status()));
    }
    let body = answer.body_mut().with_config().limit(LIMIT);
    let body = body.read_to_vec().map_err(failed)?;
    serde_json::from_slice(&body).map_err(|error| format!("{url}: {error}"))
}
