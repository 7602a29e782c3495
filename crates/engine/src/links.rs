//! URLs in answers: context, next link, location.

use edm::{StructuredId, Value};
use odata::path::{PathKind, ResourcePath, Segment};
use odata::uri::{encode_key, encode_key_predicate};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use store::Row;

use crate::context::Context;
use crate::core::Core;
use crate::exchange::Request;
use crate::page::with_size;

const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'\'');

/// The path in a context URL: what a navigation property leads to without containing it is a part
/// of the collection where it lives (OData 4.01 Protocol, sections 10.2 and 10.4).
pub(crate) fn context_path(core: &Core, segments: &[Segment]) -> String {
    match segments.split_last() {
        Some((Segment::Navigation { of, index }, _)) => {
            let navigation = &core.model.structured(*of).navigation[*index];
            let home = core.home(navigation.target);
            if let Some(home) = home.filter(|_| !navigation.contains_target) {
                return home.to_owned();
            }
        }
        // An entity is a member of its collection, and a cast of it one of those that are cast.
        Some((Segment::Key(_) | Segment::AlternateKey(_), rest)) => {
            return context_path(core, rest);
        }
        Some((Segment::Cast(of), rest)) => {
            let name = &core.model.structured(*of).name;
            return format!("{}/{name}", context_path(core, rest));
        }
        _ => {}
    }
    canonical_path(core, segments)
}

/// The path of a resource with its keys as predicates: `deviceManagement/deviceHealthScripts('ID')`.
pub(crate) fn canonical_path(core: &Core, segments: &[Segment]) -> String {
    let mut path = String::with_capacity(96);
    let mut of = None;
    for segment in segments {
        let name = match segment {
            Segment::Singleton(id) => {
                let singleton = core.model.singleton(*id);
                of = Some(singleton.of);
                &singleton.name
            }
            Segment::EntitySet(id) => {
                let set = core.model.entity_set(*id);
                of = Some(set.of);
                &set.name
            }
            Segment::Navigation {
                of: declared,
                index,
            } => {
                let navigation = &core.model.structured(*declared).navigation[*index];
                of = Some(navigation.target);
                &navigation.name
            }
            Segment::Property { of, ordinal } => {
                let property = &core.model.structured(*of).properties[*ordinal];
                if property.is_dynamic() {
                    continue;
                }
                &property.name
            }
            Segment::Dynamic(name) => name,
            Segment::Cast(of) => &core.model.structured(*of).name,
            Segment::Key(values) => {
                path.push_str(&key_predicate(core, of, values));
                continue;
            }
            Segment::AlternateKey(values) => {
                path.push_str(&alternate_predicate(core, of, values));
                continue;
            }
            // A part of a collection is of the collection.
            Segment::Filter(_) => continue,
            Segment::Operation { .. }
            | Segment::Each
            | Segment::Index(_)
            | Segment::Count
            | Segment::Reference
            | Segment::Value => break,
        };
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(name);
    }
    path
}

/// `('ID')` or `(A=1,B='x')`, percent-encoded.
fn key_predicate(core: &Core, of: Option<StructuredId>, values: &[Value]) -> String {
    match of {
        Some(of) => encode_key_predicate(&core.model, of, values),
        None => String::new(),
    }
}

fn alternate_predicate(core: &Core, of: Option<StructuredId>, values: &[(usize, Value)]) -> String {
    let Some(of) = of else { return String::new() };
    let ty = core.model.structured(of);
    let pairs: Vec<String> = values
        .iter()
        .map(|(ordinal, value)| format!("{}={}", ty.properties[*ordinal].name, encode_key(value)))
        .collect();
    format!("({})", pairs.join(","))
}

/// The segments before `$ref`: those of what is referred to.
pub(crate) fn without_reference(segments: &[Segment]) -> &[Segment] {
    match segments.split_last() {
        Some((Segment::Reference, rest)) => rest,
        _ => segments,
    }
}

/// Where an entity or collection of an answer lives: the service root and its path.
#[derive(Clone, Debug)]
pub(crate) struct Place<'r> {
    root: &'r str,
    pub(crate) path: String,
}

impl<'r> Place<'r> {
    pub(crate) fn of(core: &Core, request: &'r Request, path: &ResourcePath) -> Self {
        Self {
            root: &request.service_root,
            path: canonical_path(core, &path.segments),
        }
    }

    /// The entity that a request wrote: the one that its path names, or the member of the
    /// collection that its path names.
    pub(crate) fn of_entity(
        self,
        core: &Core,
        path: &ResourcePath,
        of: StructuredId,
        row: &Row,
    ) -> Self {
        if matches!(path.kind, PathKind::Entity(_)) {
            return self;
        }
        self.member(core, of, &core.key_of(of, row))
    }

    /// The collection in which what an operation returns lives: the home of its type, or else the
    /// operation's own path.
    pub(crate) fn of_operation(self, core: &Core, of: StructuredId) -> Self {
        match core.home(of) {
            Some(home) => self.root_of(home),
            None => self,
        }
    }

    /// The collection that is a type's home.
    pub(crate) fn root_of(&self, home: &str) -> Self {
        Self {
            root: self.root,
            path: home.to_owned(),
        }
    }

    /// What a navigation property leads to from here.
    pub(crate) fn step(&self, name: &str) -> Self {
        Self {
            root: self.root,
            path: format!("{}/{name}", self.path),
        }
    }

    /// The entity of a key in this collection.
    pub(crate) fn member(&self, core: &Core, of: StructuredId, key: &[Value]) -> Self {
        Self {
            root: self.root,
            path: format!("{}{}", self.path, key_predicate(core, Some(of), key)),
        }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.root, self.path)
    }

    /// Its context URL.
    pub(crate) fn context(&self) -> String {
        format!("{}/$metadata#{}", self.root, self.path)
    }
}

/// The URL of the page behind a token: the request's own, with the token instead of `$skip` and
/// of an older token, with this `$top`, and with the page size that was preferred.
pub(crate) fn next_link(context: &Context, token: &str, top: Option<u64>) -> String {
    let mut link = without_place(&context.request);
    if let Some(top) = top {
        link.push_str(&format!("$top={top}&"));
    }
    link.push_str("$skiptoken=");
    let token = with_size(token, context.negotiated.max_page_size);
    link.extend(utf8_percent_encode(&token, VALUE));
    link
}

/// The URL of what changes behind a token: the request's own, with the token.
pub(crate) fn delta_link(request: &Request, token: &str) -> String {
    let mut link = without_place(request);
    link.push_str("$deltatoken=");
    link.extend(utf8_percent_encode(token, VALUE));
    link
}

/// The URL that reads a request's collection from its beginning.
pub(crate) fn anew(request: &Request) -> String {
    let link = without_place(request);
    link.trim_end_matches(['?', '&']).to_owned()
}

/// A request's URL without what says where in a collection it reads, ready for another option.
fn without_place(request: &Request) -> String {
    let mut link = format!("{}/{}?", request.service_root, request.path);
    for (name, value) in options(request.query.as_deref()) {
        match name
            .to_ascii_lowercase()
            .trim_start_matches("%24")
            .trim_start_matches('$')
        {
            "skip" | "skiptoken" | "deltatoken" | "top" => continue,
            _ => {}
        }
        link.push_str(name);
        link.push('=');
        link.push_str(value);
        link.push('&');
    }
    link
}

fn options(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query
        .unwrap_or("")
        .split('&')
        .filter(|option| !option.is_empty())
        .map(|option| option.split_once('=').unwrap_or((option, "")))
}
