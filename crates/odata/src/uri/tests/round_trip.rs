//! What is printed parses to the same tree, and nothing makes the parser panic.

use proptest::prelude::*;

use super::super::syntax::{
    Arguments, Expr as Tree, Literal, Member, MemberPath, Operator, Options, OrderItem, PathItem,
    PathRoot, Quantifier, Search,
};
use super::super::{common_expr, expand, orderby, primitive_literal, select};
use super::*;

pub(super) fn name() -> impl Strategy<Value = String> {
    // A prefix keeps random names from being words of the grammar.
    "x[a-zA-Z0-9_]{0,6}|xé|x\\.y[a-z]{1,3}"
}

fn literal() -> impl Strategy<Value = Literal<'static>> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|n| Literal::Integer(n.to_string().into())),
        "-?[0-9]{1,4}\\.[0-9]{1,4}".prop_map(|t| Literal::Decimal(t.into())),
        "-?[0-9](\\.[0-9])?[eE][+-]?[0-9]|INF|-INF|NaN".prop_map(|t| Literal::Double(t.into())),
        "\\PC{0,8}|[' ]{0,4}".prop_map(|t| Literal::String(t.into())),
        any::<u128>().prop_map(|n| Literal::Guid(uuid::Uuid::from_u128(n))),
        "20[0-9]{2}-1[0-2]-[0-2][1-9]".prop_map(|t| Literal::Date(t.into())),
        "1[0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,7})?)?"
            .prop_map(|t| Literal::TimeOfDay(t.into())),
        "20[0-9]{2}-1[0-2]-[0-2][1-9]T1[0-9]:[0-5][0-9](Z|[+-]0[0-9]:[0-5][0-9])"
            .prop_map(|t| Literal::DateTimeOffset(t.into())),
        "-?P[1-9]DT[1-9]H".prop_map(|t| Literal::Duration(t.into())),
        proptest::collection::vec(any::<u8>(), 0..6).prop_map(Literal::Binary),
        (name(), "\\PC{0,4}").prop_map(|(n, t)| Literal::Enum(n.into(), t.into())),
        Just(Literal::Geography("SRID=0;Point(1 2)".into())),
        Just(Literal::Geometry("SRID=0;Point(1 2)".into())),
    ]
}

fn root() -> impl Strategy<Value = PathRoot<'static>> {
    prop_oneof![
        4 => Just(PathRoot::Implicit),
        1 => Just(PathRoot::It),
        1 => Just(PathRoot::This),
        1 => Just(PathRoot::Root),
        1 => "x[a-z]{1,3}".prop_map(|n| PathRoot::Alias(n.into())),
    ]
}

fn member(
    tree: impl Strategy<Value = Tree<'static>> + Clone + 'static,
) -> impl Strategy<Value = Member<'static>> {
    let identifier = "x[a-z]{1,3}";
    let positional = proptest::collection::vec(tree.clone(), 0..3).prop_map(Arguments::Positional);
    let named = proptest::collection::vec((identifier.prop_map(Into::into), tree.clone()), 1..3)
        .prop_map(Arguments::Named);
    prop_oneof![
        4 => name().prop_map(|n| Member::Name(n.into())),
        1 => Just(Member::Name("@x.term#q".into())),
        2 => (name(), prop_oneof![positional, named]).prop_map(|(n, a)| Member::Call(n.into(), a)),
        1 => (prop_oneof![Just(Quantifier::Any), Just(Quantifier::All)], identifier, tree.clone())
            .prop_map(|(q, v, e)| Member::Lambda(q, v.into(), Box::new(e))),
        1 => Just(Member::Any),
        1 => Just(Member::Count(None)),
        1 => tree.clone().prop_map(|filter| {
            let filter = Some(filter);
            let options = Options { filter, ..Options::default() };
            Member::Count(Some(Box::new(options)))
        }),
        1 => "[0-9]{1,3}|x[a-z]-[0-9]".prop_map(|k| Member::Key(k.into())),
        1 => tree.prop_map(|e| Member::Filter(Box::new(e))),
    ]
}

fn path(
    tree: impl Strategy<Value = Tree<'static>> + Clone + 'static,
) -> impl Strategy<Value = Tree<'static>> {
    (
        root(),
        name(),
        proptest::collection::vec(member(tree), 0..3),
    )
        .prop_map(|(root, first, mut members)| {
            if matches!(root, PathRoot::Implicit | PathRoot::Root) {
                members.insert(0, Member::Name(first.into()));
            }
            Tree::Path(MemberPath { root, members })
        })
}

