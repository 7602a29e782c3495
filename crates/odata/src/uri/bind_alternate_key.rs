//! Alternate keys (OData 4.01 URL Conventions, section 4.3.4): properties other than the key that
//! tell entities apart, as `Core.AlternateKeys` says.

use edm::{Expression, StructuredId, Value};

use super::binder::{Binder, Named};
use super::syntax::Arguments;
use crate::Error;
use crate::path::Segment;

const ALTERNATE_KEYS: &str = "Org.OData.Core.V1.AlternateKeys";

impl<'a> Binder<'_, 'a> {
    /// The key in the parentheses behind a collection: the type's own, or an alternate one where
    /// the names are those of one.
    ///
    /// # Errors
    /// As for a key predicate.
    pub(super) fn key_segment(
        &self,
        of: StructuredId,
        given: &'a Arguments<'a>,
        implied: &[(usize, Value)],
    ) -> Result<Segment, Error> {
        if let Arguments::Named(named) = given
            && let Some(key) = self.alternate_key(of, named)?
        {
            return Ok(Segment::AlternateKey(key));
        }
        self.key_predicate(of, given, implied).map(Segment::Key)
    }

    fn alternate_key(
        &self,
        of: StructuredId,
        named: &'a Named<'a>,
    ) -> Result<Option<Vec<(usize, Value)>>, Error> {
        let mut at = Some(of);
        while let Some(id) = at {
            let ty = self.model.structured(id);
            let keys = ty.annotations.get(ALTERNATE_KEYS);
            for key in keys.map_or(&[][..], Expression::items) {
                let parts = key.property("Key").map_or(&[][..], Expression::items);
                let places: Option<Vec<(usize, usize)>> = parts
                    .iter()
                    .map(|part| self.key_part(of, part, named))
                    .collect();
                if let Some(places) = places.filter(|p| !p.is_empty() && p.len() == named.len()) {
                    return self.alternate_values(of, &places, named).map(Some);
                }
            }
            at = ty.base;
        }
        Ok(None)
    }

    /// A part of an alternate key: the property's ordinal and where its value is given.
    fn key_part(
        &self,
        of: StructuredId,
        part: &Expression,
        named: &Named<'_>,
    ) -> Option<(usize, usize)> {
        let name = part.property("Name")?.as_str()?;
        let alias = part.property("Alias").and_then(Expression::as_str);
        let alias = alias.filter(|alias| !alias.is_empty()).unwrap_or(name);
        let ordinal = self.model.structured(of).property(name)?;
        let place = named.iter().position(|(given, _)| given == alias)?;
        Some((ordinal, place))
    }

    fn alternate_values(
        &self,
        of: StructuredId,
        places: &[(usize, usize)],
        named: &'a Named<'a>,
    ) -> Result<Vec<(usize, Value)>, Error> {
        let properties = &self.model.structured(of).properties;
        let mut key = Vec::with_capacity(places.len());
        for (ordinal, place) in places {
            if let (Some(property), Some((_, value))) =
                (properties.get(*ordinal), named.get(*place))
            {
                key.push((*ordinal, self.key_value(of, property, value)?));
            }
        }
        Ok(key)
    }
}
