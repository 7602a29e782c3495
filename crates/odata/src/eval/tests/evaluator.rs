//! Expressions over instances.

use edm::time::DateTimeOffset;
use edm::{ItemType, Primitive, TypeRef, Value};

use super::fixture::{Node, World, called, compared, computed, decimal, eq, literal};
use super::values::value;
use crate::eval::functions::Context;
use crate::eval::{EvalError, Evaluator, Operand, Scope, ServiceRoot, Subject};
use crate::expr::{Arithmetic, Comparison, Expr, Function, Path, Quantifier, Root, Step};
use crate::path::Segment;
use crate::query::OrderBy;

/// What an expression about a node evaluates to.
#[track_caller]
fn evaluated(world: &World, node: &Node, expr: &Expr) -> Result<Value, EvalError> {
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(world.model, &context);
    let scope = Scope::new(Subject::Instance(node));
    Ok(evaluator.evaluate(expr, &scope)?.into_value()?.into_owned())
}

#[track_caller]
fn check(world: &World, node: &Node, expr: &Expr, expected: &str) {
    let found = evaluated(world, node, expr);
    assert_eq!(found, Ok(value(expected)), "{expr:?}");
}

fn lambda(quantifier: Quantifier, collection: Path, predicate: Option<Expr>) -> Expr {
    Expr::Lambda {
        quantifier,
        collection,
        predicate: predicate.map(Box::new),
    }
}

#[test]
fn paths() {
    let world = World::new();
    let customer = |text| Expr::Path(world.path_from("Customer", Root::Instance, text));
    for (place, text, expected) in [
        (0, "Name", "'Joe'"),
        (0, "Address/City", "'Rome'"),
        (0, "Address/m.Abroad/Land", "'Italy'"),
        (1, "Address/City", "null"),
        (0, "Others/City", "['Rome','Bonn']"),
        (0, "Others/m.Abroad/City", "['Rome']"),
        (0, "Tags", "['new','big']"),
        (0, "Tags/$count", "2"),
        (2, "Tags/$count", "0"),
        (0, "Sales/$count", "3"),
        (3, "Sales/$count", "0"),
        (0, "Sales/Amount", "[1d,2d,4d]"),
        (0, "Sales/Product/Name", "['Paper','Sugar','Coffee']"),
        (1, "m.Vip/Discount", "10"),
        (0, "m.Vip/Discount", "null"),
        (0, "=Unknown", "null"),
    ] {
        check(&world, world.customers[place], &customer(text), expected);
    }
    check(
        &world,
        world.sales[3],
        &world.sale("Customer/Name"),
        "'Sue'",
    );
}

#[test]
fn collections_are_filtered_and_members_found() {
    let world = World::new();
    let amount = world.sale("Amount");
    let mut path = world.path_from("Customer", Root::Instance, "Sales");
    let more_than_1 = compared(amount, Comparison::Gt, literal("1"));
    path.steps.push(Step::Filter(Box::new(more_than_1)));
    path.steps.push(Step::Count);
    check(&world, world.customers[0], &Expr::Path(path), "2");

    // $it is the customer whose sales are filtered.
    let mut path = world.path_from("Customer", Root::Instance, "Sales");
    let it = Expr::Path(world.path_from("Customer", Root::It, "Name"));
    let same_name = eq(world.sale("Customer/Name"), it);
    path.steps
        .extend([Step::Filter(Box::new(same_name)), Step::Count]);
    check(&world, world.customers[0], &Expr::Path(path), "3");

    let mut path = world.path_from("Customer", Root::Instance, "Sales");
    path.steps.push(Step::Key(vec![Value::Integer(3)]));
    let amount = world.path_from("Sale", Root::Instance, "Amount");
    path.steps.extend(amount.steps);
    check(&world, world.customers[0], &Expr::Path(path.clone()), "4d");
    check(&world, world.customers[1], &Expr::Path(path), "null");

    let mut path = world.path_from("Product", Root::Instance, "Sales/Product");
    let search = crate::query::Search::Term("OFF".to_owned());
    path.steps.extend([Step::Search(search), Step::Count]);
    check(&world, world.products[1], &Expr::Path(path), "2");
}

#[test]
fn lambda_operators() {
    use Quantifier::{All, Any};
    let world = World::new();
    let sales = || world.path_from("Customer", Root::Instance, "Sales");
    let variable = |of, place, text| Expr::Path(world.path_from(of, Root::Variable(place), text));
    let above = |limit| {
        compared(
            variable("Sale", 0, "Amount"),
            Comparison::Gt,
            literal(limit),
        )
    };
    for (place, quantifier, predicate, expected) in [
        (0, Any, Some(above("2")), "true"),
        (0, Any, Some(above("4")), "false"),
        (0, All, Some(above("0")), "true"),
        (0, All, Some(above("1")), "false"),
        (0, Any, None, "true"),
        (3, Any, None, "false"),
        (3, Any, Some(above("0")), "false"),
        (3, All, Some(above("99")), "true"),
        (0, Any, Some(literal("null")), "false"),
        (0, All, Some(literal("null")), "false"),
    ] {
        let expr = lambda(quantifier, sales(), predicate);
        check(&world, world.customers[place], &expr, expected);
    }
    // A customer's tag: the items are values.
    let tag = Path {
        root: Root::Variable(0),
        ..Path::instance(TypeRef::primitive(Primitive::String))
    };
    let tags = world.path_from("Customer", Root::Instance, "Tags");
    let is_new = lambda(Any, tags, Some(eq(Expr::Path(tag), literal("'new'"))));
    check(&world, world.customers[0], &is_new, "true");
    check(&world, world.customers[1], &is_new, "false");
}

