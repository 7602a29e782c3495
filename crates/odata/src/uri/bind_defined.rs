//! Functions of the model in expressions (OData 4.01 URL Conventions, section 5.1.1.12): those that
//! are defined by an expression ([`edm::Operation::definition`]) are replaced by it. So they mean
//! the same in memory and in a database, and an order or a condition by them stays one statement.

use edm::{ItemType, Operation, OperationId, OperationKind, TypeRef};

use super::bind_expr::Wanted;
use super::bind_operation::takes;
use super::bind_scope::{Instance, Scope};
use super::bind_type::comparable;
use super::binder::{Binder, unsupported};
use super::production::common_expr;
use super::syntax::{self, Arguments};
use crate::Error;
use crate::expr::{Expr, Path, Rewrite, Root, Step};

impl<'a> Binder<'_, 'a> {
    /// The call of a function of the model, bound to what `binding` leads to, or to nothing.
    /// `None` if the model has no function of that name there.
    ///
    /// # Errors
    /// 400 for parameters that no overload takes, 501 for a function without a definition.
    pub(super) fn defined(
        &self,
        scope: Scope<'_>,
        binding: Option<&Path>,
        name: &str,
        arguments: &'a Arguments<'a>,
    ) -> Result<Option<Expr>, Error> {
        let candidates = self.functions(binding, name);
        if candidates.is_empty() {
            return Ok(None);
        }
        let named = match arguments {
            Arguments::Named(named) => named.as_slice(),
            Arguments::Positional(values) if values.is_empty() => &[],
            Arguments::Positional(_) => return Err(self.wrong_parameters(&candidates, name)),
        };
        super::bind_operation::check_distinct(named)?;
        let fits = |id: &&OperationId| takes(self.model.operation(**id), named);
        let id = candidates.iter().find(fits);
        let id = id.ok_or_else(|| self.wrong_parameters(&candidates, name))?;
        let operation = self.model.operation(*id);
        let Some(definition) = &operation.definition else {
            let what = format!("The function '{name}' in an expression");
            return Err(unsupported(&what).with_target(name));
        };
        let mut given = Vec::with_capacity(named.len());
        for parameter in operation.own_parameters() {
            let value = named.iter().find(|(known, _)| *known == parameter.name);
            let value = match value {
                Some((_, value)) => {
                    self.argument_expr(scope, &parameter.name, &parameter.ty, value)?
                }
                None => super::bind_expr::null(),
            };
            given.push((parameter.name.clone(), value));
        }
        let mut body = self.definition(operation, definition)?;
        let mut inline = Inline {
            binding,
            given: &given,
            lambdas: scope.lambdas(),
        };
        inline.expr(&mut body)?;
        Ok(Some(body))
    }

    /// The functions of a name that are bound to what a path leads to, or to nothing.
    fn functions(&self, binding: Option<&Path>, name: &str) -> Vec<OperationId> {
        let bound_to = binding.map(|path| (path.ty.item.structured(), path.ty.collection));
        let found = match bound_to {
            Some((Some(of), many)) => self.model.find_operations(Some((of, many)), name),
            Some((None, _)) => Vec::new(),
            None => self.model.find_operations(None, name),
        };
        let is_function =
            |id: &OperationId| self.model.operation(*id).kind == OperationKind::Function;
        found.into_iter().filter(is_function).collect()
    }

    /// The value of a parameter.
    fn argument_expr(
        &self,
        scope: Scope<'_>,
        name: &str,
        ty: &TypeRef,
        value: &'a syntax::Expr<'a>,
    ) -> Result<Expr, Error> {
        let place = format!("the parameter '{name}'");
        let wanted = Wanted {
            item: ty.item,
            place: &place,
        };
        let bound = self.expr(scope, value, Some(wanted))?;
        if bound
            .ty()
            .is_none_or(|found| comparable(self.model, &found, ty))
        {
            return Ok(bound);
        }
        Err(Error::bad_request(format!(
            "'{value}' is no value of the parameter '{name}', which is of type {}.",
            self.model.type_name(ty)
        ))
        .with_target(name))
    }

    /// What a function is defined as, over its binding parameter's properties and its parameters.
    fn definition(&self, operation: &Operation, text: &str) -> Result<Expr, Error> {
        let broken = |error: Error| {
            Error::internal(format!(
                "the definition of {}: {}",
                operation.name, error.message
            ))
        };
        let limits = self.limits();
        let tree = common_expr(text, limits).map_err(|e| broken(e.into_error(&operation.name)))?;
        let bound_to = operation.binding().map(|binding| binding.ty.item);
        let parameters = operation.own_parameters().iter();
        let instance = Instance {
            dynamic: parameters.map(|p| (p.name.clone(), p.ty.clone())).collect(),
            ..Instance::of(bound_to.unwrap_or(ItemType::Untyped))
        };
        let inner = self.inner()?;
        let body = inner.expr(Scope::new(&instance), &tree, None)?;
        self.outer(&inner);
        Ok(match &operation.returns {
            Some(returns) if body.ty().is_some_and(|ty| ty.item != returns.item) => Expr::Cast {
                operand: Box::new(body),
                ty: returns.clone(),
            },
            _ => body,
        })
    }
}

/// Puts a definition where a call stands: the binding path before its paths, the arguments in
/// place of its parameters.
struct Inline<'i> {
    binding: Option<&'i Path>,
    given: &'i [(String, Expr)],
    /// The number of lambda operators around the call.
    lambdas: usize,
}

impl Rewrite for Inline<'_> {
    fn path(&mut self, path: &mut Path) -> Result<Option<Expr>, Error> {
        match (&mut path.root, path.steps.as_slice(), self.binding) {
            (Root::Instance, [Step::Dynamic(name)], _) => {
                let given = self.given.iter().find(|(known, _)| known == name);
                let (_, value) = given.ok_or_else(|| Error::internal("an unknown parameter"))?;
                return Ok(Some(value.clone()));
            }
            (Root::Instance, _, Some(binding)) => {
                path.root = binding.root.clone();
                path.steps.splice(0..0, binding.steps.iter().cloned());
            }
            (Root::Variable(place), ..) => *place += self.lambdas,
            (Root::Service(_), ..) => {}
            _ => {
                let reason = "a definition is about an instance that it is not bound to";
                return Err(Error::internal(reason));
            }
        }
        Ok(None)
    }
}
