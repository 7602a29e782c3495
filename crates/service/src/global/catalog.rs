//! The global remediations that this release brings along.

/// One of them, in the version of this release.
#[derive(Debug)]
pub(crate) struct GlobalScript {
    /// The id of its script on every server.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// Grows with every release that changes the content.
    pub(crate) version: i64,
    pub(crate) detection: &'static str,
    pub(crate) remediation: &'static str,
}

/// All of them. An id is never used again.
pub(crate) const CATALOG: &[GlobalScript] = &[
    GlobalScript {
        id: "5e0a4a0c-6d3c-4b8e-9a51-0f1d2c7b3a01",
        name: "Remove stale temporary files (Linux and macOS)",
        description: "Removes files in /tmp and /var/tmp that were not used for ten days. \
                      For devices with Linux or macOS.",
        version: 1,
        detection: include_str!("scripts/stale_temporary_files.detect.sh"),
        remediation: include_str!("scripts/stale_temporary_files.remediate.sh"),
    },
    GlobalScript {
        id: "5e0a4a0c-6d3c-4b8e-9a51-0f1d2c7b3a02",
        name: "Remove stale temporary files (Windows)",
        description: "Removes files in the temporary folders that were not changed for ten days. \
                      For devices with Windows.",
        version: 1,
        detection: include_str!("scripts/stale_temporary_files.detect.ps1"),
        remediation: include_str!("scripts/stale_temporary_files.remediate.ps1"),
    },
    GlobalScript {
        id: "5e0a4a0c-6d3c-4b8e-9a51-0f1d2c7b3a03",
        name: "Keep the clock synchronized (Linux and macOS)",
        description: "Has the clock set over the network. For devices with macOS, or with Linux \
                      and systemd.",
        version: 1,
        detection: include_str!("scripts/time_synchronization.detect.sh"),
        remediation: include_str!("scripts/time_synchronization.remediate.sh"),
    },
    GlobalScript {
        id: "5e0a4a0c-6d3c-4b8e-9a51-0f1d2c7b3a04",
        name: "Keep the clock synchronized (Windows)",
        description: "Has the Windows Time service run. For devices with Windows.",
        version: 1,
        detection: include_str!("scripts/time_synchronization.detect.ps1"),
        remediation: include_str!("scripts/time_synchronization.remediate.ps1"),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CATALOG;

    #[test]
    fn ids_are_guids_of_their_own() {
        let ids: BTreeSet<_> = CATALOG.iter().map(|script| script.id).collect();
        assert_eq!(ids.len(), CATALOG.len());
        for script in CATALOG {
            assert_eq!(crate::ids::guid(script.id).as_deref(), Some(script.id));
            assert!(script.version > 0, "{}", script.name);
        }
    }

    /// The shell takes each script for one without running it.
    #[cfg(unix)]
    #[test]
    fn shell_scripts_are_sound() {
        use std::io::Write;
        use std::process::{Command, Stdio};
        let scripts = CATALOG.iter().flat_map(|s| [s.detection, s.remediation]);
        let shell: Vec<_> = scripts.filter(|s| s.starts_with("#!/bin/sh\n")).collect();
        assert_eq!(shell.len(), 4);
        for script in shell {
            let mut command = Command::new("/bin/sh");
            let child = command
                .args(["-n", "/dev/stdin"])
                .stdin(Stdio::piped())
                .spawn();
            let mut child = child.unwrap();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(script.as_bytes())
                .unwrap();
            assert!(child.wait().unwrap().success(), "{script}");
        }
    }
}
