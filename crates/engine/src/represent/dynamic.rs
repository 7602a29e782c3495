//! Dynamic properties of instances of open types (OData CSDL 4.01, section 6.3): behind those that
//! the type declares.

use edm::{DynamicProperty, Value};
use odata::Error;
use odata::expr::Step;
use odata::json;
use store::Cells;

use super::Representation;
use super::kind::Shown;

impl Representation<'_> {
    /// Writes the dynamic properties of an instance of an open type, or those that are selected.
    pub(super) fn write_dynamic(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        shown: &Shown<'_>,
        cells: &dyn Cells,
    ) -> Result<(), Error> {
        let Value::Dynamic(all) = self.value(cells, shown.column)? else {
            return Ok(());
        };
        let paths = shown.within.iter().map(|item| item.path.steps.as_slice());
        let kept: Vec<_> = chosen(&all, paths).collect();
        if !kept.is_empty() && out.len() > start {
            out.push(b',');
        }
        json::write_dynamic(out, &self.core.model, self.style, kept);
        Ok(())
    }
}

/// The dynamic properties that paths of `$select` name; all of them, if there are no paths.
pub(super) fn chosen<'v, 's>(
    all: &'v [DynamicProperty],
    paths: impl Iterator<Item = &'s [Step]>,
) -> impl Iterator<Item = &'v DynamicProperty> {
    let last = |path: &'s [Step]| match path.last() {
        Some(Step::Dynamic(name)) => Some(name.as_str()),
        _ => None,
    };
    let names: Vec<Option<&str>> = paths.map(last).collect();
    let is_named = move |name: &str| names.is_empty() || names.contains(&Some(name));
    all.iter().filter(move |property| is_named(&property.name))
}