/// `Sales/any(s:s/Product/Sales/any(t:t/Customer/ID ne ID and t/Amount gt s/Amount))`: other
/// customers bought more of a product.
#[test]
fn lambda_operators_nest() {
    use Quantifier::Any;
    let world = World::new();
    let of_sale = |place, text| Expr::Path(world.path_from("Sale", Root::Variable(place), text));
    let id = Expr::Path(world.path_from("Customer", Root::Instance, "ID"));
    let other = compared(of_sale(1, "Customer/ID"), Comparison::Ne, id);
    let more = compared(of_sale(1, "Amount"), Comparison::Gt, of_sale(0, "Amount"));
    let inner = lambda(
        Any,
        world.path_from("Sale", Root::Variable(0), "Product/Sales"),
        Some(Expr::And(Box::new(other), Box::new(more))),
    );
    let outer = lambda(
        Any,
        world.path_from("Customer", Root::Instance, "Sales"),
        Some(inner),
    );
    for (customer, expected) in [(0, "true"), (1, "false"), (2, "true"), (3, "false")] {
        check(&world, world.customers[customer], &outer, expected);
    }
}

fn is_in(needle: Expr, among: Expr) -> Expr {
    Expr::In {
        needle: Box::new(needle),
        among: Box::new(among),
    }
}

/// An expression that fails if it is evaluated.
fn failing(world: &World) -> Expr {
    let by_zero = computed(world.sale("Amount"), Arithmetic::Div, literal("0"));
    eq(by_zero, literal("1"))
}

#[test]
fn logic_and_membership() {
    let world = World::new();
    let sale = world.sales[3];
    let amount = || world.sale("Amount");
    let fails = || failing(&world);
    let and = |l: Expr, r: Expr| Expr::And(Box::new(l), Box::new(r));
    let or = |l: Expr, r: Expr| Expr::Or(Box::new(l), Box::new(r));
    let not = |operand: Expr| Expr::Not(Box::new(operand));
    let list = |items: &[&str]| Expr::Collection(items.iter().map(|i| literal(i)).collect());
    for (expr, expected) in [
        (and(literal("false"), fails()), "false"),
        (or(literal("true"), fails()), "true"),
        (and(literal("null"), literal("true")), "null"),
        (or(literal("null"), literal("false")), "null"),
        (not(literal("null")), "null"),
        (not(eq(amount(), literal("8"))), "false"),
        (is_in(amount(), list(&["1", "8.0"])), "true"),
        (is_in(amount(), list(&["1", "2"])), "false"),
        (is_in(literal("null"), list(&["null"])), "true"),
        (is_in(amount(), list(&[])), "false"),
        (is_in(literal("'big'"), world.sale("Customer/Tags")), "true"),
        (
            is_in(literal("'new'"), world.sale("Customer/Tags")),
            "false",
        ),
        (eq(world.sale("Product"), literal("null")), "false"),
        (eq(literal("null"), world.sale("Customer/Address")), "true"),
    ] {
        check(&world, sale, &expr, expected);
    }
    let failed = evaluated(&world, sale, &fails());
    assert_eq!(failed, Err(EvalError::DivisionByZero));
    let entity = evaluated(&world, sale, &world.sale("Product"));
    assert!(
        matches!(entity, Err(EvalError::Unavailable(_))),
        "{entity:?}"
    );
}

#[test]
fn values_are_of_the_type_of_their_expression() {
    let world = World::new();
    let amount = || world.sale("Amount");
    let fails = || failing(&world);
    let case = |branches: Vec<(Expr, Expr)>| Expr::Case {
        branches,
        ty: decimal(),
    };
    let less = || compared(amount(), Comparison::Lt, literal("8"));
    let many = vec![world.sale("Product/Sales")];
    let number = TypeRef::primitive(Primitive::Int32);
    for (expr, expected) in [
        (
            case(vec![(less(), fails()), (literal("true"), literal("3"))]),
            "3d",
        ),
        (
            case(vec![(less(), literal("1")), (literal("null"), fails())]),
            "null",
        ),
        (computed(amount(), Arithmetic::Add, literal("1")), "9d"),
        (computed(literal("1"), Arithmetic::Add, literal("1")), "2d"),
        (Expr::Negate(Box::new(amount())), "-8d"),
        (called(Function::Length, many, number), "2"),
    ] {
        check(&world, world.sales[3], &expr, expected);
    }
}

