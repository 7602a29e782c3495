//! Geography and geometry values from GeoJSON (OData JSON Format 4.01, section 7.1; RFC 7946).

use edm::{Coordinates, Facets, Geo, Primitive, Shape, Value};

use super::fault::{Fallible, Fault};
use super::tree::Node;

/// Collections within collections beyond this are refused, as in text.
const MAX_DEPTH: usize = 16;

/// Reads a GeoJSON object of the type.
pub(super) fn read(primitive: Primitive, facets: &Facets, node: Node) -> Fallible<Value> {
    let Node::Object(mut members) = node else {
        return Err(Fault::expected("a GeoJSON object", node.kind()));
    };
    let crs = members.iter().position(|(name, _)| name == "crs");
    let named = match crs.map(|at| members.swap_remove(at).1) {
        Some(crs) => reference_system(&crs)?,
        None => None,
    };
    let declared = facets.srid.as_deref().and_then(|srid| srid.parse().ok());
    let srid = named
        .or(declared)
        .unwrap_or_else(|| Geo::default_srid(primitive));
    let geo = Geo {
        srid,
        shape: shape(&members, 0)?,
    };
    if !geo.is_of(primitive) {
        let found = geo.shape.name();
        return Err(Fault::new(format!(
            "a value of {} was expected, and the GeoJSON type is {found}",
            primitive.name()
        )));
    }
    Ok(Value::Geo(Box::new(geo)))
}

/// The code of a `crs` member: `{"type":"name","properties":{"name":"EPSG:4326"}}`.
fn reference_system(crs: &Node) -> Fallible<Option<u32>> {
    if *crs == Node::Null {
        return Ok(None);
    }
    let name = member(crs, "properties").and_then(|properties| member(properties, "name"));
    match (member(crs, "type"), name) {
        (Some(Node::String(ty)), Some(Node::String(name))) if ty == "name" => {
            let code = name
                .strip_prefix("EPSG:")
                .and_then(|code| code.parse().ok());
            match code.filter(|code| *code <= 99_999) {
                Some(code) => Ok(Some(code)),
                None => Err(Fault::new(
                    "crs: the name is EPSG: and a code of at most 5 digits",
                )),
            }
        }
        _ => Err(Fault::new(
            "crs: its form is {\"type\":\"name\",\"properties\":{\"name\":\"EPSG:4326\"}}",
        )),
    }
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match node {
        Node::Object(members) => find(members, name),
        _ => None,
    }
}

fn find<'n>(members: &'n [(String, Node)], name: &str) -> Option<&'n Node> {
    members.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

fn shape(members: &[(String, Node)], depth: usize) -> Fallible<Shape> {
    if depth > MAX_DEPTH {
        return Err(Fault::new(format!(
            "collections are nested deeper than {MAX_DEPTH}"
        )));
    }
    let Some(Node::String(ty)) = find(members, "type") else {
        return Err(Fault::new("a GeoJSON object has a type, which is a string"));
    };
    let content = if ty == "GeometryCollection" {
        "geometries"
    } else {
        "coordinates"
    };
    // A bounding box says nothing that the coordinates do not.
    let known = |name: &str| name == "type" || name == content || name == "bbox";
    if let Some((name, _)) = members.iter().find(|(name, _)| !known(name)) {
        return Err(Fault::new(format!(
            "a GeoJSON object of this type has type, {content} and bbox, no '{name}'"
        )));
    }
    let Some(Node::Array(items)) = find(members, content) else {
        return Err(Fault::new(format!("{content} must be an array")));
    };
    if ty != "GeometryCollection" {
        return Shape::from_coordinates(ty, &list(items)?)
            .map_err(|error| Fault::new(error.to_string()));
    }
    let shapes = items.iter().map(|item| match item {
        Node::Object(members) => shape(members, depth + 1),
        other => Err(Fault::expected("a GeoJSON object", other.kind())),
    });
    Ok(Shape::Collection(shapes.collect::<Fallible<_>>()?))
}

