//! Bound operations that an answer tells of (OData JSON Format 4.01, sections 16 and 17).

use edm::{Model, Operation, OperationKind, StructuredId};
use odata::json::{self, Metadata, Style};
use odata::query::QueryOptions;

/// What an operation is annotated with for people.
const DESCRIPTION: &str = "Org.OData.Core.V1.Description";

/// An operation that an answer tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Advertised {
    /// `#Namespace.Action`, `#Namespace.Function(parameter,…)`.
    name: String,
    title: String,
    /// What stands behind the URL of what it is bound to.
    path: String,
}

/// The operations bound to an entity of a type, where the type `declared` is expected: those that
/// `$select` names, else all of them under full metadata.
pub(super) fn of_entity(
    model: &Model,
    (declared, of): (StructuredId, StructuredId),
    options: &QueryOptions,
    style: Style,
) -> Vec<Advertised> {
    let bound = |operation: &Operation| match operation.bound_to() {
        Some((to, false)) if model.is_a(of, to) => Some(to),
        _ => None,
    };
    advertised(model, declared, bound, options, style)
}

/// The operations bound to a collection of a type, likewise.
pub(crate) fn of_collection(
    model: &Model,
    of: StructuredId,
    options: &QueryOptions,
    style: Style,
) -> Vec<Advertised> {
    let bound = |operation: &Operation| match operation.bound_to() {
        Some((to, true)) if model.is_a(of, to) => Some(to),
        _ => None,
    };
    advertised(model, of, bound, options, style)
}

fn advertised(
    model: &Model,
    declared: StructuredId,
    bound: impl Fn(&Operation) -> Option<StructuredId>,
    options: &QueryOptions,
    style: Style,
) -> Vec<Advertised> {
    let selected = options.select.as_ref();
    let named = selected.map_or(&[][..], |select| &select.operations);
    let every = style.metadata == Metadata::Full && selected.is_none();
    if style.metadata == Metadata::None || !every && named.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<Advertised> = Vec::new();
    for (_, operation) in model.operations() {
        let Some(to) = bound(operation) else { continue };
        if every || named.iter().any(|name| names(name, &operation.name)) {
            let cast = match model.is_a(declared, to) {
                true => String::new(),
                false => format!("/{}", model.structured(to).name),
            };
            let one = Advertised::new(operation, &cast);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

/// Whether an item of `$select` names an operation: by its name, or its namespace and `*`.
fn names(item: &str, operation: &str) -> bool {
    let item = item.split('(').next().unwrap_or(item);
    match item.strip_suffix('*') {
        Some(namespace) => operation
            .strip_prefix(namespace)
            .is_some_and(|rest| !rest.contains('.')),
        None => item == operation,
    }
}

impl Advertised {
    fn new(operation: &Operation, cast: &str) -> Self {
        let qualified = operation.name.as_str();
        let parameters = operation.parameters.get(1..).unwrap_or_default();
        let names: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
        let (name, call) = match operation.kind {
            OperationKind::Action => (qualified.to_owned(), qualified.to_owned()),
            OperationKind::Function => {
                let values: Vec<String> = names.iter().map(|n| format!("{n}=@{n}")).collect();
                (
                    format!("{qualified}({})", names.join(",")),
                    format!("{qualified}({})", values.join(",")),
                )
            }
        };
        let title = operation.annotations.get(DESCRIPTION);
        let title = title.and_then(|title| title.as_str());
        let short = qualified.rsplit('.').next().unwrap_or(qualified);
        Self {
            name: format!("#{name}"),
            title: title.unwrap_or(short).to_owned(),
            path: format!("{cast}/{call}"),
        }
    }

    /// Writes `"#name":{…}`: with its target if the URL of what it is bound to is given, which a
    /// client finds by itself where metadata is minimal.
    pub(crate) fn write(&self, out: &mut Vec<u8>, url: Option<&str>) {
        json::write_string(out, &self.name);
        out.extend_from_slice(b":{");
        if let Some(url) = url {
            out.extend_from_slice(b"\"title\":");
            json::write_string(out, &self.title);
            out.extend_from_slice(b",\"target\":");
            json::write_string(out, &format!("{url}{}", self.path));
        }
        out.push(b'}');
    }
}
