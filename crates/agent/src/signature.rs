//! Signatures of scripts: what an administrator vouches for travels at the end of the script itself,
//! so that every client and every backup keeps it, and no server can make or move one.
//!
//! A signed script ends with a block of comment lines that holds a minisign signature:
//! ```text
//! # -----BEGIN RUNSTATE SIGNATURE-----
//! # untrusted comment: ...
//! # RUQ...
//! # trusted comment: {"name":"SSH root login","type":"deviceHealthScript","role":"detection",...}
//! # ...
//! # -----END RUNSTATE SIGNATURE-----
//! ```
//! Signed are the bytes before the block, and the trusted comment: a [`Statement`] of what they are
//! for. What is run is what was signed, without the block.

use minisign_verify::{PublicKey, Signature};
use serde::{Deserialize, Serialize};

use crate::run::Account;

/// The first line of the block.
pub const BEGIN: &str = "# -----BEGIN RUNSTATE SIGNATURE-----";
/// The last line of the block.
pub const END: &str = "# -----END RUNSTATE SIGNATURE-----";
/// The longest block, in bytes.
const LONGEST_BLOCK: usize = 8 << 10;

/// What a script was signed for: it runs as nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// The script's `displayName`.
    pub name: String,
    /// Its type, such as `deviceHealthScript`.
    #[serde(rename = "type")]
    pub script_type: String,
    /// Which of its contents this is: `detection`, `remediation` or `script`.
    pub role: String,
    /// Its `runAsAccount`: `system` or `user`.
    pub run_as: String,
    /// When it was signed, in seconds since 1970. A device takes none that is older than the latest
    /// of the same name, type and role that it has run.
    pub signed: i64,
}

impl Statement {
    /// What tells a script from others: a later one with the same replaces it.
    pub(crate) fn subject(&self) -> String {
        format!("{} {} {}", self.script_type, self.role, self.name)
    }
}

/// What a script is about to be run as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose<'a> {
    pub(crate) name: &'a str,
    pub(crate) script_type: &'a str,
    pub(crate) role: &'static str,
    pub(crate) account: Account,
}

/// The keys whose signatures are taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys(Vec<PublicKey>);

impl TrustedKeys {
    /// Adds a minisign public key: the text of its file, or its second line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, text: &str) -> Result<(), &'static str> {
        let key = text
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with("RW"));
        let key = key.ok_or("it holds no minisign public key")?;
        let key = PublicKey::from_base64(key).map_err(|_| "it is no minisign public key")?;
        self.0.push(key);
        Ok(())
    }

    /// The part of a script that was signed for this purpose, and what it was signed for.
    ///
    /// # Errors
    /// Why it must not run.
    pub(crate) fn check<'c>(
        &self,
        content: &'c [u8],
        purpose: Purpose<'_>,
    ) -> Result<(&'c [u8], Statement), String> {
        let (signed, signature) = split(content)?;
        let signature = Signature::decode(&signature).map_err(|_| "its signature is malformed")?;
        let holds = |key: &PublicKey| key.verify(signed, &signature, true).is_ok();
        if !self.0.iter().any(holds) {
            return Err("its signature is of no trusted key, or of another content".to_owned());
        }
        let statement: Statement = serde_json::from_str(signature.trusted_comment())
            .map_err(|_| "it was signed without saying what for")?;
        let account = match purpose.account {
            Account::System => "system",
            Account::User => "user",
            Account::Unknown => "unknown",
        };
        for (what, said, is) in [
            ("name", statement.name.as_str(), purpose.name),
            ("type", &statement.script_type, purpose.script_type),
            ("role", &statement.role, purpose.role),
            ("runAs", &statement.run_as, account),
        ] {
            if said != is {
                return Err(format!("it was signed for the {what} {said:?}, not {is:?}"));
            }
        }
        Ok((signed, statement))
    }
}

/// A script and the signature at its end.
fn split(content: &[u8]) -> Result<(&[u8], String), String> {
    let unsigned = || "it is not signed".to_owned();
    let from = content.len().saturating_sub(LONGEST_BLOCK);
    let tail = content.get(from..).unwrap_or_default();
    let begin = tail
        .windows(BEGIN.len())
        .rposition(|part| part == BEGIN.as_bytes());
    let begin = from + begin.ok_or_else(unsigned)?;
    let (signed, block) = content.split_at(begin);
    if !signed.is_empty() && !signed.ends_with(b"\n") {
        return Err(unsigned());
    }
    let block = std::str::from_utf8(block).map_err(|_| unsigned())?;
    let mut lines = block.lines();
    let mut signature = String::new();
    if lines.next() != Some(BEGIN) {
        return Err(unsigned());
    }
    for _ in 0..4 {
        let line = lines.next().and_then(|line| line.strip_prefix("# "));
        signature.push_str(line.ok_or("its signature is cut off")?);
        signature.push('\n');
    }
    match (lines.next(), lines.next()) {
        (Some(END), None) => Ok((signed, signature)),
        (Some(END), Some(_)) => Err("it goes on behind its signature".to_owned()),
        _ => Err("its signature is cut off".to_owned()),
    }
}

/// A script with a minisign signature (the text of a `.minisig` file) at its end.
///
/// # Errors
/// The script does not end with a line feed, or the signature has not four lines.
pub fn attach(content: &[u8], minisig: &str) -> Result<Vec<u8>, &'static str> {
    if !content.ends_with(b"\n") {
        return Err("a script that is signed ends with a line feed");
    }
    let lines: Vec<&str> = minisig.lines().collect();
    if lines.len() != 4 {
        return Err("a minisign signature has four lines");
    }
    let mut signed = content.to_vec();
    let block = lines.iter().map(|line| format!("# {line}\n"));
    let block = format!("{BEGIN}\n{}{END}\n", block.collect::<String>());
    signed.extend_from_slice(block.as_bytes());
    Ok(signed)
}

#[cfg(test)]
mod tests;
