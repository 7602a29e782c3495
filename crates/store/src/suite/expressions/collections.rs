//! Functions of collections: items are compared by value, however they are written.

use edm::{Primitive, Value};

use super::super::Opener;
use super::super::world::{World, row, table};
use super::bounds::{counted, filter};

/// Conditions on a thing whose `decimals` are 1.50, 2 and 2, whose `instants` are one o'clock in
/// Berlin and noon in London, which are the same, and whose `strings` are a, b and a.
const CONDITIONS: [(&str, bool); 21] = [
    ("hassubset(decimals,[2,1.5])", true),
    ("hassubset(decimals,[2.0,2])", true),
    ("hassubset(decimals,[1.5,1.5])", false),
    ("hassubset(decimals,[])", true),
    ("hassubset(strings,['a','a'])", true),
    ("hassubset(strings,['b','b'])", false),
    ("hassubsequence(strings,['a','a'])", true),
    ("hassubsequence(strings,['b','a'])", true),
    ("hassubsequence(strings,['b','b'])", false),
    ("contains(strings,['b','a'])", true),
    ("contains(strings,['a','a'])", false),
    ("startswith(decimals,[1.500])", true),
    ("startswith(strings,['a','b','a','b'])", false),
    ("endswith(decimals,[2,2])", true),
    ("endswith(strings,['a','b','a','b'])", false),
    ("indexof(decimals,[2.00,2]) eq 1", true),
    ("indexof(strings,['c']) eq -1", true),
    ("contains(instants,[2024-02-29T12:00:00Z])", true),
    (
        "hassubset(instants,[2024-02-29T13:00:00%2B01:00,2024-02-29T11:00:00-01:00])",
        true,
    ),
    ("substring(strings,-2) eq ['b','a']", true),
    ("decimals eq [1.5,2,2]", true),
];

/// A function of collections finds what is equal by value.
pub fn items_of_collections_are_compared_by_value(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, things) = table("thing");
    let texts = |of: Primitive, texts: &[&str]| {
        let value = |text: &&str| Value::parse(of, text).expect("a value");
        Value::Collection(texts.iter().map(value).collect())
    };
    let instants = ["2024-02-29T13:00:00+01:00", "2024-02-29T12:00:00Z"];
    let thing = row(
        things,
        &[
            ("owner", owner.clone()),
            ("id", Value::from("collections")),
            ("decimals", texts(Primitive::Decimal, &["1.50", "2", "2"])),
            ("instants", texts(Primitive::DateTimeOffset, &instants)),
            ("strings", texts(Primitive::String, &["a", "b", "a"])),
        ],
    );
    world.fill(id, &[thing]);
    for (text, expected) in CONDITIONS {
        let condition = filter(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let found = counted(&world, &owner, &condition);
        assert!(
            matches!(found, Ok(n) if (n == 1) == expected),
            "{text}: {found:?}"
        );
    }
}
