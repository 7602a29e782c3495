//! The id of a server, by which the chain of its audit events is known: made once, and kept in its data
//! directory.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::private_file::{FileError, Readers, read_or_create};

const FILE: &str = "server-id";

/// Why a server has no id.
#[derive(Debug, thiserror::Error)]
pub enum ServerIdError {
    /// The file cannot be made or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds something else.
    #[error("{0} does not hold the id of a server, which is a GUID")]
    NoId(PathBuf),
}

/// The id of the server of a data directory, which is made on first use.
///
/// # Errors
/// The file cannot be made or read, or holds something else.
pub fn server_id(data_dir: &Path) -> Result<Uuid, ServerIdError> {
    let make = || Ok::<_, ServerIdError>(format!("{}\n", Uuid::new_v4()));
    let text = read_or_create(data_dir, FILE, Readers::Everyone, make)?;
    Uuid::try_parse(text.trim()).map_err(|_| ServerIdError::NoId(data_dir.join(FILE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_has_one_id() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new");
        let id = server_id(&path).unwrap();
        assert_eq!(server_id(&path).unwrap(), id);
        assert_ne!(server_id(directory.path()).unwrap(), id);
        std::fs::write(path.join(FILE), "anything").unwrap();
        let error = server_id(&path).unwrap_err().to_string();
        assert!(error.contains("server-id"), "{error}");
    }
}
