//! Operations in a path: which overload is meant, and its parameters (OData 4.01 Protocol,
//! section 11.5; URL Conventions, section 4.5).

use edm::{Model, Operation, OperationId, OperationKind, Parameter, Value};

use super::bind_literal::{exact, unfit_error};
use super::bind_scope::Scope;
use super::bind_type::comparable;
use super::binder::{Binder, Named};
use super::limits::Limits;
use super::production::common_expr;
use super::syntax::{self, Arguments, Literal, Options, PathSegment, SegmentForm, Text};
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
        given: Option<&'a Arguments<'a>>,
    ) -> Result<Segment, Error> {
        let named: &'a Named<'a> = match given {
            Some(Arguments::Named(named)) => named,
            Some(Arguments::Positional(values)) if !values.is_empty() => {
                return Err(self.wrong_parameters(candidates, name));
            }
            _ => &[],
        };
        if let Some(action) = candidates
            .iter()
            .find(|id| self.model.operation(**id).kind == OperationKind::Action)
        {
            if !named.is_empty() {
                return Err(Error::bad_request(format!(
                    "The parameters of the action '{name}' belong into the request body."
                )));
            }
            return Ok(Segment::Operation {
                id: *action,
                parameters: Vec::new(),
            });
        }
        check_distinct(named)?;
        let implicit = named.is_empty() && (given.is_none() || !self.parameters.is_empty());
        let overload = if implicit {
            self.implicit_overload(candidates)
        } else {
            candidates
                .iter()
                .find(|id| takes(self.model.operation(**id), named))
        };
        let id = *overload.ok_or_else(|| self.wrong_parameters(candidates, name))?;
        let parameters = self.values(self.model.operation(id), named, implicit)?;
        Ok(Segment::Operation { id, parameters })
    }

    /// The given parameters of an overload, in its order. `implicit` takes aliases and query
    /// options of their names.
    fn values(
        &self,
        operation: &Operation,
        named: &'a Named<'a>,
        implicit: bool,
    ) -> Result<Vec<(usize, Expr)>, Error> {
        let first = usize::from(operation.is_bound);
        let mut parameters = Vec::new();
        for (i, parameter) in operation.own_parameters().iter().enumerate() {
            let explicit = named.iter().find(|(name, _)| *name == parameter.name);
            let given = match explicit {
                Some((_, value)) => Some(value),
                None if implicit => self.implicit(&parameter.name),
                None => None,
            };
            if let Some(value) = given {
                parameters.push((first + i, self.parameter(parameter, value)?));
            }
        }
        Ok(parameters)
    }

    /// What a query gives for a parameter that does not stand in the path: a query option or an
    /// alias of its name (URL Conventions, section 5.3).
    fn implicit(&self, name: &str) -> Option<&'a syntax::Expr<'a>> {
        let option = self.parameters.iter().find(|(known, _)| known == name);
        option.map(|(_, value)| value).or_else(|| self.alias(name))
    }

    /// The overload that takes all query options that are parameters, and most of the aliases.
    fn implicit_overload<'c>(&self, candidates: &'c [OperationId]) -> Option<&'c OperationId> {
        let own = |id: &OperationId| self.model.operation(*id).own_parameters();
        let given = |id: &OperationId| {
            let given = |p: &&Parameter| self.implicit(&p.name).is_some();
            own(id).iter().filter(given).count()
        };
        let is_complete = |id: &&OperationId| {
            let needed = |p: &Parameter| p.optional || self.implicit(&p.name).is_some();
            let known = |name: &str| own(id).iter().any(|p| p.name == name);
            own(id).iter().all(needed) && self.parameters.iter().all(|(name, _)| known(name))
        };
        // The last of equals wins; the nearest comes first.
        candidates
            .iter()
            .rev()
            .filter(is_complete)
            .max_by_key(|id| given(id))
    }

    fn parameter(&self, parameter: &Parameter, value: &'a syntax::Expr<'a>) -> Result<Expr, Error> {
        let place = format!("the parameter '{}'", parameter.name);
        let value = self.resolve(value);
        let bound = match value {
            syntax::Expr::Path(_) => {
                let bound = self.expr(Scope::default(), value, None)?;
                let ty = bound.ty();
                if ty.is_some_and(|ty| !comparable(self.model, &ty, &parameter.ty)) {
                    return Err(self.wrong_value(parameter, value));
                }
                return Ok(bound);
            }
            syntax::Expr::Literal(literal) if !parameter.ty.collection => {
                self.argument(parameter, &place, literal)?
            }
            syntax::Expr::List(_) | syntax::Expr::Object(_) => self
                .json(value, &parameter.ty, &place)
                .map_err(|error| error.with_target(&*parameter.name))?,
            _ => return Err(self.wrong_value(parameter, value)),
        };
        Ok(Expr::Literal {
            value: bound,
            ty: Some(parameter.ty.item),
        })
    }

    fn wrong_value(&self, parameter: &Parameter, value: &syntax::Expr<'a>) -> Error {
        Error::bad_request(format!(
            "'{value}' is no value of the parameter '{}', which is of type {}.",
            parameter.name,
            self.model.type_name(&parameter.ty)
        ))
        .with_target(&*parameter.name)
    }

    fn argument(
        &self,
        parameter: &Parameter,
        place: &str,
        literal: &Literal<'a>,
    ) -> Result<Value, Error> {
        self.count_node()?;
        if *literal == Literal::Null && !parameter.ty.nullable {
            return Err(Error::bad_request(format!(
                "The parameter '{}' must not be null.",
                parameter.name
            ))
            .with_target(&*parameter.name));
        }
        let wanted = self.name(parameter.ty.item);
        exact(self.model, literal, parameter.ty.item).map_err(|unfit| {
            unfit_error(place, wanted, literal, unfit).with_target(&*parameter.name)
        })
    }

    /// The names of the parameters that any overload of a function takes.
    pub(super) fn parameter_names(&self, function: &Operation) -> Vec<&str> {
        let overloads = self.model.operations().map(|(_, operation)| operation);
        let overloads = overloads.filter(|operation| operation.name == function.name);
        let mut names = Vec::new();
        for parameter in overloads.flat_map(Operation::own_parameters) {
            if !names.contains(&&*parameter.name) {
                names.push(&*parameter.name);
            }
        }
        names
    }

    /// 400 for a query option that is no parameter of the function at the end of the path.
    pub(super) fn no_parameter(&self, function: &Operation, name: &str) -> Error {
        Error::bad_request(format!(
            "'{name}' is no parameter of {}, which takes {}.",
            function.name,
            self.parameter_names(function).join(", ")
        ))
        .with_target(name)
    }

    pub(super) fn wrong_parameters(&self, candidates: &[OperationId], name: &str) -> Error {
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

/// Whether a query option may be a parameter of a function that the path ends with: whether there
/// is such a function with such a parameter.
pub(super) fn names_parameter(model: &Model, segments: &[PathSegment<'_>], option: &str) -> bool {
    if option.starts_with('$') {
        return false;
    }
    let name = match segments.last().map(|segment| (&segment.form, segment.text)) {
        Some((SegmentForm::Name, text)) => text,
        Some((SegmentForm::Call(name, _) | SegmentForm::CallWithKey(name, ..), _)) => name,
        _ => return false,
    };
    let imported = model
        .find_import(name)
        .map(|import| import.operation.as_str());
    model.operations().any(|(_, operation)| {
        operation.kind == OperationKind::Function
            && (operation.name == name
                || operation.short_name() == name
                || imported == Some(&*operation.name))
            && operation.own_parameters().iter().any(|p| p.name == option)
    })
}

/// The query options that are parameters of the function at the end of the path, read as literals
/// or JSON.
///
/// # Errors
/// 400 for a value that breaks the grammar, and for a parameter that is given twice.
pub(super) fn query_parameters<'a>(
    options: &'a Options<'a>,
    limits: &Limits,
    is_parameter: impl Fn(&str) -> bool,
) -> Result<Vec<(Text<'a>, syntax::Expr<'a>)>, Error> {
    let mut parameters = Vec::new();
    for (name, value) in options.custom.iter().filter(|(name, _)| is_parameter(name)) {
        let parsed = common_expr(value, limits).map_err(|error| {
            let mut error = error.into_error(name);
            error.message.push_str(" A string stands in single quotes.");
            error
        })?;
        parameters.push((Text::Borrowed(&**name), parsed));
    }
    check_distinct(&parameters)?;
    Ok(parameters)
}

pub(super) fn check_distinct(named: &Named<'_>) -> Result<(), Error> {
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
    Ok(())
}

/// Whether an overload has every given parameter, and every parameter that it needs is given.
pub(super) fn takes(operation: &Operation, named: &[(syntax::Text<'_>, syntax::Expr<'_>)]) -> bool {
    let parameters = operation.own_parameters();
    named
        .iter()
        .all(|(name, _)| parameters.iter().any(|p| p.name == *name))
        && parameters
            .iter()
            .all(|p| p.optional || named.iter().any(|(name, _)| *name == p.name))
}
