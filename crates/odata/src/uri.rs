//! The URL of a request (OData 4.01 URL Conventions): parse, bind, check.
//!
//! - **parse**: `lexer`, `parser`, `parse_…` make the tree of `syntax` out of text, and know no
//!   model. The URL is cut into segments and options before it is decoded (`split`).
//! - **bind**: `bind_…` resolve names against the model and type every literal.
//! - **check**: one table says which methods and query options are legal on what.
//!
//! No stage looks back.

mod bind_aggregate;
mod bind_alternate_key;
mod bind_apply;
mod bind_arithmetic;
mod bind_cast;
mod bind_compare;
mod bind_defined;
mod bind_dynamic;
mod bind_expand;
mod bind_expr;
mod bind_function;
mod bind_implied_key;
mod bind_json;
mod bind_key;
mod bind_literal;
mod bind_member;
mod bind_operation;
mod bind_path;
mod bind_property;
mod bind_query;
mod bind_scope;
mod bind_search;
mod bind_segment;
mod bind_select;
mod bind_start;
mod bind_system;
mod bind_type;
mod binder;
mod check;
mod check_table;
mod encode;
mod lexer;
mod lexical;
mod lexical_geo;
mod limits;
mod names;
mod names_item;
mod parse_aggregate;
mod parse_apply;
mod parse_expr;
mod parse_item;
mod parse_literal;
mod parse_member;
mod parse_path;
mod parse_query;
mod parse_search;
mod parser;
mod print;
mod print_apply;
mod print_query;
mod production;
mod split;
mod suggest;
pub mod syntax;
mod syntax_error;
#[cfg(test)]
mod tests;
mod walk;

use edm::Model;

use crate::path::Resource;
use crate::query::QueryOptions;
use crate::{Error, ErrorCode};

pub use check::{Legal, check, legal, methods};
pub use check_table::Kind as ResourceKind;
pub use encode::{encode_key, encode_key_predicate};
pub use limits::Limits;
pub use names::Names;
pub use production::{
    bool_common_expr, common_expr, expand, filter, orderby, primitive_literal, recognize, select,
};
pub use syntax_error::SyntaxError;

/// Parses and binds a URL: what it addresses and the options it gives.
///
/// `path` is what follows the service root, `query` what follows `?`, both still percent-encoded.
///
/// # Errors
/// 414 for a URL beyond the limit; 400 for a URL that breaks the grammar, passes another limit,
/// or uses names, types or operators that the model or this service does not have; 404 for a path
/// that leads nowhere in the model.
pub fn parse_request(
    model: &Model,
    limits: &Limits,
    path: &str,
    query: Option<&str>,
) -> Result<(Resource, QueryOptions), Error> {
    let query = query.unwrap_or("");
    if path.len().saturating_add(query.len()) > limits.url_bytes {
        let message = format!(
            "The URL exceeds the limit url_bytes of {}.",
            limits.url_bytes
        );
        return Err(Error::new(ErrorCode::UriTooLong, message));
    }
    let parts = split::split_path(path)?;
    let segments = parse_path::resource_path(&parts, limits);
    let raw_options = split::split_query(query)?;
    let is_parameter = |name: &str| bind_operation::names_parameter(model, &segments, name);
    let values = parse_query::known_options(&raw_options, is_parameter)?;
    let options = parse_query::query_options(&values, limits)?;
    let parameters = bind_operation::query_parameters(&options, limits, is_parameter)?;

    let binder = binder::Binder::new(model, limits, &options.aliases, &parameters)?;
    let resource = bind_path::bind_path(&binder, &segments)?;
    let options = bind_query::bind_query(&binder, &resource, &options)?;
    Ok((resource, options))
}
