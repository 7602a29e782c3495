//! The private directory of one run: nobody else can read the script, nor put anything in its way.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A fresh directory with a script in it; dropping it removes both.
///
/// The script works in a directory inside of the one that the working directory shows: that one
/// stays the agent's, so that a script of another account cannot move it away and have the
/// agent's rights remove something else.
#[derive(Debug)]
pub(crate) struct PrivateDir {
    outer: Option<TempDir>,
    inner: PathBuf,
    script: PathBuf,
}

impl PrivateDir {
    /// Makes a directory of an unpredictable name and writes the script into it. On Unix both are
    /// for this account alone (0700) from their first moment on, or for `owner` (user, group); on
    /// Windows they have the rights that the working directory bequeaths.
    pub(crate) fn create(
        work_dir: &Path,
        name: &str,
        content: &[u8],
        owner: Option<(u32, u32)>,
    ) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("runstate-").rand_bytes(20);
        let mut inner_builder = DirBuilder::new();
        inner_builder.recursive(false);
        let mut file = OpenOptions::new();
        file.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
            builder.permissions(std::fs::Permissions::from_mode(0o700));
            inner_builder.mode(0o700);
            file.mode(0o700);
        }
        let outer = builder.tempdir_in(work_dir)?;
        let inner = outer.path().join("run");
        let script = inner.join(name);
        let private = Self {
            outer: Some(outer),
            inner,
            script,
        };
        inner_builder.create(&private.inner)?;
        file.open(&private.script)?.write_all(content)?;
        if let Some(owner) = owner {
            private.give_to(owner)?;
        }
        Ok(private)
    }

    /// The directory that the script works in.
    pub(crate) fn path(&self) -> &Path {
        &self.inner
    }

    /// The script's file.
    pub(crate) fn script(&self) -> &Path {
        &self.script
    }

    /// Hands what is inside to its owner, and lets the owner pass through last of all.
    #[cfg(unix)]
    fn give_to(&self, (user, group): (u32, u32)) -> io::Result<()> {
        use std::os::unix::fs::{PermissionsExt, chown};
        chown(&self.script, Some(user), Some(group))?;
        chown(&self.inner, Some(user), Some(group))?;
        let Some(outer) = &self.outer else {
            return Ok(());
        };
        std::fs::set_permissions(outer.path(), std::fs::Permissions::from_mode(0o711))
    }

    #[cfg(not(unix))]
    fn give_to(&self, _owner: (u32, u32)) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        let Some(outer) = self.outer.take() else {
            return;
        };
        let path = outer.path().to_owned();
        if outer.close().is_ok() {
            return;
        }
        if let Err(error) = remove_stubborn(&path) {
            tracing::warn!(path = %path.display(), %error, "a script's directory is left behind");
        }
    }
}

/// Removes a tree that a script has locked (`chmod 0`) or nested deeper than a recursion may go,
/// by the system's own tools, which cope with both and follow no symbolic link on the way.
#[cfg(unix)]
fn remove_stubborn(path: &Path) -> io::Result<()> {
    let unlocked = system_tool("/bin/chmod", &["-R", "u+rwx"], path)?;
    let removed = system_tool("/bin/rm", &["-rf"], path)?;
    if removed.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "chmod: {unlocked}, rm: {removed}"
    )))
}

#[cfg(unix)]
fn system_tool(
    program: &str,
    options: &[&str],
    path: &Path,
) -> io::Result<std::process::ExitStatus> {
    use std::process::{Command, Stdio};
    let mut command = Command::new(program);
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.args(options).arg("--").arg(path).status()
}

/// Tries once more: a process that was ended may have held a file open for a moment.
#[cfg(not(unix))]
fn remove_stubborn(path: &Path) -> io::Result<()> {
    std::thread::sleep(std::time::Duration::from_millis(500));
    std::fs::remove_dir_all(path)
}
