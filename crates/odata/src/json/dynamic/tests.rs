use edm::StructuredKind;

use super::super::{RequestKind, read_complex_patch, read_entity, value_from_json_text};
use super::*;

const MODEL: &str = r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
    <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    <EnumType Name="colour"><Member Name="red"/><Member Name="blue"/></EnumType>
    <ComplexType Name="shut"><Property Name="x" Type="Edm.Int32"/></ComplexType>
    <ComplexType Name="place" OpenType="true"><Property Name="name" Type="Edm.String"/></ComplexType>
    <EntityType Name="e" OpenType="true"><Key><PropertyRef Name="k"/></Key>
      <Property Name="k" Type="Edm.Int32" Nullable="false"/><Property Name="at" Type="n.place"/>
      <NavigationProperty Name="next" Type="n.e"/></EntityType>
    <EntityType Name="d" BaseType="n.e"><Property Name="own" Type="Edm.Int32"/></EntityType>
    <EntityContainer Name="box"><EntitySet Name="s" EntityType="n.e"/></EntityContainer>
    </Schema></edmx:DataServices></edmx:Edmx>"#;

fn model() -> Model {
    Model::from_csdl(MODEL).expect("a model")
}

/// The dynamic properties that a create holds, as clients get them with minimal and full metadata.
fn made(model: &Model, body: &str) -> Result<(String, String), Error> {
    let of = model.find_structured("n.e").expect("the type is there");
    let payload = read_entity(model, of, parse(body.as_bytes())?, RequestKind::Create)?;
    let ordinal = model.structured(of).dynamic.expect("the type is open");
    let held = payload.values.iter().find(|(known, _)| *known == ordinal);
    let Some((_, Value::Dynamic(all))) = held else {
        return Ok((String::new(), String::new()));
    };
    let ty = TypeRef::of(ItemType::Untyped);
    let mut stored = Vec::new();
    let value = Value::Dynamic(all.clone());
    write_stored_value(&mut stored, model, &ty, &value);
    let text = String::from_utf8(stored).expect("JSON is UTF-8");
    let back = value_from_json_text(model, &ty, &text)?;
    assert_eq!(back, value, "{body} comes back from the store");
    let shown = |metadata| {
        let mut out = Vec::new();
        let style = Style {
            metadata,
            ..Style::default()
        };
        write_dynamic(&mut out, model, style, all);
        String::from_utf8(out).expect("JSON is UTF-8")
    };
    Ok((shown(Metadata::Minimal), shown(Metadata::Full)))
}

