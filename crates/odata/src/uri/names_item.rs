//! What the names in an item of `$select` or `$expand` may be, where a caller knows (OData ABNF
//! 4.01, section 2: `selectItem`, `expandPath`).

use super::names::{Names, is_any};

/// What the path of an item has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemReached {
    /// The beginning.
    Start,
    /// A type that the item's property must be of: a property follows.
    Type,
    /// A complex property; whether it has been cast.
    Complex(bool),
    /// A navigation property; whether it has been cast.
    Navigation(bool),
    /// Nothing may follow.
    End,
}

const PRIMITIVE: [&str; 4] = [
    "primitiveKeyProperty",
    "primitiveNonKeyProperty",
    "customAggregate",
    "primitiveColProperty",
];
const COMPLEX: [&str; 2] = ["complexProperty", "complexColProperty"];
const NAVIGATION: [&str; 2] = ["entityNavigationProperty", "entityColNavigationProperty"];
const OPERATIONS: [&str; 7] = [
    "action",
    "entityFunction",
    "entityColFunction",
    "complexFunction",
    "complexColFunction",
    "primitiveFunction",
    "primitiveColFunction",
];

/// What a part of an item of `$select` leads to; `None` if it may not stand behind `from`. `slash`
/// says whether the path goes on.
pub(super) fn select(
    names: &dyn Names,
    from: ItemReached,
    part: &str,
    slash: bool,
) -> Option<ItemReached> {
    if part == "*" || part.ends_with(".*") {
        return (from == ItemReached::Start).then_some(ItemReached::End);
    }
    if part.starts_with('@') {
        return Some(ItemReached::Complex(false));
    }
    if part.starts_with('$') || matches!(from, ItemReached::End | ItemReached::Navigation(_)) {
        return None;
    }
    let plain = !part.contains('.');
    if plain && (is_any(names, part, &PRIMITIVE) || is_any(names, part, &NAVIGATION)) {
        return Some(ItemReached::End);
    }
    if plain && is_any(names, part, &COMPLEX) {
        return Some(ItemReached::Complex(false));
    }
    let is_behind_complex = matches!(from, ItemReached::Complex(_));
    if !is_behind_complex && is_any(names, part, &OPERATIONS) {
        return Some(ItemReached::End);
    }
    let types = ["entityTypeName", "complexTypeName"];
    match from {
        ItemReached::Start if slash && is_any(names, part, &types) => Some(ItemReached::Type),
        ItemReached::Complex(false) if is_any(names, part, &["complexTypeName"]) => {
            Some(ItemReached::Complex(true))
        }
        _ => None,
    }
}

/// As [`select`], of an item of `$expand`.
pub(super) fn expand(
    names: &dyn Names,
    from: ItemReached,
    part: &str,
    slash: bool,
) -> Option<ItemReached> {
    if let ItemReached::Navigation(cast) = from {
        let is_cast = || !cast && is_any(names, part, &["entityTypeName"]);
        return match part {
            "$ref" | "$count" => Some(ItemReached::End),
            _ => is_cast().then_some(ItemReached::Navigation(true)),
        };
    }
    match part {
        // `*` may be followed by `/$ref`.
        "*" if from != ItemReached::End => return Some(ItemReached::Navigation(true)),
        "$value" if from == ItemReached::Start => return Some(ItemReached::End),
        _ if part.starts_with('$') || from == ItemReached::End => return None,
        _ if part.starts_with('@') && slash => return Some(ItemReached::Complex(false)),
        _ if part.starts_with('@') => return Some(ItemReached::Navigation(false)),
        _ => {}
    }
    let plain = !part.contains('.');
    if plain && is_any(names, part, &NAVIGATION) {
        return Some(ItemReached::Navigation(false));
    }
    if plain && slash && is_any(names, part, &COMPLEX) {
        return Some(ItemReached::Complex(false));
    }
    if plain && is_any(names, part, &["streamProperty"]) {
        return Some(ItemReached::End);
    }
    let is_complex = || is_any(names, part, &["complexTypeName"]);
    let is_entity = || from == ItemReached::Start && is_any(names, part, &["entityTypeName"]);
    (slash && (is_complex() || is_entity())).then_some(ItemReached::Type)
}
