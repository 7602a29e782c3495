//! Expressions and what the values of query options are made of (OData ABNF 4.01, sections 2, 4
//! and 5; Aggregation ABNF 4.0): the text is percent-decoded first.

use super::super::names::Reached;
use super::super::parser::Parser;
use super::super::syntax::{Expr, Member, MemberPath, PathRoot, Transformation};
use super::super::syntax_error::SyntaxError;

type Parsed = Result<(), SyntaxError>;

/// Runs a rule, whose name is in lower case; `None` if it is not one of these.
pub(super) fn rule(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    common(rule, p)
        .or_else(|| path(rule, p))
        .or_else(|| infix(rule, p))
        .or_else(|| item(rule, p))
        .or_else(|| apply(rule, p))
        .or_else(|| call(rule, p))
}

fn done<T>(parsed: Result<T, SyntaxError>) -> Parsed {
    parsed.map(|_| ())
}

/// What must be there.
fn present<T>(parsed: Result<Option<T>, SyntaxError>, p: &Parser<'_, '_>) -> Parsed {
    parsed?.map(|_| ()).ok_or_else(|| p.at.expected("more"))
}

/// An expression that is of one kind.
fn expr(p: &mut Parser<'_, '_>, is: impl FnOnce(&Expr<'_>) -> bool) -> Option<Parsed> {
    let parsed = p.expression();
    Some(match parsed {
        Ok(expr) if !is(&expr) => Err(p.at.expected("an expression of another kind")),
        other => done(other),
    })
}

fn common(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    match rule {
        "commonexpr"
        | "boolcommonexpr"
        | "lambdapredicateexpr"
        | "parametervalue"
        | "valueinurl"
        | "aggregatableexpr"
        | "collectionexpr" => expr(p, |_| true),
        "arrayorobject" => expr(p, |e| matches!(e, Expr::List(_) | Expr::Object(_))),
        "array" => expr(p, |e| matches!(e, Expr::List(_))),
        "object" => expr(p, |e| matches!(e, Expr::Object(_))),
        "notexpr" => expr(p, |e| matches!(e, Expr::Not(_))),
        "negateexpr" => expr(p, |e| matches!(e, Expr::Negate(_))),
        "parenexpr" => Some(done(p.in_parentheses(Parser::common_expr))),
        "primitiveliteral" | "keypropertyvalue" => Some(done(p.primitive_literal())),
        "listexpr" => Some(done(p.in_list())),
        "member" => Some(done(p.object_member())),
        "orderbyitem" => Some(done(p.order_item())),
        "computeitem" | "computeexpr" => Some(done(p.compute_item())),
        "searchexpr" => Some(done(p.search_expr())),
        "searchexpr-incomplete" => Some(done(p.at.quoted())),
        "searchorexpr" => Some(p.search_behind("OR", true)),
        "searchandexpr" => Some(p.search_behind("AND", false)),
        "searchparenexpr" | "searchphrase" | "searchnegateexpr" | "searchword" => {
            Some(done(p.search_operand()))
        }
        _ => None,
    }
}

/// A path that begins as told.
fn path_of(p: &mut Parser<'_, '_>, is: impl FnOnce(&MemberPath<'_>) -> bool) -> Option<Parsed> {
    let parsed = p.member_path();
    Some(match parsed {
        Ok(path) if !is(&path) => Err(p.at.expected("a path of another kind")),
        other => done(other),
    })
}

fn path(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    let is_call = |path: &MemberPath<'_>| matches!(path.members.first(), Some(Member::Call(..)));
    match rule {
        "firstmemberexpr" => path_of(p, |path| path.root != PathRoot::Root),
        "memberexpr" | "directmemberexpr" | "propertypathexpr" => {
            path_of(p, |path| path.root == PathRoot::Implicit)
        }
        "rootexpr" => path_of(p, |path| path.root == PathRoot::Root),
        "currcollectionexpr" => path_of(p, |path| path.root == PathRoot::These),
        "functionexpr" | "boundfunctionexpr" => path_of(p, is_call),
        "inscopevariableexpr" | "implicitvariableexpr" | "parameteralias" => {
            path_of(p, |path| path.members.len() <= 1)
        }
        "annotationexpr"
        | "annotationinquery"
        | "annotationinfragment"
        | "complexannotationinquery"
        | "entityannotationinquery"
        | "primitiveannotationinquery"
        | "primitivecolannotationinquery" => path_of(p, |path| path.root == PathRoot::Implicit),
        "collectionnavigationexpr" | "collectionnavnocastexpr" => {
            Some(p.path_behind(Reached::Collection(false)))
        }
        "singlenavigationexpr" => Some(p.path_behind(Reached::Single(false))),
        "complexcolpathexpr" => Some(p.path_behind(Reached::ComplexCollection(false))),
        "complexpathexpr" => Some(p.path_behind(Reached::Complex(false))),
        "collectionpathexpr" | "filterexpr" => Some(p.path_behind(Reached::PrimitiveCollection)),
        "primitivepathexpr" => Some(p.path_behind(Reached::Primitive)),
        "anyexpr" | "allexpr" => Some(p.lambda_alone(rule == "allexpr")),
        _ => None,
    }
}

/// ` eq 1` and its like: an operator and its right operand, behind the whitespace between.
fn infix(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    const OPERATORS: [&str; 16] = [
        "and", "or", "eq", "ne", "lt", "le", "gt", "ge", "has", "in", "add", "sub", "mul", "div",
        "divby", "mod",
    ];
    let word = rule.strip_suffix("expr")?;
    let operator = OPERATORS.into_iter().find(|known| *known == word)?;
    Some(p.infix_alone(operator))
}

fn item(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    Some(match rule {
        "selectitem"
        | "selectproperty"
        | "selectpath"
        | "alloperationsinschema"
        | "optionallyqualifiedfunctionname" => done(p.select_item()),
        "expanditem" | "expandpath" => done(p.expand_item()),
        _ => return None,
    })
}

fn apply(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    Some(match rule {
        "applyexpr" | "preservingtrafos" | "hierarchytrafos" => done(p.apply_expr()),
        "applytrafo" | "preservingtrafo" | "hierarchytrafo" => done(p.transformation()),
        "aggregateexpr" | "aggregatecustom" => done(p.aggregate_expr()),
        "aggregatefunctionexpr" | "aggregatecount" => done(p.aggregate_function_expr()),
        "groupbylist" => done(p.in_parentheses(|p| p.separated(Parser::group_element))),
        "groupbyelement" | "rolluplevels" | "rolluprecursive" => done(p.group_element()),
        "groupingproperty"
        | "snglprimpath"
        | "snglproppath"
        | "aggrprimpath"
        | "aggrproppath"
        | "aggrpathprefix"
        | "rechierpropertypath" => done(p.grouping_property()),
        "groupingproperties" => done(p.separated(Parser::grouping_property)),
        "rechierreference" => done(p.hierarchy()),
        "aggregatewith" => present(p.method(), p),
        "aggregatefrom" => {
            let from = p.aggregate_from(true);
            present(from.map(|from| (!from.is_empty()).then_some(from)), p)
        }
        "aggregatemethod" => done(p.method_name()),
        "asalias" => done(p.alias_name()),
        "customfunction" => {
            return transformation(p, |t| matches!(t, Transformation::Function(..)));
        }
        _ => {
            let name = rule.strip_suffix("trafo")?;
            let starts = p.at.rest().get(..name.len());
            if !starts.is_some_and(|s| s.eq_ignore_ascii_case(name)) && name != "nest" {
                return Some(Err(p.at.expected(name.to_owned())));
            }
            done(p.transformation())
        }
    })
}

fn transformation(
    p: &mut Parser<'_, '_>,
    is: impl FnOnce(&Transformation<'_>) -> bool,
) -> Option<Parsed> {
    let parsed = p.transformation();
    Some(match parsed {
        Ok(other) if !is(&other) => Err(p.at.expected("another transformation")),
        other => done(other),
    })
}

/// `concatMethodCallExpr` and its like.
fn call(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    let word = match rule {
        "methodcallexpr" | "boolmethodcallexpr" => "",
        "castexpr" => "cast",
        "isofexpr" => "isof",
        "isdefinedexpr" => "isdefined",
        "distancemethodcallexpr" => "geo.distance",
        "geolengthmethodcallexpr" => "geo.length",
        "intersectsmethodcallexpr" => "geo.intersects",
        _ => rule.strip_suffix("methodcallexpr")?,
    };
    if !p
        .at
        .rest()
        .get(..word.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(word))
    {
        return Some(Err(p.at.expected("a call of the function")));
    }
    let is_call = |e: &Expr<'_>| match e {
        Expr::Path(path) => matches!(path.members.as_slice(), [Member::Call(..)]),
        Expr::Case(_) => true,
        _ => false,
    };
    expr(p, is_call)
}
