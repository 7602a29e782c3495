//! TLS: the certificate that the listener shows, and how it stays current while the server runs.

mod authority;
mod files;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::private_file::FileError;
use authority::Authority;
use files::Files;

pub use authority::{CA_FILE, NoName, SubjectName};

/// How often is looked whether another certificate is due.
const LOOK: Duration = Duration::from_secs(2);

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or made, or others can read it.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file that holds something else than it must.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The cryptographic library refused.
    #[error("cannot make a certificate: {0}")]
    Make(String),
}

/// TLS 1.2 and 1.3 with a certificate that is exchanged while connections go on.
pub struct Tls {
    shown: Arc<Shown>,
    source: Source,
}

/// Where certificates come from.
enum Source {
    Files(Files),
    Authority(Authority),
}

impl Tls {
    /// Shows the certificate of two PEM files: the chain, the server's own first, and the key
    /// (PKCS #8, PKCS #1 or SEC 1). Files that change are read again; until they fit each other,
    /// what was shown before is shown on.
    ///
    /// # Errors
    /// [`TlsError::File`], [`TlsError::Content`].
    pub fn from_files(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let mut files = Files::new(certificates, key);
        let first = files.read()?;
        Ok(Self::new(first, Source::Files(files)))
    }

    /// Shows a certificate for these names, signed by an authority that is made in the directory on
    /// first use and kept. The certificate is made anew well before it ends.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn self_signed(directory: &Path, names: Vec<SubjectName>) -> Result<Self, TlsError> {
        let mut authority = Authority::load_or_create(directory, names)?;
        let first = authority.issue()?;
        Ok(Self::new(first, Source::Authority(authority)))
    }

    fn new(first: CertifiedKey, source: Source) -> Self {
        let shown = Arc::new(Shown(RwLock::new(Arc::new(first))));
        Self { shown, source }
    }

    /// What answers handshakes. Within a runtime of tokio: it looks after the certificate until what
    /// is returned is dropped.
    ///
    /// # Errors
    /// [`TlsError::Make`] if the cryptographic library has no suitable algorithm.
    pub(crate) fn into_acceptor(self) -> Result<TlsAcceptor, TlsError> {
        let Self { shown, source } = self;
        let watched = Arc::downgrade(&shown);
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|reason| TlsError::Make(reason.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(shown);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        tokio::spawn(keep_current(watched, source));
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            Source::Files(_) => "files",
            Source::Authority(_) => "authority",
        };
        f.debug_tuple("Tls").field(&source).finish()
    }
}

impl Source {
    /// Another certificate if one is due. Blocks.
    fn renewed(&mut self) -> Result<Option<CertifiedKey>, TlsError> {
        match self {
            Self::Files(files) => files.changed(),
            Self::Authority(authority) if authority.is_due() => authority.issue().map(Some),
            Self::Authority(_) => Ok(None),
        }
    }
}

/// The certificate that handshakes are answered with.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A poisoned lock still holds a whole certificate: it is exchanged in one step.
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

/// Looks for another certificate for as long as there is anything to show it.
async fn keep_current(shown: Weak<Shown>, mut source: Source) {
    let mut complained = String::new();
    loop {
        tokio::time::sleep(LOOK).await;
        let looked = tokio::task::spawn_blocking(move || (source.renewed(), source)).await;
        let Ok((renewed, back)) = looked else {
            tracing::error!("the certificate is not looked after any more");
            return;
        };
        source = back;
        let Some(shown) = shown.upgrade() else { return };
        match renewed {
            Ok(None) => {}
            Ok(Some(certificate)) => {
                *shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificate);
                complained.clear();
                tracing::info!("another certificate is shown from now on");
            }
            Err(error) => {
                let complaint = error.to_string();
                if complaint != complained {
                    tracing::warn!(%error, "the certificate shown before stays");
                    complained = complaint;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
