//! What a referential constraint says of a key (OData 4.01 URL Conventions, section 4.3.2).

use edm::{StructuredId, Value};

use super::bind_path::Walk;
use crate::path::Segment;

impl Walk<'_, '_, '_> {
    /// The values of key properties of `of`, by ordinal, that may be left out of a key that stands
    /// here: behind a navigation property whose partner has a referential constraint, they are
    /// those of the entity before it.
    pub(super) fn implied_key(&self, of: StructuredId) -> Vec<(usize, Value)> {
        let model = self.binder.model;
        let mut before = self.bound.iter().rev().filter(|segment| {
            // Neither changes which entity the path comes from.
            !matches!(segment, Segment::Cast(_) | Segment::Filter(_))
        });
        let (Some(Segment::Navigation { of: from, index }), Some(Segment::Key(key))) =
            (before.next(), before.next())
        else {
            return Vec::new();
        };
        let source = model.structured(*from);
        let Some(navigation) = source.navigation.get(*index) else {
            return Vec::new();
        };
        let target = model.structured(of);
        let partner = navigation.partner.as_deref();
        let partner = partner.and_then(|name| target.navigation_property(name));
        let Some(partner) = partner.and_then(|index| target.navigation.get(index)) else {
            return Vec::new();
        };
        let implied = |(own, other): &(String, String)| {
            let own = target.property(own)?;
            let other = source.property(other)?;
            let place = source.key.iter().position(|ordinal| *ordinal == other)?;
            let is_key = target.key.contains(&own);
            is_key.then_some((own, key.get(place)?.clone()))
        };
        let constraints = partner.referential_constraints.iter();
        constraints.filter_map(implied).collect()
    }
}
