//! The canonical functions, bound: what they take and what they make (OData 4.01 URL Conventions,
//! sections 5.1.1.5 to 5.1.1.12).

use edm::{ItemType, Primitive, TypeRef};

use super::bind_scope::Scope;
use super::bind_type::{common, comparable, is_numeric, is_unknown};
use super::binder::Binder;
use super::suggest::did_you_mean;
use super::syntax::{self, Arguments};
use crate::Error;
use crate::expr::{Expr, Function, Path};

/// What a function takes at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Text,
    Number,
    Integer,
    Instant,
    DateOrInstant,
    TimeOrInstant,
    Duration,
    Point,
    Line,
    Polygon,
    Collection,
    /// A string or a collection; if there are two, both the same.
    Sequence,
}

impl Takes {
    /// For messages.
    fn what(self) -> &'static str {
        match self {
            Self::Text => "Edm.String",
            Self::Number => "a number",
            Self::Integer => "an integer",
            Self::Instant => "Edm.DateTimeOffset",
            Self::DateOrInstant => "Edm.Date or Edm.DateTimeOffset",
            Self::TimeOrInstant => "Edm.TimeOfDay or Edm.DateTimeOffset",
            Self::Duration => "Edm.Duration",
            Self::Point => "Edm.GeographyPoint or Edm.GeometryPoint",
            Self::Line => "Edm.GeographyLineString or Edm.GeometryLineString",
            Self::Polygon => "Edm.GeographyPolygon or Edm.GeometryPolygon",
            Self::Collection => "a collection",
            Self::Sequence => "Edm.String or a collection",
        }
    }

    /// The type that a dynamic property is asked for.
    fn asked(self) -> Option<Primitive> {
        match self {
            Self::Text | Self::Sequence => Some(Primitive::String),
            Self::Number => Some(Primitive::Double),
            Self::Instant | Self::DateOrInstant | Self::TimeOrInstant => {
                Some(Primitive::DateTimeOffset)
            }
            Self::Duration => Some(Primitive::Duration),
            Self::Integer | Self::Point | Self::Line | Self::Polygon | Self::Collection => None,
        }
    }

    fn fits(self, ty: &TypeRef) -> bool {
        if ty.item == ItemType::Untyped {
            return true;
        }
        if ty.collection {
            return matches!(self, Self::Collection | Self::Sequence);
        }
        let ItemType::Primitive(primitive) = ty.item else {
            return false;
        };
        match self {
            Self::Text | Self::Sequence => primitive == Primitive::String,
            Self::Number => is_numeric(primitive),
            Self::Integer => primitive.integer_range().is_some(),
            Self::Instant => primitive == Primitive::DateTimeOffset,
            Self::DateOrInstant => {
                matches!(primitive, Primitive::Date | Primitive::DateTimeOffset)
            }
            Self::TimeOrInstant => {
                matches!(primitive, Primitive::TimeOfDay | Primitive::DateTimeOffset)
            }
            Self::Duration => primitive == Primitive::Duration,
            Self::Point => is_shape(primitive, "Point"),
            Self::Line => is_shape(primitive, "LineString"),
            Self::Polygon => is_shape(primitive, "Polygon"),
            Self::Collection => false,
        }
    }
}

fn is_shape(primitive: Primitive, shape: &str) -> bool {
    let name = primitive.name();
    let found = name
        .strip_prefix("Edm.Geography")
        .or_else(|| name.strip_prefix("Edm.Geometry"));
    found == Some(shape)
}

