//! Windows: a script as a PowerShell process of its own.
//!
//! Nothing but the flags of the process and the end of its tree is particular to Windows, so the
//! rest is compiled and tested on every system.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::output::Capture;
use super::private_dir::PrivateDir;
use super::{Account, Execution, Outcome, Script, ScriptRunner};

/// The variables that Windows programs cannot do without. Nothing else is handed on.
const VARIABLES: [&str; 16] = [
    "SystemRoot",
    "windir",
    "SystemDrive",
    "ComSpec",
    "PATHEXT",
    "OS",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "CommonProgramFiles",
    "CommonProgramFiles(x86)",
    "USERPROFILE",
    "PUBLIC",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
];
/// How often the process is asked whether it has ended.
const STEP: Duration = Duration::from_millis(20);
/// How long output is awaited that a process outside of the tree may still hold open.
const DRAIN_GRACE: Duration = Duration::from_secs(1);
/// How long a process that is ended may take.
const KILL_GRACE: Duration = Duration::from_secs(5);

/// Runs scripts in Windows PowerShell.
#[derive(Clone, Debug)]
pub struct PowerShellRunner {
    work_dir: PathBuf,
    system_root: PathBuf,
}

impl PowerShellRunner {
    /// A runner that makes its private directories in `work_dir` (an absolute path).
    #[must_use]
    pub fn new(work_dir: PathBuf) -> Self {
        let root = std::env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
        Self {
            work_dir,
            system_root: PathBuf::from(root),
        }
    }

    /// The 64-bit PowerShell, or the 32-bit one where both exist and the script asks for it.
    fn program(&self, run_as_32_bit: bool) -> PathBuf {
        let in_folder = |folder: &str| {
            let parts = [folder, "WindowsPowerShell", "v1.0", "powershell.exe"];
            parts
                .iter()
                .fold(self.system_root.clone(), |path, part| path.join(part))
        };
        let narrow = in_folder("SysWOW64");
        if run_as_32_bit && narrow.exists() {
            narrow
        } else {
            in_folder("System32")
        }
    }

