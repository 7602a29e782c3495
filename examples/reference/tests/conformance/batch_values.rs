//! Requests of a batch that refer to what earlier ones answered (OData 4.01 Protocol, section
//! 11.7.6).

use crate::fixture::{LAPTOP, Running, post};

/// The status and body of each answer, in the order of the requests: URLs that are read, the first
/// of them called `1`.
fn answers(service: &Running, urls: &[&str]) -> Vec<(u64, serde_json::Value)> {
    let requests = urls.iter().enumerate().map(
        |(at, url)| serde_json::json!({ "id": (at + 1).to_string(), "method": "GET", "url": url }),
    );
    let requests: Vec<_> = requests.collect();
    let body = serde_json::json!({ "requests": requests }).to_string();
    let batch = post("$batch", &body, 200).with("Prefer", "continue-on-error");
    let answer = service.send(&batch).json();
    let responses = answer["responses"].as_array().cloned().unwrap_or_default();
    let found = (1..=urls.len()).map(|id| {
        let mut all = responses.iter();
        let id = id.to_string();
        let own = all.find(|response| response["id"] == id.as_str());
        let own = own.unwrap_or_else(|| panic!("{answer} answers request {id}"));
        (
            own["status"].as_u64().unwrap_or_default(),
            own["body"].clone(),
        )
    });
    found.collect()
}

#[test]
fn a_query_names_a_value_of_an_earlier_answer() {
    let service = Running::start();
    let product = format!("Products({LAPTOP})");
    let price = format!("{product}/Price");
    let check = |first: &str, second: &str, status: u64, part: &str| {
        let found = answers(&service, &[first, second]);
        let (_, answer) = &found[0];
        let (got, body) = &found[1];
        assert_eq!(*got, status, "{first} then {second}: {answer} {body}");
        assert!(
            body.to_string().contains(part),
            "{first} then {second}: {body}"
        );
    };
    // Of the type that the model says: strings, GUIDs, decimals, enumerations, date-times.
    for name in [
        "Name",
        "ID",
        "Price",
        "CreatedAt",
        "Status",
        "ReleaseDate",
        "ShippingTime",
        "OpenTime",
        "Quantity",
        "Data",
        "Weight",
        "SerialNumber",
    ] {
        check(
            &product,
            &format!("Products?$filter={name} eq $1/{name}&$select=ID"),
            200,
            LAPTOP,
        );
    }
    check(
        &price,
        "Products?$filter=Price eq $1&$select=ID",
        200,
        LAPTOP,
    );
    check(
        &product,
        "Products?%24filter=Name%20eq%20%241/Name&$select=ID",
        200,
        LAPTOP,
    );
    check(
        &product,
        "Products?$filter=Name eq '$1/Name'",
        200,
        "\"value\":[]",
    );
    check(
        &product,
        "Products?$filter=Name eq $1/Nothing",
        400,
        "Nothing",
    );
    check(
        &product,
        "Products?$filter=Name eq $1/Dimensions",
        501,
        "$1/Dimensions",
    );
    check(&product, "Products?$filter=Name eq $1", 501, "$1");
    check(
        &format!("{product}?$select=ID"),
        "Products?$filter=Name eq $1/Name",
        400,
        "not show",
    );
    check(
        "Products/Nothing",
        "Products?$filter=Name eq $1/Name",
        424,
        "1",
    );
    check(&product, "Products?$filter=Name eq $9/Name", 400, "");
    check("Products?$filter=Name eq $2/Name", &product, 200, LAPTOP);
}
