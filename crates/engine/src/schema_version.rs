//! `$schemaversion`: the version of the schema that a request is about (OData 4.01 Protocol, section
//! 11.2.12; URL Conventions, section 5.1.12).

use edm::{Expression, Model};
use odata::query::QueryOptions;
use odata::{Error, ErrorCode};

/// The term, and how schemas that define its alias by themselves write it.
const TERMS: [&str; 2] = ["Org.OData.Core.V1.SchemaVersion", "Core.SchemaVersion"];

/// Refuses a version that is not the schema's. `*` is the current one.
///
/// # Errors
/// 404.
pub(crate) fn check(model: &Model, options: &QueryOptions) -> Result<(), Error> {
    let Some(asked) = options.schema_version.as_deref().filter(|v| *v != "*") else {
        return Ok(());
    };
    let known = version(model);
    if known == Some(asked) {
        return Ok(());
    }
    let known = known.map_or_else(String::new, |version| format!(" or '{version}'"));
    let message = format!("There is no schema version '{asked}'; it is '*'{known}.");
    Err(Error::new(ErrorCode::ResourceNotFound, message).with_target("$schemaversion"))
}

fn version(model: &Model) -> Option<&str> {
    let mut schemas = model.namespaces.iter();
    schemas.find_map(|namespace| {
        let annotations = model.schema_annotations(namespace)?;
        let found = TERMS.iter().find_map(|term| annotations.get(term));
        found.and_then(Expression::as_str)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_of_the_schema_is_there() {
        let check = |annotation: &str, asked: &str, found: bool| {
            let xml = format!(
                r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
                <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">{annotation}
                <EntityContainer Name="c"/></Schema></edmx:DataServices></edmx:Edmx>"#
            );
            let model = Model::from_csdl(&xml).expect("a model");
            let options = QueryOptions {
                schema_version: Some(asked.to_owned()),
                ..QueryOptions::default()
            };
            let refused = super::check(&model, &options).map_err(|error| error.code);
            let expected = if found {
                Ok(())
            } else {
                Err(ErrorCode::ResourceNotFound)
            };
            assert_eq!(refused, expected, "{asked} of {annotation}");
        };
        let annotation = r#"<Annotation Term="Org.OData.Core.V1.SchemaVersion" String="1.0"/>"#;
        check(annotation, "1.0", true);
        check(annotation, "*", true);
        check(annotation, "2.0", false);
        check("", "*", true);
        check("", "1.0", false);
    }
}
