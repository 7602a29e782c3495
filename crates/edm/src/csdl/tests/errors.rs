//! Every mistake is refused, naming the element and its line.

use super::document;
use crate::model::Model;

#[track_caller]
pub(super) fn check(content: &str, message: &str) {
    let error = Model::from_csdl(&document(content))
        .expect_err(content)
        .to_string();
    assert!(
        error.contains(message),
        "{content}\n  gave:     {error}\n  expected: {message}"
    );
    assert!(
        error.starts_with("CSDL line 2: "),
        "{content}\n  gave the wrong line: {error}"
    );
}

pub(super) const E: &str = r#"<EntityType Name="e"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.String" Nullable="false"/><NavigationProperty Name="n" Type="a.e"/></EntityType>"#;

const TYPES: &[(&str, &str)] = &[
    (
        r#"<EntityContainer Name="c" Extends="other.c"/>"#,
        "is not in this document",
    ),
    (
        r#"<EntityType Name="x"><NavigationProperty Name="n" Type="a.x"><OnDelete Action="Explode"/></NavigationProperty></EntityType>"#,
        "none of Cascade, None, SetDefault, SetNull",
    ),
    (
        r#"<EntityType Name="x" BaseType="a.gone"/>"#,
        "the base type ns.gone is not declared",
    ),
    (
        r#"<ComplexType Name="x" BaseType="a.y"/><ComplexType Name="y" BaseType="a.x"/>"#,
        "<ComplexType Name=\"x\">: the type derives from itself",
    ),
    (
        r#"<ComplexType Name="x" BaseType="a.x"/>"#,
        "derives from itself",
    ),
    (
        r#"<ComplexType Name="x"/><EntityType Name="y" BaseType="a.x"/>"#,
        "of another kind",
    ),
    (
        r#"<ComplexType Name="x"/><ComplexType Name="x"/>"#,
        "already taken",
    ),
    (
        r#"<ComplexType Name="x"/><EnumType Name="x"><Member Name="m"/></EnumType>"#,
        "already taken",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="a.gone"/></ComplexType>"#,
        "the type ns.gone is not declared",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.Strin"/></ComplexType>"#,
        "the type Edm.Strin is not declared",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Collection(Edm.String"/></ComplexType>"#,
        "is not declared",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.PropertyPath"/></ComplexType>"#,
        "for terms only",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p"/></ComplexType>"#,
        "the attribute Type is missing",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.String" Nulable="false"/></ComplexType>"#,
        "the attribute Nulable is not known",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.String" Nullable="no"/></ComplexType>"#,
        "instead of true or false",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.String" MaxLength="-1"/></ComplexType>"#,
        "MaxLength",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.Decimal" Scale="some"/></ComplexType>"#,
        "Scale",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.String"/><Property Name="p" Type="Edm.Int32"/></ComplexType>"#,
        "declared twice",
    ),
    (
        r#"<ComplexType Name="x"><Property Name="p" Type="Edm.String"/></ComplexType><ComplexType Name="y" BaseType="a.x"><Property Name="p" Type="Edm.String"/></ComplexType>"#,
        "<ComplexType Name=\"y\">: the property p is declared twice",
    ),
    (r#"<ComplexType Name="x y"/>"#, "not an identifier"),
    (
        r#"<ComplexType Name="x"><Propperty/></ComplexType>"#,
        "not expected in <ComplexType>",
    ),
    (
        r#"<EntityType Name="x"><Key><PropertyRef Name="id"/></Key></EntityType>"#,
        "the key's property id is not declared",
    ),
    (
        r#"<EntityType Name="x"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.String"/></EntityType>"#,
        "non-nullable",
    ),
    (
        r#"<EntityType Name="x"><Key/></EntityType>"#,
        "the key is empty",
    ),
    (r#"<EnumType Name="x"/>"#, "no members"),
    (
        r#"<EnumType Name="x"><Member Name="m"/><Member Name="m"/></EnumType>"#,
        "already taken",
    ),
    (
        r#"<EnumType Name="x"><Member Name="m"/><Member Name="o" Value="1"/></EnumType>"#,
        "either all members",
    ),
    (
        r#"<EnumType Name="x" IsFlags="true"><Member Name="m"/></EnumType>"#,
        "needs a Value",
    ),
    (
        r#"<EnumType Name="x" UnderlyingType="Edm.Byte"><Member Name="m" Value="256"/></EnumType>"#,
        "out of the range",
    ),
    (
        r#"<EnumType Name="x" UnderlyingType="Edm.String"><Member Name="m" Value="1"/></EnumType>"#,
        "no integer type",
    ),
    (
        r#"<TypeDefinition Name="x" UnderlyingType="a.x"/>"#,
        "not primitive",
    ),
];

#[test]
fn types() {
    for (content, message) in TYPES {
        check(content, message);
    }
    check(
        &format!(r#"{E}<ComplexType Name="x"><Property Name="p" Type="a.e"/></ComplexType>"#),
        "must be a NavigationProperty",
    );
    check(
        &format!(
            r#"{E}<EntityType Name="f" BaseType="a.e"><Key><PropertyRef Name="id"/></Key></EntityType>"#
        ),
        "has a key already",
    );
    check(
        r#"<ComplexType Name="c"/><EntityType Name="x"><NavigationProperty Name="n" Type="a.c"/></EntityType>"#,
        "no entity type",
    );
}

#[test]
fn defaults() {
    for (attributes, message) in [
        (
            r#"Type="Edm.Int32" DefaultValue="x""#,
            "'x' is not a value of Edm.Int32",
        ),
        (
            r#"Type="Edm.Byte" DefaultValue="256""#,
            "out of the range of Edm.Byte",
        ),
        (
            r#"Type="Edm.Date" DefaultValue="2023-02-29""#,
            "out of range",
        ),
        (
            r#"Type="Collection(Edm.Int32)" DefaultValue="1""#,
            "a collection cannot",
        ),
        (r#"Type="a.en" DefaultValue="none""#, "not among"),
        (r#"Type="a.en" DefaultValue="9""#, "not among"),
        (
            r#"Type="a.x" DefaultValue="""#,
            "only primitive and enumeration types",
        ),
        (r#"Type="a.x" Nullable="false""#, "contains itself"),
    ] {
        let types = r#"<EnumType Name="en"><Member Name="m"/></EnumType>"#;
        check(
            &format!(
                r#"{types}<ComplexType Name="x"><Property Name="p" {attributes}/></ComplexType>"#
            ),
            message,
        );
    }
}

const OPERATIONS: &[(&str, &str)] = &[
    (r#"<Function Name="f"/>"#, "needs a ReturnType"),
    (
        r#"<Action Name="f" IsBound="true"/>"#,
        "no binding parameter",
    ),
    (
        r#"<Action Name="f" IsComposable="true"/>"#,
        "IsComposable is not known",
    ),
    (
        r#"<Action Name="f"/><Action Name="f"/>"#,
        "such an overload already",
    ),
    (
        r#"<Action Name="f"/><Function Name="f"><ReturnType Type="Edm.Int32"/></Function>"#,
        "share the name",
    ),
    (
        r#"<ComplexType Name="f"/><Action Name="f"/>"#,
        "taken by a type",
    ),
    (
        r#"<Action Name="f"><Parameter Name="p" Type="Edm.Int32"/><Parameter Name="p" Type="Edm.Int32"/></Action>"#,
        "already taken",
    ),
    (
        r#"<EntityContainer Name="c"><EntitySet Name="s" EntityType="a.gone"/></EntityContainer>"#,
        "not declared",
    ),
    (
        r#"<EntityContainer Name="c"><EntitySet Name="s" EntityType="a.e"/><Singleton Name="s" Type="a.e"/></EntityContainer>"#,
        "already taken",
    ),
    (
        r#"<EntityContainer Name="c"/><EntityContainer Name="d"/>"#,
        "a container already",
    ),
    (
        r#"<EntityContainer Name="c"><ActionImport Name="i" Action="a.gone"/></EntityContainer>"#,
        "no unbound action ns.gone",
    ),
    (
        r#"<EntityContainer Name="c"><EntitySet Name="s" EntityType="a.e"><NavigationPropertyBinding Path="x" Target="s"/></EntitySet></EntityContainer>"#,
        "no property 'x'",
    ),
    (
        r#"<EntityContainer Name="c"><EntitySet Name="s" EntityType="a.e"><NavigationPropertyBinding Path="n" Target="t"/></EntitySet></EntityContainer>"#,
        "'t' leads to no entity set",
    ),
];

#[test]
fn operations_and_container() {
    for (content, message) in OPERATIONS {
        check(&format!("{E}{content}"), message);
    }
}

/// Documents in which `{e}` stands for the declaration of the namespace `edmx`.
const WRAPPERS: &[(&str, &str)] = &[
    ("", "ends early"),
    ("<a/>", "<a> is not in the edm"),
    ("<edmx:Edmx {e}/>", "Version is missing"),
    ("<edmx:Edmx {e} Version='3.0'/>", "neither 4.0 nor 4.01"),
    ("<edmx:Edmx {e} Version='4.0'/>", "there is no Schema"),
    ("<edmx:DataServices {e}/>", "not <edmx:Edmx>"),
    (
        "<edmx:Edmx {e} Version='4.0'><Schema/></edmx:Edmx>",
        "<Schema> is not in the edm",
    ),
    (
        "<edmx:Edmx {e} Version='4.0'>&bomb;</edmx:Edmx>",
        "&bomb; is not defined",
    ),
    ("<edmx:Edmx {e} Version='&bomb;'/>", "bomb"),
    (
        "<!DOCTYPE x><edmx:Edmx {e} Version='4.0'/>",
        "document type",
    ),
    ("<edmx:Edmx {e} Version='4.0'></edmx:Edm>", "expected"),
    ("<edmx:Edmx {e} Version='4.0'/><b/>", "after the root"),
];

#[track_caller]
fn check_document(xml: &str, message: &str) {
    let error = Model::from_csdl(xml).expect_err(xml).to_string();
    assert!(
        error.contains(message),
        "{xml}\n  gave:     {error}\n  expected: {message}"
    );
}

#[test]
fn wrapper() {
    for (xml, message) in WRAPPERS {
        let edmx = "xmlns:edmx='http://docs.oasis-open.org/odata/ns/edmx'";
        check_document(&xml.replace("{e}", edmx), message);
    }
}

#[test]
fn schemas() {
    let second = |attributes: &str| {
        let xmlns = "xmlns=\"http://docs.oasis-open.org/odata/ns/edm\"";
        document(&format!("</Schema><Schema {attributes} {xmlns}>"))
    };
    check_document(&second("Namespace=\"ns\""), "declared twice");
    check_document(
        &second("Namespace=\"b\" Alias=\"a\""),
        "already stands for ns",
    );
    check_document(&second("Namespace=\"Edm\""), "reserved");
    check(r#"<Annotation Term="t" String="&#1;"/>"#, "U+0001");
}
