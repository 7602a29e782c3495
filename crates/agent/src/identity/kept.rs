//! What a device keeps of its identity: one file that only its owner can read, replaced as a whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::key::KeptKey;
use crate::error::AgentError;
use crate::state_dir::replace;

/// The file's name in the state directory.
const FILE_NAME: &str = "identity.json";
/// The longest file read, in bytes: the agent writes a thousand.
const LONGEST: u64 = 64 * 1024;

/// An identity, or one that is being got.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kept {
    /// The service root that it is of.
    pub(super) server: String,
    /// The tenant, as enrolment tokens name it.
    pub(super) tenant: String,
    /// The id of the `managedDevice`; none before the answer to the enrolment.
    pub(super) device_id: Option<String>,
    pub(super) key: KeptKey,
    /// The value of the key's chain that only this device knows.
    pub(super) nonce: String,
    /// The value that the next step, or one whose answer was lost, goes to.
    pub(super) next_nonce: Option<String>,
    /// The key that the device gives itself, until the service has taken it.
    pub(super) next_key: Option<KeptKey>,
    /// What the device has said of itself, as a hash.
    pub(super) described: String,
}

impl Kept {
    /// What is kept in a state directory.
    ///
    /// # Errors
    /// [`AgentError::File`] if it cannot be read, others can read it, or it is not what this agent
    /// writes: nothing is guessed away, since a lost key is a lost identity.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, AgentError> {
        let path = path(directory);
        let fault = AgentError::file("read", &path);
        match read(&path) {
            Ok(kept) => Ok(Some(kept)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    /// Writes it, so that a crash finds the old one or the new one.
    pub(super) fn write(&self, directory: &Path) -> Result<(), AgentError> {
        let path = path(directory);
        replace(directory, &path, self).map_err(AgentError::file("write", &path))
    }
}

fn path(directory: &Path) -> PathBuf {
    directory.join(FILE_NAME)
}

fn read(path: &Path) -> io::Result<Kept> {
    let file = File::open(path)?;
    check_mode(&file)?;
    let mut content = Vec::new();
    file.take(LONGEST).read_to_end(&mut content)?;
    Ok(serde_json::from_slice(&content)?)
}

#[cfg(unix)]
fn check_mode(file: &File) -> io::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o7777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "it holds the device's key, and others can read it (mode {mode:04o}); if none of them \
                 did, make it 0600, otherwise have the device revoked"
            ),
        )),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &File) -> io::Result<()> {
    Ok(()) // There, the access list that is inherited from the directory decides.
}
