use proptest::prelude::*;

use super::super::{parse, sample};
use super::*;

/// Names of members that the model knows, and some that the protocol does.
fn names() -> Vec<String> {
    let known = [
        "@odata.type",
        "@odata.id",
        "@removed",
        "@odata.context",
        "value",
    ];
    let mut names: Vec<String> = known.map(String::from).to_vec();
    for (_, ty) in sample::graph().structured_types() {
        names.extend(ty.properties.iter().map(|p| p.name.clone()));
        for navigation in &ty.navigation {
            names.push(navigation.name.clone());
            names.push(format!("{}@odata.bind", navigation.name));
        }
    }
    names
}

/// Texts that are values of some type.
fn texts() -> Vec<String> {
    let types = sample::graph()
        .structured_types()
        .map(|(_, ty)| format!("#{}", ty.name));
    let known = [
        "",
        "2017-01-01T00:00:00Z",
        "AAAA",
        "success",
        "\u{0}",
        "PT1H",
        "INF",
        "1",
    ];
    types.chain(known.map(String::from)).collect()
}

fn quoted(text: String) -> String {
    serde_json::to_string(&text).expect("a string is JSON")
}

/// JSON that is often close to a legal body.
fn arbitrary_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        (-1e300..1e300).prop_map(|n: f64| format!("{n:?}")),
        prop::sample::select(texts()).prop_map(quoted),
        any::<String>().prop_map(quoted),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        let name = prop::sample::select(names()).prop_map(quoted);
        let member = (name, inner.clone()).prop_map(|(name, value)| format!("{name}:{value}"));
        let array = prop::collection::vec(inner, 0..4);
        let object = prop::collection::vec(member, 0..8);
        prop_oneof![
            array.prop_map(|items| format!("[{}]", items.join(","))),
            object.prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_panics(json in arbitrary_json(), of in any::<prop::sample::Index>()) {
        let model = sample::graph();
        let types: Vec<StructuredId> = model.structured_types().map(|(id, _)| id).collect();
        if let Ok(node) = parse(json.as_bytes()) {
            for kind in [RequestKind::Create, RequestKind::Update, RequestKind::Delta] {
                if let Err(error) = read_entity(model, *of.get(&types), node.clone(), kind) {
                    prop_assert_eq!(error.code.status(), 400);
                }
            }
        }
    }
}
