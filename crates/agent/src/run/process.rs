//! A running script on Linux and macOS: one `poll` loop that reads its output and waits for its
//! end, and that forces the end of everything in its process group.

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::output::Capture;
use super::{Outcome, Script};

/// How long a script may take to end after SIGTERM before SIGKILL.
pub(crate) const TERMINATION_GRACE: Duration = Duration::from_secs(2);
/// How long the kernel may take to carry out SIGKILL before the process is given up.
pub(crate) const KILL_GRACE: Duration = Duration::from_secs(5);
/// How long output is awaited that a process outside of the group may still hold open.
const DRAIN_GRACE: Duration = Duration::from_secs(1);
/// No timeout is longer: 365 days, so that the clock cannot overflow.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// One of the script's output streams.
struct Stream {
    pipe: Option<File>,
    capture: Capture,
}

impl Stream {
    fn new(pipe: Option<impl Into<OwnedFd>>, limit: usize) -> Self {
        Self {
            pipe: pipe.map(|pipe| File::from(pipe.into())),
            capture: Capture::new(limit),
        }
    }

    /// Reads what `poll` has promised, without waiting; closes the pipe at its end.
    fn read(&mut self, buffer: &mut [u8]) {
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(buffer) {
            Ok(0) => self.pipe = None,
            Ok(length) => self.capture.push(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.pipe = None,
        }
    }
}

/// How far the end of a script has been forced.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Force {
    None,
    Terminated,
    Killed,
}

/// A running script: its process group, its output, and a pipe that closes when it exits.
pub(crate) struct Process {
    child: Child,
    group: Pid,
    exit: PipeReader,
    stdout: Stream,
    stderr: Stream,
    buffer: Vec<u8>,
}

impl Process {
    /// Takes charge of a child that leads a process group of its own.
    pub(crate) fn follow(mut child: Child, script: &Script<'_>) -> io::Result<Self> {
        let group = Pid::from_child(&child);
        let exit = match exit_notice(group) {
            Ok(exit) => exit,
            Err(error) => {
                end_group(group, Signal::KILL);
                child.wait()?;
                return Err(error);
            }
        };
        let stdout = Stream::new(child.stdout.take(), script.stdout_limit);
        let stderr = Stream::new(child.stderr.take(), script.stderr_limit);
        Ok(Self {
            child,
            group,
            exit,
            stdout,
            stderr,
            buffer: vec![0; 64 * 1024],
        })
    }

    /// Follows the script to its end, forcing it after the timeout, and leaves no process of its
    /// group behind.
    pub(crate) fn run_to_end(&mut self, timeout: Duration) -> Outcome {
        let timeout = timeout.min(LONGEST_TIMEOUT);
        let followed = self.follow_until_exit(timeout);
        // The exited script is still a zombie, so its number cannot be another group's by now.
        end_group(self.group, Signal::KILL);
        let force = match followed {
            Ok(Some(force)) => force,
            Ok(None) => {
                return Outcome::Failed("it does not end even when it is killed".to_owned());
            }
            Err(error) => {
                let reaped = self.child.wait();
                tracing::debug!(?reaped, "a script that could not be followed was killed");
                return Outcome::Failed(format!("it could not be followed: {error}"));
            }
        };
        let status = self.child.wait();
        self.drain();
        match status {
            _ if force != Force::None => Outcome::TimedOut(timeout),
            Ok(status) => outcome(status),
            Err(error) => Outcome::Failed(format!("its exit code is lost: {error}")),
        }
    }

    /// What it wrote to standard output, and whether that is cut.
    pub(crate) fn stdout(&self) -> (String, bool) {
        self.stdout.capture.text()
    }

    /// What it wrote to standard error, and whether that is cut.
    pub(crate) fn stderr(&self) -> (String, bool) {
        self.stderr.capture.text()
    }

    /// Returns how the script's end was forced, or `None` if it survived even that.
    fn follow_until_exit(&mut self, timeout: Duration) -> io::Result<Option<Force>> {
        let mut force = Force::None;
        let mut deadline = Instant::now() + timeout;
        while !self.poll(deadline, Until::Exit)? {
            let now = Instant::now();
            if now < deadline {
                continue;
            }
            match force {
                Force::None => {
                    end_group(self.group, Signal::TERM);
                    force = Force::Terminated;
                    deadline = now + TERMINATION_GRACE;
                }
                Force::Terminated => {
                    end_group(self.group, Signal::KILL);
                    force = Force::Killed;
                    deadline = now + KILL_GRACE;
                }
                Force::Killed => return Ok(None),
            }
        }
        Ok(Some(force))
    }

    /// Reads what the group has left in the pipes. A process that left the group may hold them open
    /// for ever, or write for ever; it is not waited for.
    fn drain(&mut self) {
        let deadline = Instant::now() + DRAIN_GRACE;
        while self.stdout.pipe.is_some() || self.stderr.pipe.is_some() {
            match self.poll(deadline, Until::OutputEnds) {
                Ok(_) if Instant::now() < deadline => {}
                Ok(_) => return,
                Err(error) => {
                    tracing::debug!(%error, "the rest of a script's output is lost");
                    return;
                }
            }
        }
    }

    /// Waits for output or the exit, at most until the deadline; reads the output, and says whether
    /// the script has exited.
    fn poll(&mut self, deadline: Instant, until: Until) -> io::Result<bool> {
        let mut ready = [false; 3];
        {
            let exit = (until == Until::Exit).then(|| PollFd::new(&self.exit, PollFlags::IN));
            let outputs = [&self.stdout, &self.stderr].map(|stream| {
                stream
                    .pipe
                    .as_ref()
                    .map(|pipe| PollFd::new(pipe, PollFlags::IN))
            });
            let [stdout, stderr] = outputs;
            let sources = [stdout, stderr, exit];
            let present = sources.each_ref().map(Option::is_some);
            let mut polled: Vec<PollFd<'_>> = sources.into_iter().flatten().collect();
            let wait = deadline.saturating_duration_since(Instant::now());
            match poll(&mut polled, Timespec::try_from(wait).ok().as_ref()) {
                Ok(_) => {}
                Err(Errno::INTR) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            let mut news = polled.iter().map(|source| !source.revents().is_empty());
            for (ready, present) in ready.iter_mut().zip(present) {
                *ready = present && news.next().unwrap_or(false);
            }
        }
        let [stdout, stderr, exit] = ready;
        if stdout {
            self.stdout.read(&mut self.buffer);
        }
        if stderr {
            self.stderr.read(&mut self.buffer);
        }
        Ok(exit)
    }
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Exit,
    OutputEnds,
}

/// A pipe that closes when the process exits. The process stays a zombie, so that its number, which
/// is its group's too, is not given away before the group has been ended.
fn exit_notice(process: Pid) -> io::Result<PipeReader> {
    let (reader, writer) = io::pipe()?;
    thread::Builder::new()
        .name("script-exit".to_owned())
        .spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(process), options), Err(Errno::INTR)) {}
            drop(writer);
        })?;
    Ok(reader)
}

/// Signals all processes of a group. It may have none left, which is what is wanted (macOS says
/// EPERM for a group of zombies).
fn end_group(group: Pid, signal: Signal) {
    if let Err(error) = kill_process_group(group, signal) {
        tracing::trace!(%error, ?signal, "no process of the script's group took the signal");
    }
}

fn outcome(status: ExitStatus) -> Outcome {
    match (status.code(), status.signal()) {
        (Some(code), _) => Outcome::Exited(code),
        (None, Some(signal)) => Outcome::Signalled(signal),
        (None, None) => Outcome::Failed(format!("it ended with {status}")),
    }
}
