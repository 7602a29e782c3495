//! The stages together, against the real model and against a small one that has what it lacks.

use std::sync::LazyLock;

use edm::{ItemType, Model, Value};

use super::*;
use crate::expr::{Expr, Path, Quantifier, Root, Step};
use crate::path::{PathKind, ResourcePath, Segment};

mod apply;
mod check;
mod expression;
mod functions;
mod lambda;
mod operation;
mod path;
mod query;
mod random;
mod resource;
mod round_trip;
mod round_trip_query;
mod shape;
mod storefront;

/// The model of the service.
static GRAPH: LazyLock<Model> = LazyLock::new(|| {
    let csdl = include_str!("../../../../schema/deviceManagement.csdl.xml");
    Model::from_csdl(csdl).expect("the service's own model is read")
});

/// Compound and typed keys, sets, imports, derivation, flags, streams.
static SHOP: LazyLock<Model> = LazyLock::new(|| {
    Model::from_csdl(include_str!("tests/shop.csdl.xml")).expect("the sample is read")
});

/// The model of the reference example: operations in a default namespace, flags, derived types.
static STOREFRONT: LazyLock<Model> = LazyLock::new(|| {
    let csdl = include_str!("../../../../examples/reference/model.csdl.xml");
    Model::from_csdl(csdl).expect("the reference model is read")
});

/// Parses, binds and checks a GET.
fn get(model: &Model, url: &str) -> Result<(Resource, QueryOptions), Error> {
    let (path, query) = url
        .split_once('?')
        .map_or((url, None), |(path, query)| (path, Some(query)));
    let (resource, options) = parse_request(model, &Limits::default(), path, query)?;
    super::check(&resource, &options, "GET").map(|()| (resource, options))
}

/// Asserts that a GET fails with a status and a message that has all these parts.
fn fails(model: &Model, url: &str, status: u16, parts: &[&str]) {
    match get(model, url) {
        Ok(bound) => panic!("{url}: {bound:?}"),
        Err(error) => {
            // What is understood and not served is no mistake of the client's.
            let unserved = error.message.ends_with("is not supported.");
            let status = if unserved { 501 } else { status };
            assert_eq!(error.code.status(), status, "{url}: {error}");
            for part in parts {
                assert!(error.message.contains(part), "{url}: {error} lacks {part}");
            }
        }
    }
}

/// Describes a bound path with the model's names.
fn describe(model: &Model, resource: &Resource) -> String {
    match resource {
        Resource::Path(path) => {
            let segments: Vec<_> = path
                .segments
                .iter()
                .map(|s| describe_segment(model, s))
                .collect();
            format!("{} : {}", segments.join("/"), describe_kind(model, path))
        }
        other => format!("{other:?}"),
    }
}

fn describe_segment(model: &Model, segment: &Segment) -> String {
    match segment {
        Segment::EntitySet(id) => model.entity_set(*id).name.clone(),
        Segment::Singleton(id) => model.singleton(*id).name.clone(),
        Segment::Navigation { of, index } => model.structured(*of).navigation[*index].name.clone(),
        Segment::Property { of, ordinal } => {
            model.structured(*of).properties[*ordinal].name.clone()
        }
        Segment::Dynamic(name) => format!("?{name}"),
        Segment::Key(values) => format!("{:?}", values.iter().map(encode_key).collect::<Vec<_>>()),
        Segment::AlternateKey(values) => {
            let property =
                |(ordinal, value): &(usize, Value)| format!("{ordinal}={}", encode_key(value));
            format!("{:?}", values.iter().map(property).collect::<Vec<_>>())
        }
        Segment::Cast(id) => format!("<{}>", model.structured(*id).name),
        Segment::Operation { id, parameters } => {
            let operation = model.operation(*id);
            let parameter = |(i, e): &(usize, Expr)| {
                format!(
                    "{}={}",
                    operation.parameters[*i].name,
                    describe_expr(model, e)
                )
            };
            format!(
                "{}({})",
                operation.name,
                parameters
                    .iter()
                    .map(parameter)
                    .collect::<Vec<_>>()
                    .join(",")
            )
        }
        Segment::Filter(expr) => format!("$filter{}", describe_expr(model, expr)),
        Segment::Each => "$each".to_owned(),
        Segment::Index(n) => n.to_string(),
        Segment::Count => "$count".to_owned(),
        Segment::Reference => "$ref".to_owned(),
        Segment::Value => "$value".to_owned(),
    }
}

