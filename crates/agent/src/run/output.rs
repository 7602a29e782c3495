//! What is kept of a script's output, in memory and as text.

/// The most bytes one character takes, as UTF-8 or as a wrong sequence that becomes U+FFFD.
const BYTES_PER_CHARACTER: usize = 4;

/// Collects output up to a limit of characters and throws away the rest, so that neither the
/// script waits for a reader nor the agent's memory grows with what it writes.
#[derive(Debug)]
pub(crate) struct Capture {
    bytes: Vec<u8>,
    limit: usize,
    overflown: bool,
}

impl Capture {
    /// Keeps as many bytes as `limit` characters and a line break can take.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            overflown: false,
        }
    }

    fn capacity(&self) -> usize {
        self.limit
            .saturating_add(1)
            .saturating_mul(BYTES_PER_CHARACTER)
    }

    /// Takes the next bytes of the output.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = self.capacity().saturating_sub(self.bytes.len());
        let (kept, dropped) = bytes.split_at(room.min(bytes.len()));
        self.bytes.extend_from_slice(kept);
        self.overflown |= !dropped.is_empty();
    }

    /// The text, and whether it is cut.
    pub(crate) fn text(&self) -> (String, bool) {
        let decoded = String::from_utf8_lossy(&self.bytes).replace('\0', "\u{FFFD}");
        let trimmed = if self.overflown {
            decoded.as_str()
        } else {
            trim_line_break(&decoded)
        };
        let text = cut(trimmed, self.limit);
        let is_cut = self.overflown || text.len() < trimmed.len();
        (text.to_owned(), is_cut)
    }
}

/// Drops one last line break, which nearly every script prints and none means.
fn trim_line_break(text: &str) -> &str {
    let text_before = text.strip_suffix('\n');
    text_before.map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

/// The first `limit` characters (Unicode scalar values) of a text.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(output: &[u8], limit: usize, expected: &str, is_cut: bool) {
        let mut capture = Capture::new(limit);
        capture.push(output);
        assert_eq!(
            capture.text(),
            (expected.to_owned(), is_cut),
            "{output:?} to {limit}"
        );
    }

    #[test]
    fn output_becomes_text_of_the_limit() {
        check(b"", 5, "", false);
        check(b"abc", 3, "abc", false);
        check(b"abc\n", 3, "abc", false);
        check(b"abc\r\n", 3, "abc", false);
        check(b"abc\n\n", 5, "abc\n", false);
        check(b"abc\r", 5, "abc\r", false);
        check(b"abcd", 3, "abc", true);
        check("äöü€𝄞".as_bytes(), 5, "äöü€𝄞", false);
        check("äöü€𝄞".as_bytes(), 4, "äöü€", true);
        check("𝄞𝄞𝄞𝄞".as_bytes(), 2, "𝄞𝄞", true);
        check(b"a\0b", 5, "a\u{FFFD}b", false);
        check(b"a\xff\xfeb", 5, "a\u{FFFD}\u{FFFD}b", false);
        check(b"x", 0, "", true);
        check(b"\n", 0, "", false);
    }

    #[test]
    fn memory_is_bounded() {
        let mut capture = Capture::new(10);
        for _ in 0..1000 {
            capture.push(&[b'x'; 1000]);
        }
        assert_eq!(capture.bytes.len(), 44);
        assert_eq!(capture.text(), ("x".repeat(10), true));
        assert_eq!(Capture::new(usize::MAX).capacity(), usize::MAX);
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(bytes: Vec<u8>, limit in 0usize..40, chunk in 1usize..9) {
            let mut whole = Capture::new(limit);
            whole.push(&bytes);
            let mut pieces = Capture::new(limit);
            for piece in bytes.chunks(chunk) {
                pieces.push(piece);
            }
            prop_assert_eq!(whole.text(), pieces.text());
            let (text, is_cut) = whole.text();
            prop_assert!(text.chars().count() <= limit);
            prop_assert!(!text.contains('\0'));
            let complete = String::from_utf8_lossy(&bytes).replace('\0', "\u{FFFD}");
            prop_assert!(complete.starts_with(&text));
            if is_cut {
                prop_assert_eq!(text.chars().count(), limit);
            }
        }
    }
}
