//! Control information of entities (OData JSON Format 4.01, section 4.6).

use edm::{StructuredId, Value};
use odata::Error;
use odata::expr::Step;
use odata::json::{self, Metadata, Style};
use odata::query::ExpandForm;
use store::Cells;

use super::kind::Kind;
use super::{At, Representation};
use crate::core::Core;
use crate::etag;
use crate::links::Place;

/// What a caller may do with a property.
const PERMISSIONS: &str = "Org.OData.Core.V1.Permissions";

impl Representation<'_> {
    /// Whether entities say where they live.
    fn shows_id(&self) -> bool {
        match self.style.metadata {
            Metadata::None => false,
            Metadata::Minimal => self.core.service.profile().shows_id,
            Metadata::Full => true,
        }
    }

    fn declared(&self) -> Option<StructuredId> {
        self.kinds.first().map(|kind| kind.of)
    }

    /// Reads the columns that control information is made of.
    pub(super) fn read_control(&mut self) {
        if let Some(column) = self.table.entity_type {
            self.read(column);
        }
        if self.style.metadata == Metadata::None {
            return;
        }
        if let Some(column) = self.table.version {
            self.read(column);
        }
        if self.shows_id()
            && let Some(of) = self.declared()
        {
            for ordinal in &self.core.model.structured(of).key {
                self.read(*ordinal);
            }
        }
        if let Some(media) = self.table.media {
            self.read(media.media_type);
        }
        for (_, media_type) in self.table.streams.clone() {
            self.read(media_type);
        }
    }

    /// Writes an entity's control information: type, id, ETag, links, operations. Answers its URL
    /// if that is shown. The order is that of payloads which can be streamed (section 4.4).
    pub(super) fn write_control(
        &self,
        out: &mut Vec<u8>,
        kind: &Kind<'_>,
        cells: &dyn Cells,
        at: At<'_>,
    ) -> Result<Option<String>, Error> {
        if self.style.metadata == Metadata::None {
            return Ok(None);
        }
        let start = out.len();
        let full = self.style.metadata == Metadata::Full;
        let derived = self.declared() != Some(kind.of);
        if full || derived || self.core.service.profile().shows_type.shows(kind.of) {
            out.extend_from_slice(kind.shape.type_member());
        }
        let url = match self.shows_id() {
            true => Some(self.url(kind, cells, at)?),
            false => None,
        };
        if let Some(url) = &url {
            member(out, start, "@odata.id", url);
        }
        let version = match self.table.version {
            Some(column) => self.value(cells, column)?.as_i64(),
            None => None,
        };
        let tag = version.map(etag::of_version);
        if let Some(tag) = &tag {
            member(out, start, "@odata.etag", tag);
        }
        if let Some(url) = &url {
            if full {
                let name = &self.core.model.structured(kind.of).name;
                let cast = if derived {
                    format!("/{name}")
                } else {
                    String::new()
                };
                let link = match self.core.restrictions.only_reads(kind.of) {
                    true => "@odata.readLink",
                    false => "@odata.editLink",
                };
                member(out, start, link, &format!("{url}{cast}"));
            }
            self.write_media(out, start, kind, cells, (url, tag.as_deref()))?;
        }
        for operation in &kind.operations {
            comma(out, start);
            operation.write(out, url.as_deref().filter(|_| full));
        }
        Ok(url)
    }

    /// Says of what the caller may not read that it is left out for that (Protocol, section 11.2.2).
    pub(super) fn write_withheld(&self, out: &mut Vec<u8>, start: usize, kind: &Kind<'_>) {
        if self.style.metadata == Metadata::None {
            return;
        }
        let properties = &self.core.model.structured(kind.of).properties;
        for ordinal in &kind.withheld {
            let name = format!("{}@{PERMISSIONS}", properties[*ordinal].name);
            member(out, start, &name, "None");
        }
    }

    fn url(&self, kind: &Kind<'_>, cells: &dyn Cells, at: At<'_>) -> Result<String, Error> {
        let key = &self.core.model.structured(kind.of).key;
        let values = key
            .iter()
            .map(|ordinal| self.value(cells, *ordinal))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(entity_url(self.core, kind.of, &values, at))
    }

    /// Media entities and stream properties say where their content is.
    fn write_media(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        kind: &Kind<'_>,
        cells: &dyn Cells,
        (url, etag): (&str, Option<&str>),
    ) -> Result<(), Error> {
        if let Some(media) = self.table.media {
            member(out, start, "@odata.mediaReadLink", &format!("{url}/$value"));
            member(out, start, "@odata.mediaEditLink", &format!("{url}/$value"));
            if let Value::String(text) = self.value(cells, media.media_type)? {
                member(out, start, "@odata.mediaContentType", &text);
            }
        }
        let ty = self.core.model.structured(kind.of);
        for ordinal in &kind.streams {
            let name = &ty.properties[*ordinal].name;
            let link = format!("{url}/{name}");
            member(out, start, &format!("{name}@odata.mediaReadLink"), &link);
            member(out, start, &format!("{name}@odata.mediaEditLink"), &link);
            if let Some(tag) = etag.filter(|_| self.style.metadata == Metadata::Full) {
                // A stream has the tag of its entity.
                member(out, start, &format!("{name}@odata.mediaEtag"), tag);
            }
            let column = self.table.column_of(kind.of, *ordinal);
            let stream = self.table.streams.iter().find(|(c, _)| Some(*c) == column);
            if let Some((_, media_type)) = stream
                && let Value::String(text) = self.value(cells, *media_type)?
                && !text.is_empty()
            {
                member(out, start, &format!("{name}@odata.mediaContentType"), &text);
            }
        }
        Ok(())
    }

    /// Links of navigation properties that are selected and not expanded, which full metadata shows.
    pub(super) fn write_links(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        kind: &Kind<'_>,
        url: Option<&str>,
    ) {
        let Some(url) = url.filter(|_| self.style.metadata == Metadata::Full) else {
            return;
        };
        let expanded = |name: &str| {
            self.expand.iter().any(|item| {
                item.form == ExpandForm::Entities
                    && self.core.model.structured(item.of).navigation[item.index].name == name
            })
        };
        let selected = |name: &str| {
            let items = self.select.map(|select| select.items.iter());
            items.is_none_or(|mut items| {
                items.any(|item| match item.path.steps.last() {
                    Some(Step::Navigation { of, index }) => {
                        self.core.model.structured(*of).navigation[*index].name == name
                    }
                    _ => false,
                })
            })
        };
        for navigation in &self.core.model.structured(kind.of).navigation {
            if selected(&navigation.name) && !expanded(&navigation.name) {
                links_of(out, start, url, &navigation.name);
            }
        }
    }
}

