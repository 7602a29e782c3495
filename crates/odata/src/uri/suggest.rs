//! "Did you mean": names that differ from one given by letter case alone.

/// A sentence that names the right spelling, with a space in front; empty if there is none.
pub(super) fn did_you_mean<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let lower = given.to_lowercase();
    let found = names.into_iter().find(|name| name.to_lowercase() == lower);
    found.map_or_else(String::new, |name| {
        format!(" Did you mean '{name}'? Names are case-sensitive.")
    })
}
