//! Geography and geometry values: shapes of positions in a spatial reference system, as text
//! (OData ABNF 4.01, section 7: `SRID=4326;Point(142.1 64.1)`) and as GeoJSON (RFC 7946, with the
//! changes of OData JSON Format 4.01, section 7.1).

mod json;
#[cfg(test)]
mod tests;
mod text;

pub use json::Coordinates;

use crate::primitive::Primitive;

/// Collections within collections beyond this are refused, so that shapes may be walked by
/// recursion.
const MAX_DEPTH: usize = 16;

/// A geography or geometry value.
#[derive(Clone, Debug, PartialEq)]
pub struct Geo {
    /// The spatial reference system by its EPSG code, at most five digits; see
    /// [`Geo::default_srid`].
    pub srid: u32,
    /// Where it is.
    pub shape: Shape,
}

/// A point of a shape: longitude and latitude for geography.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// The first coordinate, the longitude in degrees.
    pub x: f64,
    /// The second coordinate, the latitude in degrees.
    pub y: f64,
    /// The altitude.
    pub z: Option<f64>,
    /// The linear referencing measure; only where there is an altitude.
    pub m: Option<f64>,
}

/// The shapes; all positions are of finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One position.
    Point(Position),
    /// At least two positions.
    LineString(Vec<Position>),
    /// At least one ring, each closed: it ends where it begins.
    Polygon(Vec<Vec<Position>>),
    /// Any number of points.
    MultiPoint(Vec<Position>),
    /// Any number of lines.
    MultiLineString(Vec<Vec<Position>>),
    /// Any number of polygons.
    MultiPolygon(Vec<Vec<Vec<Position>>>),
    /// Shapes of any kind.
    Collection(Vec<Shape>),
}

/// Why something is no shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeoError {
    /// The text does not follow the grammar; the byte at which it stops to.
    #[error("malformed at position {0}; an example is SRID=4326;Point(142.1 64.1)")]
    Malformed(usize),
    /// The `type` of a GeoJSON object.
    #[error("not one of the types {names}", names = json::TYPES.join(", "))]
    Type,
    /// Coordinates that are nested otherwise than the shape needs.
    #[error("the coordinates of a {0} have another form")]
    Coordinates(&'static str),
    /// A line with less than two positions.
    #[error("a line has at least two positions")]
    Line,
    /// A ring that is open or empty.
    #[error("a polygon consists of rings, and each ends where it begins")]
    Ring,
    /// Collections nested too deep.
    #[error("collections are nested deeper than {MAX_DEPTH}")]
    Depth,
}

impl Geo {
    /// The spatial reference system of a type's values that name none: 4326 (WGS 84) for
    /// geography, 0 for geometry (CSDL section 7.2.6).
    #[must_use]
    pub fn default_srid(primitive: Primitive) -> u32 {
        if primitive.name().starts_with("Edm.Geometry") {
            0
        } else {
            4326
        }
    }

    /// Whether the value is one of the type: of any geography or geometry type for the abstract
    /// ones.
    #[must_use]
    pub fn is_of(&self, primitive: Primitive) -> bool {
        let Primitive::Geo(name) = primitive else {
            return false;
        };
        let suffix = name
            .strip_prefix("Edm.Geography")
            .or_else(|| name.strip_prefix("Edm.Geometry"));
        suffix.is_some_and(|suffix| suffix.is_empty() || suffix == self.shape.name())
    }
}

impl Shape {
    /// The name in text and in types: `Edm.Geography` followed by it is the shape's type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Point(_) => "Point",
            Self::LineString(_) => "LineString",
            Self::Polygon(_) => "Polygon",
            Self::MultiPoint(_) => "MultiPoint",
            Self::MultiLineString(_) => "MultiLineString",
            Self::MultiPolygon(_) => "MultiPolygon",
            Self::Collection(_) => "Collection",
        }
    }
}

fn line(positions: Vec<Position>) -> Result<Vec<Position>, GeoError> {
    if positions.len() < 2 {
        return Err(GeoError::Line);
    }
    Ok(positions)
}

fn ring(positions: Vec<Position>) -> Result<Vec<Position>, GeoError> {
    if positions.is_empty() || positions.first() != positions.last() {
        return Err(GeoError::Ring);
    }
    Ok(positions)
}

fn polygon(rings: Vec<Vec<Position>>) -> Result<Vec<Vec<Position>>, GeoError> {
    if rings.is_empty() {
        return Err(GeoError::Ring);
    }
    rings.into_iter().map(ring).collect()
}
