//! What the models contain after reading.

use super::{DEVICE_MANAGEMENT, STOREFRONT, library, property, ty};
use crate::annotation::Expression;
use crate::model::{ItemType, Model, StructuredKind};
use crate::primitive::Primitive;
use crate::time::DateTimeOffset;
use crate::value::{ComplexValue, Value};

#[test]
fn inherited_members_come_first_and_keep_their_ordinals() {
    let model = library();
    let novel = ty(&model, "org.library.novel");
    let names: Vec<_> = novel.properties.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "id", "added", "", "title", "position", "access", "tags", "spine", "genre"
        ]
    );
    assert_eq!(
        (novel.inherited_properties, novel.inherited_navigation),
        (8, 3)
    );
    // The base is open: what holds dynamic properties has no name that anyone could use.
    assert_eq!((novel.dynamic, novel.property("")), (Some(2), None));
    assert_eq!(novel.key, [0]);
    assert!(novel.is_open && novel.has_stream && !novel.is_abstract);
    let book = ty(&model, "org.library.book");
    let declared = book.properties.iter().enumerate();
    for (ordinal, property) in declared.filter(|(_, p)| !p.is_dynamic()) {
        assert_eq!(novel.property(&property.name), Some(ordinal));
    }
    assert_eq!(
        book.derived,
        [model.find_structured("org.library.novel").expect("novel")]
    );
    assert_eq!(book.kind, StructuredKind::Entity);
    assert_eq!(novel.short_name(), "novel");
}

#[test]
fn defaults_follow_the_type() {
    let model = library();
    let position = model
        .find_structured("org.library.position")
        .expect("position");
    let values = vec![Value::Integer(7), Value::Null];
    for (of, name, expected, given) in [
        ("org.library.book", "id", Value::from(""), false),
        (
            "org.library.book",
            "added",
            Value::DateTimeOffset(DateTimeOffset::MIN),
            false,
        ),
        (
            "org.library.book",
            "position",
            Value::Complex(Box::new(ComplexValue {
                of: position,
                values,
            })),
            false,
        ),
        ("org.library.book", "access", Value::Enum(3), true),
        (
            "org.library.book",
            "tags",
            Value::Collection(Vec::new()),
            false,
        ),
        ("org.library.book", "spine", Value::Null, false),
        ("org.library.novel", "genre", Value::Enum(0), false),
        ("org.library.position", "shelf", Value::Integer(7), true),
    ] {
        let property = property(&model, of, name);
        assert_eq!(
            (&property.default, property.has_default),
            (&expected, given),
            "{of}/{name}"
        );
    }
}

#[test]
fn type_definitions_become_their_primitive_type_with_facets() {
    let model = library();
    let spine = &property(&model, "org.library.book", "spine").ty;
    assert_eq!(spine.item, ItemType::Primitive(Primitive::Decimal));
    assert_eq!(
        (spine.facets.precision, spine.facets.scale.as_deref()),
        (Some(9), Some("3"))
    );
    assert_eq!(
        spine.facets.definition,
        model.find_type_definition("org.library.length")
    );
}

#[test]
fn enumerations() {
    let model = library();
    let access = model.enum_type(model.find_enum("org.library.access").expect("access"));
    assert!(access.is_flags && access.underlying == Primitive::Byte);
    let genre = model.enum_type(model.find_enum("org.library.more.genre").expect("genre"));
    assert_eq!(genre.member("love").map(|m| m.value), Some(1));
    assert_eq!(genre.name_of(0), Some("crime"));
    assert_eq!(genre.allowed(), "crime, love");
}

#[test]
fn annotations_on_a_base_show_in_derived_types_unless_these_differ() {
    let model = library();
    let description = "Org.OData.Core.V1.Description";
    for (of, name, computed, immutable) in [
        ("org.library.item", "id", true, false),
        ("org.library.novel", "id", true, false),
        ("org.library.item", "added", false, true),
        ("org.library.book", "added", false, true),
        ("org.library.novel", "added", false, false),
    ] {
        let property = property(&model, of, name);
        assert_eq!(
            (property.computed, property.immutable),
            (computed, immutable),
            "{of}/{name}"
        );
    }
    let added = property(&model, "org.library.novel", "added");
    assert_eq!(
        added
            .annotations
            .get(description)
            .and_then(Expression::as_str),
        Some("When it came")
    );
    let width = property(&model, "org.library.box", "width");
    assert_eq!(
        width.annotations.get("org.library.more.weight"),
        Some(&Expression::Int(3))
    );
}

#[test]
fn annotations_of_the_container() {
    let model = library();
    let best = model
        .target_annotations("org.library.house/best")
        .expect("best");
    assert_eq!(
        best.get("Org.OData.Core.V1.Description")
            .and_then(Expression::as_str),
        Some("The best of all")
    );
    let limits = &model
        .target_annotations("org.library.house/books/copies")
        .expect("copies")
        .0[0];
    assert_eq!(
        (limits.term.as_str(), limits.qualifier.as_deref()),
        ("org.library.more.limits", Some("q"))
    );
    assert_eq!(limits.annotations.0.len(), 1);
    let items = limits.value.property("items").expect("items").items();
    assert_eq!(items[1], Expression::Int(-5));
    let path = "org.library.novel/@Org.OData.Core.V1.Description";
    assert_eq!(
        items[3],
        Expression::Path("Path".to_owned(), path.to_owned())
    );
    assert_eq!(
        items[4].property("on").and_then(Expression::as_bool),
        Some(true)
    );
    let rank = limits.value.property("rank").and_then(Expression::as_str);
    assert_eq!(
        rank,
        Some("org.library.access/read org.library.access/lend")
    );
    let embedded = limits
        .value
        .property("share@Org.OData.Core.V1.Description#x");
    assert_eq!(embedded.and_then(Expression::as_str), Some("of the value"));
    let version = model
        .schema_annotations("org.library")
        .and_then(|a| a.get("Org.OData.Core.V1.SchemaVersion"));
    assert_eq!(version.and_then(Expression::as_str), Some("1.0"));
}

