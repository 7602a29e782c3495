//! Who this device is: its name, its operating system, and the key that tells it from others.

use std::process::{Command, Stdio};

use crate::error::AgentError;
use crate::options::Options;
use crate::state_dir::StateDir;

/// The longest name or key taken, in characters.
const LONGEST: usize = 256;

/// The device as it enrols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) operating_system: &'static str,
    pub(crate) os_version: String,
    pub(crate) serial_number: String,
    /// `udid`: the same key enrols the same device again.
    pub(crate) key: String,
}

impl Device {
    /// Describes this device. A key that the system does not have is made and kept in `state`.
    pub(crate) fn describe(options: &Options, state: &mut StateDir) -> Result<Self, AgentError> {
        let key = match &options.device_key {
            Some(key) => usable("--device-key", key)?,
            None => match system_key() {
                Some(key) => key,
                None => state.generated_key()?,
            },
        };
        let serial_number = match &options.serial_number {
            Some(serial) => usable("--serial-number", serial)?,
            None => key.clone(),
        };
        let name = match &options.device_name {
            Some(name) => usable("--device-name", name)?,
            None => host_name()
                .and_then(|name| acceptable(&name))
                .unwrap_or_else(|| key.clone()),
        };
        let os_version = os_version()
            .and_then(|version| acceptable(&version))
            .unwrap_or_default();
        Ok(Self {
            name,
            operating_system: operating_system(),
            os_version,
            serial_number,
            key,
        })
    }
}

/// A text that can be a name or a key, trimmed: of 1 to 256 characters, without control characters.
fn acceptable(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=LONGEST).contains(&text.chars().count()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

fn usable(option: &'static str, text: &str) -> Result<String, AgentError> {
    acceptable(text).ok_or_else(|| AgentError::Option {
        option,
        reason: format!("it must have 1 to {LONGEST} characters, none of them a control character"),
    })
}

/// `managedDevice.operatingSystem`.
fn operating_system() -> &'static str {
    if cfg!(target_os = "macos") {
        "macOS"
    } else if cfg!(windows) {
        "Windows"
    } else {
        "Linux"
    }
}

/// The system's own key of this machine; machine-id(5) on Linux.
fn system_key() -> Option<String> {
    if cfg!(target_os = "macos") {
        let listing = output_of("/usr/sbin/ioreg", &["-rd1", "-c", "IOPlatformExpertDevice"])?;
        return acceptable(&registry_value(&listing, "IOPlatformUUID")?);
    }
    if cfg!(windows) {
        let program = system_program("reg.exe");
        let key = r"HKLM\SOFTWARE\Microsoft\Cryptography";
        let listing = output_of(&program, &["query", key, "/v", "MachineGuid", "/reg:64"])?;
        return acceptable(listing.split_whitespace().last()?);
    }
    let id = std::fs::read_to_string("/etc/machine-id").ok()?;
    machine_id(&id)
}

/// The content of `/etc/machine-id`, unless it says that there is none yet.
fn machine_id(content: &str) -> Option<String> {
    let id = acceptable(content)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

/// The value of `"key" = "value"` in the output of `ioreg`.
fn registry_value(listing: &str, key: &str) -> Option<String> {
    let quoted = format!("\"{key}\"");
    let line = listing.lines().find(|line| line.contains(&quoted))?;
    let (_, value) = line.split_once(" = ")?;
    Some(value.trim().trim_matches('"').to_owned())
}

#[cfg(unix)]
fn host_name() -> Option<String> {
    Some(
        rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned(),
    )
}

#[cfg(not(unix))]
fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// The version of the operating system, as its maker counts.
fn os_version() -> Option<String> {
    if cfg!(target_os = "macos") {
        return output_of("/usr/bin/sw_vers", &["-productVersion"]);
    }
    if cfg!(windows) {
        let banner = output_of(&system_program("cmd.exe"), &["/d", "/c", "ver"])?;
        let (_, version) = banner.split_once("[Version ")?;
        return Some(version.split(']').next()?.to_owned());
    }
    let release = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok());
    release
        .as_deref()
        .and_then(release_version)
        .or_else(kernel_release)
}

/// `VERSION_ID` of os-release(5), where `ID` stands for distributions without versions.
fn release_version(content: &str) -> Option<String> {
    let value = |name: &str| {
        let line = content
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        acceptable(line.trim().trim_matches(['"', '\'']))
    };
    value("VERSION_ID").or_else(|| value("BUILD_ID"))
}

#[cfg(unix)]
fn kernel_release() -> Option<String> {
    Some(
        rustix::system::uname()
            .release()
            .to_string_lossy()
            .into_owned(),
    )
}

#[cfg(not(unix))]
fn kernel_release() -> Option<String> {
    None
}

/// A program of Windows by its full path, so that no other of the name is run.
fn system_program(name: &str) -> String {
    let root = std::env::var("SystemRoot").unwrap_or_else(|_| r"C:\Windows".to_owned());
    format!(r"{root}\System32\{name}")
}

/// The output of a system program that succeeds.
fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    // Unix programs need none of the agent's variables, which may hold its token.
    if cfg!(unix) {
        command.env_clear();
    }
    let output = command.args(arguments).stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_printable_and_short() {
        assert_eq!(acceptable(" a b \n").as_deref(), Some("a b"));
        for bad in ["", " ", "a\nb", "a\0", &"x".repeat(257)] {
            assert_eq!(acceptable(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn system_files_are_read() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(machine_id(&format!("{id}\n")).as_deref(), Some(id));
        for none in ["", "uninitialized\n", "0123"] {
            assert_eq!(machine_id(none), None, "{none:?}");
        }
        let listing = "+-o Root\n  {\n    \"IOPlatformSerialNumber\" = \"C02\"\n    \"IOPlatformUUID\" = \"AB-12\"\n";
        assert_eq!(
            registry_value(listing, "IOPlatformUUID").as_deref(),
            Some("AB-12")
        );
        assert_eq!(registry_value(listing, "Missing"), None);
        let version = |content: &str| release_version(content);
        assert_eq!(
            version("ID=x\nVERSION_ID=\"24.04\"\n").as_deref(),
            Some("24.04")
        );
        assert_eq!(version("BUILD_ID=rolling\n").as_deref(), Some("rolling"));
        assert_eq!(version("ID=x\n"), None);
    }

    #[test]
    fn this_machine_is_described() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = StateDir::open(dir.path()).unwrap();
        let mut options = Options::new("http://localhost", crate::Token::new("t").unwrap());
        options.device_name = Some("named".to_owned());
        let first = Device::describe(&options, &mut state).unwrap();
        assert_eq!(first, Device::describe(&options, &mut state).unwrap());
        assert_eq!(first.name, "named");
        assert!(!first.key.is_empty() && !first.os_version.is_empty());
        options.device_key = Some("key".to_owned());
        let other = Device::describe(&options, &mut state).unwrap();
        assert_eq!(
            (other.key.as_str(), other.serial_number.as_str()),
            ("key", "key")
        );
        options.device_key = Some("\u{7}".to_owned());
        assert!(Device::describe(&options, &mut state).is_err());
    }
}
