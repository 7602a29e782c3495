//! A fault of a rules file.

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The member of `deviceComplianceScriptRulesValidationError`.
    pub(crate) code: &'static str,
    /// What is wrong, for people.
    pub(crate) message: String,
    /// The rule's setting, if the fault is one of a rule that names it.
    pub(crate) setting: Option<String>,
}

impl Fault {
    /// A fault of the whole file, or of a rule whose setting is not known yet.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            setting: None,
        }
    }
}

/// The codes of a text that is missing, of the wrong kind, or too long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Codes {
    pub(super) missing: &'static str,
    pub(super) invalid: &'static str,
    pub(super) too_large: &'static str,
}
