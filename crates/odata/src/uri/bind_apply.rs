//! `$apply`, bound (OData Extension for Data Aggregation 4.0, section 3): each transformation is
//! typed by what the ones before it leave.

use edm::{ItemType, TypeRef};

use super::bind_scope::{Instance, Scope};
use super::bind_type::{common, is_ordered, is_unknown, primitive};
use super::binder::{Binder, unsupported};
use super::syntax::{self, GroupElement, MemberPath, RankMethod};
use crate::Error;
use crate::apply::{RankMeasure, Transformation, repetitions};
use crate::expr::{Expr, Path, Step};

/// The most groupings that one `groupby` makes by its `rollup`s.
const MAX_GROUPINGS: usize = 32;
/// How often `concat` may have an instance in a result.
const MAX_REPETITIONS: u64 = 64;

impl<'a> Binder<'_, 'a> {
    /// A sequence of transformations, and the instances that it makes.
    ///
    /// # Errors
    /// 400 for names that the instances do not have at that place, types that do not fit, and
    /// transformations that are not served.
    pub(super) fn apply(
        &self,
        outer: Scope<'_>,
        instance: Instance,
        sequence: &'a [syntax::Transformation<'a>],
    ) -> Result<(Vec<Transformation>, Instance), Error> {
        let mut instance = instance;
        let mut bound = Vec::with_capacity(sequence.len());
        for transformation in sequence {
            self.count_node()?;
            let made = self.nested(|| self.transformation(outer, &mut instance, transformation))?;
            bound.push(made);
        }
        if repetitions(&bound) > MAX_REPETITIONS {
            return Err(Error::bad_request(format!(
                "'concat' has an instance more than {MAX_REPETITIONS} times in its result."
            ))
            .with_target("$apply"));
        }
        Ok((bound, instance))
    }

    fn transformation(
        &self,
        outer: Scope<'_>,
        instance: &mut Instance,
        transformation: &'a syntax::Transformation<'a>,
    ) -> Result<Transformation, Error> {
        use syntax::Transformation as T;
        match transformation {
            T::GroupBy { by, then } => self.group_by(outer, instance, by, then),
            T::Concat(sequences) => self.concat(outer, instance, sequences),
            simple => self.simple_transformation(outer, instance, simple),
        }
    }

    /// A transformation that holds no other.
    fn simple_transformation(
        &self,
        outer: Scope<'_>,
        instance: &mut Instance,
        transformation: &'a syntax::Transformation<'a>,
    ) -> Result<Transformation, Error> {
        use syntax::Transformation as T;
        match transformation {
            T::Identity => Ok(Transformation::Identity),
            T::Filter(predicate) => {
                let condition = self.boolean(outer.within(instance), predicate)?;
                Ok(Transformation::Filter(condition))
            }
            T::Search(search) => Ok(Transformation::Search(self.search(search)?)),
            T::Compute(items) => Ok(Transformation::Compute(
                self.compute(outer, instance, items)?,
            )),
            T::OrderBy(items) => {
                let order = self.order_by(outer.within(instance), items)?;
                Ok(Transformation::OrderBy(order))
            }
            T::Top(count) => Ok(Transformation::Top(*count)),
            T::Skip(count) => Ok(Transformation::Skip(*count)),
            T::Ranked { method, limit, by } => {
                self.ranked(outer.within(instance), *method, limit, by)
            }
            T::Aggregate(items) => {
                let (bound, made) = self.aggregate(outer, instance, items)?;
                *instance = made;
                Ok(Transformation::Aggregate(bound))
            }
            other => Err(
                unsupported(&format!("The transformation '{other}' in $apply"))
                    .with_target("$apply"),
            ),
        }
    }

    /// `topcount` and its kin (section 3.3).
    fn ranked(
        &self,
        scope: Scope<'_>,
        method: RankMethod,
        limit: &'a syntax::Expr<'a>,
        by: &'a syntax::Expr<'a>,
    ) -> Result<Transformation, Error> {
        let name = method.as_str();
        let measure = match method {
            RankMethod::BottomCount | RankMethod::TopCount => RankMeasure::Count,
            RankMethod::BottomPercent | RankMethod::TopPercent => RankMeasure::Percent,
            RankMethod::BottomSum | RankMethod::TopSum => RankMeasure::Sum,
        };
        let bound_limit = self.expr(Scope::default(), limit, None)?;
        let fits = match (measure, primitive(&bound_limit)) {
            (RankMeasure::Count, Some(primitive)) => primitive.integer_range().is_some(),
            (_, Some(primitive)) => super::bind_type::is_numeric(primitive),
            _ => false,
        };
        if !fits || is_negative(&bound_limit) {
            let what = if measure == RankMeasure::Count {
                "an integer"
            } else {
                "a number"
            };
            return Err(Error::bad_request(format!(
                "The limit of '{name}' must be {what} that is not negative, not '{limit}'."
            )));
        }
        let bound_by = self.expr(scope, by, None)?;
        let fits = bound_by.ty().is_none_or(|ty| {
            let number = primitive(&bound_by).is_some_and(super::bind_type::is_numeric);
            is_unknown(ty.item) || number || measure == RankMeasure::Count && is_ordered(&ty)
        });
        if !fits {
            return Err(Error::bad_request(format!(
                "'{name}' cannot rank by '{by}', which is of type {}.",
                self.type_of(&bound_by)
            )));
        }
        Ok(Transformation::Ranked {
            greatest: matches!(
                method,
                RankMethod::TopCount | RankMethod::TopPercent | RankMethod::TopSum
            ),
            measure,
            limit: bound_limit,
            by: bound_by,
        })
    }

    /// `groupby` (section 3.2.3). With `rollup` it is one for each combination of levels, one behind
    /// the other (section 3.2.3.2).
    fn group_by(
        &self,
        outer: Scope<'_>,
        instance: &mut Instance,
        by: &'a [GroupElement<'a>],
        then: &'a [syntax::Transformation<'a>],
    ) -> Result<Transformation, Error> {
        let mut groupings = levels(by)?.into_iter();
        let first = groupings.next().unwrap_or_default();
        let (bound, mut all) = self.simple_group_by(outer, instance, first, then)?;
        let mut sequences = vec![vec![bound]];
        for grouping in groupings {
            let (bound, made) = self.simple_group_by(outer, instance, grouping, then)?;
            sequences.push(vec![bound]);
            all = union(all, made);
        }
        *instance = all;
        if sequences.len() > 1 {
            return Ok(Transformation::Concat(sequences));
        }
        let only = sequences.into_iter().flatten().next();
        Ok(only.unwrap_or(Transformation::Identity))
    }

    /// The paths of grouping properties, each once.
    pub(super) fn grouping_properties(
        &self,
        scope: Scope<'_>,
        by: impl Iterator<Item = &'a MemberPath<'a>>,
    ) -> Result<Vec<Path>, Error> {
        let scope = Scope {
            through_collections: false,
            ..scope
        };
        let mut properties: Vec<Path> = Vec::new();
        for path in by {
            match self.member_path(scope, path)? {
                Expr::Path(bound) if !bound.ty.collection && !bound.steps.is_empty() => {
                    if !properties.contains(&bound) {
                        properties.push(bound);
                    }
                }
                _ => {
                    return Err(Error::bad_request(format!(
                        "groupby takes paths to single values: '{path}' is none."
                    ))
                    .with_target("$apply"));
                }
            }
        }
        Ok(properties)
    }

    /// What is not grouped is gone, unless the transformation of the groups keeps it.
    fn simple_group_by(
        &self,
        outer: Scope<'_>,
        instance: &Instance,
        by: Vec<&'a MemberPath<'a>>,
        then: &'a [syntax::Transformation<'a>],
    ) -> Result<(Transformation, Instance), Error> {
        let properties = self.grouping_properties(outer.within(instance), by.into_iter())?;
        let (bound, kept) = self.apply(outer, instance.clone(), then)?;
        let (mut dynamic, mut visible) = if then.is_empty() {
            (Vec::new(), Some(Vec::new()))
        } else {
            (kept.dynamic, kept.visible)
        };
        for path in &properties {
            if let [Step::Dynamic(name)] = path.steps.as_slice() {
                if !dynamic.iter().any(|(known, _)| known == name) {
                    dynamic.push((name.clone(), path.ty.clone()));
                }
            } else if let Some(visible) = &mut visible {
                visible.push(path.steps.clone());
            }
        }
        let made = Instance {
            item: instance.item,
            dynamic,
            visible,
        };
        let grouped = Transformation::GroupBy {
            properties,
            then: bound,
        };
        Ok((grouped, made))
    }

    /// `concat` (section 3.4.1): an instance of the result has what any of the sequences leaves.
    fn concat(
        &self,
        outer: Scope<'_>,
        instance: &mut Instance,
        sequences: &'a [Vec<syntax::Transformation<'a>>],
    ) -> Result<Transformation, Error> {
        let mut bound = Vec::with_capacity(sequences.len());
        let mut all: Option<Instance> = None;
        for sequence in sequences {
            let (transformations, made) = self.apply(outer, instance.clone(), sequence)?;
            bound.push(transformations);
            all = Some(match all {
                None => made,
                Some(before) => union(before, made),
            });
        }
        if let Some(all) = all {
            *instance = all;
        }
        Ok(Transformation::Concat(bound))
    }
}