#[test]
fn values_say_their_types_where_json_does_not() {
    let model = model();
    let check = |body: &str, minimal: &str| {
        let (found, _) = made(&model, body).unwrap_or_else(|e| panic!("{body}: {e:?}"));
        assert_eq!(found, minimal, "{body}");
    };
    check(r#"{"k":1}"#, "");
    check(r#"{"k":1,"a":null}"#, "");
    check(r#"{"a":true,"b":"x"}"#, r#""a":true,"b":"x""#);
    check(r#"{"a":5}"#, r#""a":5.0"#);
    check(r#"{"a":235071214.8795594}"#, r#""a":235071214.8795594"#);
    let own = r##""a@odata.type":"#Int64","a":5"##;
    check(r##"{"a@odata.type":"#Int64","a":5}"##, own);
    check(r#"{"a":5,"a@type":"Edm.Int64"}"#, own);
    check(
        r##"{"a@odata.type":"http://h/$metadata#Decimal","a":9007199254740993.10}"##,
        r##""a@odata.type":"#Decimal","a":9007199254740993.10"##,
    );
    for text in [
        r##""a@odata.type":"#Date","a":"2020-01-31""##,
        r##""a@odata.type":"#Duration","a":"P1D""##,
        r##""a@odata.type":"#n.colour","a":"blue""##,
        r##""a@odata.type":"#Collection(Int32)","a":[1,2]"##,
        r##""a@odata.type":"#Collection(n.shut)","a":[{"x":1}]"##,
        r##""a":{"@odata.type":"#n.shut","x":1}"##,
        r##""a":{"@odata.type":"#n.place","name":"y","more":[1.5]}"##,
        r##""a":[1.0,"x",true,null,{"b@odata.type":"#Guid","b":"11111111-2222-3333-4444-555555555555"}]"##,
        r##""a":{"b":{"c":{}}}"##,
    ] {
        check(&format!("{{{text}}}"), text);
    }
    let (_, full) = made(&model, r#"{"a":[1],"b":1,"c":{}}"#).expect("it is read");
    assert_eq!(
        full,
        r##""a@odata.type":"#Collection(Untyped)","a":[1.0],"b":1.0,"c":{}"##
    );
}

#[test]
fn what_no_instance_can_have_is_refused() {
    let model = model();
    let check = |body: &str, target: &str, says: &str| {
        let error = made(&model, body).expect_err(body);
        assert_eq!(error.code.status(), 400, "{body}");
        assert_eq!(
            error.target.as_deref().unwrap_or_default(),
            target,
            "{body}"
        );
        assert!(error.message.contains(says), "{body}: {}", error.message);
    };
    check(r#"{"a b":1}"#, "a b", "identifier");
    check(r#"{"1a":1}"#, "1a", "identifier");
    check(r#"{"":1}"#, "", "identifier");
    check(
        &format!(r#"{{"{}":1}}"#, "a".repeat(129)),
        &format!("{}…", "a".repeat(64)),
        "identifier",
    );
    check(r#"{"a":{"b.c":1}}"#, "a/b.c", "identifier");
    check(r#"{"own":1}"#, "own", "derived type");
    check(r#"{"next":1}"#, "next", "n.e");
    check(r#"{"a":9007199254740993}"#, "a", "@odata.type");
    check(r#"{"a":0.1000000000000000055}"#, "a", "@odata.type");
    check(r#"{"a":["x",18446744073709551615]}"#, "a/1", "@odata.type");
    check(r#"{"a":"\u0000"}"#, "a", "U+0000");
    check(r##"{"a@odata.type":"#Int32","a":"x"}"##, "a", "Edm.Int32");
    check(r##"{"a@odata.type":"#Int32","a":[1]}"##, "a", "Edm.Int32");
    check(
        r##"{"a@odata.type":"#Double","a":"INF"}"##,
        "a",
        "not stored",
    );
    check(r##"{"a@odata.type":"#Stream","a":"x"}"##, "a", "#Stream");
    check(r##"{"a@odata.type":"#n.e","a":{}}"##, "a", "#n.e");
    check(r##"{"a@odata.type":"#n.none","a":{}}"##, "a", "#n.none");
    check(r##"{"a@odata.type":7,"a":{}}"##, "a", "type");
    check(
        r##"{"a":{"@odata.type":"#String"}}"##,
        "a/@odata.type",
        "complex",
    );
    check(
        r#"{"a":{"b@odata.bind":"s(1)"}}"#,
        "a/b@odata.bind",
        "not supported",
    );
    check(r#"{"a@odata.bind":"s(1)"}"#, "a@odata.bind", "navigation");
    check(r#"{"at":{"a b":1}}"#, "at/a b", "identifier");
    let many: Vec<String> = (0..=MOST).map(|n| format!(r#""p{n}":1"#)).collect();
    check(&format!("{{{}}}", many.join(",")), "", "128");
    let long = "x".repeat(MOST_BYTES);
    check(&format!(r#"{{"a":"{long}"}}"#), "", "bytes");
}

#[test]
fn an_update_changes_what_it_names() {
    let model = model();
    let place = model.find_structured("n.place").expect("the type is there");
    assert_eq!(model.structured(place).kind, StructuredKind::Complex);
    let ty = TypeRef::of(ItemType::Complex(place));
    let check = |old: &str, patch: &str, expected: &str| {
        let node = |text: &str| parse(text.as_bytes()).expect("the case is JSON");
        let old = super::super::read_value(&model, &ty, node(old)).expect("the old value is valid");
        let patch = read_complex_patch(&model, place, node(patch)).expect("the patch is valid");
        let new = patch.applied(&model, &old).expect("the patch applies");
        let mut out = Vec::new();
        write_value(&mut out, &model, Style::default(), &ty, &new);
        assert_eq!(String::from_utf8_lossy(&out), expected, "{patch:?}");
    };
    let old = r#"{"name":"x","a":1,"b":"y"}"#;
    check(old, r#"{"b":true}"#, r#"{"name":"x","a":1.0,"b":true}"#);
    check(old, r#"{"a":null}"#, r#"{"name":"x","b":"y"}"#);
    check(old, r#"{"a":null,"b":null}"#, r#"{"name":"x"}"#);
    check(
        old,
        r#"{"name":null,"c":[]}"#,
        r#"{"name":null,"a":1.0,"b":"y","c":[]}"#,
    );
    check("null", r#"{"a":{"b":null}}"#, r#"{"name":null,"a":{}}"#);
}
