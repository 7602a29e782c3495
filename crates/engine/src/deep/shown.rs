//! What an answer shows of a deep insert: what it made, expanded at least as far as its body (OData
//! 4.01 Protocol, section 11.4.2.2).

use odata::json::{EntityPayload, Nested};
use odata::query::{ExpandForm, ExpandItem, QueryOptions};

use crate::access::Caller;
use crate::core::Core;
use crate::permissions::Action;

/// Adds to the options of an answer what a body nests and the caller may read. What the client
/// expands by itself stays as it is.
pub(crate) fn expand(
    core: &Core,
    caller: &Caller,
    payload: &EntityPayload,
    options: &mut QueryOptions,
) {
    let ty = core.model.structured(payload.of);
    for (index, nested) in &payload.nested {
        let navigation = &ty.navigation[*index];
        let children = match nested {
            Nested::None => &[][..],
            Nested::One(child) => std::slice::from_ref(&**child),
            Nested::Many(children) | Nested::Delta(children) => children,
        };
        // More than a page holds is not shown as a part of it.
        let fits = children.len() as u64 <= core.service.profile().max_page_size;
        let needed = core.permissions.of_type(navigation.target, Action::Read);
        let known = options.expand.iter().any(|item| {
            core.model.structured(item.of).navigation[item.index].name == navigation.name
        });
        if known || !fits || !navigation.contains_target && caller.permit(&needed).is_err() {
            continue;
        }
        let mut item = ExpandItem {
            prefix: Vec::new(),
            of: payload.of,
            index: *index,
            collection: navigation.collection,
            cast: None,
            form: ExpandForm::Entities,
            levels: None,
            options: QueryOptions::default(),
        };
        for child in children {
            expand(core, caller, child, &mut item.options);
        }
        options.expand.push(item);
    }
}
