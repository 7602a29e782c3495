//! The certificate of two PEM files, which may change.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::TlsError;
use crate::private_file::FileError;

/// The two files, and what they held when they were read last.
pub(super) struct Files {
    certificates: PathBuf,
    key: PathBuf,
    read: (Vec<u8>, Vec<u8>),
}

impl Files {
    pub(super) fn new(certificates: &Path, key: &Path) -> Self {
        Self {
            certificates: certificates.to_owned(),
            key: key.to_owned(),
            read: Default::default(),
        }
    }

    /// The certificate that they hold.
    pub(super) fn read(&mut self) -> Result<CertifiedKey, TlsError> {
        let contents = self.contents()?;
        let certified = self.certified(&contents);
        self.read = contents;
        certified
    }

    /// The certificate that they hold if they changed since they were read last.
    pub(super) fn changed(&mut self) -> Result<Option<CertifiedKey>, TlsError> {
        let contents = self.contents()?;
        if contents == self.read {
            return Ok(None);
        }
        let certified = self.certified(&contents);
        self.read = contents;
        certified.map(Some)
    }

    fn contents(&self) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|reason| FileError::Io {
                action: "read",
                path: path.to_owned(),
                reason,
            })
        };
        Ok((read(&self.certificates)?, read(&self.key)?))
    }

    fn certified(&self, (chain, key): &(Vec<u8>, Vec<u8>)) -> Result<CertifiedKey, TlsError> {
        let content = |path: &Path, reason: String| TlsError::Content {
            path: path.to_owned(),
            reason,
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|error| content(&self.certificates, no_pem(&error)))?;
        if chain.is_empty() {
            let reason = "it has no certificate in PEM (BEGIN CERTIFICATE)".to_owned();
            return Err(content(&self.certificates, reason));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
            pem::Error::NoItemsFound => {
                content(&self.key, "it has no private key in PEM".to_owned())
            }
            error => content(&self.key, no_pem(&error)),
        })?;
        CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| {
            let chain = self.certificates.display();
            content(&self.key, format!("it does not fit {chain}: {error}"))
        })
    }
}

fn no_pem(error: &pem::Error) -> String {
    format!("it is not PEM (RFC 7468): {error}")
}
