use proptest::prelude::*;

use super::super::{parse, sample};
use super::*;

/// JSON that often has members the model knows.
fn arbitrary_json() -> impl Strategy<Value = String> {
    let model = sample::graph();
    let mut names: Vec<String> = model
        .structured_types()
        .flat_map(|(_, ty)| &ty.properties)
        .map(|p| p.name.clone())
        .collect();
    names.extend(
        [
            "@odata.type",
            "@odata.id",
            "@removed",
            "managedDevice",
            "managedDevice@odata.bind",
            "target",
            "value",
        ]
        .map(String::from),
    );
    let mut texts: Vec<String> = model
        .structured_types()
        .map(|(_, ty)| format!("#{}", ty.name))
        .collect();
    texts.extend(
        [
            "",
            "2017-01-01T00:00:00Z",
            "AAAA",
            "success",
            "\u{0}",
            "PT1H",
            "INF",
            "1",
        ]
        .map(String::from),
    );
    let quoted = |text: String| serde_json::to_string(&text).expect("a string is JSON");
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| if n.is_finite() {
            format!("{n:?}")
        } else {
            "0".to_owned()
        }),
        prop::sample::select(texts).prop_map(quoted),
        any::<String>().prop_map(quoted),
    ];
    leaf.prop_recursive(4, 48, 8, move |inner| {
        let name = prop::sample::select(names.clone()).prop_map(quoted);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((name, inner), 0..8).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(n, v)| format!("{n}:{v}")).collect();
                format!("{{{}}}", members.join(","))
            }),
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
