//! `cast` and `isof`, bound (OData 4.01 URL Conventions, section 5.1.1.10).

use edm::{ItemType, Primitive, StructuredId, TypeRef, Value};

use super::bind_expr::null;
use super::bind_scope::Scope;
use super::binder::Binder;
use super::syntax::{self, Arguments, Member, MemberPath, PathRoot};
use crate::Error;
use crate::expr::{Comparison, Expr, Path, Step};

impl<'a> Binder<'_, 'a> {
    /// `cast(type)` of the instance at hand, `cast(expression,type)`.
    pub(super) fn cast(
        &self,
        scope: Scope<'_>,
        given: &'a [syntax::Expr<'a>],
    ) -> Result<Expr, Error> {
        let (mut operand, ty) = self.operand_and_type(scope, "cast", given)?;
        self.ask(&mut operand, ty.item);
        let from = operand.ty();
        if from
            .as_ref()
            .is_some_and(|from| from.collection != ty.collection)
        {
            return Err(self.no_cast(&operand, &ty));
        }
        match ty.item {
            ItemType::Complex(to) | ItemType::Entity(to) => match operand {
                Expr::Path(path) => self.cast_path(path, to).map(Expr::Path),
                other => Err(self.no_cast(&other, &ty)),
            },
            ItemType::Primitive(Primitive::Stream | Primitive::Any) => {
                Err(self.no_cast(&operand, &ty))
            }
            _ => match from.map(|from| from.item) {
                Some(ItemType::Complex(_) | ItemType::Entity(_)) => {
                    Err(self.no_cast(&operand, &ty))
                }
                _ => Ok(Expr::Cast {
                    operand: Box::new(operand),
                    ty,
                }),
            },
        }
    }

    /// `isof(type)` of the instance at hand, `isof(expression,type)`.
    pub(super) fn is_of(
        &self,
        scope: Scope<'_>,
        given: &'a [syntax::Expr<'a>],
    ) -> Result<Expr, Error> {
        let (mut operand, ty) = self.operand_and_type(scope, "isof", given)?;
        self.ask(&mut operand, ty.item);
        if let (Expr::Path(_), Some(declared)) = (&operand, operand.ty())
            && is_value(&declared)
            && is_value(&ty)
        {
            return Ok(assignable(operand, &declared, &ty));
        }
        Ok(Expr::IsOf {
            operand: Box::new(operand),
            ty,
        })
    }

    /// A path's cast to a type that is related to its own.
    pub(super) fn cast_path(&self, mut path: Path, to: StructuredId) -> Result<Path, Error> {
        let related = path
            .ty
            .item
            .structured()
            .is_some_and(|from| self.model.is_a(to, from) || self.model.is_a(from, to));
        if !related {
            let ty = TypeRef::of(self.model.structured(to).item_type(to));
            return Err(self.no_cast(&Expr::Path(path), &ty));
        }
        path.ty.item = self.model.structured(to).item_type(to);
        path.steps.push(Step::Cast(to));
        Ok(path)
    }

    fn operand_and_type(
        &self,
        scope: Scope<'_>,
        function: &str,
        given: &'a [syntax::Expr<'a>],
    ) -> Result<(Expr, TypeRef), Error> {
        match given {
            [ty] => {
                let instance = scope.instance.ok_or_else(|| no_instance(function))?;
                let path = Path::instance(TypeRef::of(instance.item));
                Ok((Expr::Path(path), self.type_argument(ty)?))
            }
            [operand, ty] => {
                let ty = self.type_argument(ty)?;
                self.expr(scope, operand, None).map(|operand| (operand, ty))
            }
            _ => Err(Error::bad_request(format!(
                "The function '{function}' takes an expression and a type, or a type alone."
            ))),
        }
    }

    /// The type that an argument names.
    fn type_argument(&self, argument: &'a syntax::Expr<'a>) -> Result<TypeRef, Error> {
        let no_type = || Error::bad_request(format!("'{argument}' is no type of the service."));
        let syntax::Expr::Path(MemberPath {
            root: PathRoot::Implicit,
            members,
        }) = argument
        else {
            return Err(no_type());
        };
        match members.as_slice() {
            [Member::Name(name)] => self
                .model
                .find_type_by_url_name(name)
                .map(TypeRef::of)
                .ok_or_else(no_type),
            [Member::Call(name, Arguments::Positional(items))] if name == "Collection" => {
                match items.as_slice() {
                    [item @ syntax::Expr::Path(_)] => {
                        let item = self.nested(|| self.type_argument(item))?;
                        if item.collection {
                            return Err(no_type());
                        }
                        Ok(TypeRef {
                            collection: true,
                            ..item
                        })
                    }
                    _ => Err(no_type()),
                }
            }
            _ => Err(no_type()),
        }
    }

    fn no_cast(&self, operand: &Expr, ty: &TypeRef) -> Error {
        Error::bad_request(format!(
            "A value of type {} cannot be cast to {}.",
            self.type_of(operand),
            self.model.type_name(ty)
        ))
    }
}

/// Whether a value has no other type than this.
fn is_value(ty: &TypeRef) -> bool {
    let any = ty.item == ItemType::Primitive(Primitive::Any);
    matches!(ty.item, ItemType::Primitive(_) | ItemType::Enum(_)) && !any && !ty.collection
}

/// `isof` of a primitive value: one that is there is of the type that is declared for it.
fn assignable(operand: Expr, declared: &TypeRef, ty: &TypeRef) -> Expr {
    if declared.item != ty.item {
        return Expr::Literal {
            value: Value::Boolean(false),
            ty: Some(ItemType::Primitive(Primitive::Boolean)),
        };
    }
    Expr::Compare {
        op: Comparison::Ne,
        left: Box::new(operand),
        right: Box::new(null()),
    }
}

/// 400 where there is no instance that a path could start from.
pub(super) fn no_instance(what: &str) -> Error {
    Error::bad_request(format!(
        "'{what}' cannot stand here: there is no instance at hand."
    ))
}
