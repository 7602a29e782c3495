//! What the name of a member says: a property, or control information about the object or one of
//! its properties (OData JSON Format 4.01, section 4.6).

/// A member of an object, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// A property, navigation property or parameter.
    Property(&'a str),
    /// Control information about the object, without `@` and `odata.`.
    Control(&'a str),
    /// Control information about a property: the property and the name without `odata.`.
    PropertyControl(&'a str, &'a str),
    /// An annotation with a term of a vocabulary, or an advertised operation (`#ns.action`):
    /// nothing that a request says with it concerns the service.
    Ignored,
}

/// Reads a member's name. The prefix `odata.` may be left out (4.01).
pub(super) fn classify(name: &str) -> Name<'_> {
    if name.starts_with('#') {
        return Name::Ignored;
    }
    let Some((property, control)) = name.split_once('@') else {
        return Name::Property(name);
    };
    let control = control.strip_prefix("odata.").unwrap_or(control);
    if control.contains('.') {
        Name::Ignored
    } else if property.is_empty() {
        Name::Control(control)
    } else {
        Name::PropertyControl(property, control)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let check = |name: &str, expected: Name<'_>| assert_eq!(classify(name), expected, "{name}");
        check("id", Name::Property("id"));
        check("", Name::Property(""));
        check("a.b", Name::Property("a.b"));
        check("@odata.type", Name::Control("type"));
        check("@type", Name::Control("type"));
        check("@", Name::Control(""));
        check("@odata.", Name::Control(""));
        check(
            "managedDevice@odata.bind",
            Name::PropertyControl("managedDevice", "bind"),
        );
        check(
            "managedDevice@bind",
            Name::PropertyControl("managedDevice", "bind"),
        );
        check("@com.example.term", Name::Ignored);
        check("name@com.example.term", Name::Ignored);
        check("@odata.com.example", Name::Ignored);
        check("#microsoft.graph.assign", Name::Ignored);
    }
}
