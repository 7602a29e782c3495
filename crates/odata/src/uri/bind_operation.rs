//! Operations in a path: which overload is meant, and its parameters (OData 4.01 Protocol,
//! section 11.5; URL Conventions, section 4.5).

use edm::{Operation, OperationId, OperationKind, Parameter, Value};

use super::bind_literal::{exact, unfit_error};
use super::binder::{Binder, unsupported};
use super::syntax::{self, Arguments, Literal};
use crate::Error;
use crate::expr::Expr;
use crate::path::Segment;

impl<'a> Binder<'_, 'a> {
    /// The overload that a call means, and its parameters. `candidates` are the overloads of the
    /// name that are bound to what comes before it, the nearest type first.
    ///
    /// # Errors
    /// 400 for parameters that no overload takes, for values that do not fit, and for parameters
    /// of an action, which belong into the body.
    pub(super) fn operation(
        &self,
        candidates: &[OperationId],
        name: &str,
        given: Option<&Arguments<'a>>,
    ) -> Result<Segment, Error> {
        let no_arguments = Arguments::Positional(Vec::new());
        let given_or_none = given.unwrap_or(&no_arguments);
        if let Some(action) = candidates
            .iter()
            .find(|id| self.model.operation(**id).kind == OperationKind::Action)
        {
            if *given_or_none != no_arguments {
                return Err(Error::bad_request(format!(
                    "The parameters of the action '{name}' belong into the request body."
                )));
            }
            return Ok(Segment::Operation {
                id: *action,
                parameters: Vec::new(),
            });
        }
        let named: &[_] = match given_or_none {
            Arguments::Named(named) => named,
            Arguments::Positional(values) if values.is_empty() => &[],
            Arguments::Positional(_) => return Err(self.wrong_parameters(candidates, name)),
        };
        for (i, (parameter, _)) in named.iter().enumerate() {
            if named
                .iter()
                .take(i)
                .any(|(earlier, _)| earlier == parameter)
            {
                return Err(Error::bad_request(format!(
                    "The parameter '{parameter}' is given twice."
                )));
            }
        }
        let overload = match given {
            Some(_) => candidates
                .iter()
                .find(|id| takes(self.model.operation(**id), named)),
            None => self.implicit_overload(candidates),
        };
        let id = *overload.ok_or_else(|| self.wrong_parameters(candidates, name))?;
        let parameters = self.parameters(self.model.operation(id), named, given.is_none())?;
        Ok(Segment::Operation { id, parameters })
    }

    /// The given parameters of an overload, in its order. `implicit` takes aliases of their names.
    fn parameters(
        &self,
        operation: &Operation,
        named: &[(syntax::Text<'a>, syntax::Expr<'a>)],
        implicit: bool,
    ) -> Result<Vec<(usize, Expr)>, Error> {
        let first = usize::from(operation.is_bound);
        let mut parameters = Vec::new();
        for (i, parameter) in operation.own_parameters().iter().enumerate() {
            let explicit = named.iter().find(|(name, _)| *name == parameter.name);
            let alias = || self.alias(&parameter.name).filter(|_| implicit);
            if let Some(value) = explicit.map(|(_, value)| value).or_else(alias) {
                parameters.push((first + i, self.parameter(parameter, value)?));
            }
        }
        Ok(parameters)
    }

    /// Without parentheses, aliases named like the parameters are the parameters (URL Conventions,
    /// section 5.3): the overload that takes most of them.
    fn implicit_overload<'c>(&self, candidates: &'c [OperationId]) -> Option<&'c OperationId> {
        let given = |id: &OperationId| {
            let parameters = self.model.operation(*id).own_parameters();
            parameters
                .iter()
                .filter(|p| self.alias(&p.name).is_some())
                .count()
        };
        let is_complete = |id: &&OperationId| {
            let parameters = self.model.operation(**id).own_parameters();
            parameters
                .iter()
                .all(|p| p.optional || self.alias(&p.name).is_some())
        };
        // The last of equals wins; the nearest comes first.
        candidates
            .iter()
            .rev()
            .filter(is_complete)
            .max_by_key(|id| given(id))
    }

    fn parameter(&self, parameter: &Parameter, value: &syntax::Expr<'a>) -> Result<Expr, Error> {
        let value = match (self.resolve(value)?, parameter.ty.collection) {
            (syntax::Expr::List(items), true) => {
                let items = items.iter().map(|item| self.argument(parameter, item));
                Value::Collection(items.collect::<Result<_, _>>()?)
            }
            (item @ syntax::Expr::Literal(_), false) => self.argument(parameter, item)?,
            (other, _) => {
                return Err(unsupported(&format!(
                    "'{other}' as a value of the parameter '{}', which is of type {},",
                    parameter.name,
                    self.model.type_name(&parameter.ty)
                )));
            }
        };
        Ok(Expr::Literal {
            value,
            ty: Some(parameter.ty.item),
        })
    }

    fn argument(&self, parameter: &Parameter, item: &syntax::Expr<'a>) -> Result<Value, Error> {
        self.count_node()?;
        let wanted = self.name(parameter.ty.item);
        let place = format!("the parameter '{}'", parameter.name);
        let syntax::Expr::Literal(literal) = item else {
            return Err(unsupported(&format!("'{item}' as a value of {place}")));
        };
        if *literal == Literal::Null && !parameter.ty.nullable {
            return Err(Error::bad_request(format!(
                "The parameter '{}' must not be null.",
                parameter.name
            )));
        }
        exact(self.model, literal, parameter.ty.item).map_err(|unfit| {
            unfit_error(&place, wanted, literal, unfit).with_target(&*parameter.name)
        })
    }

    fn wrong_parameters(&self, candidates: &[OperationId], name: &str) -> Error {
        let signature = |id: &OperationId| {
            let parameter = |p: &Parameter| {
                let optional = if p.optional { "?" } else { "" };
                format!("{}{optional}: {}", p.name, self.model.type_name(&p.ty))
            };
            let parameters = self
                .model
                .operation(*id)
                .own_parameters()
                .iter()
                .map(parameter);
            format!("{name}({})", parameters.collect::<Vec<_>>().join(", "))
        };
        let signatures: Vec<_> = candidates.iter().map(signature).collect();
        Error::bad_request(format!(
            "No overload of '{name}' takes these parameters: {}.",
            signatures.join(" or ")
        ))
        .with_target(name)
    }
}

/// Whether an overload has every given parameter, and every parameter that it needs is given.
fn takes(operation: &Operation, named: &[(syntax::Text<'_>, syntax::Expr<'_>)]) -> bool {
    let parameters = operation.own_parameters();
    named
        .iter()
        .all(|(name, _)| parameters.iter().any(|p| p.name == *name))
        && parameters
            .iter()
            .all(|p| p.optional || named.iter().any(|(name, _)| *name == p.name))
}
