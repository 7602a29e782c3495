//! Overloads: which annotations they carry, and which of them a name means.

use super::{library, ty};
use crate::annotation::Expression;
use crate::model::OperationKind;

#[test]
fn a_name_means_the_overloads_of_the_binding_type_the_nearest_first() {
    let model = library();
    let (novel, item) = ("org.library.novel", "org.library.item");
    for (bound_to, name, expected) in [
        (
            Some((novel, false)),
            "assign",
            vec!["org.library.book", item],
        ),
        (
            Some((novel, false)),
            "org.library.assign",
            vec!["org.library.book", item],
        ),
        (Some((item, false)), "assign", vec![item]),
        (
            Some((novel, true)),
            "assign",
            vec!["Collection(org.library.book)"],
        ),
        (Some((item, true)), "assign", vec![]),
        (Some((novel, false)), "lib.assign", vec![]),
        (Some((novel, false)), "count", vec![]),
        (None, "count", vec![""]),
        (None, "org.library.count", vec![""]),
        (None, "assign", vec![]),
        (None, "gone", vec![]),
    ] {
        let id = |n| model.find_structured(n).expect("a type");
        let found = model.find_operations(bound_to.map(|(n, many)| (id(n), many)), name);
        let binding = |o| {
            model
                .operation(o)
                .binding()
                .map_or_else(String::new, |p| model.type_name(&p.ty))
        };
        let found: Vec<_> = found.into_iter().map(binding).collect();
        assert_eq!(found, expected, "{bound_to:?} {name}");
    }
}

#[test]
fn annotations_reach_one_overload_or_all() {
    let model = library();
    let description = "Org.OData.Core.V1.Description";
    let texts: Vec<_> = model
        .operations()
        .filter(|(_, o)| o.short_name() == "assign")
        .map(|(_, o)| {
            o.annotations
                .get(description)
                .and_then(Expression::as_str)
                .unwrap_or("")
        })
        .collect();
    assert_eq!(texts, ["one book", "all overloads", "all overloads"]);
    let books = model
        .find_structured("org.library.book")
        .map(|id| (id, true));
    let collection = model.operation(model.find_operations(books, "assign")[0]);
    let binding = &collection.parameters[0].annotations;
    assert_eq!(
        binding.get(description).and_then(Expression::as_str),
        Some("the books")
    );
}

#[test]
fn parameters_and_results() {
    let model = library();
    let assign = model
        .operations()
        .find(|(_, o)| o.own_parameters().len() == 2)
        .expect("assign")
        .1;
    assert_eq!(assign.kind, OperationKind::Action);
    let optional: Vec<_> = assign
        .parameters
        .iter()
        .map(|p| (p.name.as_str(), p.optional))
        .collect();
    assert_eq!(
        optional,
        [
            ("bindingParameter", false),
            ("reader", true),
            ("until", false)
        ]
    );
    let count = model.operation(model.find_operations(None, "count")[0]);
    assert!(count.parameters[0].optional && !count.is_bound && count.binding().is_none());
    assert_eq!(
        count
            .returns
            .as_ref()
            .map(|t| model.type_name(t))
            .as_deref(),
        Some("Edm.Int32")
    );
    assert!(ty(&model, "org.library.box").base.is_some());
}
