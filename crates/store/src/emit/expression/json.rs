//! Values within JSON: those of complex types and of collections, as
//! [`odata::json::write_stored_value`] writes them.

use edm::{EnumType, ItemType, Primitive, StructuredId, TypeRef};
use odata::Error;
use odata::expr::{Comparison, Step};

use super::super::Dialect;
use super::super::fragment::Fragment;
use super::super::scope::Env;
use super::Compiler;
use super::path::End;
use crate::table::{ColumnKind, kind_of};

impl<'m> Compiler<'m> {
    /// Steps from a complex value or a collection.
    pub(super) fn walk_json(
        &self,
        env: &Env<'m>,
        json: Fragment,
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        if json.ty.collection {
            return match (steps, end) {
                ([], End::Value) => Ok(json),
                ([], End::Presence) => Ok(self.boolean("({0} IS NOT NULL)", &[&json])),
                ([Step::Count], End::Value) => Ok(self.json_length(&json)),
                _ => self.within(|| self.walk_items(env, self.elements(&json), steps, end)),
            };
        }
        if json.ty.item == ItemType::Untyped {
            return self.walk_dynamic(&json, steps, end);
        }
        match (steps, end) {
            ([], End::Value) => Ok(json),
            ([], End::Type(of)) => Ok(self.is_complex(&json, of)),
            ([], End::Presence) => Ok(self.boolean("({0} IS NOT NULL)", &[&json])),
            ([Step::Property { of, ordinal }, rest @ ..], _) => {
                let property = &self.model.structured(*of).properties[*ordinal];
                if property.is_dynamic() {
                    // They stand among the others.
                    return self.walk_dynamic(&json, rest, end);
                }
                let found = self.member(&json, &property.name, &property.ty);
                if found.kind == ColumnKind::Json {
                    return self.walk_json(env, found, rest, end);
                }
                match (rest, end) {
                    ([], End::Value) => Ok(found),
                    _ => Err(self.unsupported("A path through a primitive value")),
                }
            }
            ([Step::Cast(to), rest @ ..], _) => {
                let condition = self.is_complex(&json, *to);
                let inner = self.walk_json(env, json, rest, end)?;
                Ok(self.only_if(&condition, &inner))
            }
            _ => Err(self.unsupported("A path of this form within a complex value")),
        }
    }

    /// Steps from an item of a collection that is stored as JSON.
    pub(super) fn walk_item(
        &self,
        env: &Env<'m>,
        value: &str,
        ty: &TypeRef,
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        if kind_of(ty) == ColumnKind::Json {
            return self.walk_json(env, self.item_json(value, ty), steps, end);
        }
        match (steps, end) {
            ([], End::Value) => {
                let raw = match self.dialect {
                    Dialect::Sqlite => value.to_owned(),
                    Dialect::Postgres => format!("({value} #>> '{{}}')"),
                };
                let mut raw = Fragment::of(ty.clone(), raw);
                raw.varies = true;
                Ok(self.typed(&raw, ty))
            }
            _ => Err(self.unsupported("A path through a primitive value")),
        }
    }

    /// An item that is itself JSON.
    pub(super) fn item_json(&self, value: &str, ty: &TypeRef) -> Fragment {
        Fragment::of(ty.clone(), value)
    }

    fn json_length(&self, json: &Fragment) -> Fragment {
        let text = match self.dialect {
            Dialect::Sqlite => "json_array_length({0})",
            Dialect::Postgres => "CAST(jsonb_array_length({0}) AS BIGINT)",
        };
        let mut length = Fragment::join(TypeRef::primitive(Primitive::Int64), text, &[json]);
        length.nullable = json.nullable;
        length
    }

    /// A member of a complex value. Names of properties are letters, digits and underscores.
    fn member(&self, json: &Fragment, name: &str, ty: &TypeRef) -> Fragment {
        let is_json = kind_of(ty) == ColumnKind::Json;
        let text = match (self.dialect, is_json) {
            (Dialect::Sqlite, true) => format!("json_extract({{0}}, '$.\"{name}\"')"),
            (Dialect::Sqlite, false) => format!("({{0}} ->> '$.\"{name}\"')"),
            // A member that is null is JSON's null, not the database's.
            (Dialect::Postgres, true) => format!("NULLIF({{0}} -> '{name}', 'null')"),
            (Dialect::Postgres, false) => format!("({{0}} ->> '{name}')"),
        };
        let raw = Fragment::join(ty.clone(), &text, &[json]);
        if is_json {
            return raw;
        }
        self.typed(&raw, ty)
    }

