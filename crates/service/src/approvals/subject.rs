//! Which script a request for approval is about: who is confined to role scope tags sees requests about
//! the scripts that it reaches.

use std::collections::BTreeSet;

use edm::{Model, Value};
use engine::access::Reach;
use engine::exchange::Request;
use engine::{Core, load, locate};
use odata::path::{PathKind, ResourcePath, Segment};
use odata::{Error, ErrorCode};
use store::Transaction;

use crate::layout::{Family, Layout};
use crate::visibility::DEFAULT_TAG;

/// What a request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subject {
    /// The id of a script that is there; empty if there is none, or not one.
    pub(super) script: String,
    /// The role scope tags of a script that the request makes.
    pub(super) tags: BTreeSet<String>,
}

impl Subject {
    /// What a request on a path is about.
    ///
    /// # Errors
    /// 404 for a script that a confined caller does not see, and 403 if it names none that it could
    /// be judged by.
    pub(super) fn of(
        core: &Core,
        layout: &Layout,
        transaction: &mut dyn Transaction,
        request: &Request,
        path: &ResourcePath,
    ) -> Result<Self, Error> {
        let confined = request.caller.reach != Reach::Everything;
        if let Some(script) = script(&core.model, layout, path) {
            let found = locate(core, transaction, script)
                .and_then(|target| Ok((target.table, load(core, transaction, &target)?)));
            return match found {
                Ok((table, row)) => {
                    let key = core.tables.table(table).key_of(&row);
                    let id = key.first().and_then(Value::as_str).unwrap_or_default();
                    Ok(Self {
                        script: id.to_owned(),
                        ..Self::default()
                    })
                }
                // That it is not there, its requestor is told when it is approved.
                Err(error) if error.code == ErrorCode::ResourceNotFound && !confined => {
                    Ok(Self::default())
                }
                Err(error) => Err(error),
            };
        }
        match made(layout, path) {
            Some(family) if request.method == "POST" => Ok(Self {
                tags: tags(&core.model, family, request),
                ..Self::default()
            }),
            _ if confined => Err(Error::new(
                ErrorCode::Forbidden,
                "Where approval is required, who is confined to role scope tags changes scripts one by one.",
            )),
            _ => Ok(Self::default()),
        }
    }
}

/// The path to the script on a path, up to its key.
fn script<'p>(model: &Model, layout: &Layout, path: &'p ResourcePath) -> Option<&'p [Segment]> {
    let segments = &path.segments;
    let at = segments.windows(2).position(|pair| match pair {
        [
            Segment::Navigation { of, index },
            Segment::Key(_) | Segment::AlternateKey(_),
        ] => {
            let target = model.structured(*of).navigation[*index].target;
            layout.family_of(target).is_some()
        }
        _ => false,
    })?;
    segments.get(..at + 2)
}

/// The family of the collection that a path ends with.
fn made<'l>(layout: &'l Layout, path: &ResourcePath) -> Option<&'l Family> {
    match path.kind {
        PathKind::EntityCollection(of) => layout.family_of(of),
        _ => None,
    }
}

/// The tags of a script that a request makes: those that it names, or else all of its maker, or
/// else the default one.
fn tags(model: &Model, family: &Family, request: &Request) -> BTreeSet<String> {
    let name = &model.structured(family.of).properties[family.role_scope_tags].name;
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let given = body[name.as_str()].as_array().into_iter().flatten();
    let given: BTreeSet<String> = given
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect();
    match (&request.caller.reach, given.is_empty()) {
        (_, false) => given,
        (Reach::RoleScopeTags(own), true) => own.clone(),
        _ => BTreeSet::from([DEFAULT_TAG.to_owned()]),
    }
}
