//! What is wrong with a body, and where in it. The path is put together only when something is
//! wrong: each level adds its own name on the way out.

use crate::Error;

/// The longest piece of a client's text that a message repeats, in characters.
const EXCERPT: usize = 64;

pub(super) type Fallible<T> = Result<T, Fault>;

/// A broken rule: the reason and the path to the value, innermost segment first. Boxed, for it
/// travels through every reading function and is almost never there.
#[derive(Debug)]
pub(super) struct Fault(Box<Parts>);

#[derive(Debug)]
struct Parts {
    reason: String,
    path: Vec<String>,
}

impl Fault {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            reason: reason.into(),
            path: Vec::new(),
        }))
    }

    /// The value is of the wrong JSON type.
    pub(super) fn expected(what: &str, found: &str) -> Self {
        Self::new(format!("expected {what}, found {found}"))
    }

    /// Says which member of an object holds the fault.
    pub(super) fn at(mut self, name: &str) -> Self {
        self.0.path.push(excerpt(name));
        self
    }

    /// Says which item of an array holds the fault.
    pub(super) fn at_index(mut self, index: usize) -> Self {
        self.0.path.push(index.to_string());
        self
    }

    fn target(&self) -> String {
        let mut target = String::new();
        for segment in self.0.path.iter().rev() {
            if !target.is_empty() {
                target.push('/');
            }
            target.push_str(segment);
        }
        target
    }

    /// The 400 for the client.
    pub(super) fn into_error(self) -> Error {
        let target = self.target();
        if target.is_empty() {
            return Error::bad_request(format!("Invalid body: {}.", self.0.reason));
        }
        Error::bad_request(format!("Invalid '{target}': {}.", self.0.reason)).with_target(target)
    }

    /// The reason with its path, where the text is our own and not a client's.
    pub(super) fn into_text(self) -> String {
        format!("'{}': {}", self.target(), self.0.reason)
    }
}

/// A client's text as far as a message repeats it.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_becomes_a_bad_request_that_names_the_path() {
        let error = Fault::new("too long")
            .at("groupId")
            .at_index(3)
            .at("target")
            .into_error();
        assert_eq!(error.code.status(), 400);
        assert_eq!(error.target.as_deref(), Some("target/3/groupId"));
        assert_eq!(error.message, "Invalid 'target/3/groupId': too long.");
        let error = Fault::expected("an object", "null").into_error();
        assert_eq!(error.target, None);
        assert_eq!(
            error.message,
            "Invalid body: expected an object, found null."
        );
    }

    #[test]
    fn messages_repeat_only_the_beginning_of_long_text() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(excerpt(&"é".repeat(65)), format!("{}…", "é".repeat(64)));
        let error = Fault::new("unknown")
            .at(&"x".repeat(1_000_000))
            .into_error();
        assert!(error.message.len() < 200);
    }
}