    fn command(&self, script: &Script<'_>, dir: &PrivateDir) -> Command {
        let mut command = Command::new(self.program(script.run_as_32_bit));
        command
            .args([
                "-NoLogo",
                "-NoProfile",
                "-NonInteractive",
                "-ExecutionPolicy",
                "Bypass",
                "-File",
            ])
            .arg(dir.script())
            .current_dir(dir.path())
            .env_clear()
            .envs(
                VARIABLES
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .env("PATH", search_path(&self.system_root))
            .env("TEMP", dir.path())
            .env("TMP", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        in_its_own_group(&mut command);
        command
    }

    fn start(&self, script: &Script<'_>) -> Result<(PrivateDir, Child), String> {
        match script.account {
            Account::Unknown => return Err("runAsAccount is neither system nor user".to_owned()),
            // The name of the computer's own account ends in a dollar sign.
            Account::User if std::env::var("USERNAME").is_ok_and(|name| name.ends_with('$')) => {
                return Err("it asks for the account of the device's user, and the agent runs as the system".to_owned());
            }
            Account::User | Account::System => {}
        }
        let dir = PrivateDir::create(&self.work_dir, "script.ps1", script.content, None).map_err(
            |error| {
                format!(
                    "no private directory in {}: {error}",
                    self.work_dir.display()
                )
            },
        )?;
        let mut command = self.command(script, &dir);
        let child = command.spawn().map_err(|error| {
            format!(
                "{} does not start: {error}",
                Path::new(command.get_program()).display()
            )
        })?;
        Ok((dir, child))
    }
}

fn search_path(system_root: &Path) -> std::ffi::OsString {
    let system = system_root.join("System32");
    let dirs = [
        system.clone(),
        system_root.to_owned(),
        system.join("Wbem"),
        system.join("WindowsPowerShell").join("v1.0"),
    ];
    // Only a directory whose name holds the separator cannot be joined.
    std::env::join_paths(dirs).unwrap_or_else(|_| system.into_os_string())
}

impl ScriptRunner for PowerShellRunner {
    fn run(&self, script: &Script<'_>) -> Execution {
        let started = Instant::now();
        let (_dir, mut child) = match self.start(script) {
            Ok(running) => running,
            Err(reason) => return Execution::failed(reason),
        };
        let (done, ended) = channel();
        let stdout = read_aside(child.stdout.take(), script.stdout_limit, done.clone());
        let stderr = read_aside(child.stderr.take(), script.stderr_limit, done);
        let outcome = run_to_end(&mut child, started, script.timeout);
        drain(&ended);
        let (stdout, stdout_is_cut) = text(&stdout);
        let (stderr, _) = text(&stderr);
        Execution {
            outcome,
            stdout,
            stdout_is_cut,
            stderr,
            duration: started.elapsed(),
        }
    }
}

/// Reads a stream on a thread of its own, which says when it is done: a pipe of Windows cannot be
/// polled. If a process that escaped holds the pipe open, the thread is left behind with it.
fn read_aside(
    pipe: Option<impl Read + Send + 'static>,
    limit: usize,
    done: Sender<()>,
) -> Arc<Mutex<Capture>> {
    let capture = Arc::new(Mutex::new(Capture::new(limit)));
    let target = Arc::clone(&capture);
    let reader = thread::Builder::new()
        .name("script-output".to_owned())
        .spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            let mut pipe = pipe;
            while let Some(Ok(length @ 1..)) = pipe.as_mut().map(|pipe| pipe.read(&mut buffer)) {
                let bytes = buffer.get(..length).unwrap_or_default();
                target
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(bytes);
            }
            // The runner may have stopped waiting.
            let _ = done.send(());
        });
    if let Err(error) = reader {
        tracing::warn!(%error, "a script's output is not read");
    }
    capture
}

fn text(capture: &Mutex<Capture>) -> (String, bool) {
    capture
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .text()
}

/// Waits until both readers are done, but not for ever.
fn drain(ended: &Receiver<()>) {
    let deadline = Instant::now() + DRAIN_GRACE;
    for _ in 0..2 {
        if ended
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .is_err()
        {
            return;
        }
    }
}

fn run_to_end(child: &mut Child, started: Instant, timeout: Duration) -> Outcome {
    let mut killed: Option<Instant> = None;
    loop {
        match child.try_wait() {
            Ok(Some(_)) if killed.is_some() => return Outcome::TimedOut(timeout),
            Ok(Some(status)) => {
                return match status.code() {
                    Some(code) => Outcome::Exited(code),
                    None => Outcome::Failed(format!("it ended with {status}")),
                };
            }
            Ok(None) => {}
            Err(error) => {
                end_tree(child);
                return Outcome::Failed(format!("it could not be followed: {error}"));
            }
        }
        match killed {
            None if started.elapsed() >= timeout => {
                end_tree(child);
                killed = Some(Instant::now());
            }
            Some(since) if since.elapsed() >= KILL_GRACE => {
                return Outcome::Failed("it does not end even when it is killed".to_owned());
            }
            _ => thread::sleep(STEP),
        }
    }
}

/// Ends a process and all that it started, as far as they are still linked to it.
fn end_tree(child: &mut Child) {
    #[cfg(windows)]
    {
        let ended = Command::new("taskkill.exe")
            .args(["/F", "/T", "/PID", &child.id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tracing::debug!(?ended, "ended a script's process tree");
    }
    if let Err(error) = child.kill() {
        tracing::debug!(%error, "a script had ended before it was killed");
    }
}

/// No window, and no console signal of the agent's reaches the script.
#[cfg(windows)]
fn in_its_own_group(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
}

#[cfg(not(windows))]
fn in_its_own_group(_command: &mut Command) {}

#[cfg(test)]
mod tests;
