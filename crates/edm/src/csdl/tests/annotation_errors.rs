//! Mistakes in annotations and their targets.

use super::errors::{E, check};

const ANNOTATIONS: &[(&str, &str)] = &[
    (r#"<Annotation/>"#, "the attribute Term is missing"),
    (
        r#"<Annotation Term="t" Bool="yes"/>"#,
        "'yes' is not a value of Edm.Boolean",
    ),
    (
        r#"<Annotation Term="t" Int="9223372036854775808"/>"#,
        "out of the range",
    ),
    (
        r#"<Annotation Term="t" Bool="true" Int="1"/>"#,
        "more than one value",
    ),
    (
        r#"<Annotation Term="t" Bool="true"><Null/></Annotation>"#,
        "more than one value",
    ),
    (
        r#"<Annotation Term="t"><If/></Annotation>"#,
        "<If>: 0 operands are not as many as it takes",
    ),
    (
        r#"<Annotation Term="t"><Xor/></Annotation>"#,
        "<Xor>: no expression of CSDL",
    ),
    (
        r#"<Annotation Term="t"><Apply/></Annotation>"#,
        "the attribute Function is missing",
    ),
    (
        r#"<Annotation Term="t"><Not Path="a"/></Annotation>"#,
        "the attribute Path is not known here",
    ),
    (
        r#"<Annotation Term="t" Bool="true"/><Annotation Term="t" Bool="true"/>"#,
        "applied twice",
    ),
    (
        r#"<Annotation Term="t"><Record><PropertyValue Property="p" Int="1"/><PropertyValue Property="p" Int="1"/></Record></Annotation>"#,
        "has a value already",
    ),
    (
        r#"<Annotation Term="t"><Record><PropertyValue Property="p"/></Record></Annotation>"#,
        "<PropertyValue Property=\"p\">: it has no value",
    ),
    (
        r#"<Annotation Term="t"><Record><Oops/></Record></Annotation>"#,
        "not expected in <Record>",
    ),
];

const TARGETS: &[(&str, &str)] = &[
    ("a.gone", "no such model element"),
    ("a.e/gone", "ns.e has no property 'gone'"),
    ("a.e/id/more", "no structure"),
    ("a.e/n/gone", "ns.e has no property 'gone'"),
    ("a.f(Edm.String)", "no such model element"),
    ("a.c/gone/n", "no member gone"),
    ("a.c/s/gone", "has no property 'gone'"),
    ("a.c/s/a.d", "no derived type"),
    ("gone", "not a qualified name"),
];

#[test]
fn annotations() {
    let annotate = |inner: &str| format!(r#"<ComplexType Name="x">{inner}</ComplexType>"#);
    for (inner, message) in ANNOTATIONS {
        check(&annotate(inner), message);
    }
    for (target, message) in TARGETS {
        let container = r#"<ComplexType Name="d"/><Action Name="f"/><EntityContainer Name="c"><EntitySet Name="s" EntityType="a.e"/></EntityContainer>"#;
        check(
            &format!(
                r#"{E}{container}<Annotations Target="{target}"><Annotation Term="t"/></Annotations>"#
            ),
            message,
        );
    }
    let twice = r#"<Annotations Target="a.e"><Annotation Term="t"/></Annotations>"#;
    check(
        &format!("{E}{twice}{twice}"),
        "ns.e already has the annotation t",
    );
    let twice = r#"<Annotations Target="a.e/n/id"><Annotation Term="t"/></Annotations>"#;
    check(
        &format!("{E}{twice}{twice}"),
        "ns.e/n/id already has the annotation t",
    );
}