/// Nesting is bounded by the parser.
fn list(items: &[Node]) -> Fallible<Coordinates> {
    let items = items.iter().map(|item| match item {
        Node::Array(items) => list(items),
        Node::Integer(number) => Ok(Coordinates::Number(rounded((*number).into()))),
        Node::Unsigned(number) => Ok(Coordinates::Number(rounded((*number).into()))),
        other => match other.number() {
            Some(number) => Ok(Coordinates::Number(number)),
            None => Err(Fault::expected("coordinates", other.kind())),
        },
    });
    Ok(Coordinates::List(items.collect::<Fallible<_>>()?))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "coordinates are binary64, whole numbers of JSON among them"
)]
fn rounded(number: i128) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn check(ty: &str, json: &str, expected: Result<&str, &str>) {
        let primitive = Primitive::from_name(ty).expect(ty);
        let facets = Facets {
            srid: (ty == "Edm.GeometryPoint").then(|| "31370".to_owned()),
            ..Facets::default()
        };
        let node = parse(json.as_bytes()).expect("the case is JSON");
        let found = read(primitive, &facets, node).map_err(Fault::into_text);
        let found = found.map(|value| value.to_text().unwrap_or_default());
        match expected {
            Ok(text) => assert_eq!(found.as_deref(), Ok(text), "{json}"),
            Err(part) => assert!(
                found.as_ref().is_err_and(|e| e.contains(part)),
                "{json}: {found:?}"
            ),
        }
    }

    #[test]
    fn shapes_of_geojson() {
        let point = r#"{"type":"Point","coordinates":[-122.3321,47]}"#;
        check(
            "Edm.GeographyPoint",
            point,
            Ok("SRID=4326;Point(-122.3321 47)"),
        );
        check("Edm.Geography", point, Ok("SRID=4326;Point(-122.3321 47)"));
        check(
            "Edm.GeometryPoint",
            point,
            Ok("SRID=31370;Point(-122.3321 47)"),
        );
        check("Edm.GeographyPolygon", point, Err("GeoJSON type is Point"));
        check(
            "Edm.GeographyPoint",
            r#"{"coordinates":[1,2],"type":"Point","crs":{"type":"name","properties":{"name":"EPSG:7"}},"bbox":[1,2,1,2]}"#,
            Ok("SRID=7;Point(1 2)"),
        );
        check(
            "Edm.GeographyCollection",
            r#"{"type":"GeometryCollection","geometries":[{"type":"MultiPoint","coordinates":[[1,2]]}]}"#,
            Ok("SRID=4326;Collection(MultiPoint((1 2)))"),
        );
    }

    #[test]
    fn what_is_no_geojson() {
        let of = |json, reason| check("Edm.Geography", json, Err(reason));
        of("\"SRID=0;Point(1 2)\"", "expected a GeoJSON object");
        of("{}", "has a type");
        of(
            r#"{"type":"Circle","coordinates":[]}"#,
            "not one of the types Point",
        );
        of(r#"{"type":"Point","coordinates":[1]}"#, "another form");
        of(
            r#"{"type":"Point","coordinates":[1,"2"]}"#,
            "expected coordinates",
        );
        of(r#"{"type":"Point","geometries":[1,2]}"#, "no 'geometries'");
        of(
            r#"{"type":"Point","coordinates":[1,2],"crs":{"type":"link"}}"#,
            "crs",
        );
        of(
            r#"{"type":"Point","coordinates":[1,2],"crs":{"type":"name","properties":{"name":"EPSG:-1"}}}"#,
            "EPSG",
        );
        let deep = format!(
            "{}{{\"type\":\"Point\",\"coordinates\":[1,2]}}{}",
            r#"{"type":"GeometryCollection","geometries":["#.repeat(20),
            "]}".repeat(20)
        );
        of(&deep, "nested deeper");
    }
}
