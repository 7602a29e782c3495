//! What a pass is told: where the service is, who the device is, and its limits.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::AgentError;
use crate::identity::KeyKind;
use crate::signature::TrustedKeys;

/// The options of a pass.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's URL without the API version: `http://127.0.0.1:8080`.
    pub server: String,
    /// How the device shows who it is.
    pub credential: Credential,
    /// The version segment behind the server's URL: `beta`.
    pub api_version: String,
    /// `deviceName`; without it the host's name.
    pub device_name: Option<String>,
    /// `udid`, which decides whether an enrolment is a new device. Without it `/etc/machine-id`, or
    /// `IOPlatformUUID` on macOS; where there is none, one made on first use and kept in `state_dir`.
    pub device_key: Option<String>,
    /// `serialNumber`; without it the device key.
    pub serial_number: Option<String>,
    /// Ids of the groups that the device is a member of; they replace those of an earlier enrolment.
    pub groups: Vec<String>,
    /// The primary user's id.
    pub user_id: Option<String>,
    /// The primary user's principal name.
    pub user_principal_name: Option<String>,
    /// Where the agent keeps the device's id; without it a directory of the current user's.
    pub state_dir: Option<PathBuf>,
    /// Where scripts get their private directories; without it the system's temporary directory.
    pub work_dir: Option<PathBuf>,
    /// Characters kept of each output and error text of remediations, platform and shell scripts,
    /// and of every error text.
    pub output_limit: usize,
    /// Characters kept of a compliance script's output, which must be whole to be judged.
    pub compliance_output_limit: usize,
    /// Characters kept of a custom attribute's value.
    pub attribute_output_limit: usize,
    /// Bytes that the content of one script may have.
    pub content_limit: usize,
    /// Bytes that one answer of the service may have.
    pub response_limit: u64,
    /// The longest a script may run; a shorter `timeoutInMinutes` of the script takes precedence.
    pub timeout: Duration,
    /// Lets the token travel over plain HTTP to other hosts than this one.
    pub allow_http: bool,
    /// A PEM file of the certificate authorities to trust instead of the well-known ones.
    pub ca_file: Option<PathBuf>,
    /// Whose account runs scripts with `runAsAccount` `user` when the agent itself is root.
    pub user_account: Option<UserAccount>,
    /// How requests are repeated.
    pub retry: RetryPolicy,
    /// Whose signatures a script must have to be run, whatever the service says; without keys, it needs
    /// none.
    pub require_signature: Option<TrustedKeys>,
}

impl Options {
    /// The options of a pass with all defaults.
    #[must_use]
    pub fn new(server: impl Into<String>, credential: impl Into<Credential>) -> Self {
        Self {
            server: server.into(),
            credential: credential.into(),
            api_version: "beta".to_owned(),
            device_name: None,
            device_key: None,
            serial_number: None,
            groups: Vec::new(),
            user_id: None,
            user_principal_name: None,
            state_dir: None,
            work_dir: None,
            output_limit: 2048,
            compliance_output_limit: 1024 * 1024,
            attribute_output_limit: 20 * 1024,
            content_limit: 1024 * 1024,
            response_limit: 64 * 1024 * 1024,
            timeout: Duration::from_secs(60 * 60),
            allow_http: false,
            ca_file: None,
            user_account: None,
            retry: RetryPolicy::default(),
            require_signature: None,
        }
    }
}

/// How a device shows who it is.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A bearer token that somebody else has got for it, as in tests.
    Token(Token),
    /// A key of its own, with which it has enrolled or enrols now.
    Key(Enrolling),
}

impl From<Token> for Credential {
    fn from(token: Token) -> Self {
        Self::Token(token)
    }
}

impl From<Enrolling> for Credential {
    fn from(enrolling: Enrolling) -> Self {
        Self::Key(enrolling)
    }
}

/// How a device gets a key of its own, and for how long it keeps it.
#[derive(Clone, Debug, Default)]
pub struct Enrolling {
    /// The enrolment token; needed once.
    pub token: Option<Token>,
    /// The kind of key that is made.
    pub key_kind: KeyKind,
    /// The age at which the device gives itself another key; without it, it never does.
    pub rotate_key_every: Option<Duration>,
}

/// A bearer token. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token as RFC 6750, section 2.1 allows it in a header; blanks around it are dropped.
    ///
    /// # Errors
    /// [`AgentError::Token`] if it is empty or holds anything but visible ASCII characters.
    pub fn new(token: impl AsRef<str>) -> Result<Self, AgentError> {
        let token = token.as_ref().trim();
        if token.is_empty() {
            return Err(AgentError::Token("it is empty"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AgentError::Token("it holds characters that no token has"));
        }
        Ok(Self(token.to_owned()))
    }

    /// The token itself, for the header alone.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// An account of the operating system (Unix).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAccount {
    /// The user's number.
    pub uid: u32,
    /// The user's group.
    pub gid: u32,
    /// The user's home directory.
    pub home: PathBuf,
}

/// How requests are repeated after 429, 5xx and lost connections. All that the agent asks for is
/// idempotent.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// How often a request is sent at most.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles from there, and half of it is random.
    pub first_wait: Duration,
    /// The longest wait. A service that asks for more with `Retry-After` is left alone: the pass fails.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(120),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_visible_ascii_and_never_shown() {
        for bad in ["", "  \n", "a b", "a\r\nX: y", "a\u{0}", "é"] {
            assert!(Token::new(bad).is_err(), "{bad:?}");
        }
        let options = Options::new("http://localhost", Token::new(" abc.DEF-123 \n").unwrap());
        let Credential::Token(token) = &options.credential else {
            panic!("a token");
        };
        assert_eq!(token.secret(), "abc.DEF-123");
        assert!(!format!("{options:?}").contains("DEF"));
    }
}
