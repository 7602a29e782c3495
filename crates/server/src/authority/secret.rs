//! Secrets of clients: random, shown once, and kept as hashes.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::totp::base32;

/// A new secret: 256 random bits of the system in base64url.
///
/// # Errors
/// The system has no randomness to give.
pub fn new_secret() -> Result<String, Unspecified> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret: its SHA-256. It is as random as the secret was long, so that nobody
/// finds the one by the other.
#[must_use]
pub fn secret_hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// A new code that is used once, for people to copy: 125 random bits in groups of five letters.
///
/// # Errors
/// The system has no randomness to give.
pub fn new_one_time_code() -> Result<String, Unspecified> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)?;
    let letters: Vec<char> = base32(&bytes).chars().take(25).collect();
    let groups = letters.chunks(5).map(|group| group.iter().collect());
    Ok(groups.collect::<Vec<String>>().join("-"))
}

/// The digest of a one-time code, however somebody typed it.
#[must_use]
pub fn one_time_code_digest(code: &str) -> String {
    let plain = code.chars().filter(char::is_ascii_alphanumeric);
    let plain: String = plain.map(|c| c.to_ascii_uppercase()).collect();
    secret_digest(&plain)
}

/// The SHA-256 of a secret in base64url.
#[must_use]
pub(super) fn secret_digest(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(secret_hash(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_random_and_kept_as_hashes() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(&one).unwrap().len(), 32);
        assert_ne!(one, other);
        assert_ne!(secret_hash(&one), secret_hash(&other));
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hex: String = secret_hash("abc")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, of_abc);
    }

    #[test]
    fn one_time_codes_are_typed_as_people_do() {
        let code = new_one_time_code().unwrap();
        let groups: Vec<usize> = code.split('-').map(str::len).collect();
        assert_eq!(groups, [5; 5]);
        assert_ne!(code, new_one_time_code().unwrap());
        let digest = one_time_code_digest(&code);
        let sloppy = format!(" {} ", code.to_lowercase().replace('-', " "));
        assert_eq!(one_time_code_digest(&sloppy), digest);
        assert_ne!(one_time_code_digest(&code[1..]), digest);
    }
}
