//! Functions and casts on PostgreSQL: SQL that means what [`odata::eval`] does, with the functions
//! of `postgres_functions.sql` where SQL has nothing of its own.

use edm::{ItemType, Primitive, TypeRef, Value};
use odata::Error;
use odata::expr::Function;

use super::super::fragment::Fragment;
use super::Compiler;
use super::cast::facets;
use crate::table::{ColumnKind, kind_of};

impl<'m> Compiler<'m> {
    pub(super) fn call_postgres(
        &self,
        function: Function,
        arguments: &[Fragment],
        ty: &TypeRef,
    ) -> Result<Fragment, Error> {
        let Some(first) = arguments.first() else {
            return Err(self.unsupported(&format!("The function '{}'", function.as_str())));
        };
        if function == Function::MatchesPattern {
            return self.matches_postgres(arguments);
        }
        if first.kind == ColumnKind::Json && first.ty.collection {
            return self.collection_function(function, arguments, ty);
        }
        let text = match first.kind {
            ColumnKind::Text => text_function(function, arguments.len()),
            ColumnKind::Integer => Some("{0}"),
            ColumnKind::Double => double_function(function),
            ColumnKind::Decimal => decimal_function(function),
            ColumnKind::Date => date_function(function),
            ColumnKind::DateTimeOffset => instant_function(function),
            ColumnKind::TimeOfDay => time_function(function),
            ColumnKind::Duration => Some("trim_scale(CAST({0} AS NUMERIC) / 10000000)"),
            ColumnKind::Geo => geo_function(function),
            _ => None,
        };
        let text = text.ok_or_else(|| {
            let of = self.model.type_name(&first.ty);
            self.unsupported(&format!("The function '{}' of {of}", function.as_str()))
        })?;
        let mut parts: Vec<&Fragment> = arguments.iter().collect();
        let zero = self.number(0);
        if first.kind == ColumnKind::DateTimeOffset {
            parts.push(first.form.as_deref().unwrap_or(&zero));
        }
        Ok(Fragment::join(ty.clone(), text, &parts))
    }