#[test]
fn types_of_instances() {
    let world = World::new();
    let entity = |name| TypeRef::of(ItemType::Entity(world.id(name)));
    let is_of = |text, ty| Expr::IsOf {
        operand: Box::new(world.sale(text)),
        ty,
    };
    let complex = TypeRef::of(ItemType::Complex(world.id("Abroad")));
    for (place, expr, expected) in [
        (0, is_of("Customer", entity("Customer")), "true"),
        (0, is_of("Customer", entity("Vip")), "false"),
        (3, is_of("Customer", entity("Vip")), "true"),
        (3, is_of("Customer", entity("Customer")), "true"),
        (0, is_of("Customer/Address", complex.clone()), "true"),
        (3, is_of("Customer/Address", complex), "false"),
        (
            0,
            is_of("Amount", TypeRef::primitive(Primitive::Int32)),
            "true",
        ),
        (
            0,
            is_of("Customer/Name", TypeRef::primitive(Primitive::Int32)),
            "false",
        ),
    ] {
        check(&world, world.sales[place], &expr, expected);
    }
    let vip = Expr::Cast {
        operand: Box::new(world.sale("Customer")),
        ty: entity("Vip"),
    };
    let is_null = eq(vip, literal("null"));
    check(&world, world.sales[0], &is_null, "true");
    check(&world, world.sales[3], &is_null, "false");
}

/// Entities are equal if their keys are, whichever way they are reached.
#[test]
fn entities_are_compared_by_key() {
    let world = World::new();
    let mut own = world.path_from("Sale", Root::Instance, "Product/Sales");
    own.steps.push(Step::Key(vec![Value::Integer(4)]));
    own.ty.collection = false;
    let here = Expr::Path(world.path_from("Sale", Root::Instance, ""));
    check(
        &world,
        world.sales[3],
        &eq(Expr::Path(own.clone()), here.clone()),
        "true",
    );
    check(&world, world.sales[2], &eq(Expr::Path(own), here), "false");
}

struct Products(World);

impl ServiceRoot for Products {
    fn resource(&self, _: &[Segment]) -> Result<Operand<'_>, EvalError> {
        let products = self.0.products.iter().map(|node| Operand::Instance(*node));
        Ok(Operand::Many(products.collect()))
    }
}

#[test]
fn the_service_root_is_asked_where_there_is_one() {
    let products = Products(World::new());
    let world = &products.0;
    let path = world.path_from("Product", Root::Service(Vec::new()), "Name");
    let expr = Expr::Path(path);
    let missing = evaluated(world, world.sales[0], &expr);
    assert_eq!(missing, Err(EvalError::Unavailable("$root".to_owned())));
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(world.model, &context).with_root(&products);
    let scope = Scope::new(Subject::Instance(world.sales[0]));
    let found = evaluator
        .evaluate(&expr, &scope)
        .and_then(Operand::into_value);
    let names = value("['Sugar','Coffee','Paper','Pencil']");
    assert_eq!(found.map(std::borrow::Cow::into_owned), Ok(names));
}

#[test]
fn items_are_sorted() {
    let world = World::new();
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(world.model, &context);
    let check = |orderby: &[(&str, bool)], expected: &[i64]| {
        let orderby: Vec<OrderBy> = orderby
            .iter()
            .map(|(path, descending)| OrderBy {
                expr: world.sale(path),
                descending: *descending,
            })
            .collect();
        let mut ids: Vec<i64> = (1..9).collect();
        let sorted = evaluator.sort(&mut ids, &orderby, |id| {
            let at = usize::try_from(*id - 1).expect("an id");
            Scope::new(Subject::Instance(world.sales[at]))
        });
        sorted.expect("an order");
        assert_eq!(ids, expected, "{orderby:?}");
    };
    check(&[], &[1, 2, 3, 4, 5, 6, 7, 8]);
    check(&[("Amount", false)], &[1, 7, 2, 6, 8, 3, 5, 4]);
    check(&[("Amount", true)], &[4, 3, 5, 2, 6, 8, 1, 7]);
    check(
        &[("Customer/Name", false), ("Amount", true)],
        &[3, 2, 1, 4, 5, 6, 8, 7],
    );
    check(
        &[("Customer/Address/City", false)],
        &[4, 5, 6, 7, 8, 1, 2, 3],
    );
    check(
        &[("Customer/Address/City", true)],
        &[1, 2, 3, 4, 5, 6, 7, 8],
    );
}

#[test]
fn depth_and_work_are_bounded() {
    let world = World::new();
    let mut deep = literal("true");
    for _ in 0..300 {
        deep = Expr::Not(Box::new(deep));
    }
    let found = evaluated(&world, world.sales[0], &deep);
    assert!(matches!(found, Err(EvalError::Depth(_))), "{found:?}");

    // Six nested lambda operators over two thousand values each.
    let many = Value::Collection((0..2000).map(Value::Integer).collect());
    let it = Path {
        root: Root::Instance,
        ..Path::instance(TypeRef::of(ItemType::Untyped))
    };
    let mut expr = literal("true");
    for _ in 0..6 {
        expr = lambda(Quantifier::All, it.clone(), Some(expr));
    }
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(world.model, &context);
    let found = evaluator.holds(&expr, &Scope::new(Subject::Value(&many)));
    assert!(matches!(found, Err(EvalError::Work(_))), "{found:?}");
}
