//! The text form: well-known text with the reference system before it.

use std::fmt::{self, Display, Formatter};

use super::{Geo, GeoError, MAX_DEPTH, Position, Shape, line, polygon};

impl Geo {
    /// Reads `SRID=4326;Point(142.1 64.1)` (ABNF `fullPointLiteral` and its kin), keywords in any
    /// case.
    ///
    /// # Errors
    /// Where the text stops to follow the grammar, a line or ring that is none, or collections
    /// nested too deep.
    pub fn parse(text: &str) -> Result<Self, GeoError> {
        let mut scanner = Scanner { text, at: 0 };
        scanner.keyword("SRID=")?;
        let srid = scanner.srid()?;
        let shape = scanner.shape(0)?;
        if scanner.at < text.len() {
            return Err(scanner.malformed());
        }
        Ok(Self { srid, shape })
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn malformed(&self) -> GeoError {
        GeoError::Malformed(self.at)
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self
            .rest()
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word));
        if found {
            self.at += word.len();
        }
        found
    }

    fn keyword(&mut self, word: &str) -> Result<(), GeoError> {
        if self.takes(word) {
            Ok(())
        } else {
            Err(self.malformed())
        }
    }

    fn srid(&mut self) -> Result<u32, GeoError> {
        let (digits, _) = self
            .rest()
            .split_once(';')
            .filter(|(digits, _)| {
                (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
            })
            .ok_or_else(|| self.malformed())?;
        let srid = digits.parse().map_err(|_| self.malformed())?;
        self.at += digits.len() + 1;
        Ok(srid)
    }

    fn shape(&mut self, depth: usize) -> Result<Shape, GeoError> {
        if depth > MAX_DEPTH {
            return Err(GeoError::Depth);
        }
        let name: &str = {
            let rest = self.rest();
            let end = rest.find('(').ok_or_else(|| self.malformed())?;
            rest.get(..end).unwrap_or("")
        };
        let start = self.at;
        self.at += name.len();
        Ok(match name.to_ascii_lowercase().as_str() {
            "point" => Shape::Point(self.point()?),
            "linestring" => Shape::LineString(self.line()?),
            "polygon" => Shape::Polygon(self.polygon()?),
            "multipoint" => Shape::MultiPoint(self.list(true, Self::point)?),
            "multilinestring" => Shape::MultiLineString(self.list(true, Self::line)?),
            "multipolygon" => Shape::MultiPolygon(self.list(true, Self::polygon)?),
            "collection" => Shape::Collection(self.list(false, |s| s.shape(depth + 1))?),
            _ => return Err(GeoError::Malformed(start)),
        })
    }

    /// Items in parentheses, separated by commas.
    fn list<T>(
        &mut self,
        may_be_empty: bool,
        mut item: impl FnMut(&mut Self) -> Result<T, GeoError>,
    ) -> Result<Vec<T>, GeoError> {
        self.keyword("(")?;
        let mut items = Vec::new();
        if may_be_empty && self.takes(")") {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.takes(")") {
                return Ok(items);
            }
            self.keyword(",")?;
        }
    }

    fn point(&mut self) -> Result<Position, GeoError> {
        self.keyword("(")?;
        let position = self.position()?;
        self.keyword(")")?;
        Ok(position)
    }

    fn line(&mut self) -> Result<Vec<Position>, GeoError> {
        line(self.list(false, Self::position)?)
    }

    fn polygon(&mut self) -> Result<Vec<Vec<Position>>, GeoError> {
        polygon(self.list(false, |s| s.list(false, Self::position))?)
    }

    fn position(&mut self) -> Result<Position, GeoError> {
        let x = self.number()?;
        self.keyword(" ")?;
        let y = self.number()?;
        let mut further = || -> Result<Option<f64>, GeoError> {
            self.takes(" ").then(|| self.number()).transpose()
        };
        let z = further()?;
        let m = if z.is_some() { further()? } else { None };
        Ok(Position { x, y, z, m })
    }

    fn number(&mut self) -> Result<f64, GeoError> {
        let rest = self.rest();
        let end = rest.find([' ', ',', ')']).unwrap_or(rest.len());
        let digits = rest.get(..end).unwrap_or("");
        let number = crate::literal::finite(digits).ok_or_else(|| self.malformed())?;
        self.at += end;
        Ok(number)
    }
}

impl Display for Geo {
    /// The text that [`Geo::parse`] reads.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SRID={};{}", self.srid, self.shape)
    }
}

impl Display for Shape {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Point(position) => write!(f, "({position})"),
            Self::LineString(positions) => joined(f, positions, |f, p| write!(f, "{p}")),
            Self::MultiPoint(positions) => joined(f, positions, |f, p| write!(f, "({p})")),
            Self::Polygon(lines) | Self::MultiLineString(lines) => rings(f, lines),
            Self::MultiPolygon(polygons) => joined(f, polygons, |f, p| rings(f, p)),
            Self::Collection(shapes) => joined(f, shapes, |f, s| write!(f, "{s}")),
        }
    }
}

impl Display for Position {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.x, self.y)?;
        for further in [self.z, self.m].into_iter().flatten() {
            write!(f, " {further}")?;
        }
        Ok(())
    }
}

fn rings(f: &mut Formatter<'_>, lines: &[Vec<Position>]) -> fmt::Result {
    joined(f, lines, |f, line| joined(f, line, |f, p| write!(f, "{p}")))
}

fn joined<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    mut item: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("(")?;
    for (place, each) in items.iter().enumerate() {
        if place > 0 {
            f.write_str(",")?;
        }
        item(f, each)?;
    }
    f.write_str(")")
}