/// What a function takes, and how many of the last may be left out.
fn signature(function: Function) -> (&'static [Takes], usize) {
    use Function as F;
    use Takes as T;
    match function {
        F::Concat | F::Contains | F::EndsWith | F::IndexOf | F::StartsWith => {
            (&[T::Sequence, T::Sequence], 0)
        }
        F::Length => (&[T::Sequence], 0),
        F::Substring => (&[T::Sequence, T::Integer, T::Integer], 1),
        F::HasSubset | F::HasSubsequence => (&[T::Collection, T::Collection], 0),
        F::MatchesPattern => (&[T::Text, T::Text], 0),
        F::ToLower | F::ToUpper | F::Trim => (&[T::Text], 0),
        F::Date | F::Time | F::TotalOffsetMinutes => (&[T::Instant], 0),
        F::Day | F::Month | F::Year => (&[T::DateOrInstant], 0),
        F::FractionalSeconds | F::Hour | F::Minute | F::Second => (&[T::TimeOrInstant], 0),
        F::MaxDateTime | F::MinDateTime | F::Now => (&[], 0),
        F::TotalSeconds => (&[T::Duration], 0),
        F::Ceiling | F::Floor | F::Round => (&[T::Number], 0),
        F::GeoDistance => (&[T::Point, T::Point], 0),
        F::GeoIntersects => (&[T::Point, T::Polygon], 0),
        F::GeoLength => (&[T::Line], 0),
    }
}

/// The type of the result; `None` if the arguments do not go together.
fn result(function: Function, arguments: &[Expr]) -> Option<TypeRef> {
    use Function as F;
    use Primitive as P;
    let first = || arguments.first().and_then(Expr::ty);
    let primitive = match function {
        F::Concat => {
            let both = common(first(), arguments.get(1).and_then(Expr::ty))?;
            return Some(both.unwrap_or_else(|| TypeRef::primitive(P::String)));
        }
        F::Substring => {
            return Some(first().unwrap_or_else(|| TypeRef::primitive(P::String)));
        }
        F::Ceiling | F::Floor | F::Round => {
            let item = first().map_or(ItemType::Primitive(P::Decimal), |ty| ty.item);
            let single = item == ItemType::Primitive(P::Single);
            return Some(TypeRef::of(if single {
                ItemType::Primitive(P::Double)
            } else {
                item
            }));
        }
        F::Contains
        | F::EndsWith
        | F::StartsWith
        | F::HasSubset
        | F::HasSubsequence
        | F::MatchesPattern
        | F::GeoIntersects => P::Boolean,
        F::IndexOf
        | F::Length
        | F::Day
        | F::Hour
        | F::Minute
        | F::Month
        | F::Second
        | F::TotalOffsetMinutes
        | F::Year => P::Int32,
        F::ToLower | F::ToUpper | F::Trim => P::String,
        F::Date => P::Date,
        F::Time => P::TimeOfDay,
        F::MaxDateTime | F::MinDateTime | F::Now => P::DateTimeOffset,
        F::FractionalSeconds | F::TotalSeconds => P::Decimal,
        F::GeoDistance | F::GeoLength => P::Double,
    };
    Some(TypeRef::primitive(primitive))
}

