//! What a context URL says that an answer has of its entities: the select-list (OData 4.01 Protocol,
//! sections 10.7 to 10.10).

use edm::Model;
use odata::expr::Step;
use odata::query::{ExpandForm, ExpandItem, QueryOptions, SelectItem};

/// The parenthesized list; empty if an answer has all that its type has. Under 4.0, an expansion is
/// named only if something is selected or expanded in it.
pub(crate) fn list(model: &Model, options: &QueryOptions, version: &str) -> String {
    let items = items(model, options, version);
    if items.is_empty() {
        return String::new();
    }
    format!("({})", items.join(","))
}

fn items(model: &Model, options: &QueryOptions, version: &str) -> Vec<String> {
    let mut items = Vec::new();
    if let Some(select) = &options.select {
        if select.all {
            items.push("*".to_owned());
        }
        for item in &select.items {
            selected(model, item, &mut items);
        }
        items.extend(select.operations.iter().cloned());
    }
    for item in &options.expand {
        if item.form == ExpandForm::Entities {
            items.extend(expanded(model, item, version));
        }
    }
    items
}

/// A selected property as a path; with the paths within it that are nested behind it.
fn selected(model: &Model, item: &SelectItem, items: &mut Vec<String>) {
    let path = path(model, &item.path.steps);
    let within = item.options.select.as_ref().filter(|within| !within.all);
    let Some(within) = within else {
        items.push(path);
        return;
    };
    let mut inner = Vec::with_capacity(within.items.len());
    for item in &within.items {
        selected(model, item, &mut inner);
    }
    items.extend(inner.into_iter().map(|inner| format!("{path}/{inner}")));
}

/// An expanded navigation property with what is selected and expanded in it.
fn expanded(model: &Model, item: &ExpandItem, version: &str) -> Option<String> {
    let nested = list(model, &item.options, version);
    if nested.is_empty() && version == "4.0" {
        return None;
    }
    let mut text = path(model, &item.prefix);
    if !text.is_empty() {
        text.push('/');
    }
    text.push_str(&model.structured(item.of).navigation[item.index].name);
    if let Some(cast) = item.cast {
        text.push('/');
        text.push_str(&model.structured(cast).name);
    }
    if item.levels.is_some() {
        text.push('+');
    }
    text.push_str(if nested.is_empty() { "()" } else { &nested });
    Some(text)
}

fn path(model: &Model, steps: &[Step]) -> String {
    let names = steps.iter().filter_map(|step| match step {
        Step::Property { of, ordinal } => {
            Some(model.structured(*of).properties[*ordinal].name.as_str())
        }
        Step::Navigation { of, index } => {
            Some(model.structured(*of).navigation[*index].name.as_str())
        }
        Step::Dynamic(name) => Some(name.as_str()),
        Step::Cast(of) => Some(model.structured(*of).name.as_str()),
        // Members of collections are not selected one by one.
        _ => None,
    });
    // What holds dynamic properties has no name.
    let names = names.filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use odata::uri::{self, Limits};

    use super::*;

    const MODEL: &str = r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
        <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <ComplexType Name="c"><Property Name="x" Type="Edm.Int32"/><Property Name="y" Type="Edm.Int32"/></ComplexType>
        <EntityType Name="e"><Key><PropertyRef Name="k"/></Key>
          <Property Name="k" Type="Edm.Int32" Nullable="false"/><Property Name="c" Type="n.c"/>
          <NavigationProperty Name="one" Type="n.e"/><NavigationProperty Name="many" Type="Collection(n.e)"/></EntityType>
        <EntityType Name="d" BaseType="n.e"><Property Name="z" Type="Edm.Int32"/></EntityType>
        <EntityContainer Name="box"><EntitySet Name="s" EntityType="n.e"/></EntityContainer>
        </Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn the_list_says_what_is_selected_and_expanded() {
        let model = Model::from_csdl(MODEL).expect("a model");
        let check = |query: &str, new: &str, old: &str| {
            let parsed = uri::parse_request(&model, &Limits::default(), "s", Some(query));
            let (_, options) = parsed.expect("a query");
            assert_eq!(list(&model, &options, "4.01"), new, "{query}");
            assert_eq!(list(&model, &options, "4.0"), old, "{query} in 4.0");
        };
        check("$top=1", "", "");
        check("$select=k", "(k)", "(k)");
        check("$select=*,one", "(*,one)", "(*,one)");
        check("$select=c($select=y)", "(c/y)", "(c/y)");
        check("$select=c/y,n.d/z", "(c/y,n.d/z)", "(c/y,n.d/z)");
        check("$expand=one", "(one())", "");
        check("$select=one&$expand=one", "(one,one())", "(one)");
        check(
            "$select=k&$expand=one($select=k),many($expand=one)",
            "(k,one(k),many(one()))",
            "(k,one(k))",
        );
        check("$expand=many($levels=2)", "(many+())", "");
        check("$expand=one/$ref,many/$count", "", "");
        check("$compute=k add 1 as n&$select=n", "(n)", "(n)");
    }
}
