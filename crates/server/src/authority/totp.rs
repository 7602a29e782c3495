//! One-time passwords by the time (RFC 6238), as authenticator applications make them: six digits,
//! SHA-1, every 30 seconds.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// How many seconds a code is shown.
const PERIOD: u64 = 30;
/// How many steps a clock may be away.
const SKEW: u64 = 1;
/// How many bytes a secret has: as many as SHA-1 (RFC 4226, section 4).
const SECRET: usize = 20;

/// A new secret.
///
/// # Errors
/// The system has no randomness to give.
pub fn new_totp_secret() -> Result<Vec<u8>, Unspecified> {
    let mut secret = vec![0; SECRET];
    aws_lc_rs::rand::fill(&mut secret)?;
    Ok(secret)
}

/// What an authenticator application reads, as text or as a QR code.
#[must_use]
pub fn totp_uri(issuer: &str, user: &str, secret: &[u8]) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let (issuer, user) = (encode(issuer), encode(user));
    format!(
        "otpauth://totp/{issuer}:{user}?secret={}&issuer={issuer}",
        base32(secret)
    )
}

/// The step that a code is of, if it is of one that counts now.
pub(super) fn step_of(secret: &[u8], code: &str, now: u64) -> Option<u64> {
    let step = now / PERIOD;
    let mut found = None;
    // All are tried, so that the time does not tell which.
    for step in step.saturating_sub(SKEW)..=step.saturating_add(SKEW) {
        let right = verify_slices_are_equal(code_at(secret, step).as_bytes(), code.as_bytes());
        if right.is_ok() {
            found = Some(step);
        }
    }
    found
}

/// The code of a step (RFC 4226, section 5.3).
fn code_at(secret: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
    let word = bytes.iter().skip(offset).take(4);
    let word = word.fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// RFC 4648, section 6, without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    const LETTERS: [char; 32] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R',
        'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
    ];
    let letter = |chunk: &[u8], index: usize| {
        let bit = |at: usize| {
            let byte = chunk.get(at / 8).copied().unwrap_or_default();
            usize::from(byte >> (7 - at % 8) & 1)
        };
        let value = (index * 5..index * 5 + 5).fold(0, |value, at| value << 1 | bit(at));
        LETTERS[value % LETTERS.len()]
    };
    let chunks = bytes.chunks(5);
    let text = chunks.flat_map(|chunk| {
        let letters = (chunk.len() * 8).div_ceil(5);
        (0..letters).map(move |index| letter(chunk, index))
    });
    text.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, of which the last six digits are ours.
    #[test]
    fn codes_are_those_of_the_standard() {
        let check = |time: u64, expected: &str| {
            let code = code_at(b"12345678901234567890", time / PERIOD);
            assert_eq!(code, expected, "{time}");
        };
        check(59, "287082");
        check(1_111_111_109, "081804");
        check(1_111_111_111, "050471");
        check(1_234_567_890, "005924");
        check(2_000_000_000, "279037");
        check(20_000_000_000, "353130");
    }

    #[test]
    fn a_clock_may_be_half_a_minute_away() {
        let secret = b"12345678901234567890";
        let now = 1_234_567_890;
        for (away, counts) in [
            (-2_i64, false),
            (-1, true),
            (0, true),
            (1, true),
            (2, false),
        ] {
            let step = (now / PERIOD).checked_add_signed(away).unwrap();
            let found = step_of(secret, &code_at(secret, step), now);
            assert_eq!(found, counts.then_some(step), "{away}");
        }
        for bad in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(step_of(secret, bad, now), None, "{bad}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        let uri = totp_uri("Runstate", "ada@example.com", b"foobar");
        assert_eq!(
            uri,
            "otpauth://totp/Runstate:ada%40example%2Ecom?secret=MZXW6YTBOI&issuer=Runstate"
        );
    }
}
