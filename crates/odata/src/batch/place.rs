//! Where in a batch something is wrong.

use crate::Error;

/// A request of a batch, for errors.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its position, from 0.
    pub(super) index: usize,
    /// Its identifier, once it is known.
    pub(super) id: Option<String>,
}

/// The longest identifier that a message repeats, in characters.
const SHOWN: usize = 64;

impl Place {
    pub(super) fn new(index: usize) -> Self {
        Self { index, id: None }
    }

    /// 400: what is wrong with the request.
    pub(super) fn refuse(&self, what: impl AsRef<str>) -> Error {
        let index = self.index;
        let name = match &self.id {
            Some(id) => format!("requests/{index} (id '{}')", shown(id)),
            None => format!("requests/{index}"),
        };
        Error::bad_request(format!("{name}: {}", what.as_ref()))
            .with_target(format!("requests/{index}"))
    }

    /// 400: what is wrong with a member of the request.
    pub(super) fn refuse_member(&self, member: &str, what: impl AsRef<str>) -> Error {
        self.refuse(format!("'{member}' {}", what.as_ref()))
            .with_target(format!("requests/{}/{member}", self.index))
    }
}

/// Text of the client's as a message repeats it: not without end.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Too many requests.
pub(super) fn too_many(limit: usize) -> Error {
    Error::bad_request(format!(
        "A batch holds at most {limit} requests here; this one holds more. Send several batches."
    ))
    .with_target("requests")
}
