//! OData 4.01 URL Conventions, section 5: query options.

use crate::fixture::{LAPTOP, Running, check, get};

#[test]
fn filters() {
    let count = |filter: &str, count: usize| {
        get(
            &format!("Products?$filter={}", filter.replace(' ', "%20")),
            200,
        )
        .members(count)
    };
    check(&[
        count("Price gt 500", 3),
        count("Price ge 29.99 and Price lt 800", 4),
        count("not (Price gt 500)", 4),
        count("Price add 1 gt 1000.5", 2),
        count("Price mul 2 lt 100", 2),
        count("Rating mod 2 eq 1", 1),
        count("Description eq null", 7),
        count("Name in ('Laptop','Coffee Mug')", 2),
        count("Status has Storefront.ProductStatus'Featured'", 3),
        count("Status eq 'Discontinued'", 1),
        count("contains(Name,'Mouse')", 2),
        count("startswith(tolower(Name),'lap')", 1),
        count("endswith(Name,'Pro')", 1),
        count("length(Name) eq 6", 1),
        count("indexof(Name,'top') eq 3", 1),
        count("substring(Name,1,2) eq 'ap'", 1),
        count("concat(Name,'!') eq 'Laptop!'", 1),
        count("matchesPattern(Name,'^.*o.*e$')", 2),
        count("year(ReleaseDate) eq 2024 and month(ReleaseDate) eq 1", 3),
        count("year(CreatedAt) eq 2024", 5),
        count("hour(OpenTime) eq 9", 1),
        count("OpenTime eq 09:30:00", 1),
        count("ShippingTime gt duration'P1D'", 3),
        count("ReleaseDate lt 2024-01-16", 2),
        count("CreatedAt lt 2024-01-01T00:00:00Z", 2),
        count("round(Price) eq 1000", 1),
        count("floor(Price) eq 999", 1),
        count("ceiling(Price) eq 30", 1),
        count("isof(Storefront.SpecialProduct)", 3),
        count("cast(Rating,Edm.String) eq '255'", 1),
        count("ShippingAddress/City eq 'Seattle'", 1),
        count("Dimensions/Height lt 3", 3),
        count("ShippingAddress eq null", 1),
        count("Category/Name eq 'Electronics'", 5),
        count("Descriptions/any(d:d/LanguageKey eq 'DE')", 1),
        count("Descriptions/all(d:d/LanguageKey eq 'EN')", 4),
        count("Descriptions/any()", 4),
        count("Descriptions/$count gt 1", 3),
        count("Storefront.SpecialProduct/SpecialProperty ne null", 3),
        count(
            "geo.distance(Location,geography'SRID=4326;Point(-122.3321 47.6062)') lt 1000",
            1,
        ),
        count(&format!("ID eq {LAPTOP}"), 1),
        count("Price gt @p&@p=500", 3),
        count("Weight eq 3.14", 1),
        count("Weight in (3.14,0.09)", 2),
        count("Weight eq 150", 1),
        count("Weight lt 1e300", 7),
        count("Name in [%22Laptop%22]", 1),
        get("Products?$filter=Name%20eq%20%22Laptop%22", 400),
        count("case(Price gt 500:true,true:false)", 3),
        get("Products?$filter=Price%20gt%20'x'", 400),
        get("Products?$filter=Price%20gt", 400),
        get("Products?$filter=foo(Name)", 400).has("foo"),
    ]);
}

#[test]
fn orders_and_pages() {
    check(&[
        get("Products?$orderby=Price%20desc&$top=2&$select=Name", 200)
            .members(2)
            .has("Premium Laptop Pro\"},{")
            .lacks("nextLink"),
        get("Products?$orderby=length(Name),Name&$top=1", 200).has("Laptop"),
        get(
            "Products?$orderby=Category/Name,Price&$top=1&$select=Name",
            200,
        )
        .has("Wireless"),
        get("Products?$skip=5", 200).members(2),
        get("Products?$top=0", 200).members(0),
        get("Products?$top=100000", 200).members(7),
        get("Products?$count=true&$top=1", 200)
            .has("\"@odata.count\":7")
            .members(1),
        get("Products?count=true&top=1", 200)
            .has("\"@odata.count\":7")
            .members(1),
        get("Products?$COUNT=true", 200).has("\"@odata.count\":7"),
        get("Products/$count?$filter=Price%20gt%20500", 200).has("3"),
        get("Products?$top=x", 400),
        get("Products?$top=1&$top=2", 400),
    ]);
}

