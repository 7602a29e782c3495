use proptest::prelude::*;

use super::*;

/// A text, the GeoJSON of the same value, and the type that it is of.
const VALUES: [(&str, &str, &str); 9] = [
    (
        "SRID=4326;Point(142.1 64.1)",
        r#"{"type":"Point","coordinates":[142.1,64.1]}"#,
        "Edm.GeographyPoint",
    ),
    (
        "SRID=4326;Point(1 -2 3.5 0.25)",
        r#"{"type":"Point","coordinates":[1,-2,3.5,0.25]}"#,
        "Edm.GeographyPoint",
    ),
    (
        "SRID=0;LineString(142.1 64.1,3.14 2.78)",
        r#"{"type":"LineString","coordinates":[[142.1,64.1],[3.14,2.78]],"crs":{"type":"name","properties":{"name":"EPSG:0"}}}"#,
        "Edm.GeographyLineString",
    ),
    (
        "SRID=4326;Polygon((1 1,1 1),(1 1,2 2,3 3,1 1))",
        r#"{"type":"Polygon","coordinates":[[[1,1],[1,1]],[[1,1],[2,2],[3,3],[1,1]]]}"#,
        "Edm.GeometryPolygon",
    ),
    (
        "SRID=4326;MultiPoint((1 2),(3 4))",
        r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#,
        "Edm.GeographyMultiPoint",
    ),
    (
        "SRID=4326;MultiPoint()",
        r#"{"type":"MultiPoint","coordinates":[]}"#,
        "Edm.Geography",
    ),
    (
        "SRID=4326;MultiLineString((1 2,3 4),(5 6,7 8))",
        r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}"#,
        "Edm.GeometryMultiLineString",
    ),
    (
        "SRID=4326;MultiPolygon(((1 1,2 2,1 1)))",
        r#"{"type":"MultiPolygon","coordinates":[[[[1,1],[2,2],[1,1]]]]}"#,
        "Edm.GeographyMultiPolygon",
    ),
    (
        "SRID=4326;Collection(Point(1 2),Collection(LineString(1 2,3 4)))",
        r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[[1,2],[3,4]]}]}]}"#,
        "Edm.GeographyCollection",
    ),
];

#[test]
fn values_as_text_and_as_geojson() {
    for (text, json, ty) in VALUES {
        let geo = Geo::parse(text).expect(text);
        assert_eq!(geo.to_string(), text);
        assert_eq!(geo.to_geojson(4326), json);
        let is_of = |name| geo.is_of(Primitive::from_name(name).expect(name));
        assert!(is_of(ty) && is_of("Edm.Geography") && is_of("Edm.Geometry"));
        assert_eq!(is_of("Edm.GeographyPoint"), text.contains(";Point"));
    }
    let any_case = Geo::parse("srid=7;POINT(1e2 2)").expect("any case");
    assert_eq!(any_case.to_string(), "SRID=7;Point(100 2)");
}

#[test]
fn what_is_no_shape() {
    for (text, error) in [
        ("", GeoError::Malformed(0)),
        ("Point(1 2)", GeoError::Malformed(0)),
        ("SRID=123456;Point(1 2)", GeoError::Malformed(5)),
        ("SRID=;Point(1 2)", GeoError::Malformed(5)),
        ("SRID=0;Dot(1 2)", GeoError::Malformed(7)),
        ("SRID=0;Point(1)", GeoError::Malformed(14)),
        ("SRID=0;Point(1 2 3 4 5)", GeoError::Malformed(20)),
        ("SRID=0;Point(NaN 2)", GeoError::Malformed(13)),
        ("SRID=0;Point(1e999 2)", GeoError::Malformed(13)),
        ("SRID=0;Point(1 2", GeoError::Malformed(16)),
        ("SRID=0;Point(1 2)x", GeoError::Malformed(17)),
        ("SRID=0;Point()", GeoError::Malformed(13)),
        ("SRID=0;Collection()", GeoError::Malformed(18)),
        ("SRID=0;LineString(1 2)", GeoError::Line),
        ("SRID=0;Polygon((1 2,3 4))", GeoError::Ring),
        ("SRID=0;Point\u{e9}(1 2)", GeoError::Malformed(7)),
    ] {
        assert_eq!(Geo::parse(text), Err(error), "{text}");
    }
    let deep = format!(
        "SRID=0;{}Point(1 2){}",
        "Collection(".repeat(100_000),
        ")".repeat(100_000)
    );
    assert_eq!(Geo::parse(&deep), Err(GeoError::Depth));
}

#[test]
fn coordinates_have_the_form_of_their_type() {
    use Coordinates::{List, Number};
    let position = || List(vec![Number(1.0), Number(2.0)]);
    for (ty, coordinates, expected) in [
        ("Point", position(), Ok("Point(1 2)")),
        ("Point", Number(1.0), Err(GeoError::Coordinates("Point"))),
        (
            "Point",
            List(vec![Number(1.0)]),
            Err(GeoError::Coordinates("Point")),
        ),
        (
            "Point",
            List(vec![Number(1.0), Number(f64::INFINITY)]),
            Err(GeoError::Coordinates("Point")),
        ),
        (
            "MultiPoint",
            List(vec![position()]),
            Ok("MultiPoint((1 2))"),
        ),
        ("LineString", List(vec![position()]), Err(GeoError::Line)),
        ("Polygon", List(vec![]), Err(GeoError::Ring)),
        (
            "MultiPolygon",
            List(vec![List(vec![List(vec![position(), position()])])]),
            Ok("MultiPolygon(((1 2,1 2)))"),
        ),
        ("point", position(), Err(GeoError::Type)),
        ("GeometryCollection", List(vec![]), Err(GeoError::Type)),
    ] {
        let shape = Shape::from_coordinates(ty, &coordinates).map(|s| s.to_string());
        assert_eq!(shape, expected.map(str::to_owned), "{ty} {coordinates:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "(SRID=[0-9]{0,6};)?(Point|Collection|MultiPolygon|\\PC{0,3})?[(), 0-9.e-]{0,20}\\PC*") {
        if let Ok(geo) = Geo::parse(&text) {
            prop_assert_eq!(Geo::parse(&geo.to_string()), Ok(geo));
        }
    }
}
