//! Paths and calls in expressions, bound (OData 4.01 URL Conventions, section 5.1.1.15).

use edm::{ItemType, Primitive, TypeRef};

use super::bind_scope::{Instance, Scope, Variable};
use super::binder::{Binder, unsupported};
use super::syntax::{self, Arguments, Member, MemberPath, Options, PathRoot};
use crate::expr::{Expr, Path, Quantifier, Root, Step};
use crate::{Error, ErrorCode};

impl<'a> Binder<'_, 'a> {
    /// A path, a lambda expression at its end, or the call of a function.
    ///
    /// # Errors
    /// 400 for a name that the type at its place does not have, and for a path that goes on where
    /// it cannot.
    pub(super) fn member_path(
        &self,
        scope: Scope<'_>,
        path: &'a MemberPath<'a>,
    ) -> Result<Expr, Error> {
        if path.root == PathRoot::Implicit
            && let Some((Member::Call(name, arguments), rest)) = path.members.split_first()
            && !self.is_key(scope, name)
        {
            if rest.is_empty() {
                return self.call(scope, name, arguments);
            }
            return self.called(scope, path, (name, arguments), rest);
        }
        if let Some(called) = self.called_at_end(scope, path)? {
            return Ok(called);
        }
        // Nothing but the collection's path is on the stack while the predicate is bound.
        match self.plain_path(scope, path)? {
            (bound, None) => Ok(Expr::Path(bound)),
            (bound, Some(member)) => self.lambda(scope, bound, member),
        }
    }

    /// A path that ends with the call of a function that is bound to what it leads to.
    fn called_at_end(
        &self,
        scope: Scope<'_>,
        path: &'a MemberPath<'a>,
    ) -> Result<Option<Expr>, Error> {
        let (start, members) = match (&path.root, path.members.split_last()) {
            (PathRoot::Root, Some((_, []))) => return Ok(None),
            (_, Some((Member::Call(..), _))) => self.start(scope, path)?,
            _ => return Ok(None),
        };
        let Some((Member::Call(name, arguments), before)) = members.split_last() else {
            return Ok(None);
        };
        match self.follow(scope, start, before)? {
            (binding, None) => self.defined(scope, Some(&binding), name, arguments),
            _ => Ok(None),
        }
    }

    /// A path that goes on behind the call of a function.
    fn called(
        &self,
        scope: Scope<'_>,
        path: &'a MemberPath<'a>,
        (name, arguments): (&str, &'a Arguments<'a>),
        rest: &'a [Member<'a>],
    ) -> Result<Expr, Error> {
        // `cast` to a structured type is a path that may go on.
        let Expr::Path(cast) = self.call(scope, name, arguments)? else {
            return Err(Error::bad_request(format!(
                "'{path}': no path can go on behind the function '{name}'."
            )));
        };
        match self.follow(scope, cast, rest)? {
            (bound, None) => Ok(Expr::Path(bound)),
            (bound, Some(member)) => self.lambda(scope, bound, member),
        }
    }

    /// A path up to its end or to the lambda operator there.
    fn plain_path(
        &self,
        scope: Scope<'_>,
        path: &'a MemberPath<'a>,
    ) -> Result<(Path, Option<&'a Member<'a>>), Error> {
        let (start, members) = self.start(scope, path)?;
        let at_root = start.steps.is_empty();
        let bound = self.follow(scope, start, members)?;
        if at_root {
            self.check_shown(scope, &bound.0)?;
        }
        Ok(bound)
    }

    /// Whether parentheses behind a name hold a key: whether it is a navigation property's.
    fn is_key(&self, scope: Scope<'_>, name: &str) -> bool {
        let of = scope.instance.and_then(|i| i.item.structured());
        of.is_some_and(|of| {
            self.model
                .structured(of)
                .navigation_property(name)
                .is_some()
        })
    }

    /// Goes on from a path, up to its end or to the lambda operator there.
    fn follow(
        &self,
        scope: Scope<'_>,
        start: Path,
        members: &'a [Member<'a>],
    ) -> Result<(Path, Option<&'a Member<'a>>), Error> {
        let mut path = start;
        for (place, member) in members.iter().enumerate() {
            if matches!(member, Member::Any | Member::Lambda(..)) {
                if place + 1 < members.len() {
                    return Err(Error::bad_request("No path can go on behind any or all."));
                }
                return Ok((path, Some(member)));
            }
            self.member_step(scope, &mut path, member)?;
        }
        Ok((path, None))
    }

    fn member_step(
        &self,
        scope: Scope<'_>,
        path: &mut Path,
        member: &'a Member<'a>,
    ) -> Result<(), Error> {
        match member {
            Member::Name(name) => self.name_step(scope, path, name),
            Member::Call(name, arguments) => self.key_step(scope, path, name, arguments),
            Member::Filter(predicate) => self.filter_step(scope, path, "$filter", predicate),
            Member::Key(text) => self.text_key_step(path, text),
            Member::Count(options) => self.count_step(scope, path, options.as_deref()),
            Member::KeyPredicate(_) => Err(unsupported("A key behind the call of a function")),
            Member::Any | Member::Lambda(..) | Member::Aggregate(_) => {
                Err(unsupported("'aggregate' behind a path in an expression"))
            }
        }
    }

    /// `any` and `all` (section 5.1.1.13).
    fn lambda(
        &self,
        scope: Scope<'_>,
        collection: Path,
        member: &'a Member<'a>,
    ) -> Result<Expr, Error> {
        let (quantifier, name, predicate) = match member {
            Member::Lambda(syntax::Quantifier::All, name, predicate) => {
                (Quantifier::All, &**name, Some(predicate))
            }
            Member::Lambda(syntax::Quantifier::Any, name, predicate) => {
                (Quantifier::Any, &**name, Some(predicate))
            }
            _ => (Quantifier::Any, "", None),
        };
        self.check_lambda(scope, &collection, quantifier, name)?;
        let variable = Variable {
            name,
            item: collection.ty.item,
            place: scope.lambdas(),
            outer: scope.variables,
        };
        let inner = Scope {
            variables: Some(&variable),
            through_collections: false,
            ..scope
        };
        let predicate = match predicate {
            Some(predicate) => Some(Box::new(self.boolean(inner, predicate)?)),
            None => None,
        };
        Ok(Expr::Lambda {
            quantifier,
            collection,
            predicate,
        })
    }

    fn check_lambda(
        &self,
        scope: Scope<'_>,
        collection: &Path,
        quantifier: Quantifier,
        name: &str,
    ) -> Result<(), Error> {
        self.count_node()?;
        let max = self.limits().lambda_depth;
        if scope.lambdas() >= max {
            let message = format!("The query exceeds the limit lambda_depth of {max}.");
            return Err(Error::bad_request(message));
        }
        if scope.variable(name).is_some() {
            return Err(Error::bad_request(format!(
                "The range variable '{name}' hides an outer one of the same name."
            )));
        }
        self.many(
            collection,
            match quantifier {
                Quantifier::Any => "any",
                Quantifier::All => "all",
            },
        )
    }

    /// `$count`, of the items that the options behind it leave.
    fn count_step(
        &self,
        scope: Scope<'_>,
        path: &mut Path,
        options: Option<&'a Options<'a>>,
    ) -> Result<(), Error> {
        self.count_node()?;
        self.many(path, "$count")?;
        if let Some(options) = options {
            if let Some(predicate) = &options.filter {
                self.filter_step(scope, path, "$filter", predicate)?;
            }
            if let Some(search) = &options.search {
                path.steps.push(Step::Search(self.search(search)?));
            }
        }
        path.steps.push(Step::Count);
        path.ty = TypeRef::primitive(Primitive::Int64);
        path.ty.nullable = false;
        Ok(())
    }

    /// A key as a step of its own.
    fn text_key_step(&self, path: &mut Path, text: &str) -> Result<(), Error> {
        match path.ty.item {
            ItemType::Entity(of) if path.ty.collection => {
                let key = self.text_key(of, text).map_err(in_expression)?;
                path.steps.push(Step::Key(key));
                path.ty = TypeRef::of(path.ty.item);
                Ok(())
            }
            _ => Err(Error::bad_request(format!(
                "The key '{text}' cannot stand behind a value of type {}.",
                self.model.type_name(&path.ty)
            ))),
        }
    }

    /// A condition on the items of the collection that a path has come to.
    fn filter_step(
        &self,
        scope: Scope<'_>,
        path: &mut Path,
        word: &str,
        predicate: &'a syntax::Expr<'a>,
    ) -> Result<(), Error> {
        self.many(path, word)?;
        let items = Instance::of(path.ty.item);
        let condition = self.boolean(scope.within(&items), predicate)?;
        path.steps.push(Step::Filter(Box::new(condition)));
        Ok(())
    }

    /// `name(key)`: a member of a collection-valued navigation property.
    fn key_step(
        &self,
        scope: Scope<'_>,
        path: &mut Path,
        name: &str,
        arguments: &'a Arguments<'a>,
    ) -> Result<(), Error> {
        let of = path.ty.item.structured().filter(|_| !path.ty.collection);
        let is_navigation = of.is_some_and(|of| {
            self.model
                .structured(of)
                .navigation_property(name)
                .is_some()
        });
        if !is_navigation {
            return Err(Error::bad_request(format!(
                "'{name}' is no function that can stand behind {}.",
                self.model.type_name(&path.ty)
            ))
            .with_target(name));
        }
        self.name_step(scope, path, name)?;
        match path.ty.item {
            ItemType::Entity(target) if path.ty.collection => {
                let key = self
                    .key_predicate(target, arguments, &[])
                    .map_err(in_expression)?;
                path.steps.push(Step::Key(key));
                path.ty = TypeRef::of(path.ty.item);
                Ok(())
            }
            _ => Err(Error::bad_request(format!("'{name}' takes no key.")).with_target(name)),
        }
    }

    /// 400 if a path does not lead to a collection, which `word` needs.
    fn many(&self, path: &Path, word: &str) -> Result<(), Error> {
        if path.ty.collection || path.ty.item == ItemType::Untyped {
            return Ok(());
        }
        Err(Error::bad_request(format!(
            "'{word}' can only stand behind a collection, not behind {}.",
            self.model.type_name(&path.ty)
        )))
    }

    /// 400 for a path to what an aggregation has left out.
    pub(super) fn check_shown(&self, scope: Scope<'_>, path: &Path) -> Result<(), Error> {
        let instance = match path.root {
            Root::Instance => scope.instance,
            Root::It => scope.it,
            _ => None,
        };
        let Some(instance) = instance.filter(|instance| !instance.shows(&path.steps)) else {
            return Ok(());
        };
        let name = self.steps_text(&path.steps);
        let mut left: Vec<String> = instance
            .dynamic
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let visible = instance.visible.iter().flatten();
        left.extend(visible.map(|steps| self.steps_text(steps)));
        Err(Error::bad_request(format!(
            "'{name}' is not there any more: $apply leaves only {}.",
            left.join(", ")
        ))
        .with_target(name))
    }
}

/// A key in an expression is part of a query option, not the name of a resource: what does not fit
/// is a 400.
pub(super) fn in_expression(error: Error) -> Error {
    if error.code == ErrorCode::ResourceNotFound {
        return Error {
            code: ErrorCode::BadRequest,
            ..error
        };
    }
    error
}
