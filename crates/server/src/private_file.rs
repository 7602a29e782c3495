//! Files of a data directory that are made once and kept, such as keys that nobody else may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The largest that is read, in bytes: keys and certificates have some hundreds.
const LIMIT: u64 = 64 << 10;

/// Why a file of the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file or directory cannot be made or read.
    #[error("cannot {action} {path}: {reason}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The system's refusal.
        #[source]
        reason: io::Error,
    },
    /// Others may read the file, and so may have read it.
    #[error(
        "{path} can be read by others (mode {mode:04o}), who could {harm}; if none of them did, \
         run: chmod 600 {path}; otherwise delete it"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they could do.
        harm: &'static str,
    },
}

impl FileError {
    fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { reason, .. } if reason.kind() == io::ErrorKind::NotFound)
    }
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner alone: mode 0600. With what others could do who read it.
    Owner(&'static str),
    /// Everyone: mode 0644.
    Everyone,
}

/// The text of a file in a directory; both are made on first use, the directory with mode 0700. Of
/// several processes that do so at once, one makes the file and all read it.
///
/// # Errors
/// [`FileError`], or that of `make`.
pub(crate) fn read_or_create<E: From<FileError>>(
    directory: &Path,
    name: &str,
    readers: Readers,
    make: impl FnOnce() -> Result<String, E>,
) -> Result<String, E> {
    let path = directory.join(name);
    match read(&path, readers) {
        Err(error) if error.is_not_found() => {}
        read => return Ok(read?),
    }
    create_directory(directory).map_err(|reason| failed("create", directory, reason))?;
    create(directory, name, readers, &make()?)?;
    Ok(read(&path, readers)?)
}

/// Makes a file that nobody but its owner may read, and its directory, unless they are there: for what
/// writes its own files. A file that is there and that others may read is refused.
///
/// # Errors
/// [`FileError`]; `harm` says what they could do who read it.
pub fn keep_private(path: &Path, harm: &'static str) -> Result<(), FileError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    create_directory(directory).map_err(|reason| failed("create", directory, reason))?;
    match write(path, Readers::Owner(harm), "") {
        Ok(()) => Ok(()),
        Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path).map_err(|reason| failed("examine", path, reason))?;
            check_mode(path, &metadata, harm)
        }
        Err(reason) => Err(failed("create", path, reason)),
    }
}

/// The text of a file that nobody but its owner may read.
///
/// # Errors
/// [`FileError`]; `harm` says what others could do who read it.
pub fn read_private(path: &Path, harm: &'static str) -> Result<String, FileError> {
    read(path, Readers::Owner(harm))
}

fn read(path: &Path, readers: Readers) -> Result<String, FileError> {
    let file = File::open(path).map_err(|reason| failed("open", path, reason))?;
    if let Readers::Owner(harm) = readers {
        // The mode of the file that is open, not of what the path names a moment later.
        let metadata = file
            .metadata()
            .map_err(|reason| failed("examine", path, reason))?;
        check_mode(path, &metadata, harm)?;
    }
    let mut text = String::new();
    file.take(LIMIT)
        .read_to_string(&mut text)
        .map_err(|reason| failed("read", path, reason))?;
    Ok(text)
}

/// Writes a file under a name of its own and then gives it the real name, unless that has been
/// taken meanwhile: no reader ever sees half a file, and no second writer replaces the first's.
fn create(directory: &Path, name: &str, readers: Readers, text: &str) -> Result<(), FileError> {
    let path = directory.join(name);
    let draft = directory.join(format!(".{name}.{}", Uuid::new_v4()));
    let linked = write(&draft, readers, text).and_then(|()| match fs::hard_link(&draft, &path) {
        Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&draft);
    linked.map_err(|reason| failed("create", &path, reason))?;
    removed.map_err(|reason| failed("remove", &draft, reason))?;
    sync_directory(directory).map_err(|reason| failed("sync", directory, reason))
}

fn failed(action: &'static str, path: &Path, reason: io::Error) -> FileError {
    FileError::Io {
        action,
        path: path.to_owned(),
        reason,
    }
}

fn write(path: &Path, readers: Readers, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        match readers {
            Readers::Owner(_) => 0o600,
            Readers::Everyone => 0o644,
        },
    );
    #[cfg(not(unix))]
    let _ = readers; // There, the access list that is inherited from the directory decides.
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata, harm: &'static str) -> Result<(), FileError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(FileError::Exposed {
            path: path.to_owned(),
            mode,
            harm,
        })
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &fs::Metadata, _: &'static str) -> Result<(), FileError> {
    Ok(()) // There, the access list that is inherited from the directory decides.
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(()) // A directory cannot be opened as a file there.
}
