//! OData 4.01 Protocol, sections 11.3, 11.4.3.1 and 11.4.12: changes that are asked for, and changes
//! that are sent as deltas.

use crate::fixture::{ABSENT, CHAIR, LAPTOP, MOUSE, Running, check, delete, get, patch, post};

/// A delta payload for a collection.
fn delta(items: &str) -> String {
    format!("{{\"@odata.context\":\"#$delta\",\"value\":[{items}]}}")
}

#[test]
fn a_collection_takes_changes_of_every_kind() {
    let items = format!(
        "{{\"Name\":\"Added\"}},
         {{\"ID\":\"{MOUSE}\",\"Name\":\"By key\"}},
         {{\"@odata.id\":\"Products({LAPTOP})\",\"Price\":1}},
         {{\"@removed\":{{\"reason\":\"deleted\"}},\"@id\":\"{{root}}/Products({CHAIR})\"}},
         {{\"@odata.context\":\"#Products/$link\",\"source\":\"Products({MOUSE})\",
           \"relationship\":\"RelatedProducts\",\"target\":\"Products({LAPTOP})\"}}"
    );
    let unlinked = format!(
        "{{\"@odata.context\":\"#Products/$deletedLink\",\"source\":\"Products({MOUSE})\",
           \"relationship\":\"RelatedProducts\",\"target\":\"Products({LAPTOP})\"}},
         {{\"@odata.context\":\"#Products/$deletedLink\",\"source\":\"Products({MOUSE})\",
           \"relationship\":\"Category\"}},
         {{\"@odata.context\":\"#Products/$deletedEntity\",\"id\":\"Products({LAPTOP})\"}}"
    );
    let links = format!("Products({MOUSE})/RelatedProducts/$ref");
    check(&[
        patch("Products", &delta(&items), 204),
        get("Products?$filter=Name eq 'Added'", 200).members(1),
        get(&format!("Products({MOUSE})/Name/$value"), 200).has("By key"),
        get(&format!("Products({LAPTOP})"), 200).has("\"Price\":1"),
        get(&format!("Products({CHAIR})"), 404),
        get(&links, 200).members(1).has(LAPTOP),
        patch("Products", &delta(&unlinked), 204),
        get(&links, 200).members(0),
        get(&format!("Products({MOUSE})/Category"), 204),
        get(&format!("Products({LAPTOP})"), 404),
        patch("Products", "{\"value\":[]}", 400),
    ]);
}

#[test]
fn one_error_undoes_all_unless_the_client_goes_on() {
    let items = format!(
        "{{\"@Core.ContentID\":\"a\",\"ID\":\"{MOUSE}\",\"Name\":\"Kept\"}},
         {{\"ID\":\"{LAPTOP}\",\"Name\":\"\"}},
         {{\"Name\":\"New\",\"Nothing\":1}},
         {{\"@removed\":{{}},\"ID\":\"{ABSENT}\"}},
         {{\"@odata.context\":\"#Products/$link\",\"source\":\"Products({MOUSE})\",
           \"relationship\":\"RelatedProducts\",\"target\":\"Products({ABSENT})\"}}"
    );
    let all = delta(&items);
    let name = format!("Products({MOUSE})/Name/$value");
    check(&[
        patch("Products", &all, 400).has("value/"),
        get(&name, 200).has("Wireless Mouse"),
        patch("Products", &all, 200)
            .with("Prefer", "odata.continue-on-error")
            .sends("Preference-Applied", "odata.continue-on-error")
            .has("\"failedOperation\":\"update\",\"responseCode\":400")
            .has("{\"@odata.removed\":{},\"@Org.OData.Core.V1.DataModificationException\":{\"failedOperation\":\"insert\"")
            .has("\"failedOperation\":\"delete\",\"responseCode\":404")
            .has("/$deletedLink\",\"source\":")
            .has("\"failedOperation\":\"link\"")
            .lacks("Kept"),
        get(&name, 200).has("Kept"),
        patch("Products", &all, 200)
            .with("Prefer", "continue-on-error, return=representation")
            .sends("Preference-Applied", "return=representation, continue-on-error")
            .has("\"@odata.context\":\"{root}/$metadata#Products/$delta\"")
            .has("\"Name\":\"Kept\"")
            .has("\"@Org.OData.Core.V1.ContentID\":\"a\"")
            .has("DataModificationException"),
    ]);
}

#[test]
fn nested_deltas_change_the_members_that_they_name() {
    let mouse = format!("Products({MOUSE})");
    let links = format!("{mouse}/RelatedProducts");
    let related = |members: &str| format!("{{\"RelatedProducts@odata.delta\":[{members}]}}");
    let add = related(&format!(
        "{{\"@odata.id\":\"Products({LAPTOP})\"}},
         {{\"@odata.id\":\"Products({CHAIR})\",\"Name\":\"Chair of many\"}},
         {{\"Name\":\"Made by a delta\"}}"
    ));
    let drop = related(&format!(
        "{{\"@removed\":{{\"reason\":\"changed\"}},\"@id\":\"Products({LAPTOP})\"}},
         {{\"@removed\":{{\"reason\":\"deleted\"}},\"ID\":\"{CHAIR}\"}}"
    ));
    let members = delta(&format!("{{\"@id\":\"Products({LAPTOP})\",\"Price\":2}}"));
    check(&[
        patch(&mouse, &add, 204),
        get(&links, 200)
            .members(3)
            .has("Chair of many")
            .has("Made by a delta"),
        patch(&mouse, &drop, 204),
        get(&links, 200).members(1).has("Made by a delta"),
        get(&format!("Products({LAPTOP})"), 200),
        get(&format!("Products({CHAIR})"), 404),
        patch(&links, &members, 204),
        get(&links, 200).members(2).has("\"Price\":2"),
        patch(
            &mouse,
            &related(&format!("{{\"@removed\":{{}},\"ID\":\"{ABSENT}\"}}")),
            400,
        ),
        post(
            "Products",
            "{\"Name\":\"x\",\"RelatedProducts@delta\":[]}",
            400,
        )
        .has("PATCH"),
    ]);
}

/// A part of a member's key that follows from its owner may be left out.
#[test]
fn members_are_known_by_the_rest_of_their_key() {
    let mouse = format!("Products({MOUSE})");
    let descriptions = format!("{mouse}/Descriptions");
    let english = "{\"LanguageKey\":\"EN\",\"Description\":\"shorter\"}";
    check(&[
        patch(&mouse, &format!("{{\"Descriptions\":[{english}]}}"), 204),
        get(&descriptions, 200)
            .members(1)
            .has("\"Description\":\"shorter\"")
            .has("A mouse shaped for the hand"),
        patch(
            &mouse,
            "{\"Descriptions@delta\":[{\"LanguageKey\":\"EN\",\"Description\":\"short\"}]}",
            204,
        ),
        patch(
            &descriptions,
            &delta(
                "{\"LanguageKey\":\"EN\",\"LongText\":\"long\"},{\"LanguageKey\":\"FR\",\"Description\":\"x\"}",
            ),
            204,
        ),
        get(&descriptions, 200)
            .members(2)
            .has("\"Description\":\"short\",\"LongText\":\"long\""),
        patch(&mouse, "{\"Descriptions\":[]}", 204),
        get(&descriptions, 200).members(0),
    ]);
}

#[test]
fn what_changed_is_asked_for_by_a_delta_link() {
    let service = Running::start();
    let first =
        service.send(&get("Products?$select=Name", 200).with("Prefer", "odata.track-changes"));
    let link = first.json()["@odata.deltaLink"].as_str().map(str::to_owned);
    let link = link.expect("a delta link");
    let link = link.split_once("/Products").expect("a product").1;
    let link = format!("Products{link}");
    service.check(&[
        get(&link, 200).members(0).has("$delta"),
        patch(&format!("Products({MOUSE})"), "{\"Name\":\"Other\"}", 204),
        delete(&format!("Products({CHAIR})"), 204),
        get(&link, 200)
            .members(2)
            .has("\"@odata.context\":\"{root}/$metadata#Products(Name)/$delta\"")
            .has("\"Name\":\"Other\"")
            .has("{\"@odata.removed\":{\"reason\":\"deleted\"},\"@odata.id\":"),
        get(&format!("{link}&$count=true"), 200).has("\"@odata.count\":2"),
        get(&link, 406).with("Accept", "application/json;odata.metadata=none"),
        get(&link, 200)
            .with("Accept", "application/json;odata.metadata=full")
            .has("{\"@odata.context\":\"{root}/$metadata#Products/$deletedEntity\""),
        get(&link, 200)
            .with("OData-MaxVersion", "4.0")
            .has("/$deletedEntity\",\"id\":\"{root}/Products("),
        get(&link, 200)
            .with("Prefer", "maxpagesize=1")
            .members(1)
            .has("@odata.nextLink"),
    ]);
}
