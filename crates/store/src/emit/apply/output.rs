//! The rows that come out of the last transformation.

use edm::TypeRef;
use odata::Error;
use odata::expr::Step;

use super::super::Statement;
use super::super::expression::Compiler;
use super::super::fragment::Fragment;
use super::super::scope::{MadeName, Scope};
use super::Relation;
use crate::aggregation::{Aggregated, AggregatedName};
use crate::table::Table;

/// The properties of a relation's rows.
pub(super) fn named_columns<'m>(
    compiler: &Compiler<'m>,
    table: &'m Table,
    relation: &Relation<'m>,
) -> Result<Vec<(MadeName, Fragment)>, Error> {
    let mut columns = Vec::new();
    match &relation.env.instance {
        Scope::Row { alias, of, .. } => {
            // What holds dynamic properties has no name in a result.
            let properties = compiler.model.structured(*of).properties.iter();
            let named = properties.enumerate().filter(|(_, p)| !p.is_dynamic());
            for (ordinal, _) in named {
                if let Some(column) = table.column_of(*of, ordinal) {
                    let path = vec![Step::Property { of: *of, ordinal }];
                    let value = compiler.column(table, alias.as_deref(), column);
                    columns.push((MadeName::Path(path), value));
                }
            }
        }
        Scope::Made(made) => {
            columns.extend(made.iter().map(|m| (m.name.clone(), m.fragment.clone())));
        }
        Scope::Item { .. } => return Err(Error::internal("transformations of values")),
    }
    for computed in &relation.env.compute {
        let value = compiler.expression(&relation.env, &computed.expr)?;
        let value = compiler.coerce(value, &computed.ty);
        let name = MadeName::Dynamic(computed.name.clone());
        columns.retain(|(known, _)| *known != name);
        columns.push((name, value));
    }
    Ok(columns)
}

impl<'m> Compiler<'m> {
    pub(super) fn write_relation(
        &self,
        table: &'m Table,
        relation: &Relation<'m>,
        out: &mut Statement,
    ) -> Result<Vec<Aggregated>, Error> {
        out.sql.push_str("SELECT ");
        let mut columns = Vec::new();
        for (i, (name, value)) in named_columns(self, table, relation)?
            .into_iter()
            .enumerate()
        {
            if i > 0 {
                out.sql.push_str(", ");
            }
            value.write_output(self.dialect, out);
            columns.push(Aggregated {
                name: match name {
                    MadeName::Path(path) => AggregatedName::Path(path),
                    MadeName::Dynamic(name) => AggregatedName::Dynamic(name),
                },
                ty: TypeRef {
                    nullable: true,
                    ..value.ty
                },
            });
        }
        self.write_source(table, relation, out)?;
        Ok(columns)
    }
}
