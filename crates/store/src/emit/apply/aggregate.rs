//! `aggregate`: the standard methods (section 3.1.3), which leave null values out.

use edm::{Primitive, TypeRef};
use odata::Error;
use odata::apply::{Aggregate, Method};
use odata::expr::{Expr, Path};

use super::super::Dialect;
use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::super::scope::Env;
use crate::table::{ColumnKind, kind_of};

impl<'m> Compiler<'m> {
    /// One item of `aggregate`, over those rows of a group that the conditions hold for.
    pub(super) fn aggregated(
        &self,
        env: &Env<'m>,
        item: &'m Aggregate,
        conditions: &[Fragment],
    ) -> Result<Fragment, Error> {
        let mut filter = Fragment::sure("");
        for (i, condition) in conditions.iter().enumerate() {
            let lead = if i == 0 { " FILTER (WHERE " } else { " AND " };
            filter.sql.push_str(lead);
            filter.push(condition);
        }
        if !conditions.is_empty() {
            filter.sql.push(')');
        }
        let number = TypeRef::primitive(Primitive::Int64);
        let Some(expr) = &item.expr else {
            let count = Fragment::join(number, "COUNT(*){0}", &[&filter]).required();
            return Ok(self.coerce(count, &item.ty));
        };
        if let Expr::Path(path) = expr
            && path.ty.collection
        {
            let found = self.through_items(env, path, item.method, &filter)?;
            return Ok(self.of_type(found, &item.ty));
        }
        let value = self.expression(env, expr)?;
        if value.is_null() && !matches!(item.method, Method::Count | Method::CountDistinct) {
            return Ok(Fragment::null(self.dialect, item.ty.clone()));
        }
        let found = self.over(item.method, &value, &filter)?;
        Ok(self.of_type(found, &item.ty))
    }

    /// What a method makes of the values of all rows that the filter leaves.
    pub(super) fn over(
        &self,
        method: Method,
        value: &Fragment,
        filter: &Fragment,
    ) -> Result<Fragment, Error> {
        let number = TypeRef::primitive(Primitive::Int64);
        match method {
            Method::Count => {
                Ok(Fragment::join(number, "COUNT({0}){1}", &[value, filter]).required())
            }
            Method::CountDistinct if value.kind == ColumnKind::Json => {
                Err(self.unsupported("The number of different complex values"))
            }
            Method::CountDistinct => {
                let key = value.key(self.dialect);
                Ok(Fragment::join(number, "COUNT(DISTINCT {0}){1}", &[&key, filter]).required())
            }
            Method::Min | Method::Max => self.extreme(method, value, filter),
            Method::Sum => self.sum(value, filter),
            Method::Average => self.average(value, filter),
        }
    }

    /// An aggregate as a value of its type.
    pub(super) fn of_type(&self, found: Fragment, ty: &TypeRef) -> Fragment {
        let found = self.coerce(found, ty);
        match found.kind == kind_of(ty) {
            true => found.with_type(ty.clone()),
            false => found,
        }
    }

    /// An aggregate of what a path through a collection leads to: that of each row's items, and
    /// then of all rows.
    fn through_items(
        &self,
        env: &Env<'m>,
        path: &'m Path,
        method: Method,
        filter: &Fragment,
    ) -> Result<Fragment, Error> {
        let (number, all) = (TypeRef::primitive(Primitive::Int64), Fragment::sure(""));
        let unserved = || self.unsupported("Such an aggregation through a collection");
        let of_values = |make: &dyn Fn(&Fragment) -> Result<Fragment, Error>| {
            self.of_items(env, path, &|value| make(value.ok_or_else(unserved)?))
        };
        let total = |part: &Fragment| {
            let sum = self.sum(part, filter)?;
            Ok::<_, Error>(Fragment::join(number.clone(), "COALESCE({0}, 0)", &[&sum]).required())
        };
        match method {
            Method::Count => {
                let count = |value: Option<&Fragment>| match value {
                    None => Ok(Fragment::join(number.clone(), "COUNT(*)", &[])),
                    Some(_) => Err(unserved()),
                };
                total(&self.of_items(env, path, &count)?)
            }
            Method::Sum => self.sum(&of_values(&|value| self.sum(value, &all))?, filter),
            Method::Min | Method::Max => {
                let inner = of_values(&|value| self.extreme(method, value, &all))?;
                self.extreme(method, &inner, filter)
            }
            Method::Average => {
                let double = |value: &Fragment| match value.kind {
                    ColumnKind::Integer | ColumnKind::Double => Ok(self.to_double(value)),
                    _ => Err(unserved()),
                };
                let sum = of_values(&|value| self.sum(&double(value)?, &all))?;
                let count =
                    of_values(&|value| Ok(Fragment::join(number.clone(), "COUNT({0})", &[value])))?;
                let (sum, count) = (self.sum(&sum, filter)?, total(&count)?);
                let double = TypeRef::primitive(Primitive::Double);
                let text = "({0} / NULLIF({1}, 0))";
                Ok(Fragment::join(
                    double,
                    text,
                    &[&sum, &self.to_double(&count)],
                ))
            }
            Method::CountDistinct => Err(unserved()),
        }
    }

