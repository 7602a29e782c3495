//! Scripts that an administrator signed, and devices that run no others.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::world::{HEALTH, World, content, runstate, target, text};

struct Signer {
    directory: PathBuf,
}

impl Signer {
    fn new(directory: &Path) -> Self {
        let directory = directory.to_owned();
        let mut keygen = runstate();
        keygen.current_dir(&directory).args(["script", "keygen"]);
        keygen.args(["--secret-key", "secret", "--public-key", "public"]);
        let output = keygen.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Self { directory }
    }

    fn sign(&self, script: &str, name: &str, role: &str) -> Vec<u8> {
        std::fs::write(self.directory.join("script"), script).unwrap();
        let mut sign = runstate();
        sign.current_dir(&self.directory);
        sign.args(["script", "sign", "script", "--key", "secret"]);
        sign.args([
            "--type",
            "deviceHealthScript",
            "--name",
            name,
            "--role",
            role,
        ]);
        let output = sign.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }
}

/// Creates a script and has all devices remediate by it.
fn mending(world: &World, script: &Value) -> String {
    let id = world.script(HEALTH, script);
    let everywhere = target("allDevices", None);
    let assignment = json!({ "target": everywhere, "runRemediationScript": true });
    world.assign(HEALTH, &id, &[assignment]);
    id
}

#[test]
fn a_device_that_demands_signatures_runs_nothing_else() {
    let world = World::start();
    let signer = Signer::new(world.directory.path());
    let public = world.directory.path().join("public");
    let trusted = [
        "--require-signature",
        "--trusted-key",
        public.to_str().unwrap(),
    ];
    let agent = world.agent("one").with(&trusted);
    let marker = world.directory.path().join("marker");
    let touch = format!("#!/bin/sh\ntouch '{}'\nexit 1", marker.display());
    let detect = signer.sign("#!/bin/sh\nexit 1", "Mend", "detection");
    let mend = signer.sign(&touch, "Mend", "remediation");
    let other = signer.sign(&touch, "Other", "remediation");
    let cut = mend[..mend.len() - 10].to_vec();
    let changed = String::from_utf8(mend.clone())
        .unwrap()
        .replace("exit 1", "exit 0");
    for (what, remediation) in [
        ("not signed", touch.clone().into_bytes()),
        ("role", detect.clone()),
        ("name", other),
        ("cut off", cut),
        ("another content", changed.into_bytes()),
    ] {
        let script = mending(
            &world,
            &json!({
                "displayName": "Mend",
                "detectionScriptContent": content(&detect),
                "remediationScriptContent": content(&remediation),
            }),
        );
        let pass = agent.pass();
        let path = format!("{HEALTH}/{script}/deviceRunStates/{script}:{}", pass.device);
        let state = world.get(&path);
        assert_eq!(state["remediationState"], "scriptError", "{state}");
        let error = state["remediationScriptError"].as_str().unwrap();
        assert!(
            error.contains("demands signatures") && error.contains(what),
            "{error}"
        );
        assert!(!marker.exists(), "{what}");
    }
    let script = mending(
        &world,
        &json!({
            "displayName": "Mend",
            "detectionScriptContent": content(&detect),
            "remediationScriptContent": content(&mend),
        }),
    );
    agent.pass();
    assert!(marker.exists());
    // Signed anew, the new one runs; then the old one does not any more.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let newer = signer.sign(&touch, "Mend", "remediation");
    let path = format!("{HEALTH}/{script}");
    for (content_now, runs) in [(&newer, true), (&mend, false)] {
        std::fs::remove_file(&marker).unwrap();
        world.patch(
            &path,
            &json!({ "remediationScriptContent": content(content_now) }),
        );
        agent.pass();
        assert_eq!(marker.exists(), runs);
        std::fs::write(&marker, "").unwrap();
    }
}

#[test]
fn what_demands_signatures_names_a_key() {
    let world = World::start();
    for (arguments, named) in [
        (&["--require-signature"][..], "--trusted-key"),
        (&["--trusted-key", "public"], "--require-signature"),
        (
            &["--require-signature", "--trusted-key", "/nowhere"],
            "/nowhere",
        ),
    ] {
        let output = world.agent("one").with(arguments).run_with_token("t");
        assert!(!output.status.success());
        let said = text(&output.stderr);
        assert!(said.contains(named), "{said}");
    }
}