    /// A pattern that is a constant, as PostgreSQL writes it.
    fn matches_postgres(&self, arguments: &[Fragment]) -> Result<Fragment, Error> {
        let constant = |at: usize| match arguments.get(at).and_then(|a| a.constant.as_ref()) {
            Some(Value::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let flags = match arguments.len() {
            2 => Some(""),
            _ => constant(2),
        };
        let (Some(pattern), Some(flags)) = (constant(1), flags) else {
            return Err(self.unsupported("A pattern that is not a constant"));
        };
        let translated = super::pattern::translate(pattern, flags)?;
        let pattern = self.text(&translated);
        Ok(self.boolean("({0} ~ {1})", &[&arguments[0], &pattern]))
    }

    /// A cast between primitive types; `None` for one that there is no SQL for.
    pub(super) fn cast_native_postgres(
        &self,
        operand: &Fragment,
        ty: &TypeRef,
    ) -> Option<Fragment> {
        use ColumnKind as K;
        if operand.ty.collection || ty.collection || facets(ty) != ";;" {
            return None;
        }
        let primitive = match ty.item {
            ItemType::Primitive(primitive) => primitive,
            ItemType::Enum(id) => {
                let of = self.model.enum_type(id);
                if !matches!(operand.kind, K::Integer | K::Enum) || of.is_flags {
                    return None;
                }
                let members: Vec<_> = of.members.iter().map(|m| m.value.to_string()).collect();
                let text = format!(
                    "(CASE WHEN {{0}} IN ({}) THEN {{0}} END)",
                    members.join(", ")
                );
                return Some(Fragment::join(ty.clone(), &text, &[operand]));
            }
            _ => return None,
        };
        let to = kind_of(ty);
        let text = match (operand.kind, to) {
            (K::Enum, K::Text) => self.member_name(operand)?,
            (_, K::Text) => to_text(operand.kind)?.to_owned(),
            (K::Text, _) => from_text(primitive)?,
            (K::Integer | K::Enum, K::Integer) => in_range(primitive, "{0}")?,
            (K::Decimal, K::Integer) => in_range(primitive, "round({0})")?,
            (K::Double, K::Integer) => in_range(primitive, "odata_round({0})")?,
            (K::Integer | K::Enum, K::Decimal) => "CAST({0} AS NUMERIC)".to_owned(),
            (K::Double, K::Decimal) => "odata_decimal({0})".to_owned(),
            (K::Integer | K::Enum | K::Decimal | K::Double, K::Double) => match primitive {
                Primitive::Single => "odata_single(CAST({0} AS DOUBLE PRECISION))".to_owned(),
                _ => "CAST({0} AS DOUBLE PRECISION)".to_owned(),
            },
            (from, to) if from == to => "{0}".to_owned(),
            (K::Decimal, K::Decimal) => "{0}".to_owned(),
            // Values of other types cannot be cast: null.
            _ => return Some(Fragment::null(self.dialect, ty.clone())),
        };
        let zero = self.number(0);
        let form = operand.form.as_deref().unwrap_or(&zero);
        let mut found = Fragment::join(ty.clone(), &text, &[operand, form]);
        if to == K::DateTimeOffset {
            found.form = match operand.kind {
                K::DateTimeOffset => operand.form.clone(),
                _ => Some(Box::new(Fragment::join(
                    TypeRef::primitive(Primitive::Int64),
                    "odata_form(odata_zoned({0}))",
                    &[operand],
                ))),
            };
        }
        Some(found)
    }

    fn member_name(&self, operand: &Fragment) -> Option<String> {
        let ItemType::Enum(id) = operand.ty.item else {
            return None;
        };
        let of = self.model.enum_type(id);
        if of.is_flags {
            return None;
        }
        let cases: String = of
            .members
            .iter()
            .map(|member| format!(" WHEN {} THEN '{}'", member.value, member.name))
            .collect();
        Some(format!(
            "(CASE {{0}}{cases} ELSE CAST({{0}} AS TEXT) END COLLATE \"C\")"
        ))
    }
}

fn text_function(function: Function, arguments: usize) -> Option<&'static str> {
    Some(match function {
        Function::Concat => "({0} || {1})",
        Function::Contains => "(strpos({0}, {1}) > 0)",
        Function::EndsWith => "(right({0}, char_length({1})) = {1})",
        Function::StartsWith => "starts_with({0}, {1})",
        Function::IndexOf => "CAST(strpos({0}, {1}) - 1 AS BIGINT)",
        Function::Length => "CAST(char_length({0}) AS BIGINT)",
        Function::Substring if arguments == 2 => "(odata_substring({0}, {1}) COLLATE \"C\")",
        Function::Substring => "(odata_substring({0}, {1}, {2}) COLLATE \"C\")",
        Function::ToLower => "(odata_lower({0}) COLLATE \"C\")",
        Function::ToUpper => "(odata_upper({0}) COLLATE \"C\")",
        Function::Trim => "(odata_trim({0}) COLLATE \"C\")",
        _ => return None,
    })
}

fn double_function(function: Function) -> Option<&'static str> {
    match function {
        Function::Ceiling => Some("ceil({0})"),
        Function::Floor => Some("floor({0})"),
        Function::Round => Some("odata_round({0})"),
        _ => None,
    }
}

fn decimal_function(function: Function) -> Option<&'static str> {
    match function {
        Function::Ceiling => Some("ceil({0})"),
        Function::Floor => Some("floor({0})"),
        Function::Round => Some("round({0})"),
        _ => None,
    }
}

fn date_function(function: Function) -> Option<&'static str> {
    match function {
        Function::Year => Some("odata_part('year', {0})"),
        Function::Month => Some("odata_part('month', {0})"),
        Function::Day => Some("odata_part('day', {0})"),
        _ => None,
    }
}

