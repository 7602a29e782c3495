//! The GeoJSON form.

use std::fmt::Write as _;

use super::{Geo, GeoError, Position, Shape, line, polygon};

/// The shapes with coordinates by their GeoJSON names; a collection has `geometries` instead.
pub(super) const TYPES: [&str; 6] = [
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
];

/// The `coordinates` of a GeoJSON object: a tree of arrays with numbers at its ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Coordinates {
    /// A number.
    Number(f64),
    /// An array.
    List(Vec<Coordinates>),
}

impl Geo {
    /// The GeoJSON object: `type` first, then `coordinates` (or `geometries`), and `crs` if the
    /// reference system is another than `default_srid`.
    #[must_use]
    pub fn to_geojson(&self, default_srid: u32) -> String {
        let mut out = String::new();
        write_shape(&mut out, &self.shape);
        if self.srid != default_srid {
            out.pop();
            // Writing to a string cannot fail.
            let _ = write!(
                out,
                ",\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"EPSG:{}\"}}}}}}",
                self.srid
            );
        }
        out
    }
}

impl Shape {
    /// The shape of a GeoJSON `type` other than `GeometryCollection` and its `coordinates`.
    ///
    /// # Errors
    /// An unknown type; coordinates nested otherwise, positions of less than two or more than four
    /// numbers, numbers that are not finite; lines and rings that are none.
    pub fn from_coordinates(ty: &str, coordinates: &Coordinates) -> Result<Self, GeoError> {
        let name = TYPES
            .iter()
            .find(|name| **name == ty)
            .ok_or(GeoError::Type)?;
        let form = Form(name);
        Ok(match *name {
            "Point" => Self::Point(form.position(coordinates)?),
            "LineString" => Self::LineString(form.line(coordinates)?),
            "Polygon" => Self::Polygon(form.polygon(coordinates)?),
            "MultiPoint" => Self::MultiPoint(form.list(coordinates, Form::position)?),
            "MultiLineString" => Self::MultiLineString(form.list(coordinates, Form::line)?),
            _ => Self::MultiPolygon(form.list(coordinates, Form::polygon)?),
        })
    }
}

/// Reads the coordinates of a type, which errors name.
#[derive(Clone, Copy)]
struct Form(&'static str);

impl Form {
    fn list<T>(
        self,
        coordinates: &Coordinates,
        item: fn(Self, &Coordinates) -> Result<T, GeoError>,
    ) -> Result<Vec<T>, GeoError> {
        match coordinates {
            Coordinates::List(items) => items.iter().map(|c| item(self, c)).collect(),
            Coordinates::Number(_) => Err(GeoError::Coordinates(self.0)),
        }
    }

    fn line(self, coordinates: &Coordinates) -> Result<Vec<Position>, GeoError> {
        line(self.list(coordinates, Self::position)?)
    }

    fn polygon(self, coordinates: &Coordinates) -> Result<Vec<Vec<Position>>, GeoError> {
        polygon(self.list(coordinates, |form, c| form.list(c, Self::position))?)
    }

    fn position(self, coordinates: &Coordinates) -> Result<Position, GeoError> {
        let numbers = self.list(coordinates, |form, c| match c {
            Coordinates::Number(number) if number.is_finite() => Ok(*number),
            _ => Err(GeoError::Coordinates(form.0)),
        })?;
        match *numbers {
            [x, y] => Ok(Position {
                x,
                y,
                z: None,
                m: None,
            }),
            [x, y, z] => Ok(Position {
                x,
                y,
                z: Some(z),
                m: None,
            }),
            [x, y, z, m] => Ok(Position {
                x,
                y,
                z: Some(z),
                m: Some(m),
            }),
            _ => Err(GeoError::Coordinates(self.0)),
        }
    }
}

fn write_shape(out: &mut String, shape: &Shape) {
    if let Shape::Collection(shapes) = shape {
        out.push_str("{\"type\":\"GeometryCollection\",\"geometries\":");
        array(out, shapes, write_shape);
        out.push('}');
        return;
    }
    let _ = write!(out, "{{\"type\":\"{}\",\"coordinates\":", shape.name());
    match shape {
        Shape::Point(at) => position(out, at),
        Shape::LineString(positions) | Shape::MultiPoint(positions) => {
            array(out, positions, position);
        }
        Shape::Polygon(lines) | Shape::MultiLineString(lines) => lists(out, lines),
        Shape::MultiPolygon(polygons) => array(out, polygons, |out, rings| lists(out, rings)),
        Shape::Collection(_) => {}
    }
    out.push('}');
}

fn lists(out: &mut String, lines: &[Vec<Position>]) {
    array(out, lines, |out, line| array(out, line, position));
}

fn position(out: &mut String, at: &Position) {
    let _ = write!(out, "[{},{}", at.x, at.y);
    for further in [at.z, at.m].into_iter().flatten() {
        let _ = write!(out, ",{further}");
    }
    out.push(']');
}

fn array<T>(out: &mut String, items: &[T], mut item: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (place, each) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        item(out, each);
    }
    out.push(']');
}
