//! Searches, transformations and nested options that are printed parse to the same tree.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::super::parser::Parser;
use super::super::syntax::{
    AggregateFrom, AggregateItem, ComputeItem, Expr as Tree, GroupElement, Hierarchy, JoinKind,
    Levels, Member, MemberPath, NestedItem, Options, OrderItem, PathItem, PathRoot, RankMethod,
    Related, Search, Text, Transformation,
};
use super::round_trip::{name, plain_item, tree};
use super::*;

type Sequence = Vec<Transformation<'static>>;

fn alias() -> impl Strategy<Value = Text<'static>> {
    "x[a-z]{1,3}".prop_map(Into::into)
}

fn search() -> impl Strategy<Value = Search<'static>> {
    let word = "x[a-z'.,-]{0,4}|OR|AND|NOT|1984";
    let leaf = prop_oneof![
        3 => word.prop_map(|w| Search::Word(w.into())),
        1 => "[^\"\\p{C}]{1,6}".prop_map(|p| Search::Phrase(p.into())),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let many = vec(inner.clone(), 2..4);
        // A word that is an operator where an operand follows cannot be written before one.
        let is_plain = |s: &Search<'_>| !s.to_string().contains("NOT");
        prop_oneof![
            many.clone().prop_map(|o| Search::And(flat(o))),
            many.prop_map(|o| Search::Or(flat(o))),
            inner
                .prop_filter("NOT is a word", is_plain)
                .prop_map(|s| Search::Not(Box::new(s))),
        ]
    })
}

/// Operands without the words that are operators where an operand follows.
fn flat(operands: Vec<Search<'static>>) -> Vec<Search<'static>> {
    let plain = |operand| match operand {
        Search::Word(word) if ["AND", "OR", "NOT"].contains(&&*word) => {
            Search::Word("plain".into())
        }
        other => other,
    };
    operands.into_iter().map(plain).collect()
}

fn names_path() -> impl Strategy<Value = MemberPath<'static>> {
    vec(name().prop_map(|n| Member::Name(n.into())), 1..3).prop_map(|members| MemberPath {
        root: PathRoot::Implicit,
        members,
    })
}

fn hierarchy() -> impl Strategy<Value = Hierarchy<'static>> {
    (names_path(), alias(), names_path()).prop_map(|(nodes, qualifier, path)| Hierarchy {
        nodes: MemberPath {
            root: PathRoot::Root,
            ..nodes
        },
        qualifier,
        path,
    })
}

fn order() -> impl Strategy<Value = Vec<OrderItem<'static>>> {
    let item = (tree(), any::<bool>());
    vec(
        item.prop_map(|(expr, descending)| OrderItem { expr, descending }),
        1..3,
    )
}

fn compute() -> impl Strategy<Value = Vec<ComputeItem<'static>>> {
    let item = (tree(), alias());
    vec(
        item.prop_map(|(expr, name)| ComputeItem { expr, name }),
        1..3,
    )
}

fn aggregate() -> impl Strategy<Value = AggregateItem<'static>> {
    let method = || {
        prop_oneof![
            Just("sum"),
            Just("countdistinct"),
            Just("average"),
            Just("x.custom")
        ]
    };
    let from = (vec(names_path(), 1..3), method()).prop_map(|(by, method)| AggregateFrom {
        by,
        method: Some(method.into()),
    });
    let with_method = (tree(), method(), vec(from, 0..2), alias());
    let count = Tree::Path(MemberPath {
        root: PathRoot::Implicit,
        members: vec![Member::Count(None)],
    });
    let plain = |expr: Tree<'static>, alias| AggregateItem {
        expr,
        method: None,
        from: Vec::new(),
        alias,
    };
    prop_oneof![
        with_method.prop_map(|(expr, method, from, alias)| AggregateItem {
            expr,
            method: Some(method.into()),
            from,
            alias: Some(alias),
        }),
        alias().prop_map(move |alias| plain(count.clone(), Some(alias))),
        (names_path(), of(alias())).prop_map(move |(path, alias)| plain(Tree::Path(path), alias)),
    ]
}