/// The links of a navigation property of the entity at a URL.
pub(crate) fn links_of(out: &mut Vec<u8>, start: usize, url: &str, name: &str) {
    let link = format!("{url}/{name}");
    let association = format!("{link}/$ref");
    member(
        out,
        start,
        &format!("{name}@odata.associationLink"),
        &association,
    );
    member(out, start, &format!("{name}@odata.navigationLink"), &link);
}

/// Writes `"@odata.count":7`, or the count of a navigation property behind its name: an `Edm.Int64`
/// like any other (OData JSON Format 4.01, sections 3.2 and 4.5.4).
pub(crate) fn count_member(out: &mut Vec<u8>, style: Style, name: &str, count: u64) {
    json::write_string(out, &format!("{name}@odata.count"));
    let text = match style.ieee754 {
        true => format!(":\"{count}\""),
        false => format!(":{count}"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// The canonical URL of an entity (OData 4.01 URL Conventions, section 4.1): that of its entity
/// set where it has one, else its place within what contains it.
pub(crate) fn entity_url(core: &Core, of: StructuredId, key: &[Value], at: At<'_>) -> String {
    let (At::Member(place) | At::Itself(place)) = at;
    if let Some(home) = core.home(of).filter(|_| !key.is_empty()) {
        return home_of(core, place, home, of, key).url();
    }
    match at {
        At::Member(place) => place.member(core, of, key).url(),
        At::Itself(place) => place.url(),
    }
}

fn home_of<'p>(
    core: &Core,
    place: &Place<'p>,
    home: &str,
    of: StructuredId,
    key: &[Value],
) -> Place<'p> {
    place.root_of(home).member(core, of, key)
}

fn comma(out: &mut Vec<u8>, start: usize) {
    if out.len() > start {
        out.push(b',');
    }
}

fn member(out: &mut Vec<u8>, start: usize, name: &str, text: &str) {
    comma(out, start);
    json::write_string(out, name);
    out.push(b':');
    json::write_string(out, text);
}
