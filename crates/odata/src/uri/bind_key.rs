//! Keys: typed by the key properties (OData 4.01 URL Conventions, section 4.3).

use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};
use edm::{ItemType, Primitive, Property, StructuredId, TypeRef, Value};

use super::bind_literal::exact;
use super::binder::{Binder, Named};
use super::suggest::did_you_mean;
use super::syntax::{Arguments, Expr, Literal, PathSegment, SegmentForm};
use crate::Error;

/// Values of key properties, by ordinal, that what stands before a key decides already.
type Implied = [(usize, Value)];

fn known(implied: &Implied, ordinal: usize) -> Option<&Value> {
    let mut known = implied.iter();
    known.find(|(at, _)| *at == ordinal).map(|(_, value)| value)
}

impl<'a> Binder<'_, 'a> {
    /// The key in the parentheses behind a collection: `('x')`, `(id='x')`, `(a=1,b=2)`. `implied`
    /// are the values that may be left out, by ordinal.
    ///
    /// # Errors
    /// 400 for a wrong number of values and for names that are no key properties; 404 for a value
    /// that no key of the type can have.
    pub(super) fn key_predicate(
        &self,
        of: StructuredId,
        given: &'a Arguments<'a>,
        implied: &Implied,
    ) -> Result<Vec<Value>, Error> {
        match given {
            Arguments::Named(named) => self.named_key(of, named, implied),
            Arguments::Positional(values) => {
                let properties = self.key_properties(of)?;
                match (self.left_to_say(of, implied)?.as_slice(), values.as_slice()) {
                    ([property], [value]) => {
                        let value = self.key_value(of, property, value)?;
                        self.completed(of, implied, vec![value])
                    }
                    _ => Err(self.wrong_key(of, &properties)),
                }
            }
        }
    }

    /// The key properties whose values are not implied.
    fn left_to_say(&self, of: StructuredId, implied: &Implied) -> Result<Vec<&Property>, Error> {
        let key = &self.model.structured(of).key;
        let properties = key.iter().zip(self.key_properties(of)?);
        let left = properties.filter(|(ordinal, _)| known(implied, **ordinal).is_none());
        Ok(left.map(|(_, property)| property).collect())
    }

    /// A whole key of the values of those properties and of what is implied.
    fn completed(
        &self,
        of: StructuredId,
        implied: &Implied,
        said: Vec<Value>,
    ) -> Result<Vec<Value>, Error> {
        let mut said = said.into_iter();
        let key = self.model.structured(of).key.iter();
        let value = |ordinal: &usize| known(implied, *ordinal).cloned().or_else(|| said.next());
        key.map(value)
            .collect::<Option<_>>()
            .ok_or_else(|| Error::internal("a key lacks a value"))
    }

    /// Key values by name, each property exactly once.
    fn named_key(
        &self,
        of: StructuredId,
        named: &'a Named<'a>,
        implied: &Implied,
    ) -> Result<Vec<Value>, Error> {
        let properties = self.key_properties(of)?;
        for (i, (name, _)) in named.iter().enumerate() {
            if !properties.iter().any(|p| p.name == *name) {
                let known = properties.iter().map(|p| p.name.as_str());
                return Err(Error::bad_request(format!(
                    "'{name}' is no key property of {}.{}",
                    self.model.structured(of).name,
                    did_you_mean(name, known)
                ))
                .with_target(&**name));
            }
            if named.iter().take(i).any(|(earlier, _)| earlier == name) {
                return Err(Error::bad_request(format!(
                    "The key property '{name}' is given twice."
                ))
                .with_target(&**name));
            }
        }
        let value = |(ordinal, property): (&usize, &&Property)| {
            let given = named.iter().find(|(name, _)| *name == property.name);
            match (given, known(implied, *ordinal)) {
                (Some((_, value)), _) => self.key_value(of, property, value),
                (None, Some(value)) => Ok(value.clone()),
                (None, None) => Err(self.wrong_key(of, &properties)),
            }
        };
        let key = self.model.structured(of).key.iter();
        key.zip(&properties).map(value).collect()
    }

    /// A key as path segments, and how many it took (section 4.3.6). Compound keys take a segment
    /// for each property, or one that names them all.
    ///
    /// # Errors
    /// 400 for a segment that names key properties and is malformed; 404 for text that no key of
    /// the type can have.
    pub(super) fn key_as_segment(
        &self,
        of: StructuredId,
        segments: &'a [PathSegment<'a>],
        implied: &Implied,
    ) -> Result<(Vec<Value>, usize), Error> {
        let whole = self.whole_key_as_segment(of, segments, implied);
        match (whole, self.left_to_say(of, implied)?.as_slice(), segments) {
            (Err(_), [property], [segment, ..]) if !implied.is_empty() => {
                let value = self.text_value(&property.ty, segment.text);
                let value = value.ok_or_else(|| self.no_such_key(of, property, segment.text))?;
                Ok((self.completed(of, implied, vec![value])?, 1))
            }
            (whole, ..) => whole,
        }
    }

    fn whole_key_as_segment(
        &self,
        of: StructuredId,
        segments: &'a [PathSegment<'a>],
        implied: &Implied,
    ) -> Result<(Vec<Value>, usize), Error> {
        let properties = self.key_properties(of)?;
        match segments.first().map(|segment| &segment.form) {
            Some(SegmentForm::Keys(named))
                if properties.len() > 1
                    || named
                        .iter()
                        .all(|(n, _)| properties.iter().any(|p| p.name == *n)) =>
            {
                return Ok((self.named_key(of, named, implied)?, 1));
            }
            Some(SegmentForm::Key(Some(error))) if properties.len() > 1 => {
                return Err(error.clone().into_error("path"));
            }
            _ => {}
        }
        let taken = segments.get(..properties.len()).ok_or_else(|| {
            let mut error = self.wrong_key(of, &properties);
            error.code = crate::ErrorCode::ResourceNotFound;
            error
        })?;
        let mut key = Vec::with_capacity(properties.len());
        for (property, segment) in properties.iter().zip(taken) {
            let value = self.text_value(&property.ty, segment.text);
            key.push(value.ok_or_else(|| self.no_such_key(of, property, segment.text))?);
        }
        Ok((key, taken.len()))
    }

    /// A key of one property as text, in an expression.
    pub(super) fn text_key(&self, of: StructuredId, text: &str) -> Result<Vec<Value>, Error> {
        match self.key_properties(of)?.as_slice() {
            [property] => {
                let value = self.text_value(&property.ty, text);
                Ok(vec![
                    value.ok_or_else(|| self.no_such_key(of, property, text))?,
                ])
            }
            properties => Err(self.wrong_key(of, properties)),
        }
    }

    fn key_properties(&self, of: StructuredId) -> Result<Vec<&Property>, Error> {
        let ty = self.model.structured(of);
        let properties: Vec<_> = ty
            .key
            .iter()
            .filter_map(|ordinal| ty.properties.get(*ordinal))
            .collect();
        if properties.is_empty() {
            return Err(Error::not_found(format!(
                "The type {} has no key.",
                ty.name
            )));
        }
        Ok(properties)
    }

    pub(super) fn key_value(
        &self,
        of: StructuredId,
        property: &Property,
        given: &'a Expr<'a>,
    ) -> Result<Value, Error> {
        let value = self.resolve(given);
        if let Expr::Literal(literal) = value
            && *literal != Literal::Null
            && let Ok(value) = exact(self.model, literal, property.ty.item)
        {
            return Ok(value);
        }
        Err(self.no_such_key(of, property, &value.to_string()))
    }

    /// What the text of a segment is as a value of a key property.
    fn text_value(&self, ty: &TypeRef, text: &str) -> Option<Value> {
        let ItemType::Primitive(primitive) = ty.item else {
            let literal = Literal::String(text.into());
            return exact(self.model, &literal, ty.item).ok();
        };
        Some(match primitive {
            Primitive::String => Value::String(text.to_owned()),
            Primitive::Guid => Value::Guid(
                uuid::Uuid::try_parse(text)
                    .ok()
                    .filter(|_| text.len() == 36)?,
            ),
            Primitive::Boolean => Value::Boolean(text.parse().ok()?),
            Primitive::Date => Value::Date(Date::parse(text).ok()?),
            Primitive::TimeOfDay => Value::TimeOfDay(TimeOfDay::parse(text).ok()?),
            Primitive::DateTimeOffset => Value::DateTimeOffset(DateTimeOffset::parse(text).ok()?),
            Primitive::Duration => Value::Duration(Duration::parse(text).ok()?),
            _ => {
                let is_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
                let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
                let literal = match unsigned.split_once('.') {
                    Some((whole, fraction)) if is_digits(whole) && is_digits(fraction) => {
                        Literal::Decimal(text.into())
                    }
                    None if is_digits(unsigned) => Literal::Integer(text.into()),
                    _ => return None,
                };
                return exact(self.model, &literal, ty.item).ok();
            }
        })
    }

    fn no_such_key(&self, of: StructuredId, property: &Property, text: &str) -> Error {
        Error::not_found(format!(
            "No {} has {text} as its key: '{}' is of type {}.",
            self.model.structured(of).name,
            property.name,
            self.model.type_name(&property.ty)
        ))
    }

    fn wrong_key(&self, of: StructuredId, properties: &[&Property]) -> Error {
        let names: Vec<_> = properties.iter().map(|p| p.name.as_str()).collect();
        Error::bad_request(format!(
            "The key of {} consists of {}.",
            self.model.structured(of).name,
            names.join(", ")
        ))
    }
}