fn describe_kind(model: &Model, path: &ResourcePath) -> String {
    let kind = match &path.kind {
        PathKind::EntityCollection(_) => "entities",
        PathKind::Entity(_) => "entity",
        PathKind::Property(_) => "property",
        PathKind::PropertyValue(_) => "raw",
        PathKind::Stream => "stream",
        PathKind::Count => "count",
        PathKind::ReferenceCollection(_) => "references",
        PathKind::Reference(_) => "reference",
        PathKind::Action(_) => "action",
        PathKind::Function(_) => "function",
    };
    let target = path.target.map_or_else(
        || "-".to_owned(),
        |target| {
            let name = model.item_name(target.item);
            if target.collection {
                format!("Collection({name})")
            } else {
                name.to_owned()
            }
        },
    );
    format!("{kind} {target}")
}

/// Describes a bound expression, fully parenthesized, every literal with its type.
fn describe_expr(model: &Model, expr: &Expr) -> String {
    let binary = |op: &str, l: &Expr, r: &Expr| {
        format!(
            "({} {op} {})",
            describe_expr(model, l),
            describe_expr(model, r)
        )
    };
    let list = |items: &[Expr]| {
        let items: Vec<_> = items
            .iter()
            .map(|item| describe_expr(model, item))
            .collect();
        items.join(",")
    };
    match expr {
        Expr::Literal { value, ty } => describe_value(model, value, *ty),
        Expr::Path(path) => describe_path(model, path),
        Expr::Compare { op, left, right } => binary(op.as_str(), left, right),
        Expr::And(left, right) => binary("and", left, right),
        Expr::Or(left, right) => binary("or", left, right),
        Expr::Not(operand) => format!("(not {})", describe_expr(model, operand)),
        Expr::In { needle, among } => binary("in", needle, among),
        Expr::Collection(items) => list(items),
        Expr::Has { value, flags } => binary("has", value, flags),
        Expr::Negate(operand) => format!("(-{})", describe_expr(model, operand)),
        Expr::Arithmetic {
            op,
            left,
            right,
            ty,
        } => {
            format!(
                "{}:{}",
                binary(op.as_str(), left, right),
                model.item_name(*ty)
            )
        }
        Expr::Call {
            function,
            arguments,
            ty,
        } => {
            format!(
                "{}({}):{}",
                function.as_str(),
                list(arguments),
                model.type_name(ty)
            )
        }
        Expr::Cast { operand, ty } => {
            format!(
                "cast({},{})",
                describe_expr(model, operand),
                model.type_name(ty)
            )
        }
        Expr::IsOf { operand, ty } => {
            format!(
                "isof({},{})",
                describe_expr(model, operand),
                model.type_name(ty)
            )
        }
        Expr::Case { branches, ty } => {
            let branch = |(condition, result): &(Expr, Expr)| {
                format!(
                    "{}:{}",
                    describe_expr(model, condition),
                    describe_expr(model, result)
                )
            };
            let branches: Vec<_> = branches.iter().map(branch).collect();
            format!("case({}):{}", branches.join(","), model.type_name(ty))
        }
        Expr::Lambda {
            quantifier,
            collection,
            predicate,
        } => {
            let word = match quantifier {
                Quantifier::Any => "any",
                Quantifier::All => "all",
            };
            let predicate = predicate
                .as_deref()
                .map_or_else(String::new, |p| describe_expr(model, p));
            format!("{}/{word}({predicate})", describe_path(model, collection))
        }
    }
}

fn describe_value(model: &Model, value: &Value, ty: Option<ItemType>) -> String {
    let text = match value {
        Value::Collection(items) => items.iter().map(encode_key).collect::<Vec<_>>().join("|"),
        other => encode_key(other),
    };
    ty.map_or_else(
        || text.clone(),
        |ty| format!("{text}:{}", model.item_name(ty)),
    )
}

fn describe_path(model: &Model, path: &Path) -> String {
    let step = |step: &Step| match step {
        Step::Property { of, ordinal } => model.structured(*of).properties[*ordinal].name.clone(),
        Step::Navigation { of, index } => model.structured(*of).navigation[*index].name.clone(),
        Step::Dynamic(name) => format!("?{name}"),
        Step::Typed(primitive) => primitive.name().to_owned(),
        Step::Cast(of) => format!("<{}>", model.structured(*of).name),
        Step::Key(values) => format!("{:?}", values.iter().map(encode_key).collect::<Vec<_>>()),
        Step::Filter(expr) => format!("$filter{}", describe_expr(model, expr)),
        Step::Search(search) => format!("$search({search:?})"),
        Step::Count => "$count".to_owned(),
    };
    let root = match &path.root {
        Root::Instance => None,
        Root::It => Some("$it".to_owned()),
        Root::Variable(n) => Some(format!("${n}")),
        Root::Service(segments) => {
            let segments: Vec<_> = segments
                .iter()
                .map(|s| describe_segment(model, s))
                .collect();
            Some(format!("$root/{}", segments.join("/")))
        }
    };
    let steps = path.steps.iter().map(step);
    root.into_iter().chain(steps).collect::<Vec<_>>().join("/")
}
