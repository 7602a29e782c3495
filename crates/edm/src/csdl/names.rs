//! Namespaces and aliases: every name of the model is kept with its namespace.

use std::collections::HashMap;

use super::Fault;
use super::xml::Element;

/// Names that no schema may take for itself (CSDL section 5.1).
const RESERVED: [&str; 4] = ["Edm", "odata", "System", "Transient"];

/// The namespaces that a document declares or includes, by name and by alias.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Namespace by alias.
    aliases: HashMap<String, String>,
    /// The namespaces of the document's own schemas.
    own: Vec<String>,
}

impl Names {
    /// Takes up the namespace of a `Schema`.
    pub(super) fn declare(&mut self, schema: &Element) -> Result<(), Fault> {
        let namespace = schema.require("Namespace")?;
        if namespace.is_empty() || RESERVED.contains(&namespace) {
            return Err(schema.fault("the namespace is reserved"));
        }
        if self.owns(namespace) {
            return Err(schema.fault("the namespace is declared twice"));
        }
        self.own.push(namespace.to_owned());
        self.alias(schema, namespace)
    }

    /// Takes up the alias of a `Schema` or an `Include`.
    pub(super) fn alias(&mut self, element: &Element, namespace: &str) -> Result<(), Fault> {
        let Some(alias) = element.get("Alias") else {
            return Ok(());
        };
        if RESERVED.contains(&alias) {
            return Err(element.fault(format!("the alias {alias} is reserved")));
        }
        match self.aliases.insert(alias.to_owned(), namespace.to_owned()) {
            Some(other) if other != namespace => {
                Err(element.fault(format!("the alias {alias} already stands for {other}")))
            }
            _ => Ok(()),
        }
    }

    /// Whether a namespace is that of one of the document's schemas.
    pub(super) fn owns(&self, namespace: &str) -> bool {
        self.own.iter().any(|n| n == namespace)
    }

    /// The document's own namespaces, in document order.
    pub(super) fn own(&self) -> &[String] {
        &self.own
    }

    /// A qualified name with its alias, if it has one, replaced by the namespace.
    pub(super) fn qualify(&self, name: &str) -> String {
        match name.rsplit_once('.') {
            Some((prefix, short)) => match self.aliases.get(prefix) {
                Some(namespace) => format!("{namespace}.{short}"),
                None => name.to_owned(),
            },
            None => name.to_owned(),
        }
    }

    /// A path with the aliases in its segments replaced: type casts and `@` terms.
    pub(super) fn path(&self, path: &str) -> String {
        let segments = path
            .split('/')
            .map(|segment| match segment.strip_prefix('@') {
                Some(term) => format!("@{}", self.qualify(term)),
                None => self.qualify(segment),
            });
        segments.collect::<Vec<_>>().join("/")
    }

    /// A type expression with its alias replaced: `Collection(…)` or a qualified name.
    pub(super) fn type_expression(&self, ty: &str) -> String {
        match collection_item(ty) {
            Some(item) => format!("Collection({})", self.qualify(item)),
            None => self.qualify(ty),
        }
    }

    /// The target of an `Annotations` element, aliases replaced also among parameter types.
    pub(super) fn target(&self, target: &str) -> String {
        let Some((operation, rest)) = target.split_once('(') else {
            return self.path(target);
        };
        // The parameter types end at the last parenthesis: `Collection(…)` has its own.
        let (types, path) = rest.rsplit_once(')').unwrap_or((rest, ""));
        let types: Vec<_> = types
            .split(',')
            .map(|t| self.type_expression(t.trim()))
            .filter(|t| !t.is_empty())
            .collect();
        format!(
            "{}({}){}",
            self.qualify(operation),
            types.join(","),
            self.path(path)
        )
    }
}

/// The item type's name within `Collection(…)`.
pub(crate) fn collection_item(ty: &str) -> Option<&str> {
    ty.strip_prefix("Collection(")?.strip_suffix(')')
}

/// The namespace of a qualified name; empty if it has none.
pub(crate) fn namespace_of(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(namespace, _)| namespace)
}

/// The last segment of a qualified name.
pub(crate) fn short_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
