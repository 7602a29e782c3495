//! Which scripts a device runs that was told to demand signatures: those that a trusted key has signed
//! for what they are about to be run as, and none that is older than one that it has run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::AgentError;
use crate::judge::Phase;
use crate::signature::{Purpose, TrustedKeys};
use crate::state_dir::replace;
use crate::wire::DueScript;

/// The file that holds when the scripts were signed that ran here.
const FILE_NAME: &str = "signatures.json";
/// The longest such file, in bytes. Only what an administrator has signed gets in there.
const LONGEST: u64 = 16 << 20;

/// What a device demands of scripts.
pub(super) struct Signed(Option<Demand>);

struct Demand {
    keys: TrustedKeys,
    directory: PathBuf,
    /// When the latest script of each subject was signed that ran here, in seconds since 1970.
    latest: RefCell<BTreeMap<String, i64>>,
}

impl Signed {
    /// With keys, their signatures are demanded.
    ///
    /// # Errors
    /// What this device has run before cannot be read: nothing older may run, so that is not guessed.
    pub(super) fn open(keys: Option<&TrustedKeys>, directory: &Path) -> Result<Self, AgentError> {
        let Some(keys) = keys else {
            return Ok(Self(None));
        };
        let path = directory.join(FILE_NAME);
        Ok(Self(Some(Demand {
            keys: keys.clone(),
            directory: directory.to_owned(),
            latest: RefCell::new(read(&path).map_err(AgentError::file("read", &path))?),
        })))
    }

    /// What of a script may run.
    ///
    /// # Errors
    /// The reason why it must not, as its run state says it.
    pub(super) fn admit(
        &self,
        script: &DueScript,
        phase: Phase,
        content: Vec<u8>,
    ) -> Result<Vec<u8>, String> {
        let Some(demand) = &self.0 else {
            return Ok(content);
        };
        let admitted = demand.admit(script, phase, &content);
        admitted.map_err(|reason| {
            format!("It was not run: this device demands signatures, and {reason}.")
        })
    }
}

impl Demand {
    fn admit(&self, script: &DueScript, phase: Phase, content: &[u8]) -> Result<Vec<u8>, String> {
        let purpose = Purpose {
            name: script.display_name.as_deref().unwrap_or_default(),
            script_type: &script.script_type,
            role: match phase {
                Phase::Remediation => "remediation",
                Phase::Detection | Phase::PostDetection => "detection",
                // Where a compliance script stands in its own property.
                Phase::Script if script.detection_script_content.is_some() => "detection",
                Phase::Script => "script",
            },
            account: script.run_as_account.unwrap_or_default(),
        };
        let (signed, statement) = self.keys.check(content, purpose)?;
        let mut latest = self.latest.borrow_mut();
        let known = latest.get(&statement.subject()).copied();
        if known.is_some_and(|known| statement.signed < known) {
            return Err("one that was signed later has run here before".to_owned());
        }
        if known != Some(statement.signed) {
            // Before it runs: whatever becomes of it, nothing older runs afterwards.
            latest.insert(statement.subject(), statement.signed);
            let path = self.directory.join(FILE_NAME);
            replace(&self.directory, &path, &*latest)
                .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        Ok(signed.to_vec())
    }
}

fn read(path: &Path) -> io::Result<BTreeMap<String, i64>> {
    let mut content = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(LONGEST).read_to_end(&mut content)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    Ok(serde_json::from_slice(&content)?)
}
