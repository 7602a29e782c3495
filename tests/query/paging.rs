//! Pages: how many rows, what the links carry, and which tokens hold.

use serde_json::{Value, json};

use super::rows::{self, COUNT};
use crate::support::{Client, Request, Server};

fn link(page: &Value) -> Option<String> {
    let link = page["@odata.nextLink"].as_str()?;
    Some(link.strip_prefix("http://graph.test").unwrap().to_owned())
}

fn rows_of(page: &Value) -> usize {
    page["value"].as_array().unwrap().len()
}

#[test]
fn top_is_the_size_of_a_page() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    for (query, first, pages) in [
        ("", COUNT, 1),
        ("$top=25", 25, 3),
        ("$top=60", 60, 1),
        ("$top=20&$skip=10", 20, 3),
        ("$skip=55", 5, 1),
        ("$skip=60", 0, 1),
        ("$skip=9223372036854775807", 0, 1),
        ("$top=1000000", COUNT, 1),
    ] {
        let found = rows::follow(&server, &format!("{states}?{query}"));
        assert_eq!((found[0].len(), found.len()), (first, pages), "{query}");
        let whole = server.get(&states).ids();
        let skipped = COUNT - found.concat().len();
        assert_eq!(found.concat(), whole[skipped..], "{query}");
    }
    let none = server
        .get(&format!("{states}?$top=0&$count=true"))
        .expect_json(200);
    assert_eq!(
        (&none["value"], &none["@odata.count"]),
        (&json!([]), &json!(COUNT))
    );
    for query in [
        "$top=-1",
        "$top=x",
        "$top=",
        "$top=1.5",
        "$skip=-1",
        "$top=99999999999999999999",
        "$count=maybe",
    ] {
        server
            .get(&format!("{states}?{query}"))
            .expect_error(400, "BadRequest");
    }
}

#[test]
fn the_count_is_of_all_rows_that_the_filter_finds() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let failed = rows.iter().filter(|row| row.state == "fail").count();
    let mut target =
        format!("{states}?$filter=detectionState eq 'fail'&$top=3&$skip=1&$count=true");
    let mut seen = 0;
    loop {
        let page = server.get(&target).expect_json(200);
        assert_eq!(page["@odata.count"], failed);
        seen += rows_of(&page);
        let Some(next) = link(&page) else { break };
        target = next;
    }
    assert_eq!(seen, failed - 1);
    let without = server
        .get(&format!("{states}?$count=false"))
        .expect_json(200);
    assert_eq!(without.get("@odata.count"), None);
}

#[test]
fn a_preferred_page_size_goes_on_in_the_link() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    let whole = server.get(&states).ids();
    for prefer in [
        "odata.maxpagesize=7",
        "maxpagesize=7",
        "return=representation, odata.maxpagesize=\"7\"",
    ] {
        let first = server
            .send(&Request::new("GET", &states).header("Prefer", prefer))
            .expect_json(200);
        assert_eq!(rows_of(&first), 7, "{prefer}");
        let rest = rows::follow(&server, &link(&first).unwrap());
        assert!(rest.iter().all(|page| page.len() <= 7), "{prefer}");
        assert_eq!(rest.len(), (COUNT - 7).div_ceil(7), "{prefer}");
        assert_eq!(rest.concat(), whole[7..], "{prefer}");
    }
    for (prefer, rows) in [
        ("odata.maxpagesize=0", COUNT),
        ("odata.maxpagesize=x", COUNT),
        ("odata.maxpagesize=5000", COUNT),
    ] {
        let page = server
            .send(&Request::new("GET", &states).header("Prefer", prefer))
            .expect_json(200);
        assert_eq!(rows_of(&page), rows, "{prefer}");
    }
    let both =
        Request::new("GET", &format!("{states}?$top=5")).header("Prefer", "odata.maxpagesize=3");
    let page = server.send(&both).expect_json(200);
    assert_eq!(rows_of(&page), 3);
    let rest = rows::follow(&server, &link(&page).unwrap());
    assert!(rest.iter().all(|page| page.len() <= 3));
    assert_eq!(rest.concat(), whole[3..]);
}

#[test]
fn who_prefers_anew_on_the_way_is_heard() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    let prefer = |target: &str, size: u64| {
        let prefer = format!("maxpagesize={size}");
        let answer = server.send(&Request::new("GET", target).header("Prefer", &prefer));
        assert_eq!(answer.header("preference-applied"), Some(prefer.as_str()));
        answer.expect_json(200)
    };
    let first = link(&prefer(&states, 7)).unwrap();
    let unsaid = server.get(&first);
    assert_eq!(unsaid.header("preference-applied"), None);
    assert_eq!(rows_of(&unsaid.expect_json(200)), 7);
    let larger = prefer(&first, 11);
    assert_eq!(rows_of(&larger), 11);
    let rest = rows::follow(&server, &link(&larger).unwrap());
    assert_eq!(rest[0].len(), 11);
    let top = server.get(&format!("{first}&$top=2")).expect_json(200);
    assert_eq!(rows_of(&top), 2);
}

