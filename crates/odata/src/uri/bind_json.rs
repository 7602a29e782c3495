//! JSON objects in URLs, bound: complex values as parameters and literals (OData 4.01 URL
//! Conventions, section 5.1.1.14.5).

use edm::{ComplexValue, ItemType, Primitive, StructuredId, TypeRef, Value};

use super::bind_expr::Wanted;
use super::bind_literal::{exact, unfit_error};
use super::binder::Binder;
use super::syntax::{self, Literal, Text};
use crate::Error;
use crate::expr::Expr;

impl<'a> Binder<'_, 'a> {
    /// `{"name":value}` where a complex value is wanted.
    ///
    /// # Errors
    /// 400 for an object where none fits, and for members that do not fit.
    pub(super) fn object(
        &self,
        expr: &'a syntax::Expr<'a>,
        wanted: Option<Wanted<'_>>,
    ) -> Result<Expr, Error> {
        let Some(Wanted {
            item: ItemType::Complex(of),
            ..
        }) = wanted
        else {
            return Err(Error::bad_request(format!(
                "A JSON object, '{expr}', can only stand beside a complex value."
            )));
        };
        let ty = TypeRef {
            nullable: false,
            ..TypeRef::of(ItemType::Complex(of))
        };
        Ok(Expr::Literal {
            value: self.json(expr, &ty, "the literal")?,
            ty: Some(ty.item),
        })
    }

    /// A JSON value as one of a type. Within an object, values are written as JSON has them.
    pub(super) fn json(
        &self,
        expr: &'a syntax::Expr<'a>,
        ty: &TypeRef,
        place: &str,
    ) -> Result<Value, Error> {
        self.count_node()?;
        let misfit = || {
            Error::bad_request(format!(
                "Type mismatch: {place} is of type {}, but '{expr}' is not.",
                self.model.type_name(ty)
            ))
        };
        match (self.resolve(expr), ty.item) {
            (syntax::Expr::List(items), _) if ty.collection => {
                let item = TypeRef {
                    collection: false,
                    ..ty.clone()
                };
                let values = items
                    .iter()
                    .map(|e| self.nested(|| self.json(e, &item, place)));
                Ok(Value::Collection(values.collect::<Result<_, _>>()?))
            }
            (syntax::Expr::Literal(Literal::Null), _) if ty.nullable && !ty.collection => {
                Ok(Value::Null)
            }
            (syntax::Expr::Literal(literal), ItemType::Primitive(_) | ItemType::Enum(_))
                if !ty.collection =>
            {
                self.json_scalar(literal, ty, place)
            }
            (syntax::Expr::Object(members), ItemType::Complex(of)) if !ty.collection => {
                self.nested(|| self.complex(of, members, place))
            }
            _ => Err(misfit()),
        }
    }

    /// What JSON writes as a string may be a literal without its URL form: a date, a GUID.
    fn json_scalar(
        &self,
        literal: &Literal<'_>,
        ty: &TypeRef,
        place: &str,
    ) -> Result<Value, Error> {
        let name = self.name(ty.item);
        if let (Literal::String(text), ItemType::Primitive(primitive)) = (literal, ty.item)
            && !matches!(primitive, Primitive::String | Primitive::Geo(_))
        {
            return Value::parse(primitive, text).map_err(|e| {
                Error::bad_request(format!("Invalid value for {place}: '{text}' is {e}."))
            });
        }
        if *literal == Literal::Null {
            return Err(Error::bad_request(format!(
                "Invalid value for {place}: {name} must not be null."
            )));
        }
        exact(self.model, literal, ty.item)
            .map_err(|unfit| unfit_error(place, name, literal, unfit))
    }

    fn complex(
        &self,
        of: StructuredId,
        members: &'a [(Text<'a>, syntax::Expr<'a>)],
        place: &str,
    ) -> Result<Value, Error> {
        let ty = self.model.structured(of);
        let mut values: Vec<Value> = ty.properties.iter().map(|p| p.default.clone()).collect();
        let mut given = vec![false; values.len()];
        for (name, value) in members {
            let ordinal = ty
                .property(name)
                .ok_or_else(|| self.unknown_property(of, name))?;
            let (Some(property), Some(slot), Some(seen)) = (
                ty.properties.get(ordinal),
                values.get_mut(ordinal),
                given.get_mut(ordinal),
            ) else {
                return Err(self.unknown_property(of, name));
            };
            if std::mem::replace(seen, true) {
                return Err(Error::bad_request(format!(
                    "The member '{name}' of {place} is given twice."
                )));
            }
            *slot = self.json(value, &property.ty, &format!("'{name}' of {place}"))?;
        }
        Ok(Value::Complex(Box::new(ComplexValue { of, values })))
    }
}
