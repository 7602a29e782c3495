//! What this service promises beside the standard: what it refuses, its reset, batches.

use crate::fixture::{LAPTOP, Running, case_without_body as bare, check, delete, get, patch, post};

#[test]
fn what_is_read_only_stays_so() {
    let item = "ReadOnlyItems(f101fd84-dde1-4241-8203-aa9e52c2edfb)";
    check(&[
        get("ReadOnlyItems", 200).members(2),
        post("ReadOnlyItems", "{\"Name\":\"x\"}", 405)
            .sends("Allow", "GET")
            .has("\"error\""),
        patch(item, "{\"Name\":\"x\"}", 405).sends("Allow", "GET"),
        delete(item, 405).sends("Allow", "GET"),
        bare("PUT", "Products", 405).sends("Allow", "GET"),
    ]);
}

#[test]
fn a_reset_puts_everything_back() {
    let laptop = format!("Products({LAPTOP})");
    check(&[
        patch(&laptop, "{\"Name\":\"Changed\"}", 204),
        post("Products", "{\"Name\":\"More\"}", 201),
        delete("Categories(c1027615-511f-485b-8f34-6ded65f580ba)", 204),
        patch("Company", "{\"Name\":\"Other\"}", 204),
        bare("POST", "Reseed", 200)
            .has("\"status\":\"success\"")
            .has("\"message\":"),
        get(&laptop, 200)
            .has("\"Name\":\"Laptop\"")
            .has("\"Version\":1"),
        get("Products", 200).members(7),
        get("Categories", 200).members(3),
        get("Company", 200).has("TechStore").has("\"Version\":1"),
        post("Reseed", "", 200),
    ]);
}

/// Readers beside a stream of resets see the start rows and nothing else.
#[test]
fn no_request_sees_a_reset_half_done() {
    let service = Running::start();
    let expanded = get(
        "Products?$select=Name&$expand=Descriptions($select=LanguageKey)",
        200,
    );
    let whole = service.send(&expanded).body;
    std::thread::scope(|scope| {
        let resets = scope.spawn(|| {
            for _ in 0..50 {
                assert_eq!(service.send(&bare("POST", "Reseed", 200)).status, 200);
            }
        });
        while !resets.is_finished() {
            assert_eq!(service.send(&expanded).body, whole);
        }
        resets.join().expect("all resets succeed");
    });
}

#[test]
fn batches() {
    let requests = r#"{"requests":[
        {"id":"1","method":"GET","url":"Products?$top=1"},
        {"id":"2","method":"GET","url":"/Nothing"},
        {"id":"3","method":"POST","url":"Categories","headers":{"Content-Type":"application/json"},"body":{"Name":"Batch"}}]}"#;
    check(&[
        post("$batch", requests, 200)
            .has("\"id\":\"1\"")
            .has("\"status\":404")
            .has("\"status\":201"),
        post("$batch", requests, 400).with("OData-MaxVersion", "4.0"),
        get("Categories", 200).members(4),
    ]);
}
