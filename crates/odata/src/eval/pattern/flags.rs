//! The flags of a regular expression of ECMAScript.

use super::EvalError;
use super::translate::refused;

/// The flags of a regular expression.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    /// `i`.
    pub(super) ignore_case: bool,
    /// `m`.
    pub(super) multiline: bool,
    /// `s`.
    pub(super) dot_all: bool,
    /// `u`.
    pub(super) unicode: bool,
    /// `y`.
    pub(super) sticky: bool,
}

impl Flags {
    pub(super) fn parse(text: &str) -> Result<Self, EvalError> {
        let mut flags = Self::default();
        for flag in text.chars() {
            match flag {
                'i' => flags.ignore_case = true,
                'm' => flags.multiline = true,
                's' => flags.dot_all = true,
                'u' => flags.unicode = true,
                'y' => flags.sticky = true,
                'd' | 'g' => {}
                'v' => return Err(refused("the flag 'v'")),
                _ => {
                    let reason =
                        format!("has an unknown flag '{flag}'; allowed: d, g, i, m, s, u, y");
                    return Err(EvalError::Pattern(reason));
                }
            }
        }
        Ok(flags)
    }
}