    /// The SQL value of a JSON scalar as a value of its type.
    pub(super) fn typed(&self, raw: &Fragment, ty: &TypeRef) -> Fragment {
        let kind = kind_of(ty);
        let name = self.model.item_name(ty.item);
        let text = match (kind, self.dialect) {
            (
                ColumnKind::Text
                | ColumnKind::Boolean
                | ColumnKind::Integer
                | ColumnKind::Decimal
                | ColumnKind::Guid,
                Dialect::Sqlite,
            ) => "{0}".to_owned(),
            (_, Dialect::Sqlite) => format!("odata_parse('{name}', {{0}})"),
            (_, Dialect::Postgres) => self.typed_postgres(kind, ty),
        };
        let mut found = Fragment::join(ty.clone(), &text, &[raw]);
        found.nullable = true;
        if kind == ColumnKind::DateTimeOffset {
            let text = match self.dialect {
                Dialect::Sqlite => "odata_parse('form', {0})",
                Dialect::Postgres => "odata_form({0})",
            };
            let number = TypeRef::primitive(Primitive::Int64);
            found.form = Some(Box::new(Fragment::join(number, text, &[raw])));
        }
        found
    }

    fn typed_postgres(&self, kind: ColumnKind, ty: &TypeRef) -> String {
        let text = match kind {
            ColumnKind::Boolean => "CAST({0} AS BOOLEAN)",
            ColumnKind::Integer => "CAST({0} AS BIGINT)",
            ColumnKind::Double => "CAST({0} AS DOUBLE PRECISION)",
            ColumnKind::Decimal => "CAST({0} AS NUMERIC)",
            ColumnKind::Text | ColumnKind::Guid | ColumnKind::Geo | ColumnKind::Json => {
                "({0} COLLATE \"C\")"
            }
            ColumnKind::Blob => "decode({0}, 'base64')",
            ColumnKind::Date => "odata_date({0})",
            ColumnKind::DateTimeOffset => "odata_ticks({0})",
            ColumnKind::TimeOfDay => "odata_time({0})",
            ColumnKind::Duration => "odata_duration({0})",
            ColumnKind::Enum => match ty.item {
                ItemType::Enum(id) => return member_number(self.model.enum_type(id)),
                _ => "CAST({0} AS BIGINT)",
            },
        };
        text.to_owned()
    }

    /// The condition that a complex value is of a type.
    pub(super) fn is_complex(&self, json: &Fragment, of: StructuredId) -> Fragment {
        let declared = json.ty.item.structured();
        if declared.is_some_and(|declared| self.model.is_a(declared, of)) {
            return self.boolean("({0} IS NOT NULL)", &[json]).required();
        }
        let mut names = Vec::new();
        let mut open = vec![of];
        while let Some(id) = open.pop() {
            let ty = self.model.structured(id);
            names.push(format!("'#{}'", ty.name));
            open.extend(&ty.derived);
        }
        let member = match self.dialect {
            Dialect::Sqlite => "{0} ->> '$.\"@odata.type\"'",
            Dialect::Postgres => "{0} ->> '@odata.type'",
        };
        let text = format!("((({member}) IN ({})) IS TRUE)", names.join(", "));
        self.boolean(&text, &[json]).required()
    }

    /// Complex values and collections compared as values.
    pub(super) fn compared_json(
        &self,
        op: Comparison,
        left: &Fragment,
        right: &Fragment,
    ) -> Result<Fragment, Error> {
        let name = self.model.type_name(&left.ty);
        let text = match (self.dialect, op) {
            (Dialect::Sqlite, Comparison::Eq) => format!("odata_equal('{name}', {{0}}, {{1}})"),
            (Dialect::Sqlite, Comparison::Ne) => {
                format!("(NOT odata_equal('{name}', {{0}}, {{1}}))")
            }
            (Dialect::Sqlite, _) => return Err(self.unsupported("An order of complex values")),
            (Dialect::Postgres, Comparison::Eq | Comparison::Ne) => {
                let sides = (self.comparable(left), self.comparable(right));
                let (Some(left), Some(right)) = sides else {
                    let what = "A comparison of complex values or collections of this type";
                    return Err(self.unsupported(what));
                };
                let text = match op {
                    Comparison::Eq => "({0} IS NOT DISTINCT FROM {1})",
                    _ => "({0} IS DISTINCT FROM {1})",
                };
                return Ok(self.boolean(text, &[&left, &right]).required());
            }
            (Dialect::Postgres, _) => return Err(self.unsupported("An order of complex values")),
        };
        Ok(self.boolean(&text, &[left, right]).required())
    }
}

/// The numeric value of a member that JSON names; of several, separated by commas, for flags.
fn member_number(of: &EnumType) -> String {
    let mut cases = String::new();
    for member in &of.members {
        cases.push_str(&format!(" WHEN '{}' THEN {}", member.name, member.value));
    }
    if of.is_flags {
        return format!(
            "(SELECT bit_or(CASE \"m\"{cases} ELSE CAST(\"m\" AS BIGINT) END) \
             FROM unnest(string_to_array({{0}}, ',')) AS \"m\")"
        );
    }
    // A number where the model had no name; names of members begin with no digit.
    format!("(CASE {{0}}{cases} ELSE CAST({{0}} AS BIGINT) END)")
}
