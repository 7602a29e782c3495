//! A collection-valued navigation property, expanded: a page for each entity.

use odata::Error;
use odata::json;
use odata::query::{ExpandForm, QueryOptions};
use store::{NavigationMap, Reader};

use super::{Expanded, Expansion, Source, map_of};
use crate::links::Place;
use crate::page::{Page, with_size};
use crate::read::{conditions, query_of};
use crate::represent::{count_member, text_member};
use crate::target::{Target, linked};

impl Expansion<'_> {
    pub(super) fn many(
        &self,
        reader: &mut dyn Reader,
        from: &[Source<'_>],
    ) -> Result<Expanded, Error> {
        let map = map_of(self.core, self.item)?;
        let options = self.options();
        let mut expanded = Vec::with_capacity(from.len());
        for source in from {
            expanded.push(if self.applies(source) {
                self.page(reader, map, &options, source)?
            } else {
                Vec::new()
            });
        }
        Ok(Expanded(expanded))
    }

    /// The context URL of what the navigation property leads to: the set where it lives, or its
    /// place in what contains it (OData 4.01 Protocol, section 10.2).
    fn context(&self, here: &Place<'_>) -> String {
        let navigation = &self.core.model.structured(self.item.of).navigation[self.item.index];
        let home = self.core.home(navigation.target);
        match home.filter(|_| !navigation.contains_target) {
            Some(home) => here.root_of(home).context(),
            None => here.context(),
        }
    }

    /// The members that say what one entity's navigation property leads to.
    fn page(
        &self,
        reader: &mut dyn Reader,
        map: &NavigationMap,
        options: &QueryOptions,
        source: &Source<'_>,
    ) -> Result<Vec<u8>, Error> {
        let (core, name) = (self.core, self.name());
        let value = |column: usize| {
            let found = source.values.iter().find(|(known, _)| *known == column);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let target = Target {
            of: self.target(),
            fixed: map
                .on
                .iter()
                .map(|(to, from)| (*to, value(*from)))
                .collect(),
            linked: linked(map, value),
            ..Target::root(map.table, self.target(), Some(source.of))
        };
        let here = source.place.step(name);
        let mut out = Vec::with_capacity(256);
        let count = |reader: &mut dyn Reader| reader.count(&conditions(core, &target, options));
        if self.item.form == ExpandForm::Count {
            count_member(&mut out, self.style, name, count(reader)?);
            return Ok(out);
        }
        self.write_links(&mut out, source);
        if self.shows_control() {
            json::write_string(&mut out, &format!("{name}@odata.context"));
            out.push(b':');
            json::write_string(&mut out, &self.context(&here));
            out.push(b',');
        }
        if options.count {
            count_member(&mut out, self.style, name, count(reader)?);
            out.push(b',');
        }
        json::write_string(&mut out, name);
        // The link repeats no options: a page that had some could not be continued by it.
        let plain = QueryOptions {
            count: options.count,
            ..QueryOptions::default()
        };
        let is_plain = *options == plain;
        let most = core.service.profile().max_page_size;
        let preferred = self.style.nested_page.filter(|_| is_plain);
        let largest = preferred.map_or(most, |preferred| preferred.min(most));
        let page = Page {
            target: &target,
            options,
            style: self.style,
            form: self.item.form,
            size: options.top.unwrap_or(largest).min(largest),
            query: query_of(&here.path, options),
        };
        let token = page.write(core, reader, &here, self.permit, &mut out)?;
        if let Some(token) = token.filter(|_| options.top.is_none_or(|top| top > largest)) {
            if !is_plain {
                return Err(Error::bad_request(format!(
                    "$expand: '{name}' has more than {largest} entities here; read them from {}.",
                    here.url()
                ))
                .with_target("$expand"));
            }
            let token = with_size(&token, preferred);
            let link = format!("{}?$skiptoken={token}", here.url());
            text_member(&mut out, &format!("{name}@odata.nextLink"), &link);
        }
        Ok(out)
    }
}