#[test]
fn the_size_in_a_token_is_checked() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    let first = server
        .send(&Request::new("GET", &states).header("Prefer", "maxpagesize=7"))
        .expect_json(200);
    let link = link(&first).unwrap();
    let (_, token) = link.split_once("$skiptoken=").unwrap();
    let (size, place) = token.split_once('~').unwrap();
    assert_eq!(size, "7");
    for (token, status) in [
        (format!("18446744073709551615~{place}"), 200),
        (format!("18446744073709551616~{place}"), 400),
        (format!("0~{place}"), 400),
        (format!("-7~{place}"), 400),
        (format!("%2B7~{place}"), 400),
        (format!("07~{place}"), 400),
        (format!("x~{place}"), 400),
        (format!("~{place}"), 400),
        (format!("7~7~{place}"), 400),
        ("7~".to_owned(), 400),
        ("~".to_owned(), 400),
    ] {
        let answer = server.get(&format!("{states}?$skiptoken={token}"));
        assert_eq!(answer.status, status, "{token}: {}", answer.text());
        if status == 400 {
            assert_eq!(answer.json()["error"]["target"], "$skiptoken", "{token}");
        }
    }
}

#[test]
fn a_link_keeps_the_whole_query() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    let query = "$select=id,detectionState&$filter=id gt 's10'&$orderby=id desc&$expand=managedDevice&$count=true&$top=4";
    let first = server.get(&format!("{states}?{query}")).expect_json(200);
    let second = server.get(&link(&first).unwrap()).expect_json(200);
    let members = |page: &Value| {
        page["value"][0]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(members(&first), members(&second));
    assert_eq!(first["@odata.count"], second["@odata.count"]);
    assert_eq!(first["@odata.context"], second["@odata.context"]);
    assert_eq!(
        (&first["value"][0]["id"], &second["value"][0]["id"]),
        (&json!("s59"), &json!("s55"))
    );
    let percent = "%24filter=id%20gt%20%27s10%27&%24ORDERBY=id&%24Top=4";
    let first = server.get(&format!("{states}?{percent}")).expect_json(200);
    let second = server.get(&link(&first).unwrap()).expect_json(200);
    assert_eq!(
        (&first["value"][0]["id"], &second["value"][0]["id"]),
        (&json!("s11"), &json!("s15"))
    );
}

#[test]
fn rows_that_come_and_go_disturb_no_page() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    let first = server
        .get(&format!("{states}?$orderby=id&$top=10"))
        .expect_json(200);
    server
        .post(&states, &json!({ "id": "a-before" }))
        .expect(201);
    server
        .post(&states, &json!({ "id": "s09.behind" }))
        .expect(201);
    // The very row that the token tells of.
    server.delete(&format!("{states}/s09")).expect(204);
    server.delete(&format!("{states}/s20")).expect(204);
    let rest = rows::follow(&server, &link(&first).unwrap()).concat();
    let expected: Vec<String> = (10..COUNT)
        .filter(|i| *i != 20)
        .map(|i| format!("s{i:02}"))
        .collect();
    assert_eq!(rest[0], "s09.behind");
    assert_eq!(rest[1..], expected);
}

/// The token behind the first page of a query.
fn token_of(client: &Client, query: &str) -> String {
    let page = client.get(query).expect_json(200);
    let link = link(&page).unwrap();
    link.split_once("$skiptoken=").unwrap().1.to_owned()
}

#[test]
fn a_token_holds_for_its_query_alone() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    let (others, _) = rows::make(&server);
    let query = format!("{states}?$top=5&$orderby=id");
    let token = token_of(&server, &query);
    server
        .get(&format!("{query}&$skiptoken={token}"))
        .expect(200);
    let refused = |query: &str, token: &str| {
        let answer = server.get(&format!("{query}&$skiptoken={token}"));
        let error = answer.expect_json(400)["error"].take();
        assert_eq!(error["target"], "$skiptoken", "{query} {token}: {error}");
    };
    for other in [
        format!("{others}?$top=5&$orderby=id"),
        format!("{query} desc"),
        format!("{states}?$top=5&$orderby=detectionState"),
        format!("{query}&$filter=id gt 's'"),
    ] {
        refused(&other, &token);
    }
    let (twice, long) = (format!("{token}{token}"), "A".repeat(4_000));
    for bad in [
        "x",
        "AAAA",
        "%F0%9F%92%BB",
        "'",
        "null",
        &token[1..],
        &token[..token.len() / 2],
        &twice,
        &long,
    ] {
        refused(&query, bad);
    }
}

/// Whatever is done to a token, the answer is a page or a refusal.
#[test]
fn a_tampered_token_does_no_harm() {
    /// The characters of a token that name its query, whole: 16 bytes in base64.
    const OF_QUERY: usize = 21;
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    for order in [
        "id",
        "expectedStateUpdateDateTime",
        "detectionState desc,preRemediationDetectionScriptOutput",
    ] {
        let query = format!("{states}?$top=5&$orderby={order}");
        let token = token_of(&server, &query);
        for i in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            let tampered = String::from_utf8(bytes).unwrap();
            let answer = server.get(&format!("{query}&$skiptoken={tampered}"));
            assert!(matches!(answer.status, 200 | 400), "{}", answer.text());
            assert!(i >= OF_QUERY || answer.status == 400, "{tampered}");
        }
    }
}
