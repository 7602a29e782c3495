//! What the segments of a path alone say of where they lead: no row is looked at.

use edm::NavigationProperty;
use odata::path::Segment;
use store::{NavigationMap, TableId};

use super::root;
use crate::core::Core;

/// Where segments lead, as [`super::Target`] has it of what they address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    table: TableId,
    /// Whether it leaves what contains the entities: they may be read here, not changed.
    pub(crate) borrowed: bool,
    /// Whether it ends behind a navigation property by which many lead to many.
    pub(crate) linked: bool,
}

impl Way {
    /// The way of a path's segments; `None` where they do not tell, as behind a function.
    pub(crate) fn of(core: &Core, segments: &[Segment]) -> Option<Self> {
        let mut at: Option<Self> = None;
        for segment in segments {
            at = match (segment, at) {
                (Segment::Singleton(id), None) => {
                    let singleton = core.model.singleton(*id);
                    Some(Self::root(
                        root(core, singleton.of, &singleton.name).ok()?.table,
                    ))
                }
                (Segment::EntitySet(id), None) => {
                    let set = core.model.entity_set(*id);
                    Some(Self::root(root(core, set.of, &set.name).ok()?.table))
                }
                (Segment::Navigation { of, index }, Some(from)) => {
                    let navigation = core.model.structured(*of).navigation.get(*index)?;
                    let map = core.tables.navigation(&core.model, *of, *index)?;
                    Some(Self {
                        table: map.table,
                        borrowed: from.borrowed || leaves(core, from.table, navigation, map),
                        linked: map.link.is_some(),
                    })
                }
                (Segment::Operation { .. }, _) => return None,
                (_, at) => at,
            };
        }
        at
    }

    fn root(table: TableId) -> Self {
        Self {
            table,
            borrowed: false,
            linked: false,
        }
    }
}

/// Whether a navigation property leads to entities that live elsewhere: those that it does not
/// contain, unless they are keyed by its source (as a summary is by its script).
pub(super) fn leaves(
    core: &Core,
    from: TableId,
    navigation: &NavigationProperty,
    map: &NavigationMap,
) -> bool {
    let source = core.tables.table(from);
    let by_key = || map.on.iter().all(|(_, column)| source.key.contains(column));
    !navigation.contains_target && (map.link.is_some() || !by_key())
}
