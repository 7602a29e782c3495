//! References to what another request of the batch leads to: `$1/Orders` as a URL (OData 4.01
//! Protocol, section 11.7.4), `"Owner@odata.bind": "$1"` in a body.

/// Top-level system resources: a URL that begins with one of these means it, whatever the requests
/// are called.
const SYSTEM: [&str; 8] = [
    "$batch",
    "$crossjoin",
    "$all",
    "$entity",
    "$root",
    "$id",
    "$metadata",
    "$query",
];

/// The identifier that a URL refers to, and what follows the first segment (with its `/`, `?` or `(`).
/// Many clients take the reference for an absolute path or put the host before it.
#[must_use]
pub fn identifier(url: &str) -> Option<(&str, &str)> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => url,
    };
    let url = path.strip_prefix('/').unwrap_or(path);
    let end = url.find(['/', '?', '(', '#']).unwrap_or(url.len());
    let (first, rest) = url.split_at_checked(end)?;
    let id = first.strip_prefix('$').filter(|id| !id.is_empty())?;
    (!SYSTEM.contains(&first)).then_some((id, rest))
}

/// Whether a body may hold a reference.
#[must_use]
pub fn may_refer(body: &[u8]) -> bool {
    let begins = |pair: &[u8]| matches!(pair, b"\"$" | b"/$");
    body.windows(2).any(begins)
}

/// Replaces the references in a JSON body: the values of `@odata.id`, `@id` and of every `@odata.bind`
/// or `@bind`, and the items of such a value, where they are `$id` or begin with `$id/`. `resolve`
/// gives the URL behind an identifier. `None`: there is none to replace.
///
/// What is no JSON is left to whoever parses it.
///
/// # Errors
/// What `resolve` says.
pub fn replace_in_body<E>(
    body: &[u8],
    mut resolve: impl FnMut(&str) -> Result<String, E>,
) -> Result<Option<Vec<u8>>, E> {
    if !may_refer(body) {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(body.len() + 128);
    let mut scan = Scan::default();
    let (mut rest, mut replaced) = (body, false);
    while let Some(quote) = rest.iter().position(|b| *b == b'"') {
        let (between, string) = rest.split_at(quote);
        scan.pass(between);
        out.extend_from_slice(between);
        let length = string_length(string);
        let (string, behind) = string.split_at(length);
        rest = behind;
        let is_name = rest.trim_ascii_start().first() == Some(&b':');
        match reference(string).filter(|_| !is_name && scan.refers) {
            None => out.extend_from_slice(string),
            Some((id, path)) => {
                let url = resolve(id)?;
                crate::json::write_string(&mut out, &format!("{url}{path}"));
                replaced = true;
            }
        }
        if is_name {
            scan.name(string);
        }
    }
    out.extend_from_slice(rest);
    Ok(replaced.then_some(out))
}

/// Whether the value at hand is one that refers.
#[derive(Default)]
struct Scan {
    refers: bool,
}

impl Scan {
    /// What stands between two strings: a comma in an array leaves its name in force, any end of
    /// an array or object does not.
    fn pass(&mut self, between: &[u8]) {
        if between.iter().any(|b| matches!(b, b']' | b'}' | b'{')) {
            self.refers = false;
        }
    }

    fn name(&mut self, string: &[u8]) {
        let name = string.strip_suffix(b"\"").unwrap_or(string);
        self.refers = [b"@odata.bind".as_slice(), b"@bind"]
            .iter()
            .any(|end| name.ends_with(end))
            || matches!(name, b"\"@odata.id" | b"\"@id");
    }
}

/// The bytes of a string with its quotes; to the end if it has no closing one.
fn string_length(string: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in string.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    string.len()
}

/// The identifier of a string that is a reference, and the path behind it.
fn reference(string: &[u8]) -> Option<(&str, &str)> {
    let text = string.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let text = std::str::from_utf8(text).ok()?;
    identifier(text).filter(|_| !text.contains('\\'))
}
