//! Snapshots of the documents, and that they are JSON whose every member stands once.

use std::collections::HashSet;

use expect_test::expect_file;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::csdl::tests::{DEVICE_MANAGEMENT, EXPRESSIONS, LIBRARY, STOREFRONT};
use crate::model::Model;

/// Any JSON whose objects name no member twice.
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Strict;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }
    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict)
    }
    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        while items.next_element::<Strict>()?.is_some() {}
        Ok(Strict)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, Strict)) = members.next_entry::<String, Strict>()? {
            if let Some(twice) = names.replace(name) {
                return Err(A::Error::custom(format!("{twice} twice")));
            }
        }
        Ok(Strict)
    }
}

/// Breaks compact JSON into lines, for people who compare.
fn indented(json: &str) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) = (String::new(), 0_usize, false, false);
    for c in json.chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        if matches!(c, '}' | ']') {
            depth = depth.saturating_sub(1);
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        out.push(c);
        if matches!(c, '{' | '[') {
            depth += 1;
        }
        if matches!(c, '{' | '[' | ',') {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        in_string = c == '"';
    }
    out.push('\n');
    out
}

#[track_caller]
fn written(xml: &str) -> String {
    let model = Model::from_csdl(xml).expect("a model");
    let json = model.to_json_as(model.version());
    serde_json::from_str::<Strict>(&json).expect("JSON");
    indented(&json)
}

#[test]
fn the_library() {
    expect_file!["../../testdata/library.metadata.json"].assert_eq(&written(LIBRARY));
}

#[test]
fn every_expression() {
    expect_file!["../../testdata/expressions.metadata.json"].assert_eq(&written(EXPRESSIONS));
}

#[test]
fn the_storefront() {
    expect_file!["../../testdata/storefront.metadata.json"].assert_eq(&written(STOREFRONT));
}

/// Every type, operation and container member of XML is in JSON, too.
#[test]
fn the_served_model_is_complete() {
    let model = Model::from_csdl(DEVICE_MANAGEMENT).expect("a model");
    let json: serde_json::Value = serde_json::from_str(&model.to_json_as("4.0")).expect("JSON");
    assert_eq!(json["$Version"], "4.0");
    let element = |name: &str| {
        let (namespace, short) = name.rsplit_once('.').expect("a qualified name");
        json[namespace][short].clone()
    };
    for (_, ty) in model.structured_types() {
        let written = element(&ty.name);
        let own = ty.properties.iter().skip(ty.inherited_properties);
        for property in own.filter(|property| !property.is_dynamic()) {
            assert!(
                written[&property.name].is_object(),
                "{}/{}",
                ty.name,
                property.name
            );
        }
        for property in ty.navigation.iter().skip(ty.inherited_navigation) {
            let kind = &written[&property.name]["$Kind"];
            assert_eq!(kind, "NavigationProperty", "{}/{}", ty.name, property.name);
        }
    }
    for (_, operation) in model.operations() {
        let overloads = model.operations().filter(|(_, o)| o.name == operation.name);
        let written = element(&operation.name);
        assert_eq!(
            written.as_array().map(Vec::len),
            Some(overloads.count()),
            "{}",
            operation.name
        );
    }
    for (_, singleton) in model.singletons() {
        let container = element(&model.container_name());
        assert!(container[&singleton.name]["$Type"].is_string());
    }
    let scopes = &json["microsoft.graph"]["$Annotations"];
    assert!(scopes.as_object().is_some_and(|targets| targets.len() > 5));
}
