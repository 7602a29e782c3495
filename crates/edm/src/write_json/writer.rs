//! Writing compact JSON.

/// Appends members and items to a document.
pub(super) struct Writer {
    out: String,
    /// Whether the next member or item is the first of its object or array.
    first: bool,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self {
            out: String::new(),
            first: true,
        }
    }

    /// An object with what `content` writes into it.
    pub(super) fn object(&mut self, content: impl FnOnce(&mut Self)) {
        self.nested('{', content, '}');
    }

    /// An array with what `content` writes into it, by [`Writer::item`].
    pub(super) fn array(&mut self, content: impl FnOnce(&mut Self)) {
        self.nested('[', content, ']');
    }

    fn nested(&mut self, open: char, content: impl FnOnce(&mut Self), close: char) {
        self.out.push(open);
        self.first = true;
        content(self);
        self.out.push(close);
        self.first = false;
    }

    /// Begins a member: its value is to be written next.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.item();
        self.string(name);
        self.out.push(':');
        self
    }

    /// Begins an item: it is to be written next.
    pub(super) fn item(&mut self) -> &mut Self {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        self
    }

    /// A string (RFC 8259, section 7).
    pub(super) fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                c if c < ' ' => self.out.push_str(&format!("\\u{:04x}", u32::from(c))),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    /// A text that is JSON already: a number, `true`, `false`, `null`, GeoJSON.
    pub(super) fn raw(&mut self, json: &str) {
        self.out.push_str(json);
    }

    /// A member with a string.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name).string(text);
    }

    /// A member that is true; none where false is the default.
    pub(super) fn flag(&mut self, name: &str, set: bool) {
        if set {
            self.name(name).raw("true");
        }
    }

    /// The document; everything is closed.
    pub(super) fn finish(self) -> String {
        self.out
    }
}
