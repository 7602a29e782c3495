//! Where paths in expressions start (OData 4.01 URL Conventions, section 5.1.1.14).

use edm::{ItemType, TypeRef};

use super::bind_cast::no_instance;
use super::bind_member::in_expression;
use super::bind_scope::{Instance, Scope};
use super::binder::{Binder, unsupported};
use super::syntax::{Member, MemberPath, PathRoot};
use crate::Error;
use crate::expr::{Expr, Path, Root};
use crate::path::Segment;

impl<'a> Binder<'_, 'a> {
    /// Where a path starts, and the members that are left.
    pub(super) fn start(
        &self,
        scope: Scope<'_>,
        path: &'a MemberPath<'a>,
    ) -> Result<(Path, &'a [Member<'a>]), Error> {
        let members = path.members.as_slice();
        let at = |root: Root, instance: &Instance| Path {
            root,
            ..Path::instance(TypeRef::of(instance.item))
        };
        match &path.root {
            PathRoot::Implicit => {
                if let Some((Member::Name(name), rest)) = members.split_first()
                    && let Some(variable) = scope.variable(name)
                {
                    let start = Path {
                        root: Root::Variable(variable.place),
                        ..Path::instance(TypeRef::of(variable.item))
                    };
                    return Ok((start, rest));
                }
                let instance = scope
                    .instance
                    .ok_or_else(|| no_instance(&path.to_string()))?;
                Ok((at(Root::Instance, instance), members))
            }
            PathRoot::This => {
                let instance = scope.instance.ok_or_else(|| no_instance("$this"))?;
                Ok((at(Root::Instance, instance), members))
            }
            PathRoot::It => {
                let (root, instance) = scope.it().ok_or_else(|| no_instance("$it"))?;
                Ok((at(root, instance), members))
            }
            PathRoot::Root => self.service_root(members),
            PathRoot::These => Err(unsupported("'$these' in an expression")),
            PathRoot::Alias(name) => match self.alias(name) {
                Some(value) => match self.expr(scope, value, None)? {
                    Expr::Path(start) => Ok((start, members)),
                    _ => Err(Error::bad_request(format!(
                        "The path '{path}' goes on behind an alias whose value is no path."
                    ))),
                },
                None => Err(Error::bad_request(format!(
                    "The path '{path}' begins with an alias that the query does not give."
                ))),
            },
        }
    }

    /// `$root/…` (section 5.1.1.14.3): an entity set or singleton, and the key behind it.
    fn service_root(&self, members: &'a [Member<'a>]) -> Result<(Path, &'a [Member<'a>]), Error> {
        let unknown =
            |name: &str| Error::bad_request(format!("The service has no resource '{name}'."));
        let (name, arguments, rest) = match members.split_first() {
            Some((Member::Name(name), rest)) => (name, None, rest),
            Some((Member::Call(name, arguments), rest)) => (name, Some(arguments), rest),
            _ => {
                return Err(Error::bad_request(
                    "$root must be followed by an entity set or a singleton.",
                ));
            }
        };
        let (mut segments, of, mut collection) = if let Some(id) = self.model.find_entity_set(name)
        {
            (
                vec![Segment::EntitySet(id)],
                self.model.entity_set(id).of,
                true,
            )
        } else if let Some(id) = self.model.find_singleton(name) {
            (
                vec![Segment::Singleton(id)],
                self.model.singleton(id).of,
                false,
            )
        } else {
            return Err(unknown(name));
        };
        if let Some(key) = arguments {
            if !collection {
                return Err(Error::bad_request(format!("'{name}' takes no key.")));
            }
            segments.push(Segment::Key(
                self.key_predicate(of, key, &[]).map_err(in_expression)?,
            ));
            collection = false;
        }
        let path = Path {
            root: Root::Service(segments),
            steps: Vec::new(),
            ty: TypeRef {
                collection,
                ..TypeRef::of(ItemType::Entity(of))
            },
        };
        Ok((path, rest))
    }
}
