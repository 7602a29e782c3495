//! `cast` and `isof` (OData 4.01 URL Conventions, section 5.1.1.10).

use edm::TypeRef;
use odata::Error;
use odata::expr::Expr;

use super::super::Dialect;
use super::super::fragment::Fragment;
use super::super::scope::{Env, Scope};
use super::Compiler;
use super::path::End;
use crate::table::kind_of;

impl<'m> Compiler<'m> {
    pub(super) fn cast(
        &self,
        env: &Env<'m>,
        operand: &'m Expr,
        ty: &TypeRef,
    ) -> Result<Fragment, Error> {
        let operand = self.expression(env, operand)?;
        if let Some(value) = &operand.constant {
            let value =
                odata::eval::cast(self.model, value, Some(operand.ty.item), ty).into_owned();
            return self.constant(&value, ty.clone());
        }
        let mut found = match self.dialect {
            Dialect::Sqlite => self.evaluated(&format!("cast;{}", facets(ty)), &[operand], ty),
            Dialect::Postgres => self.cast_postgres(&operand, ty)?,
        };
        found.nullable = true;
        Ok(found)
    }

    pub(super) fn is_of(
        &self,
        env: &Env<'m>,
        operand: &'m Expr,
        ty: &TypeRef,
    ) -> Result<Fragment, Error> {
        if let (Expr::Path(path), Some(of)) = (operand, ty.item.structured()) {
            if path.steps.is_empty()
                && !ty.collection
                && let Scope::Row { table, alias, .. } = self.root(env, path)?
            {
                let condition = self.is_type(table, alias.as_deref(), of)?;
                return Ok(condition
                    .unwrap_or_else(|| Fragment::sure("TRUE"))
                    .required());
            }
            if path.ty.item.structured().is_some() && !path.ty.collection {
                // What is there after a cast is of the type.
                return self.is_of_path(env, path, of);
            }
        }
        let cast = self.cast(env, operand, ty)?;
        Ok(self.boolean("({0} IS NOT NULL)", &[&cast]).required())
    }

    fn is_of_path(
        &self,
        env: &Env<'m>,
        path: &'m odata::expr::Path,
        of: edm::StructuredId,
    ) -> Result<Fragment, Error> {
        let present = self.path_to(env, path, End::Type(of))?;
        Ok(self.boolean("({0} IS TRUE)", &[&present]).required())
    }

    fn cast_postgres(&self, operand: &Fragment, ty: &TypeRef) -> Result<Fragment, Error> {
        if kind_of(ty) == operand.kind && ty.item == operand.ty.item && facets(ty) == NO_FACETS {
            return Ok(operand.clone());
        }
        let name = self.model.type_name(ty);
        let found = self.cast_native_postgres(operand, ty);
        found.ok_or_else(|| {
            let from = self.model.type_name(&operand.ty);
            self.unsupported(&format!("A cast from {from} to {name}"))
        })
    }
}

/// Facets that a cast minds, where none is given.
const NO_FACETS: &str = ";;";

/// The facets that a cast minds, as [`crate::scalar`] reads them.
pub(super) fn facets(ty: &TypeRef) -> String {
    let number = |n: Option<usize>| n.map(|n| n.to_string()).unwrap_or_default();
    let scale = ty.facets.scale.as_deref().unwrap_or_default();
    let scale: String = scale.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "{};{};{scale}",
        number(ty.facets.max_length),
        number(ty.facets.precision.map(|n| n as usize)),
    )
}
