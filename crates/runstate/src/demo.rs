//! `runstate demo`: a remediation runs on this machine and its run state comes back through the
//! API. Everything is real: the HTTP, the token, the database, the agent, the broken file. All of
//! it lives in one temporary directory, and every result is checked.

mod check;
mod graph;
mod json;
mod narration;
mod scene;
mod story;

use engine::access::Reach;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use server::auth::Issuers;
use server::auth::TokenRequest;
use server::{Limits, Options, Proxies, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::narration::Narration;
use self::story::Place;
use crate::Failure;
use crate::serve::{self, EXAMPLE_ROLE, Signals};
use crate::{token, wire};

/// The exit code after a signal, as shells have it for SIGINT.
const INTERRUPTED: u8 = 130;
/// What may still run when the demonstration is over, such as an interrupted agent.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs the demonstration. The exit code is 0 if all was as it must be.
///
/// # Errors
/// What was expected and what was found; or why it could not be tried.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    let directory = temporary_directory()?;
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(perform(directory.path()));
    runtime.shutdown_timeout(PATIENCE);
    let path = directory.path().to_owned();
    let removed = directory
        .close()
        .map_err(|reason| format!("cannot remove {}: {reason}", path.display()));
    let code = ended?;
    removed?;
    Ok(code)
}

/// A directory for this account alone, of a name that nobody can guess.
fn temporary_directory() -> Result<TempDir, Failure> {
    let parent = std::env::temp_dir();
    let make = |parent: &PathBuf| {
        let parent = std::path::absolute(parent)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix("runstate-demo-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        builder.tempdir_in(parent)
    };
    make(&parent).map_err(|reason: io::Error| {
        let parent = parent.display();
        format!("cannot make a temporary directory in {parent}: {reason}").into()
    })
}

/// Serves, and tells the story beside it, until that ends or a signal comes.
async fn perform(directory: &Path) -> Result<ExitCode, Failure> {
    let mut signals = Signals::install()?;
    let data_dir = directory.join("data");
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        tls: None,
        insecure_http: false,
        public_origin: None,
        proxies: Proxies::default(),
        throttle: None,
        traces: None,
        signing_keys: None,
        limits: Limits::default(),
    };
    let (server, _) = serve::open(
        &data_dir,
        None,
        Default::default(),
        (Issuers::default(), None),
        options,
    )
    .await?;
    let place = Place {
        server: format!("http://{}", server.address()),
        token: own_token(&data_dir).await?,
        directory: directory.to_owned(),
    };
    let (stop, serving) = start(server);
    let story = tokio::task::spawn_blocking(move || {
        let mut narration = Narration::new(anstream::stdout());
        story::tell(&place, &mut narration)
    });
    let ended = tokio::select! {
        told = story => told?.map(|()| ExitCode::SUCCESS),
        () = signals.next() => Ok(ExitCode::from(INTERRUPTED)),
    };
    let _ = stop.send(());
    let broken_off = serving.await?;
    let code = ended?;
    if code == ExitCode::SUCCESS && broken_off > 0 {
        return Err(format!("the server ended with {broken_off} requests unanswered").into());
    }
    Ok(code)
}

fn start(server: Server) -> (oneshot::Sender<()>, JoinHandle<usize>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.run(async move {
        // An error is the sender dropped: then the demonstration is over too.
        let _ = stopped.await;
    }));
    (stop, serving)
}

async fn own_token(data_dir: &Path) -> Result<String, Failure> {
    let request = TokenRequest {
        subject: "demo".to_owned(),
        roles: vec![EXAMPLE_ROLE.to_owned()],
        scopes: Vec::new(),
        reach: Reach::Everything,
        application: None,
        expires: Duration::from_secs(600),
    };
    let core = wire::core(data_dir, None)?;
    Ok(token::sign(core, None, &request).await?.token)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn perform_in(directory: &Path) -> Result<ExitCode, Failure> {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(perform(directory))
    }

    #[test]
    fn all_is_as_it_must_be() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(perform_in(directory.path()).unwrap(), ExitCode::SUCCESS);
    }

    #[test]
    fn what_is_not_mended_is_no_success() {
        let directory = tempfile::tempdir().unwrap();
        // The remediation script cannot write its new file here.
        std::fs::create_dir(directory.path().join("sshd_config.new")).unwrap();
        let said = perform_in(directory.path()).unwrap_err().to_string();
        assert!(said.contains("expected (Fail, Some(Success))"), "{said}");
        assert!(said.contains("found (Fail, Some(ScriptError))"), "{said}");
    }
}
