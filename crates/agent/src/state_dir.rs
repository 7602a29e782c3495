//! What the agent remembers between passes: one small file, and a lock against a second agent.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::AgentError;
use crate::options::Options;

/// The longest file read, in bytes: the agent writes a few hundred.
const LONGEST_FILE: u64 = 64 * 1024;

/// What `device.json` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Memory {
    /// The id of the device at the last enrolment.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    /// Where that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// The key made for a machine that has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    generated_key: Option<String>,
}

/// The state directory, held by this process until it is dropped.
#[derive(Debug)]
pub(crate) struct StateDir {
    path: PathBuf,
    memory: Memory,
    /// Its lock ends with the process, however that ends.
    _lock: File,
}

impl StateDir {
    /// Opens the directory, making it (Unix: 0700) if it is missing.
    ///
    /// # Errors
    /// [`AgentError::AlreadyRunning`] if another process holds it; [`AgentError::File`] if it cannot
    /// be used or `device.json` is not what this agent writes: that is never guessed away, since a
    /// lost key would enrol this machine as another one.
    pub(crate) fn open(path: &Path) -> Result<Self, AgentError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(path)
            .map_err(AgentError::file("create", path))?;
        let lock = lock(path)?;
        let file = path.join("device.json");
        let memory = read(&file).map_err(AgentError::file("read", &file))?;
        Ok(Self {
            path: path.to_owned(),
            memory,
            _lock: lock,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The key of a machine that has none of its own, made on first use.
    pub(crate) fn generated_key(&mut self) -> Result<String, AgentError> {
        if let Some(key) = &self.memory.generated_key {
            return Ok(key.clone());
        }
        let key = uuid::Uuid::new_v4().to_string();
        self.write(Memory {
            generated_key: Some(key.clone()),
            ..self.memory.clone()
        })?;
        Ok(key)
    }

    /// Remembers the enrolment.
    pub(crate) fn enrolled(&mut self, device_id: &str, server: &str) -> Result<(), AgentError> {
        let memory = Memory {
            device_id: Some(device_id.to_owned()),
            server: Some(server.to_owned()),
            ..self.memory.clone()
        };
        if memory == self.memory {
            Ok(())
        } else {
            self.write(memory)
        }
    }

    /// Replaces the file as a whole: a reader, or a machine that loses power, finds the old or the
    /// new one.
    fn write(&mut self, memory: Memory) -> Result<(), AgentError> {
        let file = self.path.join("device.json");
        replace(&self.path, &file, &memory).map_err(AgentError::file("write", &file))?;
        self.memory = memory;
        Ok(())
    }
}

fn lock(path: &Path) -> Result<File, AgentError> {
    let file = path.join("agent.lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options
        .open(&file)
        .map_err(AgentError::file("open", &file))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(AgentError::AlreadyRunning(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(AgentError::file("lock", &file)(error)),
    }
}

fn read(file: &Path) -> io::Result<Memory> {
    let mut content = Vec::new();
    match File::open(file) {
        Ok(file) => file.take(LONGEST_FILE).read_to_end(&mut content)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Memory::default()),
        Err(error) => return Err(error),
    };
    // An array would do for a struct too.
    let object: serde_json::Map<_, _> = serde_json::from_slice(&content)?;
    Ok(serde_json::from_value(object.into())?)
}

/// Replaces a file as a whole. A temporary file is 0600 on Unix from its first moment on.
pub(crate) fn replace(dir: &Path, file: &Path, memory: &impl Serialize) -> io::Result<()> {
    let mut temporary = tempfile::NamedTempFile::new_in(dir)?;
    serde_json::to_writer_pretty(&mut temporary, memory)?;
    temporary.write_all(b"\n")?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        Ok(())
    }
}

/// The state directory of the options, or the current user's own:
/// `$XDG_STATE_HOME/runstate-agent` (`~/.local/state`), `~/Library/Application Support` on macOS,
/// `%LOCALAPPDATA%` on Windows.
pub(crate) fn location(options: &Options) -> Result<PathBuf, AgentError> {
    let absolute = |path: Option<PathBuf>| path.filter(|path| path.is_absolute());
    let variable = |name: &str| absolute(std::env::var_os(name).map(PathBuf::from));
    let base = match &options.state_dir {
        Some(path) => return std::path::absolute(path).map_err(AgentError::file("find", path)),
        None if cfg!(windows) => variable("LOCALAPPDATA"),
        None => {
            let home = absolute(std::env::home_dir());
            if cfg!(target_os = "macos") {
                home.map(|home| home.join("Library").join("Application Support"))
            } else {
                variable("XDG_STATE_HOME")
                    .or_else(|| home.map(|home| home.join(".local").join("state")))
            }
        }
    };
    base.map(|base| base.join("runstate-agent"))
        .ok_or_else(|| AgentError::Option {
            option: "--state-dir",
            reason: "it is not given, and this account has no home directory".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_written_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a").join("b");
        let mut state = StateDir::open(&path).unwrap();
        let key = state.generated_key().unwrap();
        assert_eq!(state.generated_key().unwrap(), key);
        state.enrolled("id-1", "http://s").unwrap();
        assert!(matches!(
            StateDir::open(&path),
            Err(AgentError::AlreadyRunning(_))
        ));
        drop(state);
        let mut state = StateDir::open(&path).unwrap();
        assert_eq!(state.generated_key().unwrap(), key);
        assert_eq!(state.memory.device_id.as_deref(), Some("id-1"));
        let names: Vec<_> = fs::read_dir(&path)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        StateDir::open(&path).unwrap().enrolled("id", "s").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("device.json")), 0o600);
    }

    #[test]
    fn a_file_of_another_kind_is_not_guessed_away() {
        for content in ["", "{", "[]", "{\"deviceId\":1}"] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("device.json"), content).unwrap();
            let error = StateDir::open(dir.path()).unwrap_err();
            assert!(
                error.to_string().contains("device.json"),
                "{content:?}: {error}"
            );
        }
    }
}