fn leaf() -> impl Strategy<Value = Transformation<'static>> {
    let method = (0..RankMethod::ALL.len()).prop_map(|i| RankMethod::ALL[i].0);
    prop_oneof![
        Just(Transformation::Identity),
        tree().prop_map(Transformation::Filter),
        search().prop_map(Transformation::Search),
        compute().prop_map(Transformation::Compute),
        order().prop_map(Transformation::OrderBy),
        any::<u64>().prop_map(Transformation::Top),
        any::<u64>().prop_map(Transformation::Skip),
        (method, tree(), tree()).prop_map(|(method, limit, by)| Transformation::Ranked {
            method,
            limit,
            by
        }),
        vec(aggregate(), 1..3).prop_map(Transformation::Aggregate),
    ]
}

fn group_element() -> impl Strategy<Value = GroupElement<'static>> {
    prop_oneof![
        3 => names_path().prop_map(GroupElement::Path),
        1 => vec(names_path(), 1..3).prop_map(GroupElement::Rollup),
        1 => hierarchy().prop_map(|h| GroupElement::RollupRecursive(Box::new(h), Vec::new())),
    ]
}

fn transformation() -> impl Strategy<Value = Transformation<'static>> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        let some = vec(inner.clone(), 1..3);
        let any_number = vec(inner, 0..3);
        let nested = (some.clone(), alias()).prop_map(|(apply, alias)| NestedItem { apply, alias });
        let names = vec(name().prop_map(Text::from), 1..3);
        let maybe_names = vec(name().prop_map(Text::from), 0..3);
        let joins = prop_oneof![Just(JoinKind::Inner), Just(JoinKind::Outer)];
        prop_oneof![
            (vec(group_element(), 1..3), any_number.clone())
                .prop_map(|(by, then)| Transformation::GroupBy { by, then }),
            vec(some.clone(), 2..3).prop_map(Transformation::Concat),
            (maybe_names, vec(nested, 1..3))
                .prop_map(|(path, items)| Transformation::Nest { path, items }),
            (joins, names, alias(), any_number).prop_map(|(kind, path, alias, then)| {
                Transformation::Join {
                    kind,
                    path,
                    alias,
                    then,
                }
            }),
            related(some),
        ]
    })
}

fn related(
    some: impl Strategy<Value = Sequence> + 'static,
) -> impl Strategy<Value = Transformation<'static>> {
    let parts = (
        any::<bool>(),
        hierarchy(),
        vec(some, 1..3),
        any::<Option<u64>>(),
        any::<bool>(),
    );
    parts.prop_map(|(ancestors, hierarchy, start, distance, keep_start)| {
        Transformation::Related(Box::new(Related {
            ancestors,
            hierarchy,
            start,
            distance,
            keep_start,
        }))
    })
}

fn options() -> impl Strategy<Value = Options<'static>> {
    let levels = prop_oneof![(1..u64::MAX).prop_map(Levels::Number), Just(Levels::Max)];
    let parts = (
        vec(transformation(), 0..3),
        compute(),
        of(search()),
        of(levels),
        of(vec(plain_item(), 1..3)),
        any::<Option<u64>>(),
    );
    parts.prop_map(|(apply, compute, search, levels, select, skip)| Options {
        apply,
        compute,
        search,
        levels,
        select,
        skip,
        ..Options::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_search_printed_parses_to_itself(search in search()) {
        let (text, limits) = (search.to_string(), Limits::default());
        let parsed = Parser::new(&text, &limits).all(Parser::search);
        prop_assert_eq!(parsed.map(|s| s.to_string()), Ok(search.to_string()), "{}", text);
    }

    #[test]
    fn transformations_printed_parse_to_themselves(apply in vec(transformation(), 1..3)) {
        let limits = Limits { expression_nodes: 100_000, ..Limits::default() };
        let options = Options { apply, ..Options::default() };
        let text = options.to_string();
        let text = text.strip_prefix("$apply=").expect("it is all there is");
        let parsed = Parser::new(text, &limits).all(Parser::apply_expr);
        let parsed = parsed.map(|apply| Options { apply, ..Options::default() });
        let printed = parsed.map(|o| o.to_string());
        prop_assert_eq!(printed, Ok(options.to_string()), "{}", text);
    }

    #[test]
    fn options_printed_parse_to_themselves(options in options()) {
        let limits = Limits { expression_nodes: 100_000, ..Limits::default() };
        let item = PathItem {
            path: vec!["x".into()],
            parameters: None,
            options: Some(Box::new(options)),
        };
        let text = item.to_string();
        let parsed = Parser::new(&text, &limits).all(|p| p.separated(Parser::expand_item));
        let printed = parsed.map(|items| items.iter().map(ToString::to_string).collect());
        prop_assert_eq!(printed, Ok(vec![item.to_string()]), "{}", text);
    }
}