pub(super) fn tree() -> impl Strategy<Value = Tree<'static>> {
    let leaf = prop_oneof![
        literal().prop_map(Tree::Literal),
        name().prop_map(named_path)
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let many = proptest::collection::vec(inner.clone(), 2..4);
        let any_number = proptest::collection::vec(inner.clone(), 0..4);
        let operator = (0..Operator::ALL.len()).prop_map(|i| Operator::ALL[i].0);
        prop_oneof![
            path(inner.clone()),
            many.clone().prop_map(Tree::And),
            many.prop_map(Tree::Or),
            inner.clone().prop_map(|e| Tree::Not(Box::new(e))),
            inner.clone().prop_map(|e| Tree::Negate(Box::new(e))),
            (operator, inner.clone(), inner.clone()).prop_map(|(op, l, r)| Tree::Binary(
                op,
                Box::new(l),
                Box::new(r)
            )),
            any_number.prop_map(Tree::List),
            proptest::collection::vec(("\\PC{0,4}|[\"\\\\]", inner.clone()), 0..3)
                .prop_map(|m| Tree::Object(m.into_iter().map(|(n, e)| (n.into(), e)).collect())),
            proptest::collection::vec((inner.clone(), inner), 1..3).prop_map(Tree::Case),
        ]
    })
}

fn named_path(name: String) -> Tree<'static> {
    Tree::Path(MemberPath {
        root: PathRoot::Implicit,
        members: vec![Member::Name(name.into())],
    })
}

pub(super) fn plain_item() -> impl Strategy<Value = PathItem<'static>> + Clone {
    let part = prop_oneof![
        4 => name(),
        1 => Just("*".to_owned()),
        1 => Just("$ref".to_owned()),
        1 => Just("x.y.*".to_owned()),
        1 => Just("@x.t#q".to_owned()),
    ];
    let parts = proptest::collection::vec(part.prop_map(Into::into), 1..3);
    parts.prop_map(|path| PathItem {
        path,
        parameters: None,
        options: None,
    })
}

fn path_item() -> impl Strategy<Value = PathItem<'static>> {
    plain_item().prop_recursive(3, 12, 3, |inner| {
        let items = proptest::collection::vec(inner, 1..3);
        let order =
            (tree(), any::<bool>()).prop_map(|(expr, descending)| OrderItem { expr, descending });
        let options = (
            proptest::option::of(tree()),
            proptest::collection::vec(order, 0..2),
            proptest::option::of(proptest::collection::vec(plain_item(), 1..3)),
            any::<Option<u64>>(),
            any::<Option<bool>>(),
            items,
        );
        let parts = proptest::collection::vec(name().prop_map(Into::into), 1..3);
        (parts, options).prop_map(|(path, (filter, orderby, select, top, count, expand))| {
            PathItem {
                path,
                parameters: None,
                options: Some(Box::new(Options {
                    filter,
                    orderby,
                    select,
                    expand,
                    top,
                    count,
                    search: Some(Search::Typed("'a)' OR (b)".into())),
                    aliases: vec![("xa".into(), Tree::Literal(Literal::Null))],
                    ..Options::default()
                })),
            }
        })
    })
}

proptest! {
    #[test]
    fn an_expression_printed_parses_to_itself(tree in tree()) {
        let text = tree.to_string();
        prop_assert_eq!(common_expr(&text, &Limits::default()), Ok(tree), "{}", text);
    }

    #[test]
    fn an_expand_item_printed_parses_to_itself(item in path_item()) {
        let text = item.to_string();
        prop_assert_eq!(expand(&text, &Limits::default()), Ok(vec![item]), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}|[-a-z0-9'()\\[\\]{}\",;:/@$%. ]{0,60}") {
        let limits = Limits::default();
        for parsed in [common_expr(&text, &limits), primitive_literal(&text, &limits)].into_iter().flatten() {
            let printed = parsed.to_string();
            prop_assert_eq!(common_expr(&printed, &limits), Ok(parsed), "{}", printed);
        }
        let _ = (orderby(&text, &limits), select(&text, &limits), expand(&text, &limits));
    }

    #[test]
    fn no_url_makes_a_request_panic(
        path in "\\PC{0,30}|deviceManagement/deviceHealthScripts[-a-z0-9'()=,;:/@$%.]{0,40}",
        query in "\\PC{0,30}|[$&](filter|expand|select|orderby|@a)=[-a-z0-9'()\\[\\],;:/@$%&=. ]{0,60}",
    ) {
        let limits = Limits::default();
        for model in [&*GRAPH, &*SHOP] {
            if let Err(error) = parse_request(model, &limits, &path, Some(&query)) {
                prop_assert!((400..500).contains(&error.code.status()), "{}", error);
            }
        }
    }

    #[test]
    fn a_key_written_binds_to_itself(key in "\\PC{0,12}") {
        let path = format!("deviceManagement/deviceHealthScripts({})", encode_key(&Value::from(key.as_str())));
        let (resource, _) = parse_request(&GRAPH, &Limits::default(), &path, None).expect("it binds");
        let Resource::Path(path) = resource else { panic!("{resource:?}") };
        prop_assert_eq!(path.segments.last(), Some(&Segment::Key(vec![Value::from(key)])));
    }
}
