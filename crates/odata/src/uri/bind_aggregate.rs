//! `aggregate`, bound (OData Extension for Data Aggregation 4.0, sections 3.1 and 3.2.1).

use edm::{ItemType, Primitive, TypeRef};

use super::bind_scope::{Instance, Scope};
use super::bind_type::{is_numeric, is_ordered, is_unknown};
use super::binder::{Binder, unsupported};
use super::syntax::{self, AggregateFrom, AggregateItem, Member, MemberPath, PathRoot};
use crate::Error;
use crate::apply::{Aggregate, From, Method};
use crate::expr::{Expr, Step};

impl<'a> Binder<'_, 'a> {
    /// The items of `aggregate`, and the instance that it makes: nothing but their results.
    pub(super) fn aggregate(
        &self,
        outer: Scope<'_>,
        instance: &Instance,
        items: &'a [AggregateItem<'a>],
    ) -> Result<(Vec<Aggregate>, Instance), Error> {
        let scope = Scope {
            through_collections: true,
            ..outer.within(instance)
        };
        let mut made = Instance {
            item: instance.item,
            dynamic: Vec::with_capacity(items.len()),
            visible: Some(Vec::new()),
        };
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            let item = self.aggregate_item(scope, item)?;
            self.check_new_name(instance, &item.name)?;
            self.check_new_name(&made, &item.name)?;
            made.dynamic.push((item.name.clone(), item.ty.clone()));
            bound.push(item);
        }
        Ok((bound, made))
    }

    fn aggregate_item(
        &self,
        scope: Scope<'_>,
        item: &'a AggregateItem<'a>,
    ) -> Result<Aggregate, Error> {
        let Some(name) = &item.alias else {
            return Err(unsupported(&format!(
                "The custom aggregate '{}'",
                item.expr
            )));
        };
        let mut bound = Aggregate {
            expr: None,
            method: Method::Count,
            name: name.to_string(),
            ty: not_null(Primitive::Int64),
            from: Vec::new(),
        };
        if let Some(method) = &item.method {
            let expr = self.expr(scope, &item.expr, None)?;
            bound.method = standard_method(method)?;
            bound.ty = result(bound.method, expr.ty()).ok_or_else(|| {
                Error::bad_request(format!(
                    "The aggregation method '{method}' does not take '{}', which is of type {}.",
                    item.expr,
                    self.type_of(&expr)
                ))
            })?;
            bound.expr = Some(expr);
        } else {
            bound.expr = self.counted(scope, &item.expr)?;
        }
        for from in &item.from {
            self.aggregated_from(scope, from, &mut bound)?;
        }
        Ok(bound)
    }

    /// One `from`, behind what is bound so far.
    fn aggregated_from(
        &self,
        scope: Scope<'_>,
        from: &'a AggregateFrom<'a>,
        bound: &mut Aggregate,
    ) -> Result<(), Error> {
        let Some(method) = &from.method else {
            return Err(unsupported("'from' of a custom aggregate").with_target("$apply"));
        };
        let properties = self.grouping_properties(scope, from.by.iter())?;
        let of = bound.ty.clone();
        let method_name = method;
        let method = standard_method(method)?;
        bound.ty = result(method, Some(of.clone())).ok_or_else(|| {
            Error::bad_request(format!(
                "The aggregation method '{method_name}' does not take what it is given by 'from', \
                 which is of type {}.",
                self.model.type_name(&of)
            ))
        })?;
        bound.from.push(From {
            properties,
            of,
            method,
        });
        Ok(())
    }

    /// What `$count` counts: the instances, or what a path before it leads to.
    fn counted(&self, scope: Scope<'_>, expr: &'a syntax::Expr<'a>) -> Result<Option<Expr>, Error> {
        if let syntax::Expr::Path(MemberPath {
            root: PathRoot::Implicit,
            members,
        }) = expr
            && let [Member::Count(None)] = members.as_slice()
        {
            return Ok(None);
        }
        match self.expr(scope, expr, None)? {
            Expr::Path(mut path) if path.steps.last() == Some(&Step::Count) => {
                path.steps.pop();
                path.ty = self.type_at(&path);
                Ok(Some(Expr::Path(path)))
            }
            _ => Err(unsupported(&format!("The custom aggregate '{expr}'"))),
        }
    }

    /// What the last step of a path that goes through collections leads to.
    fn type_at(&self, path: &crate::expr::Path) -> TypeRef {
        let item = path.steps.iter().rev().find_map(|step| match step {
            Step::Property { of, ordinal } => {
                let property = self.model.structured(*of).properties.get(*ordinal)?;
                Some(property.ty.item)
            }
            Step::Navigation { of, index } => {
                let property = self.model.structured(*of).navigation.get(*index)?;
                Some(ItemType::Entity(property.target))
            }
            Step::Cast(of) => Some(self.model.structured(*of).item_type(*of)),
            _ => None,
        });
        TypeRef {
            collection: true,
            ..TypeRef::of(item.unwrap_or(ItemType::Untyped))
        }
    }
}

fn standard_method(name: &str) -> Result<Method, Error> {
    Ok(match name {
        "sum" => Method::Sum,
        "min" => Method::Min,
        "max" => Method::Max,
        "average" => Method::Average,
        "countdistinct" => Method::CountDistinct,
        _ => {
            return Err(Error::bad_request(format!(
                "There is no aggregation method '{name}'; allowed: sum, min, max, average, countdistinct."
            ))
            .with_target(name));
        }
    })
}

/// The type of a method's result over values of a type; `None` if it does not take them.
fn result(method: Method, ty: Option<TypeRef>) -> Option<TypeRef> {
    use Primitive::{Decimal, Double, Int64, Single};
    if method == Method::CountDistinct || method == Method::Count {
        return Some(not_null(Int64));
    }
    let ty = TypeRef {
        collection: false,
        ..ty.unwrap_or_else(|| TypeRef::of(ItemType::Untyped))
    };
    if is_unknown(ty.item) {
        return Some(TypeRef::of(ItemType::Untyped));
    }
    if matches!(method, Method::Min | Method::Max) {
        return is_ordered(&ty).then_some(TypeRef {
            nullable: true,
            ..ty
        });
    }
    let ItemType::Primitive(primitive) = ty.item else {
        return None;
    };
    if primitive == Primitive::Duration {
        return Some(TypeRef::primitive(primitive));
    }
    if !is_numeric(primitive) {
        return None;
    }
    Some(TypeRef::primitive(match (method, primitive) {
        (_, Decimal) => Decimal,
        (_, Double | Single) | (Method::Average, _) => Double,
        _ => Int64,
    }))
}

fn not_null(primitive: Primitive) -> TypeRef {
    TypeRef {
        nullable: false,
        ..TypeRef::primitive(primitive)
    }
}
