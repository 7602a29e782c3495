//! Functions: on SQLite those of [`odata::eval`] themselves, registered as one scalar function; on
//! PostgreSQL SQL of the same meaning.

use edm::{ItemType, Primitive, TypeRef, Value};
use odata::Error;
use odata::expr::{Expr, Function};

use super::super::Dialect;
use super::super::fragment::Fragment;
use super::super::scope::Env;
use super::Compiler;
use crate::table::ColumnKind;

impl<'m> Compiler<'m> {
    pub(super) fn call(
        &self,
        env: &Env<'m>,
        function: Function,
        arguments: &'m [Expr],
        ty: &TypeRef,
    ) -> Result<Fragment, Error> {
        if function == Function::Now {
            let now = TypeRef::primitive(Primitive::DateTimeOffset);
            return self.constant(&Value::DateTimeOffset(self.now), now);
        }
        let arguments = arguments
            .iter()
            .map(|argument| self.expression(env, argument))
            .collect::<Result<Vec<_>, _>>()?;
        if arguments.iter().any(Fragment::is_null) {
            return Ok(Fragment::null(self.dialect, ty.clone()));
        }
        if let Some(constant) = self.folded(function, &arguments, ty)? {
            return Ok(constant);
        }
        let may_fail = function == Function::Substring && arguments.len() == 3;
        let arguments = match may_fail {
            true => self.later(arguments),
            false => arguments,
        };
        let mut found = match (self.dialect, native(function, &arguments)) {
            (Dialect::Sqlite, Some(text)) => {
                let parts: Vec<&Fragment> = arguments.iter().collect();
                Fragment::join(ty.clone(), text, &parts)
            }
            (Dialect::Sqlite, None) => self.evaluated(function.as_str(), &arguments, ty),
            (Dialect::Postgres, _) => self.call_postgres(function, &arguments, ty)?,
        };
        found.fallible |= may_fail;
        found.nullable = arguments.iter().any(|argument| argument.nullable)
            || matches!(
                found.kind,
                ColumnKind::Double | ColumnKind::Boolean | ColumnKind::Json
            );
        Ok(found)
    }

    /// The function's value where all arguments are constants. What fails is left to the database:
    /// no row may lead there.
    fn folded(
        &self,
        function: Function,
        arguments: &[Fragment],
        ty: &TypeRef,
    ) -> Result<Option<Fragment>, Error> {
        let constants: Option<Vec<&Value>> =
            arguments.iter().map(|a| a.constant.as_ref()).collect();
        let Some(constants) = constants else {
            return Ok(None);
        };
        let context = odata::eval::functions::Context::new(self.now);
        match odata::eval::functions::call(&context, function, &constants) {
            Ok(value) => self.constant(&value, ty.clone()).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// A call of [`crate::scalar`], which the database's crate registers as `odata_call`.
    pub(in crate::emit) fn evaluated(
        &self,
        operation: &str,
        arguments: &[Fragment],
        ty: &TypeRef,
    ) -> Fragment {
        let types: Vec<String> = arguments
            .iter()
            .map(|argument| self.model.type_name(&argument.ty))
            .collect();
        let make = |result: &str, ty: TypeRef| {
            let signature = format!("{operation}|{}|{result}", types.join(","));
            let mut call = Fragment::of(ty, format!("odata_call('{signature}'"));
            for argument in arguments {
                call.sql.push_str(", ");
                call.push(argument);
                if argument.kind == ColumnKind::DateTimeOffset {
                    call.sql.push_str(", ");
                    match &argument.form {
                        Some(form) => call.push(form),
                        None => call.sql.push('0'),
                    }
                }
            }
            call.sql.push(')');
            call
        };
        let mut call = make(&self.model.type_name(ty), ty.clone());
        call.varies =
            call.kind != ColumnKind::Boolean && arguments.iter().any(|argument| argument.varies);
        if call.kind == ColumnKind::DateTimeOffset {
            let form = make("form", TypeRef::primitive(Primitive::Int64));
            call.form = Some(Box::new(form));
        }
        call
    }
}

/// What SQLite itself has with the same meaning: quicker, and seen by its planner.
fn native(function: Function, arguments: &[Fragment]) -> Option<&'static str> {
    let texts = arguments
        .iter()
        .all(|argument| argument.ty.item == ItemType::Primitive(Primitive::String))
        && arguments.iter().all(|argument| !argument.ty.collection);
    match (function, texts) {
        (Function::Contains, true) => Some("(instr({0}, {1}) > 0)"),
        (Function::Concat, true) => Some("({0} || {1})"),
        _ => None,
    }
}
