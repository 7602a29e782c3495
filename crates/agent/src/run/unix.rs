//! Linux and macOS: a script as a process group of its own, with a clean environment.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::process::geteuid;

use super::interpreter::{interpreter, without_mark};
use super::private_dir::PrivateDir;
use super::process::Process;
use super::{Account, Execution, Script, ScriptRunner};
use crate::options::UserAccount;

/// The search path of scripts: the system's own directories, never the agent's variable.
const SEARCH_PATH: &str = if cfg!(target_os = "macos") {
    "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin"
} else {
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
};

/// Runs scripts on Linux and macOS.
#[derive(Clone, Debug)]
pub struct UnixRunner {
    work_dir: PathBuf,
    user_account: Option<UserAccount>,
}

impl UnixRunner {
    /// A runner that makes its private directories in `work_dir` (an absolute path). Scripts of the
    /// device's user run as `user_account` if the agent is root, and as the agent otherwise.
    #[must_use]
    pub fn new(work_dir: PathBuf, user_account: Option<UserAccount>) -> Self {
        Self {
            work_dir,
            user_account,
        }
    }

    /// Whose account to change to, if to any.
    fn account(&self, account: Account) -> Result<Option<&UserAccount>, String> {
        match account {
            Account::System => Ok(None),
            Account::User if !geteuid().is_root() => Ok(None),
            Account::User => self.user_account.as_ref().map(Some).ok_or_else(|| {
                "it asks for the account of the device's user, the agent is root, and no account is configured".to_owned()
            }),
            Account::Unknown => Err("runAsAccount is neither system nor user".to_owned()),
        }
    }

    fn start(&self, script: &Script<'_>) -> Result<(PrivateDir, Process), String> {
        let interpreter = interpreter(script.content, SEARCH_PATH)?;
        let account = self.account(script.account)?;
        let owner = account.map(|account| (account.uid, account.gid));
        let content = without_mark(script.content);
        let dir =
            PrivateDir::create(&self.work_dir, "script", content, owner).map_err(|error| {
                format!(
                    "no private directory in {}: {error}",
                    self.work_dir.display()
                )
            })?;
        let home = match account {
            Some(account) => Some(account.home.clone()),
            None => std::env::home_dir().filter(|home| home.is_absolute()),
        };
        let mut command = Command::new(&interpreter.program);
        command
            .args(&interpreter.argument)
            .arg(dir.script())
            .current_dir(dir.path())
            .env_clear()
            .env("PATH", SEARCH_PATH)
            .env("HOME", home.as_deref().unwrap_or(dir.path()))
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        let child = command.spawn().map_err(|error| {
            format!(
                "the interpreter {} does not start: {error}",
                interpreter.program.display()
            )
        })?;
        let process = Process::follow(child, script).map_err(|error| error.to_string())?;
        Ok((dir, process))
    }
}

impl ScriptRunner for UnixRunner {
    fn run(&self, script: &Script<'_>) -> Execution {
        let started = Instant::now();
        // The directory is removed when it is dropped, after the last process of the group is dead.
        let (_dir, mut process) = match self.start(script) {
            Ok(running) => running,
            Err(reason) => return Execution::failed(reason),
        };
        let outcome = process.run_to_end(script.timeout);
        let (stdout, stdout_is_cut) = process.stdout();
        let (stderr, _) = process.stderr();
        Execution {
            outcome,
            stdout,
            stdout_is_cut,
            stderr,
            duration: started.elapsed(),
        }
    }
}

#[cfg(test)]
mod tests;
