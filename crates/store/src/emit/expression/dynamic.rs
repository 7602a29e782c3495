//! Dynamic properties: members of the JSON object that holds those of an instance, with their types
//! beside them, as [`odata::json::write_dynamic`] writes them.

use edm::{Primitive, TypeRef};
use odata::Error;
use odata::expr::Step;

use super::super::Dialect;
use super::super::fragment::Fragment;
use super::Compiler;
use super::path::End;
use crate::table::ColumnKind;

/// The types that are asked for as `Edm.Double` and that JSON does not tell, as annotated.
const NUMBERS: &str = "'#Byte', '#SByte', '#Int16', '#Int32', '#Int64', '#Single', '#Decimal'";

impl<'m> Compiler<'m> {
    /// Steps from an object with dynamic properties. Their names are identifiers.
    pub(super) fn walk_dynamic(
        &self,
        json: &Fragment,
        steps: &'m [Step],
        end: End<'_, 'm>,
    ) -> Result<Fragment, Error> {
        match (steps, end) {
            ([Step::Dynamic(name)], End::Presence) => {
                let member = match self.dialect {
                    Dialect::Sqlite => format!("$.\"{name}\""),
                    Dialect::Postgres => name.clone(),
                };
                let text = format!("(({{0}} ->> '{member}') IS NOT NULL)");
                Ok(self.boolean(&text, &[json]).required())
            }
            ([Step::Dynamic(name), Step::Typed(asked)], End::Value) => {
                Ok(self.dynamic(json, name, *asked))
            }
            ([Step::Dynamic(name)], End::Value) => Err(self.unsupported(&format!(
                "The dynamic property '{name}' where nothing says its type (a cast does)"
            ))),
            _ => Err(self.unsupported("A path through a dynamic property")),
        }
    }

    /// The value of a dynamic property as one of a type; null if it is of another.
    fn dynamic(&self, json: &Fragment, name: &str, asked: Primitive) -> Fragment {
        let ty = TypeRef::primitive(asked);
        match self.dialect {
            Dialect::Sqlite => {
                let of = |ty: TypeRef, asked: &str| {
                    let text = format!("odata_dynamic({{0}}, '{name}', '{asked}')");
                    Fragment::join(ty, &text, &[json])
                };
                let mut found = of(ty, asked.name());
                if found.kind == ColumnKind::DateTimeOffset {
                    let form = of(TypeRef::primitive(Primitive::Int64), "form");
                    found.form = Some(Box::new(form));
                }
                found
            }
            Dialect::Postgres => {
                let raw = Fragment::join(ty.clone(), &format!("({{0}} ->> '{name}')"), &[json]);
                let condition = self.boolean(&is_of(name, asked), &[json]);
                self.only_if(&condition, &self.typed(&raw, &ty))
            }
        }
    }
}

/// Whether a member is of a type: JSON tells it, or the annotation beside it does.
fn is_of(name: &str, asked: Primitive) -> String {
    let told = |kind: &str| format!("jsonb_typeof({{0}} -> '{name}') = '{kind}'");
    let annotation = format!("({{0}} ->> '{name}@odata.type')");
    match asked {
        Primitive::Boolean => told("boolean"),
        Primitive::String => format!("({} AND {annotation} IS NULL)", told("string")),
        Primitive::Double => format!(
            "(({} AND {annotation} IS NULL) OR {annotation} IN ({NUMBERS}))",
            told("number")
        ),
        other => format!("{annotation} = '{}'", other.name().replace("Edm.", "#")),
    }
}
