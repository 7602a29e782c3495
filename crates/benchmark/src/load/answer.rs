//! Reads HTTP/1.1 answers out of a buffer, as little of them as measuring needs.

/// An answer whose bytes are all in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Where the body begins.
    pub(crate) body: usize,
    /// Where the answer ends.
    pub(crate) end: usize,
}

/// The answer at the beginning of a buffer; `None` while bytes are missing.
///
/// # Errors
/// If it is none, or one whose length is not told by `Content-Length`: both the product and the
/// floors tell it.
pub(crate) fn parse(buffer: &[u8]) -> Result<Option<Answer>, String> {
    let Some(head) = find(buffer, b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, body) = (&buffer[..head], head + 4);
    let status = head
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(decimal)
        .and_then(|status| u16::try_from(status).ok())
        .ok_or_else(|| format!("no HTTP/1.1 answer: {}", String::from_utf8_lossy(head)))?;
    let length = match status {
        204 | 304 => 0,
        _ => content_length(head)
            .ok_or_else(|| format!("an answer {status} without a Content-Length"))?,
    };
    let end = body + length;
    Ok((buffer.len() >= end).then_some(Answer { status, body, end }))
}

fn find(buffer: &[u8], what: &[u8]) -> Option<usize> {
    buffer.windows(what.len()).position(|window| window == what)
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        if name.eq_ignore_ascii_case(NAME) {
            decimal(value.trim_ascii())
        } else {
            None
        }
    })
}

fn decimal(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let whole = b"HTTP/1.1 200 OK\r\nX: content-length: 9\r\nContent-Length: 2\r\n\r\n{}rest";
        let answer = Answer {
            status: 200,
            body: whole.len() - 6,
            end: whole.len() - 4,
        };
        assert_eq!(parse(whole), Ok(Some(answer)));
        for cut in 0..answer.end {
            assert_eq!(parse(&whole[..cut]), Ok(None), "{cut}");
        }
        let empty = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(parse(empty).unwrap().unwrap().end, empty.len());
        for bad in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
