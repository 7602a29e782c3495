//! Devices with keys of their own: from the enrolment token to the run state, with nothing but what a
//! device has.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::world::{HEALTH, World, content};

fn identity(directory: &std::path::Path) -> Value {
    let file = directory.join("identity.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn a_device_enrols_runs_and_reports_by_its_own_key() {
    let world = World::start();
    let script = json!({ "detectionScriptContent": content("#!/bin/sh\necho fine\n") });
    let script = world.script_everywhere(HEALTH, &script);
    for kind in ["ed25519", "p256"] {
        let token = world.command(&["enrollment-token", "create"]);
        let device = world.keyed(kind);
        let first = device.run(&["--enrollment-token", &token, "--key-type", kind]);
        assert!(first.contains("Done: 1 run and reported."), "{first}");
        let kept = identity(&device.state_dir);
        let id = kept["deviceId"].as_str().unwrap();
        let state = world.get(&format!("{HEALTH}/{script}/deviceRunStates/{script}:{id}"));
        assert_eq!(state["detectionState"], "success", "{state}");
        // The token was needed once.
        device.run(&[]);
        let stepped = identity(&device.state_dir);
        assert_eq!(stepped["key"], kept["key"]);
        assert_ne!(stepped["nonce"], kept["nonce"]);
        // Another key, and the device is the same.
        let said = device.agent("rotate-key", &[]);
        assert!(said.contains("another key"), "{said}");
        let rotated = identity(&device.state_dir);
        assert_ne!(rotated["key"], kept["key"]);
        assert_eq!(rotated["deviceId"], kept["deviceId"]);
        device.run(&[]);
        // And one by itself, when its time has come.
        device.run(&["--rotate-key-every", "0s"]);
        assert_ne!(identity(&device.state_dir)["key"], rotated["key"]);
        device.run(&["--device-name", "renamed"]);
        let shown = world.get(&format!("managedDevices/{id}"));
        assert_eq!(shown["deviceName"], "renamed");
    }
}

#[test]
fn a_crash_between_answer_and_file_shuts_no_device_out() {
    let world = World::start();
    let token = world.command(&["enrollment-token", "create"]);
    let device = world.keyed("crashes");
    let file = device.state_dir.join("identity.json");
    device.run(&["--enrollment-token", &token]);
    // What a device finds that crashed before it wrote down what the service answered: the step, and
    // the key, are under way.
    for _ in 0..2 {
        let before = identity(&device.state_dir);
        device.run(&["--rotate-key-every", "0s"]);
        let after = identity(&device.state_dir);
        let mut crashed = before.clone();
        crashed["nextNonce"] = after["nonce"].clone();
        crashed["nextKey"] = after["key"].clone();
        std::fs::write(&file, crashed.to_string()).unwrap();
        device.run(&[]);
        assert_eq!(identity(&device.state_dir)["key"], after["key"]);
    }
    // A copy of an earlier file is another holder of the key, and both are shut out.
    let earlier = identity(&device.state_dir);
    device.run(&[]);
    let latest = identity(&device.state_dir);
    std::fs::write(&file, earlier.to_string()).unwrap();
    let said = device.fails(&[]);
    assert!(said.contains("two places"), "{said}");
    std::fs::write(&file, latest.to_string()).unwrap();
    let said = device.fails(&[]);
    assert!(said.contains("two places"), "{said}");
    world.command(&["device", "release", latest["deviceId"].as_str().unwrap()]);
    // At once, though tokens of the second of the conflict are refused.
    device.run(&[]);
}

#[test]
fn what_a_device_cannot_enrol_with() {
    let world = World::start();
    let device = world.keyed("one");
    let said = device.fails(&[]);
    assert!(said.contains("--enrollment-token"), "{said}");
    let said = device.fails(&["--enrollment-token", "x"]);
    assert!(said.contains("--enrollment-token"), "{said}");
    let token = world.command(&["enrollment-token", "create", "--approval"]);
    let said = device.fails(&["--enrollment-token", &token, "--group", "admins"]);
    assert!(said.contains("--group"), "{said}");
    let said = device.fails(&["--enrollment-token", &token]);
    assert!(said.contains("authorization_pending"), "{said}");
    let id = identity(&device.state_dir)["deviceId"].clone();
    world.command(&["device", "approve", id.as_str().unwrap()]);
    device.run(&[]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = device.state_dir.join("identity.json");
        let mode = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        let now = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(now & 0o777, 0o600);
        mode(0o640);
        let said = device.fails(&[]);
        assert!(said.contains("others can read it"), "{said}");
        mode(0o600);
    }
    // The secret half, and the tokens, are nowhere in what it says.
    let key = identity(&device.state_dir)["key"]["pkcs8"].clone();
    let said = device.run(&[]);
    assert!(!said.contains(key.as_str().unwrap()) && !said.contains(&token));
}

/// A device that has nothing but a state directory.
struct Keyed {
    url: String,
    name: String,
    state_dir: PathBuf,
}

impl World {
    fn keyed(&self, name: &str) -> Keyed {
        Keyed {
            url: self.url.clone(),
            name: name.to_owned(),
            state_dir: self.directory.path().join(name),
        }
    }
}

impl Keyed {
    fn output(&self, command: &str, arguments: &[&str]) -> std::process::Output {
        let mut agent = crate::world::runstate();
        agent.args(["agent", command, "--server", &self.url]);
        agent.args(["--device-key", &self.name, "--state-dir"]);
        agent.arg(&self.state_dir).args(arguments);
        agent.output().unwrap()
    }

    #[track_caller]
    fn agent(&self, command: &str, arguments: &[&str]) -> String {
        let output = self.output(command, arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        self.agent("run", arguments)
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.output("run", arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}
