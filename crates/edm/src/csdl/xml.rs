//! A CSDL document as a tree of elements: names without prefix, attributes unescaped, every
//! element with its place for error messages.

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

use super::Fault;
use crate::model::is_identifier;

/// The XML namespaces of CSDL (CSDL XML section 2.2).
const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";
const EDMX: &str = "http://docs.oasis-open.org/odata/ns/edmx";
/// Nesting beyond this is refused, so that everything that walks the tree may recurse.
const MAX_DEPTH: usize = 64;

/// An element of the `edm` or `edmx` namespace.
#[derive(Debug)]
pub(super) struct Element {
    /// The name without prefix.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// The child elements, in document order.
    pub(super) children: Vec<Element>,
    /// The text between the tags, that of child elements left out.
    pub(super) text: String,
    /// The byte offset of the end of the start tag.
    offset: usize,
}

/// Reads a document into its root element.
pub(super) fn parse(xml: &str) -> Result<Element, Fault> {
    let xml = xml.strip_prefix('\u{feff}').unwrap_or(xml);
    let mut reader = NsReader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    loop {
        let result = reader.read_resolved_event();
        let (namespace, event) = match result {
            Ok((namespace, event)) => (known(&namespace), event),
            Err(error) => return Err(Fault::new(offset(reader.error_position()), error)),
        };
        let at = offset(reader.buffer_position());
        match event {
            Event::Start(tag) => {
                let element = start(&tag, at, namespace)?;
                if open.len() >= MAX_DEPTH {
                    return Err(element.fault(format!("nested deeper than {MAX_DEPTH}")));
                }
                open.push(element);
            }
            Event::End(_) => {
                let closed = open
                    .pop()
                    .ok_or_else(|| Fault::new(at, "an end tag without its start"))?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => return rest_is_empty(reader, closed),
                }
            }
            Event::Eof => return Err(Fault::new(at, "the document ends early")),
            other => add_text(open.last_mut(), &other, at)?,
        }
    }
}

/// Nothing but comments and space may follow the root element.
fn rest_is_empty(mut reader: NsReader<&[u8]>, root: Element) -> Result<Element, Fault> {
    loop {
        let at = offset(reader.buffer_position());
        match reader.read_event().map_err(|e| Fault::new(at, e))? {
            Event::Eof => return Ok(root),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Text(text) if text.xml10_content().trim().is_empty() => {}
            _ => return Err(Fault::new(at, "content after the root element")),
        }
    }
}

fn start(tag: &BytesStart<'_>, at: usize, namespace: bool) -> Result<Element, Fault> {
    let name = tag.local_name().as_ref().to_owned();
    if !namespace {
        return Err(Fault::new(
            at,
            format!("<{name}> is not in the edm or edmx namespace of OData 4"),
        ));
    }
    let mut element = Element {
        name,
        attributes: Vec::new(),
        children: Vec::new(),
        text: String::new(),
        offset: at,
    };
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| element.fault(e))?;
        if let Some((name, value)) = own_attribute(&attribute).map_err(|e| element.fault(e))? {
            check_characters(&value).map_err(|e| element.fault(e))?;
            element.attributes.push((name, value));
        }
    }
    Ok(element)
}

/// The attribute's name and value; `None` for namespace declarations and for attributes of other
/// namespaces, which are not CSDL's (such as those that Graph's own documents carry).
fn own_attribute(attribute: &Attribute<'_>) -> Result<Option<(String, String)>, quick_xml::Error> {
    let name: &str = attribute.key.as_ref();
    if name == "xmlns" || name.contains(':') {
        return Ok(None);
    }
    let value = attribute.normalized_value(XmlVersion::Explicit1_0)?;
    Ok(Some((name.to_owned(), value.into_owned())))
}

fn add_text(element: Option<&mut Element>, event: &Event<'_>, at: usize) -> Result<(), Fault> {
    let text = match event {
        Event::Text(text) => text.xml10_content().into_owned(),
        Event::CData(text) => text.xml10_content().into_owned(),
        Event::GeneralRef(reference) => {
            let name: &str = reference;
            let numbered = reference
                .resolve_char_ref()
                .map_err(|e| Fault::new(at, e))?;
            match (numbered, quick_xml::escape::resolve_predefined_entity(name)) {
                (Some(c), _) => c.to_string(),
                (None, Some(text)) => text.to_owned(),
                (None, None) => {
                    return Err(Fault::new(
                        at,
                        format!("the entity &{name}; is not defined"),
                    ));
                }
            }
        }
        Event::DocType(_) => {
            return Err(Fault::new(
                at,
                "a document type declaration is not accepted",
            ));
        }
        _ => return Ok(()),
    };
    check_characters(&text).map_err(|e| Fault::new(at, e))?;
    match element {
        Some(element) => element.text.push_str(&text),
        None if text.trim().is_empty() => {}
        None => return Err(Fault::new(at, "text outside of the root element")),
    }
    Ok(())
}

/// Refuses what XML 1.0 has no way to write: it could not be written back (XML 1.0, 2.2).
fn check_characters(text: &str) -> Result<(), String> {
    let refused = |c: char| {
        c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    match text.chars().find(|c| refused(*c)) {
        Some(c) => Err(format!(
            "the character U+{:04X} is not allowed in XML",
            u32::from(c)
        )),
        None => Ok(()),
    }
}

fn known(namespace: &ResolveResult<'_>) -> bool {
    match namespace {
        ResolveResult::Bound(namespace) => {
            let namespace: &str = namespace.as_ref();
            namespace == EDM || namespace == EDMX
        }
        _ => false,
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

impl Element {
    /// An error about this element: names it and keeps its place.
    pub(super) fn fault(&self, message: impl std::fmt::Display) -> Fault {
        let named = ["Name", "Term", "Target", "Property", "Namespace"];
        let name = named.iter().find_map(|n| Some((n, self.get(n)?)));
        let name = name.map_or_else(String::new, |(n, v)| format!(" {n}=\"{v}\""));
        Fault::new(self.offset, format!("<{}{name}>: {message}", self.name))
    }

    /// Where the element stands in the document, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// An attribute's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// A required attribute's value.
    pub(super) fn require(&self, name: &str) -> Result<&str, Fault> {
        self.get(name)
            .ok_or_else(|| self.fault(format!("the attribute {name} is missing")))
    }

    /// A copy of an optional attribute's value.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A Boolean attribute, or `default` if it is absent.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Fault> {
        match self.get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(self.fault(format!("{name} is '{other}' instead of true or false"))),
        }
    }

    /// The attribute `Name`, checked to be a simple identifier (CSDL section 15.2).
    pub(super) fn simple_name(&self) -> Result<&str, Fault> {
        let name = self.require("Name")?;
        if is_identifier(name) {
            Ok(name)
        } else {
            Err(self.fault("the name is not an identifier of at most 128 characters"))
        }
    }

    /// Refuses attributes other than those named: a misspelt one must not go unnoticed.
    pub(super) fn only(&self, allowed: &[&[&str]]) -> Result<(), Fault> {
        match self
            .attributes
            .iter()
            .find(|(n, _)| !allowed.iter().any(|a| a.contains(&n.as_str())))
        {
            Some((name, _)) => Err(self.fault(format!("the attribute {name} is not known here"))),
            None => Ok(()),
        }
    }

    /// Refuses a child element.
    pub(super) fn unexpected(&self, child: &Element) -> Fault {
        child.fault(format!("not expected in <{}>", self.name))
    }
}
