//! `$root/…`: paths that start at another resource of the service (OData 4.01 URL Conventions,
//! section 5.1.1.14.3), as subqueries of its table.

use edm::{StructuredId, Value};
use odata::Error;
use odata::expr::Step;
use odata::path::Segment;

use super::super::fragment::Fragment;
use super::super::scope::{Env, Scope};
use super::Compiler;
use super::collection::Source;
use super::path::End;

impl<'m> Compiler<'m> {
    /// The value of steps from a resource.
    pub(super) fn service_path(
        &self,
        env: &Env<'m>,
        segments: &'m [Segment],
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        self.within(|| match segments {
            [Segment::EntitySet(id)] => {
                let source = self.whole(self.model.entity_set(*id).of)?;
                self.walk_items(env, source, steps, end)
            }
            [Segment::EntitySet(id), Segment::Key(key)] => {
                self.one_of(env, self.model.entity_set(*id).of, Some(key), steps, end)
            }
            [Segment::Singleton(id)] => {
                self.one_of(env, self.model.singleton(*id).of, None, steps, end)
            }
            _ => Err(self.unsupported("'$root' with such a path")),
        })
    }

    fn one_of(
        &self,
        env: &Env<'m>,
        of: StructuredId,
        key: Option<&[Value]>,
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        let mut source = self.whole(of)?;
        if let Some(key) = key {
            self.key_conditions(&mut source, key)?;
        }
        self.single(env, &source, steps, end)
    }

    /// All entities of the set or singleton whose type this is.
    fn whole(&self, of: StructuredId) -> Result<Source<'m>, Error> {
        let keys = self.model.structured(of).key.len();
        let mut tables = self.tables.iter();
        let found = tables.find(|(_, table)| table.of == Some(of) && table.key.len() == keys);
        let (id, table) = found.ok_or_else(|| self.unsupported("'$root' with such a path"))?;
        let name = self.alias();
        Ok(Source {
            from: self.source(id, Some(&name)),
            conditions: Vec::new(),
            item: Scope::Row {
                table,
                alias: Some(name),
                of,
            },
        })
    }
}
