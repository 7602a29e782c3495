//! Functions of geography and geometry values (section 5.1.1.12).
//!
//! Distances in a geographic reference system (EPSG codes 4000 to 4999, of which 4326 is WGS 84)
//! are metres along great circles of a sphere with the Earth's mean radius; in any other they are
//! in the plane, in the system's own unit. Code 0 stands for the system of the other value. Values
//! of different systems have no distance and do not intersect: null.

use edm::{Geo, Position, Shape, Value};

use crate::expr::Function;

/// The mean radius of the Earth in metres (IUGG).
const EARTH_RADIUS: f64 = 6_371_008.8;

/// `geo.distance` of two points, `geo.intersects` of a point and a polygon; null for other shapes.
pub(super) fn between(function: Function, left: &Geo, right: &Geo) -> Value {
    let srid = match (left.srid, right.srid) {
        (0, srid) | (srid, 0) => srid,
        (left, right) if left == right => left,
        _ => return Value::Null,
    };
    match (function, &left.shape, &right.shape) {
        (Function::GeoDistance, Shape::Point(left), Shape::Point(right)) => {
            Value::Double(distance(srid, *left, *right))
        }
        (Function::GeoIntersects, Shape::Point(point), Shape::Polygon(rings)) => {
            Value::Boolean(intersects(*point, rings))
        }
        _ => Value::Null,
    }
}

/// `geo.length` of a line; null for other shapes.
pub(super) fn length(line: &Geo) -> Value {
    let Shape::LineString(positions) = &line.shape else {
        return Value::Null;
    };
    let ends = positions.iter().zip(positions.iter().skip(1));
    Value::Double(ends.map(|(from, to)| distance(line.srid, *from, *to)).sum())
}

fn distance(srid: u32, from: Position, to: Position) -> f64 {
    if !(4000..5000).contains(&srid) {
        return (to.x - from.x).hypot(to.y - from.y);
    }
    // The haversine formula, which is exact for short distances too.
    let (from_latitude, to_latitude) = (from.y.to_radians(), to.y.to_radians());
    let latitude = ((to_latitude - from_latitude) / 2.0).sin();
    let longitude = ((to.x - from.x).to_radians() / 2.0).sin();
    let chord =
        latitude * latitude + from_latitude.cos() * to_latitude.cos() * longitude * longitude;
    2.0 * EARTH_RADIUS * chord.sqrt().min(1.0).asin()
}

/// Whether a point is within a polygon or on its boundary; edges are straight lines between
/// coordinates. The first ring is the outside, the others are holes, whose boundary belongs to the
/// polygon.
fn intersects(point: Position, rings: &[Vec<Position>]) -> bool {
    let on_boundary = |ring: &Vec<Position>| edges(ring).any(|(a, b)| on_edge(point, a, b));
    if rings.iter().any(on_boundary) {
        return true;
    }
    let mut rings = rings.iter().map(|ring| encloses(ring, point));
    rings.next() == Some(true) && !rings.any(|hole| hole)
}

fn edges(ring: &[Position]) -> impl Iterator<Item = (Position, Position)> + '_ {
    ring.iter().copied().zip(ring.iter().copied().skip(1))
}

/// Exactly: without tolerance.
fn on_edge(point: Position, a: Position, b: Position) -> bool {
    let cross = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
    cross == 0.0
        && (a.x.min(b.x)..=a.x.max(b.x)).contains(&point.x)
        && (a.y.min(b.y)..=a.y.max(b.y)).contains(&point.y)
}

/// Whether a ray from the point leaves the ring an odd number of times.
fn encloses(ring: &[Position], point: Position) -> bool {
    let crossings = edges(ring).filter(|(a, b)| {
        (a.y > point.y) != (b.y > point.y)
            && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
    });
    crossings.count() % 2 == 1
}