/// The grouping properties of each combination of the levels of `rollup`, the finest first.
fn levels<'a>(by: &'a [GroupElement<'a>]) -> Result<Vec<Vec<&'a MemberPath<'a>>>, Error> {
    let mut groupings: Vec<Vec<&MemberPath<'_>>> = vec![Vec::new()];
    for element in by {
        match element {
            GroupElement::Path(path) => groupings.iter_mut().for_each(|known| known.push(path)),
            GroupElement::Rollup(paths) if paths.len() > 1 => {
                let of = |known: &Vec<&'a MemberPath<'a>>| {
                    let known = known.clone();
                    let lengths = (1..=paths.len()).rev();
                    lengths
                        .map(move |n| known.iter().copied().chain(paths.iter().take(n)).collect())
                };
                groupings = groupings.iter().flat_map(of).collect();
            }
            GroupElement::Rollup(_) => {
                let what = "'rollup' of a hierarchy that the model names";
                return Err(unsupported(what).with_target("$apply"));
            }
            GroupElement::RollupRecursive(..) => {
                return Err(unsupported("'rolluprecursive' in groupby").with_target("$apply"));
            }
        }
        if groupings.len() > MAX_GROUPINGS {
            return Err(Error::bad_request(format!(
                "groupby: 'rollup' makes more than {MAX_GROUPINGS} groupings."
            ))
            .with_target("$apply"));
        }
    }
    Ok(groupings)
}

/// What instances of one or the other kind may have.
fn union(left: Instance, right: Instance) -> Instance {
    let mut dynamic = left.dynamic;
    for (name, ty) in right.dynamic {
        match dynamic.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                let both = common(Some(known.clone()), Some(ty)).flatten();
                *known = both.unwrap_or_else(|| TypeRef::of(ItemType::Untyped));
            }
            None => dynamic.push((name, ty)),
        }
    }
    let visible = match (left.visible, right.visible) {
        (Some(mut left), Some(right)) => {
            left.extend(right);
            Some(left)
        }
        _ => None,
    };
    Instance {
        item: left.item,
        dynamic,
        visible,
    }
}

fn is_negative(limit: &Expr) -> bool {
    match limit {
        Expr::Literal { value, .. } => match value {
            edm::Value::Integer(number) => *number < 0,
            edm::Value::Double(number) => number.is_nan() || *number < 0.0,
            edm::Value::Decimal(text) => text.starts_with('-'),
            _ => true,
        },
        _ => true,
    }
}
