use edm::Model;

use super::*;

fn model() -> Model {
    Model::from_csdl(
        r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
        <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EnumType Name="flags" IsFlags="true"><Member Name="a" Value="1"/><Member Name="b" Value="2"/></EnumType>
        <EntityType Name="base" Abstract="true"><Key><PropertyRef Name="id"/></Key>
          <Property Name="id" Type="Edm.String" Nullable="false" MaxLength="9"><Annotation Term="Core.Computed"/></Property></EntityType>
        <EntityType Name="thing" BaseType="n.base">
          <Property Name="made" Type="Edm.Date" Nullable="false"><Annotation Term="Core.Immutable"/></Property>
          <Property Name="mark" Type="n.flags"/>
          <NavigationProperty Name="parts" Type="Collection(n.part)" ContainsTarget="true"/>
          <NavigationProperty Name="other" Type="n.thing"/></EntityType>
        <EntityType Name="special" BaseType="n.thing"/>
        <EntityType Name="part"><Key><PropertyRef Name="x"/><PropertyRef Name="y"/></Key>
          <Property Name="x" Type="Edm.Byte" Nullable="false"/><Property Name="y" Type="Edm.String" Nullable="false"/>
          <NavigationProperty Name="thing" Type="n.thing"/></EntityType>
        <EntityContainer Name="c"><EntitySet Name="things" EntityType="n.thing"/></EntityContainer></Schema>
        </edmx:DataServices></edmx:Edmx>"#,
    )
    .expect("a model")
}

fn id(model: &Model, name: &str) -> edm::StructuredId {
    model.find_structured(name).expect(name)
}

#[test]
fn keys_stand_as_segments_or_in_parentheses() {
    let model = model();
    let things = Place::root(
        &model,
        "things",
        id(&model, "n.thing"),
        Segment::EntitySet(model.find_entity_set("things").expect("a set")),
    );
    let thing = things.member(&model);
    assert_eq!(thing.template, "/things/{thing-id}");
    assert_eq!(
        thing.keys[0]["schema"],
        json!({ "type": "string", "minLength": 1, "maxLength": 9 })
    );
    let parts = thing.along(&model, 0).expect("parts");
    let part = parts.member(&model);
    assert_eq!(
        part.template,
        "/things/{thing-id}/parts(x={part-2-x},y={part-2-y})"
    );
    assert_eq!(
        (part.target.as_str(), part.keys.len()),
        ("n.c/things/parts", 3)
    );
    assert_eq!(part.keys[1]["schema"]["maximum"], 255);
    assert_eq!(part.keys[2]["schema"]["pattern"], "^'([^']|'')*'$");
    // Neither a thing of a thing nor the part's thing again: the path would not end.
    assert!(thing.along(&model, 1).is_none());
    assert!(part.along(&model, 0).is_none());
}

#[test]
fn types_as_schemas() {
    let model = model();
    let all = schemas::all(&model);
    let choices = &all["n.base-any"];
    assert_eq!(choices["anyOf"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        choices["discriminator"]["mapping"]["#n.special"],
        "#/components/schemas/n.special-typed"
    );
    assert_eq!(
        all["n.special"]["properties"]["@odata.type"]["const"],
        "#n.special"
    );
    assert_eq!(all["n.flags"]["pattern"], "^(a|b)(,(a|b))*$");
    let sent = |name: &str| {
        let properties = all[name]["properties"].as_object().expect(name);
        properties.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(sent("n.thing-create"), ["@odata.type", "made", "mark"]);
    assert_eq!(sent("n.thing-update"), ["@odata.type", "mark"]);
    assert_eq!(sent("n.thing-member"), ["@odata.type", "id", "mark"]);
    assert_eq!(sent("n.part-create"), ["@odata.type", "x", "y"]);
    assert_eq!(sent("n.part-update"), ["@odata.type"]);
    assert_eq!(all["n.thing-update"]["additionalProperties"], false);
    let choice = schemas::choice(&model, id(&model, "n.base"), "-update");
    for of in choice["anyOf"].as_array().expect("choices") {
        assert_eq!(
            of["required"],
            json!(["@odata.type"]),
            "the base is abstract"
        );
    }
    assert!(all.get("n.base-create").is_none());
    assert_eq!(all["n.thing"]["properties"]["id"]["readOnly"], true);
}