#[test]
fn selections_and_expansions() {
    let laptop = format!("Products({LAPTOP})");
    check(&[
        get(&format!("{laptop}?$select=Name,Price"), 200)
            .has("\"@odata.context\":\"{root}/$metadata#Products(Name,Price)/$entity\"")
            .has("\"Price\":999.99")
            .lacks("\"Rating\""),
        get(&format!("{laptop}?$select=ShippingAddress/City"), 200)
            .has("\"City\":\"Seattle\"")
            .lacks("\"Street\""),
        get(&format!("{laptop}?$select=*"), 200).has("\"Rating\""),
        get("Products?$select=Nothing", 400).has("Nothing"),
        get(&format!("{laptop}?$expand=Category"), 200)
            .has("\"Category\":{")
            .has("Electronics"),
        get(
            &format!("{laptop}?$expand=Descriptions($select=LanguageKey;$orderby=LanguageKey)"),
            200,
        )
        .has("\"LanguageKey\":\"DE\"")
        .lacks("\"LongText\""),
        get(
            &format!("{laptop}?$expand=Descriptions($filter=LanguageKey%20eq%20'DE';$count=true)"),
            200,
        )
        .has("\"Descriptions@odata.count\":1"),
        get(
            &format!("{laptop}?$expand=Descriptions($top=1;$skip=1)"),
            200,
        )
        .has("\"LanguageKey\":\"EN\"")
        .lacks("\"LanguageKey\":\"DE\""),
        get(&format!("{laptop}?$expand=Descriptions/$ref"), 200).has("@odata.id"),
        get(&format!("{laptop}?$expand=Descriptions/$count"), 200)
            .has("\"Descriptions@odata.count\":2"),
        get(&format!("{laptop}?$expand=*"), 200)
            .has("\"Category\":{")
            .has("\"Descriptions\":["),
        get("Categories?$expand=Products($expand=Descriptions)", 200).has("\"Descriptions\":[{"),
        get("Categories?$expand=Products($levels=2)", 200),
        get("Products?$expand=RelatedProducts($levels=max)", 200),
        get("Products?$expand=RelatedProducts($levels=0)", 400),
        get("Products?$expand=Nothing", 400).has("Nothing"),
        get("Products?$expand=Name", 400),
    ]);
}

#[test]
fn searches() {
    check(&[
        get("Products?$search=mouse", 200).members(2),
        get("Products?$search=%22wireless%20mouse%22", 200).members(1),
        get("Products?$search=laptop%20OR%20mug", 200).members(3),
        get("Products?$search=mouse%20NOT%20gaming", 200).members(1),
        get("Products?$search=laptop%20pro", 200).members(1),
        get("ProductDescriptions?$search=camera", 200).members(1),
    ]);
}

#[test]
fn computations_and_aggregations() {
    check(&[
        get(
            "Products?$compute=Price%20mul%202%20as%20Double&$select=Name,Double",
            200,
        )
        .has("\"Double\":1999.98"),
        get(
            "Products?$compute=Price%20mul%202%20as%20Double&$filter=Double%20gt%203000",
            200,
        )
        .members(1),
        get("Products?$apply=aggregate($count%20as%20Total)", 200).has("\"Total\":7"),
        get(
            "Products?$apply=groupby((CategoryID),aggregate(Price%20with%20max%20as%20Most))",
            200,
        )
        .members(3)
        .has("1999.99"),
        get(
            "Products?$apply=filter(Price%20gt%20500)/aggregate(Price%20with%20min%20as%20Least)",
            200,
        )
        .has("799.99"),
    ]);
}

