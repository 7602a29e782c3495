//! What the served model says beyond the schema: what the engine itself can and cannot do (OData
//! Capabilities vocabulary), derived from what decides it. What the schema says stays.

use edm::{Expression, Model};
use odata::expr::Function;
use odata::uri::ResourceKind;

use crate::unserved::legal;

use super::METADATA;
use crate::core::Core;

const CAPABILITIES: &str = "Org.OData.Capabilities.V1";

/// The standard's vocabularies, to which a document refers whose terms are among them (CSDL section
/// 14).
const VOCABULARIES: [&str; 6] = [
    "Org.OData.Aggregation.V1",
    "Org.OData.Authorization.V1",
    CAPABILITIES,
    "Org.OData.Core.V1",
    "Org.OData.Measures.V1",
    "Org.OData.Validation.V1",
];

/// What the engine does or does not as a whole: whoever changes it says so here.
const CONTAINER: [(&str, bool); 6] = [
    ("AsynchronousRequestsSupported", true),
    ("BatchContinueOnErrorSupported", true),
    ("BatchSupported", true),
    ("CrossJoinSupported", false),
    ("KeyAsSegmentSupported", true),
    ("QuerySegmentSupported", true),
];

/// The restrictions whose `Permissions` allow a change, and the property that says whether it is
/// possible at all.
const CHANGES: [(&str, &str); 3] = [
    ("InsertRestrictions", "Insertable"),
    ("UpdateRestrictions", "Updatable"),
    ("DeleteRestrictions", "Deletable"),
];

/// The model with what the engine adds.
pub(super) fn served(core: &Core) -> Model {
    let mut model = (*core.model).clone();
    container(&mut model, core.deep_updates);
    for path in collections(&core.model) {
        collection(&mut model, &path, core.limits.expand_depth);
        refusals(&mut model, &path);
    }
    for (path, is_tracked) in tracked(core) {
        let said = record([("Supported", Expression::Bool(is_tracked))]);
        model.annotate(&path, &qualified("ChangeTracking"), said);
    }
    let text = model.to_xml();
    for vocabulary in VOCABULARIES {
        if text.contains(&format!("\"{vocabulary}.")) {
            let uri = format!(
                "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{vocabulary}.xml"
            );
            model.include(&uri, vocabulary);
        }
    }
    model
}

/// The paths of [`collections`] that are stored, and whether their changes are tracked.
fn tracked(core: &Core) -> Vec<(String, bool)> {
    let (model, tables) = (&core.model, &core.tables);
    let container = model.container_name();
    let sets = model.entity_sets().filter_map(|(_, set)| {
        let (_, table) = tables.iter().find(|(_, table)| table.of == Some(set.of))?;
        Some((format!("{container}/{}", set.name), table.changes.is_some()))
    });
    let contained = model.singletons().flat_map(|(_, singleton)| {
        let navigation = model.structured(singleton.of).navigation.iter().enumerate();
        let many = navigation.filter(|(_, n)| n.collection && n.contains_target);
        let path = |(index, n): (usize, &edm::NavigationProperty)| {
            let map = tables.navigation(model, singleton.of, index)?;
            let is_tracked = tables.table(map.table).changes.is_some();
            Some((
                format!("{container}/{}/{}", singleton.name, n.name),
                is_tracked,
            ))
        };
        many.filter_map(path).collect::<Vec<_>>()
    });
    sets.chain(contained).collect()
}

/// The paths of the entity sets, and of the collections that a singleton contains.
fn collections(model: &Model) -> Vec<String> {
    let container = model.container_name();
    let sets = model
        .entity_sets()
        .map(|(_, set)| format!("{container}/{}", set.name));
    let contained = model.singletons().flat_map(|(_, singleton)| {
        let navigation = model.structured(singleton.of).navigation.iter();
        navigation
            .filter(|n| n.collection && n.contains_target)
            .map(|n| format!("{container}/{}/{}", singleton.name, n.name))
            .collect::<Vec<_>>()
    });
    sets.chain(contained).collect()
}

fn container(model: &mut Model, deep_updates: bool) {
    let target = model.container_name();
    let mut say = |term: &str, value| model.annotate(&target, &qualified(term), value);
    let level = qualified("ConformanceLevelType/Intermediate");
    say("ConformanceLevel", Expression::EnumMember(level));
    say("SupportedFormats", strings(&["application/json"]));
    say("SupportedMetadataFormats", strings(&METADATA));
    say("BatchSupport", batch());
    let supported = |is| record([("Supported", Expression::Bool(is))]);
    say("DeepInsertSupport", supported(true));
    say("DeepUpdateSupport", supported(deep_updates));
    for (term, is_so) in CONTAINER {
        say(term, Expression::Bool(is_so));
    }
    let functions: Vec<&str> = Function::ALL.iter().map(|(_, name)| *name).collect();
    say("FilterFunctions", strings(&functions));
}