impl<'a> Binder<'_, 'a> {
    /// The call of a canonical function, `cast` and `isof`.
    ///
    /// # Errors
    /// 400 for a name that is no function's, and for arguments that it does not take.
    pub(super) fn call(
        &self,
        scope: Scope<'_>,
        name: &str,
        arguments: &'a Arguments<'a>,
    ) -> Result<Expr, Error> {
        let is_canonical = ["cast", "isof"]
            .iter()
            .any(|n| name.eq_ignore_ascii_case(n))
            || Function::from_name(name).is_some();
        if !is_canonical || matches!(arguments, Arguments::Named(_)) {
            return self.of_model(scope, name, arguments);
        }
        match arguments {
            Arguments::Positional(given) if name.eq_ignore_ascii_case("cast") => {
                self.cast(scope, given)
            }
            Arguments::Positional(given) if name.eq_ignore_ascii_case("isof") => {
                self.is_of(scope, given)
            }
            Arguments::Positional(given) => self.canonical(scope, name, given),
            Arguments::Named(_) => Err(self.no_function(name)),
        }
    }

    /// The call of a function of the model: bound to the instance at hand, or to nothing.
    fn of_model(
        &self,
        scope: Scope<'_>,
        name: &str,
        arguments: &'a Arguments<'a>,
    ) -> Result<Expr, Error> {
        let instance = scope.instance;
        let instance = instance.map(|instance| Path::instance(TypeRef::of(instance.item)));
        let bound = match &instance {
            Some(instance) => self.defined(scope, Some(instance), name, arguments)?,
            None => None,
        };
        let found = match bound {
            Some(bound) => Some(bound),
            None => self.defined(scope, None, name, arguments)?,
        };
        found.ok_or_else(|| self.no_function(name))
    }

    fn canonical(
        &self,
        scope: Scope<'_>,
        name: &str,
        given: &'a [syntax::Expr<'a>],
    ) -> Result<Expr, Error> {
        let function = Function::from_name(name).ok_or_else(|| self.no_function(name))?;
        let (takes, optional) = signature(function);
        check_number(name, takes.len(), optional, given.len())?;
        let mut bound = Vec::with_capacity(given.len());
        for (place, (argument, takes)) in given.iter().zip(takes).enumerate() {
            bound.push(self.call_argument(scope, name, place, argument, *takes)?);
        }
        self.check_sequences(name, takes, &bound)?;
        let ty = result(function, &bound).ok_or_else(|| self.unlike(name, &bound))?;
        Ok(Expr::Call {
            function,
            arguments: bound,
            ty,
        })
    }

    fn call_argument(
        &self,
        scope: Scope<'_>,
        name: &str,
        place: usize,
        argument: &'a syntax::Expr<'a>,
        takes: Takes,
    ) -> Result<Expr, Error> {
        let mut bound = self.expr(scope, argument, None)?;
        if let Some(asked) = takes.asked() {
            self.ask(&mut bound, ItemType::Primitive(asked));
        }
        if takes == Takes::Duration {
            super::bind_literal::retype(&mut bound, ItemType::Primitive(Primitive::Duration));
        }
        // An empty collection has no type, and null is of any.
        let fits = match (&bound, bound.ty()) {
            (Expr::Collection(_), _) => matches!(takes, Takes::Collection | Takes::Sequence),
            (_, None) => true,
            (_, Some(ty)) => takes.fits(&ty),
        };
        if fits {
            return Ok(bound);
        }
        Err(Error::bad_request(format!(
            "Argument {} of the function '{name}' must be {}, but '{argument}' is of type {}.",
            place + 1,
            takes.what(),
            self.type_of(&bound)
        )))
    }

    /// 400 for two sequences of which one is a string and the other a collection, and for
    /// collections of different things.
    fn check_sequences(&self, name: &str, takes: &[Takes], bound: &[Expr]) -> Result<(), Error> {
        let (
            [
                Takes::Sequence | Takes::Collection,
                Takes::Sequence | Takes::Collection,
            ],
            [left, right],
        ) = (takes, bound)
        else {
            return Ok(());
        };
        let is_list = |expr: &Expr| matches!(expr, Expr::Collection(_));
        let fits = match (left.ty(), right.ty()) {
            (Some(l), Some(r)) => comparable(self.model, &l, &r),
            (Some(one), None) if is_list(right) => one.collection || is_unknown(one.item),
            (None, Some(one)) if is_list(left) => one.collection || is_unknown(one.item),
            _ => true,
        };
        if fits {
            Ok(())
        } else {
            Err(self.unlike(name, bound))
        }
    }

    fn unlike(&self, name: &str, bound: &[Expr]) -> Error {
        let types: Vec<_> = bound.iter().map(|expr| self.type_of(expr)).collect();
        Error::bad_request(format!(
            "The function '{name}' takes two strings or two collections of the same type, not {}.",
            types.join(" and ")
        ))
    }

    fn no_function(&self, name: &str) -> Error {
        if !self.model.find_operations(None, name).is_empty()
            || self
                .model
                .operations()
                .any(|(_, o)| o.name == name || o.short_name() == name)
        {
            return super::binder::unsupported(&format!("The function '{name}' in an expression"));
        }
        let names = Function::ALL.iter().map(|(_, known)| *known);
        let names = names.chain(["cast", "isof"]);
        Error::bad_request(format!(
            "There is no function '{name}'.{}",
            did_you_mean(name, names)
        ))
    }
}

/// 400 for too few or too many arguments.
fn check_number(name: &str, most: usize, optional: usize, given: usize) -> Result<(), Error> {
    let least = most - optional;
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let range = if optional == 0 {
        least.to_string()
    } else {
        format!("{least} to {most}")
    };
    Err(Error::bad_request(format!(
        "The function '{name}' takes {range} arguments, not {given}."
    )))
}