#[test]
fn navigation_and_container() {
    let model = library();
    let book = ty(&model, "org.library.book");
    let [sequel, prequel, copies] = &book.navigation[..] else {
        panic!("three")
    };
    assert!(sequel.nullable && !sequel.collection && sequel.partner.as_deref() == Some("prequel"));
    assert!(!prequel.nullable);
    assert!(
        copies.collection
            && copies.contains_target
            && copies.on_delete.as_deref() == Some("Cascade")
    );
    let books = model.entity_set(model.find_entity_set("books").expect("books"));
    assert_eq!(books.bindings[0].path, "org.library.novel/sequel");
    assert_eq!(
        model
            .singleton(model.find_singleton("best").expect("best"))
            .of,
        sequel_of(&model)
    );
    assert_eq!(
        model.find_import("count").map(|i| i.operation.as_str()),
        Some("org.library.count")
    );
    assert_eq!(model.container_name(), "org.library.house");
}

fn sequel_of(model: &Model) -> crate::model::StructuredId {
    model.find_structured("org.library.novel").expect("novel")
}

#[test]
fn names_in_urls() {
    let model = library();
    let item = |name| {
        model
            .find_type_by_url_name(name)
            .map(|t| model.item_name(t).to_owned())
    };
    for (name, expected) in [
        ("book", Some("org.library.book")),
        ("org.library.book", Some("org.library.book")),
        ("access", Some("org.library.access")),
        ("length", Some("Edm.Decimal")),
        ("Edm.Int32", Some("Edm.Int32")),
        ("org.library.more.genre", Some("org.library.more.genre")),
        ("genre", None),
        ("lib.book", None),
        ("Book", None),
        ("", None),
    ] {
        assert_eq!(item(name).as_deref(), expected, "{name}");
    }
}

#[test]
fn the_served_model() {
    let model = Model::from_csdl(DEVICE_MANAGEMENT).expect("the served model");
    assert_eq!(model.default_namespaces(), ["microsoft.graph"]);
    let state = ty(&model, "microsoft.graph.deviceHealthScriptDeviceState");
    let id = state.property("id").expect("id");
    assert_eq!(state.key, [id]);
    assert!(state.navigation_property("managedDevice").is_some());
    let service = model.singleton(
        model
            .find_singleton("deviceManagement")
            .expect("deviceManagement"),
    );
    assert!(
        model
            .structured(service.of)
            .navigation_property("deviceHealthScripts")
            .is_some()
    );
    let script = model.find_structured("microsoft.graph.deviceHealthScript");
    assert_eq!(
        model
            .find_operations(script.map(|id| (id, false)), "assign")
            .len(),
        1
    );
}

/// A schema's annotation says which names URLs may have without it; the order of schemas does not.
#[test]
fn default_namespaces() {
    let schema = |namespace: &str, annotation: &str| {
        format!(
            r#"<Schema Namespace="{namespace}" xmlns="http://docs.oasis-open.org/odata/ns/edm">{annotation}
            <ComplexType Name="{namespace}Type"/><Function Name="f"><Parameter Name="{namespace}" Type="Edm.String"/><ReturnType Type="Edm.String"/></Function></Schema>"#
        )
    };
    let of = |term: &str, value: &str| format!(r#"<Annotation Term="{term}" {value}/>"#);
    let xml = format!(
        r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>{}{}{}{}</edmx:DataServices></edmx:Edmx>"#,
        schema("a", ""),
        schema("b", &of("Core.DefaultNamespace", r#"Bool="true""#)),
        schema("c", &of("Org.OData.Core.V1.DefaultNamespace", "")),
        schema(
            "d",
            &of("Org.OData.Core.V1.DefaultNamespace", r#"Bool="false""#)
        ),
    );
    let model = Model::from_csdl(&xml).expect("a model");
    assert_eq!(model.default_namespaces(), ["b", "c"]);
    assert_eq!(model.find_operations(None, "f").len(), 2);
    assert_eq!(model.find_operations(None, "a.f").len(), 1);
    for (name, found) in [
        ("aType", false),
        ("bType", true),
        ("cType", true),
        ("dType", false),
        ("d.dType", true),
    ] {
        assert_eq!(model.find_type_by_url_name(name).is_some(), found, "{name}");
    }
}

#[test]
fn the_storefront_model() {
    let model = Model::from_csdl(STOREFRONT).expect("the storefront's model");
    let location = &property(&model, "Storefront.Product", "Location").ty;
    assert_eq!(model.type_name(location), "Edm.GeographyPoint");
    assert_eq!(location.facets.srid.as_deref(), Some("4326"));
    for (name, computed, immutable) in [
        ("Version", true, false),
        ("SerialNumber", false, true),
        ("Name", false, false),
    ] {
        let property = property(&model, "Storefront.SpecialProduct", name);
        assert_eq!(
            (property.computed, property.immutable),
            (computed, immutable),
            "{name}"
        );
    }
    assert_eq!(model.find_operations(None, "GetTopProducts").len(), 3);
    let product = model
        .find_structured("Storefront.Product")
        .map(|id| (id, false));
    assert_eq!(model.find_operations(product, "CalculatePrice").len(), 2);
}
