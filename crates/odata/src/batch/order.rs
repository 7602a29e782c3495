//! What the requests of a batch may say about each other: identifiers, groups, dependencies (OData
//! JSON Format 4.01, section 19.1; Protocol, section 11.7.3).

use std::collections::HashMap;
use std::ops::Range;

use super::place::{Place, shown};
use super::{Request, Rules};
use crate::Error;

/// The longest identifier, in bytes.
const LONGEST: usize = 256;

/// A request whose dependencies are still names.
pub(super) struct Draft {
    pub(super) request: Request,
    pub(super) depends_on: Vec<String>,
}

/// Checks the form of an identifier. The standard allows letters, digits and `-._~`; clients send
/// more. What goes out again in a header or in a line must not break it.
pub(super) fn check_identifier(id: &str, member: &str, place: &Place) -> Result<(), Error> {
    if id.is_empty() || id.len() > LONGEST || id.chars().any(char::is_control) {
        let what = format!("must be 1 to {LONGEST} characters without control characters.");
        return Err(place.refuse_member(member, what));
    }
    Ok(())
}

/// Checks identifiers and groups, and finds the requests that each depends on.
pub(super) fn resolve(drafts: Vec<Draft>, rules: Rules) -> Result<Vec<Request>, Error> {
    let mut known = Known {
        rules,
        ids: HashMap::new(),
        groups: HashMap::new(),
    };
    let mut requests: Vec<Request> = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.into_iter().enumerate() {
        let mut request = draft.request;
        let place = Place {
            index,
            id: request.id.clone(),
        };
        let before = requests.last().and_then(|r| r.group.as_deref());
        known.enter_group(&request, before, &place)?;
        for name in &draft.depends_on {
            let range = known.find(name, request.group.as_deref(), &place)?;
            request.depends_on.extend(range);
        }
        request.depends_on.sort_unstable();
        request.depends_on.dedup();
        known.enter_id(&request, &place)?;
        requests.push(request);
    }
    known.check_apart(&requests)?;
    Ok(requests)
}

struct Known {
    rules: Rules,
    ids: HashMap<String, usize>,
    groups: HashMap<String, Range<usize>>,
}

impl Known {
    fn key(&self, id: &str) -> String {
        if self.rules.ids_ignore_case {
            id.to_lowercase()
        } else {
            id.to_owned()
        }
    }

    fn enter_group(
        &mut self,
        request: &Request,
        before: Option<&str>,
        place: &Place,
    ) -> Result<(), Error> {
        let Some(group) = &request.group else {
            return Ok(());
        };
        let range = self
            .groups
            .entry(group.clone())
            .or_insert(place.index..place.index);
        if range.start != place.index && before != Some(group) {
            let group = shown(group);
            return Err(place.refuse_member(
                "atomicityGroup",
                format!(
                    "'{group}' began at requests/{}; its requests must stand together.",
                    range.start
                ),
            ));
        }
        range.end = place.index + 1;
        Ok(())
    }

    fn enter_id(&mut self, request: &Request, place: &Place) -> Result<(), Error> {
        let Some(id) = &request.id else { return Ok(()) };
        let key = self.key(id);
        match self.ids.insert(key, place.index) {
            None => Ok(()),
            Some(first) => Err(place.refuse_member(
                "id",
                format!("'{}' is that of requests/{first}, too.", shown(id)),
            )),
        }
    }

    /// The requests that a name in `dependsOn` means, all before the one at hand.
    fn find(
        &self,
        name: &str,
        own_group: Option<&str>,
        place: &Place,
    ) -> Result<Range<usize>, Error> {
        if let Some(index) = self.ids.get(&self.key(name)) {
            return Ok(*index..*index + 1);
        }
        match self.groups.get(name) {
            Some(range) if own_group != Some(name) => Ok(range.clone()),
            _ => Err(place.refuse_member(
                "dependsOn",
                format!(
                    "names '{}', which is no request or atomicity group before this one.",
                    shown(name)
                ),
            )),
        }
    }

    /// No group may be called as a request is.
    fn check_apart(&self, requests: &[Request]) -> Result<(), Error> {
        for (index, request) in requests.iter().enumerate() {
            let Some(group) = &request.group else {
                continue;
            };
            if let Some(other) = self.ids.get(&self.key(group)) {
                let place = Place {
                    index,
                    id: request.id.clone(),
                };
                let what = format!("'{}' is the id of requests/{other}.", shown(group));
                return Err(place.refuse_member("atomicityGroup", what));
            }
        }
        Ok(())
    }
}