#[test]
fn other_options() {
    check(&[
        get("Products?$schemaversion=1.0", 200),
        get("Products?$schemaversion=*", 200),
        get("Products?$schemaversion=2.0", 404),
        get("Products?custom=1", 200),
        get("Products?@a=1", 200),
        get("Products?$apply=nothing", 400),
        get("Products?$index=0", 400),
        crate::fixture::post("Products/$query", "$filter=Price gt 500&$select=Name", 200)
            .with("Content-Type", "text/plain")
            .members(3),
    ]);
}

#[test]
fn a_preferred_page_size_is_that_of_nested_collections_too() {
    check(&[
        get("Products?$expand=Descriptions&$top=1", 200)
            .with("Prefer", "odata.maxpagesize=1")
            .has("\"Descriptions@odata.nextLink\":\"{root}/Products("),
        get(
            "Products?$expand=Descriptions($select=LanguageKey)&$top=1",
            200,
        )
        .with("Prefer", "odata.maxpagesize=1")
        .lacks("Descriptions@odata.nextLink"),
    ]);
    let service = Running::start();
    let first = service
        .send(&get("Products?$expand=Descriptions&$top=1", 200).with("Prefer", "maxpagesize=1"));
    let link = first.json()["value"][0]["Descriptions@odata.nextLink"].clone();
    let link = link.as_str().and_then(|link| link.split_once("/Products"));
    let rest = service.send(&get(&format!("Products{}", link.expect("a link").1), 200));
    assert_eq!(rest.json()["value"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_is_selected_of_complex_values() {
    let address = format!("Products({LAPTOP})/ShippingAddress");
    check(&[
        get(&format!("{address}?$select=City,Country"), 200)
            .has("\"City\":\"Seattle\"")
            .has("\"Country\":")
            .lacks("\"Street\":"),
        get(&format!("{address}?$select=*"), 200).has("\"Street\":"),
        get(&format!("{address}?select=City"), 200).lacks("\"Country\":"),
        get(&format!("{address}?$select=Nothing"), 400).has("Nothing"),
        get(&format!("{address}/City?$select=City"), 400),
        get("GetProductStats()?$select=averagePrice", 200)
            .has("\"averagePrice\":")
            .lacks("\"totalProducts\":"),
        get("Products?$select=ShippingAddress($select=City)&$top=1", 200)
            .has("\"City\":")
            .lacks("\"Country\":"),
        get(
            "Products?$select=ShippingAddress($select=City($top=1))",
            400,
        ),
    ]);
}

/// Clients follow a link without preferring again what they preferred.
#[test]
fn a_next_link_goes_on_in_pages_of_the_preferred_size() {
    let service = Running::start();
    let all = service.send(&get("Products?$select=Name", 200)).json();
    let all = all["value"].as_array().map(Vec::len);
    for query in [
        "Products?$select=Name",
        "Products?$select=Name&$top=5",
        "Products?$select=Name&$expand=Descriptions",
        "Products/$ref",
    ] {
        let expected = if query.contains("$top") { Some(5) } else { all };
        let mut seen = 0;
        let mut page = service.send(&get(query, 200).with("Prefer", "maxpagesize=1"));
        assert_eq!(page.header("preference-applied"), Some("maxpagesize=1"));
        loop {
            let json = page.json();
            let rows = json["value"].as_array().expect("a page");
            assert!(rows.len() <= 1, "{query}: {json}");
            seen += rows.len();
            for row in rows {
                let nested = row["Descriptions"].as_array().map_or(0, Vec::len);
                assert!(nested <= 1, "{query}: {json}");
            }
            let Some(link) = json["@odata.nextLink"].as_str() else {
                break;
            };
            let (_, link) = link.split_once("/Products").expect("a link to products");
            page = service.send(&get(&format!("Products{link}"), 200));
            assert_eq!(page.header("preference-applied"), None, "{query}");
        }
        assert_eq!(Some(seen), expected, "{query}");
    }
}

#[test]
fn tokens_that_nobody_made() {
    check(
        &[
            "Products",
            "GetTopProducts()",
            "GetTopProducts(count=2)",
            "Company",
        ]
        .map(|resource| get(&format!("{resource}?$skiptoken=made-up"), 400).has("$skiptoken")),
    );
}
