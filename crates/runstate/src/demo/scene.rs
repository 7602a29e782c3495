//! What is wrong on this machine: a configuration file in the demonstration's own directory that
//! lets root log in over SSH. And the scripts that find and mend it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The line that is wrong.
pub(super) const WRONG: &str = "PermitRootLogin yes";
/// The line as it should be.
pub(super) const RIGHT: &str = "PermitRootLogin no";

const BEFORE: &str = "Port 22\nPermitRootLogin yes\nPasswordAuthentication no\n";
const AFTER: &str = "Port 22\nPermitRootLogin no\nPasswordAuthentication no\n";

/// The file.
pub(super) struct Scene {
    file: PathBuf,
}

impl Scene {
    /// Makes the file, wrong as it is.
    pub(super) fn make(directory: &Path) -> io::Result<Self> {
        let file = directory.join("sshd_config");
        fs::write(&file, BEFORE)?;
        Ok(Self { file })
    }

    /// Where it is.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// What it should say.
    pub(super) fn mended() -> &'static str {
        AFTER
    }

    /// What it says now.
    pub(super) fn content(&self) -> io::Result<String> {
        fs::read_to_string(&self.file)
    }

    /// The script that looks whether there is an issue: exit code 1 if there is.
    pub(super) fn detection(&self) -> Vec<u8> {
        script(&self.file, DETECTION)
    }

    /// The script that mends it.
    pub(super) fn remediation(&self) -> Vec<u8> {
        script(&self.file, REMEDIATION)
    }
}

/// A script that knows the file: the path stands in it as one quoted literal, never as code.
fn script(file: &Path, body: &str) -> Vec<u8> {
    let mut script = Vec::new();
    script.extend_from_slice(HEAD.as_bytes());
    for byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'\'' => script.extend_from_slice(QUOTE_WITHIN.as_bytes()),
            byte => script.push(*byte),
        }
    }
    script.extend_from_slice(b"'\n");
    script.extend_from_slice(body.as_bytes());
    script
}

#[cfg(not(windows))]
const HEAD: &str = "#!/bin/sh\nfile='";
#[cfg(not(windows))]
const QUOTE_WITHIN: &str = r"'\''";
#[cfg(not(windows))]
const DETECTION: &str = r#"[ -r "$file" ] || { echo "cannot read $file" >&2; exit 2; }
grep '^PermitRootLogin ' "$file"
grep -qx 'PermitRootLogin no' "$file" || exit 1
"#;
#[cfg(not(windows))]
const REMEDIATION: &str = r#"set -eu
sed 's/^PermitRootLogin .*/PermitRootLogin no/' "$file" > "$file.new"
mv "$file.new" "$file"
"#;

#[cfg(windows)]
const HEAD: &str = "$file = '";
#[cfg(windows)]
const QUOTE_WITHIN: &str = "''";
#[cfg(windows)]
const DETECTION: &str = r"$ErrorActionPreference = 'Stop'
$line = @([IO.File]::ReadAllLines($file) | Where-Object { $_ -clike 'PermitRootLogin *' })
[Console]::Out.WriteLine($line -join ' ')
if ($line -ccontains 'PermitRootLogin no') { exit 0 } else { exit 1 }
";
#[cfg(windows)]
const REMEDIATION: &str = r"$ErrorActionPreference = 'Stop'
$text = [IO.File]::ReadAllText($file) -creplace '(?m)^PermitRootLogin .*?$', 'PermitRootLogin no'
[IO.File]::WriteAllText($file, $text)
exit 0
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_wrong_by_one_line() {
        assert_eq!(BEFORE.replace(WRONG, RIGHT), AFTER);
        let directory = tempfile::tempdir().unwrap();
        let scene = Scene::make(directory.path()).unwrap();
        assert_eq!(scene.content().unwrap(), BEFORE);
    }

    #[cfg(unix)]
    #[test]
    fn the_scripts_find_and_mend_it_wherever_it_is() {
        use std::os::unix::ffi::OsStrExt;
        use std::process::Command;
        for name in [
            &b"a b"[..],
            b"'",
            b"''\\'",
            b"$(exit 9)`\"\n;#*",
            b"\xff\xc3",
        ] {
            let directory = tempfile::tempdir().unwrap();
            let parent = directory.path().join(std::ffi::OsStr::from_bytes(name));
            if fs::create_dir(&parent).is_err() {
                // Not every file system takes names that are no text.
                assert!(std::str::from_utf8(name).is_err(), "{name:?}");
                continue;
            }
            let scene = Scene::make(&parent).unwrap();
            let run = |script: Vec<u8>| {
                let path = directory.path().join("script");
                fs::write(&path, script).unwrap();
                let ended = Command::new("/bin/sh").arg(&path).output().unwrap();
                (
                    ended.status.code(),
                    String::from_utf8_lossy(&ended.stdout).trim().to_owned(),
                )
            };
            assert_eq!(
                run(scene.detection()),
                (Some(1), WRONG.to_owned()),
                "{name:?}"
            );
            assert_eq!(
                run(scene.remediation()),
                (Some(0), String::new()),
                "{name:?}"
            );
            assert_eq!(
                run(scene.detection()),
                (Some(0), RIGHT.to_owned()),
                "{name:?}"
            );
            assert_eq!(scene.content().unwrap(), AFTER);
            fs::remove_file(scene.file()).unwrap();
            assert_eq!(run(scene.detection()).0, Some(2), "{name:?}");
        }
    }
}
