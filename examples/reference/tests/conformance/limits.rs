//! Every limit has an error of its own that names it.

use crate::fixture::{check, get, post};

#[test]
fn what_is_too_much_is_refused_by_name() {
    let long = format!("Products?$filter=Name eq '{}'", "x".repeat(17 * 1024));
    let deep = format!(
        "Products?$filter={}true{}",
        "(".repeat(150),
        ")".repeat(150)
    );
    let mut nested = "$expand=Category".to_owned();
    for level in 0..10 {
        let name = if level % 2 == 0 {
            "Products"
        } else {
            "Category"
        };
        nested = format!("$expand={name}({nested})");
    }
    let within = nested
        .strip_prefix("$expand=Category(")
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or("")
        .to_owned();
    let requests: Vec<String> = (0..101)
        .map(|id| format!("{{\"id\":\"{id}\",\"method\":\"GET\",\"url\":\"Company\"}}"))
        .collect();
    let batch = |count: usize| format!("{{\"requests\":[{}]}}", requests[..count].join(","));
    let huge = format!("{{\"Name\":\"{}\"}}", "x".repeat(33 << 20));
    let literal = |length: usize| format!("Products?$filter=Name eq '{}'", "é".repeat(length));
    let lambdas = |depth: usize| {
        let mut filter = "RelatedProducts/any(v0:".to_owned();
        for level in 1..depth {
            filter += &format!("v{}/RelatedProducts/any(v{level}:", level - 1);
        }
        format!("Products?$filter={filter}true{}", ")".repeat(depth))
    };
    let filtered = |depth: usize| {
        format!(
            "Products?$filter={}true{}",
            "RelatedProducts/$filter(".repeat(depth),
            ")/$count ge 0".repeat(depth)
        )
    };
    check(&[
        get(&literal(2_000), 200),
        get(&literal(2_001), 400).has("literal_characters"),
        get(&lambdas(10), 200),
        get(&lambdas(11), 400).has("lambda_depth"),
        get(&filtered(10), 200),
        get(&filtered(90), 400),
        get("Products?$expand=RelatedProducts($levels=10)", 200),
        get("Products?$expand=RelatedProducts($levels=11)", 400).has("expand_depth"),
        get("Products?$expand=RelatedProducts($levels=2000)", 400),
        get("Products?$expand=*($levels=2000)", 400),
        get(
            "Products?$expand=RelatedProducts($levels=6;$expand=RelatedProducts($levels=max))",
            400,
        ),
        get(
            "Products?$expand=RelatedProducts($levels=18446744073709551615)",
            400,
        ),
        get(&long, 414).has("url_bytes"),
        get(&deep, 400).has("expression_depth"),
        get(&format!("Products?{nested}"), 400).has("expand_depth"),
        get(&format!("Categories?$top=1&{within}"), 200),
        post("$batch", &batch(100), 200),
        post("$batch", &batch(101), 400).has("100"),
        post("Categories", &huge, 413).has("limit"),
    ]);
}

#[test]
fn bodies_that_are_hostile_are_the_clients_fault() {
    let deep = "[".repeat(100_000);
    check(&[
        post("Categories", "{", 400).has("\"message\""),
        post("Categories", "[]", 400),
        post("Categories", "null", 400),
        post("Categories", "{\"Name\":\"a\",\"Name\":\"b\"}", 400).has("twice"),
        post("Categories", &deep, 400),
        post("Categories", "{\"Name\":\"a\\u0000b\"}", 400).has("U+0000"),
        post("Categories", "{\"Name\":\"x\"} y", 400),
        post("Categories", "\u{feff}{\"Name\":\"x\"}", 400).has("byte order mark"),
    ]);
}