fn instant_function(function: Function) -> Option<&'static str> {
    Some(match function {
        Function::Year => "odata_part('year', odata_local_day({0}, {1}))",
        Function::Month => "odata_part('month', odata_local_day({0}, {1}))",
        Function::Day => "odata_part('day', odata_local_day({0}, {1}))",
        Function::Hour => "(odata_local_time({0}, {1}) / 36000000000)",
        Function::Minute => "(odata_local_time({0}, {1}) / 600000000 % 60)",
        Function::Second => "(odata_local_time({0}, {1}) / 10000000 % 60)",
        Function::FractionalSeconds => {
            "trim_scale(CAST(odata_local_time({0}, {1}) % 10000000 AS NUMERIC) / 10000000)"
        }
        Function::Date => "odata_local_day({0}, {1})",
        Function::Time => "(odata_local_time({0}, {1}) * 16 + {1} % 9)",
        Function::TotalOffsetMinutes => "odata_offset({1})",
        _ => return None,
    })
}

fn time_function(function: Function) -> Option<&'static str> {
    Some(match function {
        Function::Hour => "(({0} >> 4) / 36000000000)",
        Function::Minute => "(({0} >> 4) / 600000000 % 60)",
        Function::Second => "(({0} >> 4) / 10000000 % 60)",
        Function::FractionalSeconds => {
            "trim_scale(CAST(({0} >> 4) % 10000000 AS NUMERIC) / 10000000)"
        }
        _ => return None,
    })
}

fn geo_function(function: Function) -> Option<&'static str> {
    match function {
        Function::GeoDistance => Some("odata_geo_distance({0}, {1})"),
        Function::GeoIntersects => Some("odata_geo_intersects({0}, {1})"),
        Function::GeoLength => Some("odata_geo_length({0})"),
        _ => None,
    }
}

/// How a value of a kind is written as text.
fn to_text(from: ColumnKind) -> Option<&'static str> {
    Some(match from {
        ColumnKind::Text | ColumnKind::Guid | ColumnKind::Geo => "{0}",
        ColumnKind::Integer | ColumnKind::Decimal => "(CAST({0} AS TEXT) COLLATE \"C\")",
        ColumnKind::Boolean => {
            "(CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END COLLATE \"C\")"
        }
        ColumnKind::Double => "(odata_double_text({0}) COLLATE \"C\")",
        ColumnKind::Date => "(odata_date_text({0}) COLLATE \"C\")",
        ColumnKind::DateTimeOffset => "(odata_instant_text({0}, {1}) COLLATE \"C\")",
        ColumnKind::TimeOfDay => "(odata_time_text({0} >> 4, {0} & 15) COLLATE \"C\")",
        ColumnKind::Duration => "(odata_duration_text({0}) COLLATE \"C\")",
        ColumnKind::Blob => "(odata_base64({0}) COLLATE \"C\")",
        _ => return None,
    })
}

/// How a value of a type is read from text; null for what is none.
fn from_text(to: Primitive) -> Option<String> {
    if let Some((least, greatest)) = to.integer_range() {
        return Some(format!("odata_integer({{0}}, {least}, {greatest})"));
    }
    let text = match to {
        Primitive::Boolean => "(CASE {0} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END)",
        Primitive::Double => "odata_float({0})",
        Primitive::Single => "odata_single(odata_float({0}))",
        Primitive::Decimal => "odata_number({0})",
        Primitive::Guid => "(odata_guid({0}) COLLATE \"C\")",
        Primitive::Date => "odata_date({0})",
        Primitive::DateTimeOffset => "odata_ticks(odata_zoned({0}))",
        Primitive::TimeOfDay => "odata_time({0})",
        Primitive::Duration => "odata_duration({0})",
        _ => return None,
    };
    Some(text.to_owned())
}

/// A number if an integer type can hold it.
fn in_range(to: Primitive, number: &str) -> Option<String> {
    let (least, greatest) = to.integer_range()?;
    if number == "{0}" {
        return Some(format!(
            "(CASE WHEN {{0}} BETWEEN {least} AND {greatest} THEN {{0}} END)"
        ));
    }
    // The least double beyond 64 bits is one more than the greatest integer.
    Some(format!(
        "(CASE WHEN {number} >= {least} AND {number} < {greatest}::NUMERIC + 1 \
         THEN CAST({number} AS BIGINT) END)"
    ))
}