    fn extreme(
        &self,
        method: Method,
        value: &Fragment,
        filter: &Fragment,
    ) -> Result<Fragment, Error> {
        let name = if method == Method::Min { "MIN" } else { "MAX" };
        let text = match (value.kind, self.dialect) {
            (ColumnKind::Json | ColumnKind::Geo, _) => {
                return Err(self.unsupported("The least or greatest of such values"));
            }
            (ColumnKind::Blob, Dialect::Postgres) => {
                return Err(self.unsupported("The least or greatest of binary values"));
            }
            (ColumnKind::Boolean, Dialect::Postgres) => {
                format!("({name}(CAST({{0}} AS INTEGER)){{1}} = 1)")
            }
            (ColumnKind::Decimal, Dialect::Sqlite) => {
                format!("{name}({{0}} COLLATE odata_decimal){{1}}")
            }
            _ => format!("{name}({{0}}){{1}}"),
        };
        let mut found = Fragment::join(value.ty.clone(), &text, &[value, filter]);
        if found.kind == ColumnKind::DateTimeOffset {
            // In UTC: which of several offsets it would be is open.
            found.form = Some(Box::new(Fragment::primitive(Primitive::Int64, "0")));
        }
        Ok(found)
    }

    fn sum(&self, value: &Fragment, filter: &Fragment) -> Result<Fragment, Error> {
        let text = match (value.kind, self.dialect) {
            (ColumnKind::Double, _) | (ColumnKind::Decimal, Dialect::Postgres) => "SUM({0}){1}",
            // Integers beyond 64 bits are an error on both.
            (ColumnKind::Integer | ColumnKind::Duration, Dialect::Sqlite) => "SUM({0}){1}",
            (ColumnKind::Integer | ColumnKind::Duration, Dialect::Postgres) => {
                "CAST(SUM({0}){1} AS BIGINT)"
            }
            (ColumnKind::Decimal, Dialect::Sqlite) => "odata_sum({0}){1}",
            _ => return Err(self.unsupported("The sum of such values")),
        };
        Ok(Fragment::join(value.ty.clone(), text, &[value, filter]))
    }

    fn average(&self, value: &Fragment, filter: &Fragment) -> Result<Fragment, Error> {
        let double = TypeRef::primitive(Primitive::Double);
        let decimal = TypeRef::primitive(Primitive::Decimal);
        Ok(match (value.kind, self.dialect) {
            (ColumnKind::Integer | ColumnKind::Double, Dialect::Sqlite) => {
                Fragment::join(double, "AVG({0}){1}", &[value, filter])
            }
            (ColumnKind::Integer | ColumnKind::Double, Dialect::Postgres) => Fragment::join(
                double,
                "CAST(AVG({0}){1} AS DOUBLE PRECISION)",
                &[value, filter],
            ),
            (ColumnKind::Decimal, Dialect::Sqlite) => {
                Fragment::join(decimal, "odata_average({0}){1}", &[value, filter])
            }
            (ColumnKind::Decimal, Dialect::Postgres) => Fragment::join(
                decimal,
                "odata_quotient(SUM({0}){1}, CAST(COUNT({0}){1} AS NUMERIC))",
                &[value, filter],
            ),
            (ColumnKind::Duration, _) => self.average_duration(value, filter),
            _ => return Err(self.unsupported("The average of such values")),
        })
    }

    /// The sum of durations divided by their number, rounded half away from zero.
    fn average_duration(&self, value: &Fragment, filter: &Fragment) -> Fragment {
        let number = TypeRef::primitive(Primitive::Int64);
        match self.dialect {
            Dialect::Sqlite => {
                let sum = Fragment::join(value.ty.clone(), "SUM({0}){1}", &[value, filter]);
                let count = "NULLIF(COUNT({0}){1}, 0)";
                let count = Fragment::join(number, count, &[value, filter]);
                self.evaluated("divby", &[sum, count], &value.ty)
            }
            Dialect::Postgres => Fragment::join(
                value.ty.clone(),
                "odata_scaled(CAST(SUM({0}){1} AS BIGINT), \
                 NULLIF(CAST(COUNT({0}){1} AS NUMERIC), 0), TRUE)",
                &[value, filter],
            ),
        }
    }
}