/// What a batch may hold.
fn batch() -> Expression {
    let is = Expression::Bool;
    record([
        ("Supported", is(true)),
        ("ContinueOnErrorSupported", is(true)),
        ("ReferencesInRequestBodiesSupported", is(true)),
        ("ReferencesAcrossChangeSetsSupported", is(true)),
        ("EtagReferencesSupported", is(true)),
        ("RequestDependencyConditionsSupported", is(false)),
        (
            "SupportedFormats",
            strings(&["multipart/mixed", "application/json"]),
        ),
    ])
}

/// What reading a collection allows is what the table of legal options says.
fn collection(model: &mut Model, target: &str, expand_depth: usize) {
    let options = legal(ResourceKind::EntityCollection).read;
    let has = |option: &str| Expression::Bool(options.contains(&option));
    let depth = Expression::Int(i64::try_from(expand_depth).unwrap_or(i64::MAX));
    let mut say = |term: &str, value| model.annotate(target, &qualified(term), value);
    say("TopSupported", has("$top"));
    say("SkipSupported", has("$skip"));
    say("ComputeSupported", has("$compute"));
    say("IndexableByKey", Expression::Bool(true));
    say("CountRestrictions", record([("Countable", has("$count"))]));
    say("SelectSupport", record([("Supported", has("$select"))]));
    say(
        "FilterRestrictions",
        record([("Filterable", has("$filter"))]),
    );
    say("SortRestrictions", record([("Sortable", has("$orderby"))]));
    say(
        "SearchRestrictions",
        record([("Searchable", has("$search"))]),
    );
    say(
        "ExpandRestrictions",
        record([("Expandable", has("$expand")), ("MaxLevels", depth)]),
    );
}

/// Where permissions are named, a change that none of them allows is impossible for everyone.
fn refusals(model: &mut Model, target: &str) {
    let permitted = |model: &Model, term: &str| {
        let annotations = model.target_annotations(target);
        let restriction = annotations.and_then(|a| a.get(&qualified(term)));
        restriction.is_some_and(|r| r.property("Permissions").is_some())
    };
    if !permitted(model, "ReadRestrictions") {
        return;
    }
    for (term, property) in CHANGES {
        if !permitted(model, term) {
            let refused = record([(property, Expression::Bool(false))]);
            model.annotate(target, &qualified(term), refused);
        }
    }
}

fn qualified(term: &str) -> String {
    format!("{CAPABILITIES}.{term}")
}

fn strings(texts: &[&str]) -> Expression {
    let texts = texts
        .iter()
        .map(|text| Expression::String((*text).to_owned()));
    Expression::Collection(texts.collect())
}

fn record<const N: usize>(values: [(&str, Expression); N]) -> Expression {
    let values = values.map(|(name, value)| (name.to_owned(), value));
    Expression::Record(None, values.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model with permissions to read and insert, and one with nothing.
    fn model(annotations: &str) -> Model {
        let xml = format!(
            r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
            <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
            <EntityType Name="e"><Key><PropertyRef Name="k"/></Key><Property Name="k" Type="Edm.Int32" Nullable="false"/></EntityType>
            <EntityContainer Name="c"><EntitySet Name="s" EntityType="n.e">{annotations}</EntitySet></EntityContainer>
            </Schema></edmx:DataServices></edmx:Edmx>"#
        );
        Model::from_csdl(&xml).expect("a model")
    }

    fn said(model: &Model, term: &str, property: &str) -> Option<bool> {
        let annotations = model.target_annotations("n.c/s")?;
        annotations
            .get(&qualified(term))?
            .property(property)?
            .as_bool()
    }

    #[test]
    fn what_no_permission_allows_is_refused() {
        let permission = |term: &str| {
            format!(
                r#"<Annotation Term="{CAPABILITIES}.{term}"><Record><PropertyValue Property="Permissions"><Collection/></PropertyValue></Record></Annotation>"#
            )
        };
        let both = permission("ReadRestrictions") + &permission("InsertRestrictions");
        let mut guarded = model(&both);
        refusals(&mut guarded, "n.c/s");
        assert_eq!(said(&guarded, "InsertRestrictions", "Insertable"), None);
        assert_eq!(
            said(&guarded, "UpdateRestrictions", "Updatable"),
            Some(false)
        );
        assert_eq!(
            said(&guarded, "DeleteRestrictions", "Deletable"),
            Some(false)
        );
        let mut open = model("");
        refusals(&mut open, "n.c/s");
        assert_eq!(said(&open, "DeleteRestrictions", "Deletable"), None);
    }

    #[test]
    fn the_schema_wins() {
        let own = format!(
            r#"<Annotation Term="{CAPABILITIES}.CountRestrictions"><Record><PropertyValue Property="Countable" Bool="false"/></Record></Annotation>"#
        );
        let mut model = model(&own);
        assert_eq!(collections(&model), ["n.c/s"]);
        collection(&mut model, "n.c/s", 3);
        container(&mut model, true);
        assert_eq!(said(&model, "CountRestrictions", "Countable"), Some(false));
        assert_eq!(said(&model, "FilterRestrictions", "Filterable"), Some(true));
        let again = Model::from_csdl(&model.to_xml()).expect("CSDL");
        for target in ["n.c", "n.c/s"] {
            let said = model.target_annotations(target);
            assert!(said.is_some() && again.target_annotations(target) == said);
        }
    }
}
