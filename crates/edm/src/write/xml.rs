//! Writing indented XML.

/// Appends elements to a document; elements without content are closed in their start tag.
pub(super) struct Writer {
    out: String,
    open: Vec<&'static str>,
    /// Whether the innermost start tag still lacks its `>`.
    pending: bool,
}

impl Writer {
    pub(super) fn new() -> Self {
        let out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned();
        Self {
            out,
            open: Vec::new(),
            pending: false,
        }
    }

    /// Begins an element.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        if self.pending {
            self.out.push_str(">\n");
        }
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            self.out.push(' ');
            self.out.push_str(attribute);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
        self.open.push(name);
        self.pending = true;
    }

    /// Ends the innermost element.
    pub(super) fn close(&mut self) {
        let Some(name) = self.open.pop() else { return };
        if std::mem::take(&mut self.pending) {
            self.out.push_str(" />\n");
            return;
        }
        self.indent();
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.open(name, attributes);
        self.close();
    }

    /// An element that holds a text.
    pub(super) fn text(&mut self, name: &'static str, text: &str) {
        self.open(name, &[]);
        self.pending = false;
        self.open.pop();
        self.out.push('>');
        self.escaped(text);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    /// The document; all elements must be closed.
    pub(super) fn finish(self) -> String {
        debug_assert!(self.open.is_empty(), "every element is closed");
        self.out
    }

    fn indent(&mut self) {
        for _ in 0..self.open.len() {
            self.out.push_str("  ");
        }
    }

    /// Line ends and tabs are escaped too: a reader would turn them into spaces.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#9;"),
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                other => self.out.push(other),
            }
        }
    }
}
