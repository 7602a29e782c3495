//! The service document (OData JSON Format 4.01, section 5).

use bytes::Bytes;
use edm::{Model, OperationKind};
use odata::json::{self, Metadata};

/// What a member of the container is annotated with for people.
const DESCRIPTION: &str = "Org.OData.Core.V1.Description";

/// The entity sets, singletons and function imports that a client may start from.
pub(crate) fn write(model: &Model, service_root: &str, metadata: Metadata) -> Bytes {
    let mut out = Vec::with_capacity(256);
    out.push(b'{');
    if metadata != Metadata::None {
        out.extend_from_slice(b"\"@odata.context\":");
        json::write_string(&mut out, &format!("{service_root}/$metadata"));
        out.push(b',');
    }
    out.extend_from_slice(b"\"value\":[");
    for (i, (name, kind)) in members(model).into_iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        out.extend_from_slice(b"\"name\":");
        json::write_string(&mut out, name);
        let target = format!("{}/{name}", model.container_name());
        let title = model
            .target_annotations(&target)
            .and_then(|annotations| annotations.get(DESCRIPTION)?.as_str());
        if let Some(title) = title {
            out.extend_from_slice(b",\"title\":");
            json::write_string(&mut out, title);
        }
        out.extend_from_slice(format!(",\"kind\":\"{kind}\",\"url\":").as_bytes());
        json::write_string(&mut out, name);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    out.into()
}

fn members(model: &Model) -> Vec<(&str, &'static str)> {
    let sets = model
        .entity_sets()
        .filter(|(_, set)| set.in_service_document)
        .map(|(_, set)| (set.name.as_str(), "EntitySet"));
    let singletons = model
        .singletons()
        .map(|(_, singleton)| (singleton.name.as_str(), "Singleton"));
    let functions = model
        .imports()
        .iter()
        .filter(|i| i.kind == OperationKind::Function && i.in_service_document)
        .map(|import| (import.name.as_str(), "FunctionImport"));
    sets.chain(singletons).chain(functions).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed() {
        let xml = r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
            <Schema Namespace="n" xmlns="http://docs.oasis-open.org/odata/ns/edm">
            <EntityType Name="e"><Key><PropertyRef Name="k"/></Key><Property Name="k" Type="Edm.Int32" Nullable="false"/></EntityType>
            <Function Name="f"><ReturnType Type="Edm.String"/></Function>
            <EntityContainer Name="c">
              <EntitySet Name="shown" EntityType="n.e"><Annotation Term="Org.OData.Core.V1.Description" String="All &quot;e&quot;"/></EntitySet>
              <EntitySet Name="hidden" EntityType="n.e" IncludeInServiceDocument="false"/>
              <Singleton Name="one" Type="n.e"/>
              <FunctionImport Name="listed" Function="n.f" IncludeInServiceDocument="true"/>
              <FunctionImport Name="unlisted" Function="n.f"/>
            </EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"#;
        let model = Model::from_csdl(xml).expect("a model");
        let expected = concat!(
            r#"{"@odata.context":"http://h/$metadata","value":["#,
            r#"{"name":"shown","title":"All \"e\"","kind":"EntitySet","url":"shown"},"#,
            r#"{"name":"one","kind":"Singleton","url":"one"},"#,
            r#"{"name":"listed","kind":"FunctionImport","url":"listed"}]}"#
        );
        assert_eq!(write(&model, "http://h", Metadata::Minimal), expected);
        let bare = write(&model, "http://h", Metadata::None);
        assert!(bare.starts_with(b"{\"value\":["), "{bare:?}");
    }
}
